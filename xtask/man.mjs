// Writes the man page of the command line into the package, from the entries that its help comes from.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [folder] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(folder, 'cli', file)).href);
const { namesOf, sections } = await load('commands.js');
const { MEANINGS } = await load('exit.js');
const { GLOBAL } = await load('input/global.js');
const { ADDRESSES } = await load('input/help.js');
const { bin, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const [program, short] = Object.keys(bin);

/** A text for roff: no control line, no hyphen where a minus is meant, and ASCII. */
const text = (words) =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /[^\n\x20-\x7e]/g,
      (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=[.'])/gm, '\\&');
const bold = (words) => `\\fB${text(words)}\\fR`;
const sentence = (words) => text(`${words[0].toUpperCase()}${words.slice(1)}.`);
/** Lines that stay lines. */
const example = (lines) => `.nf\n${lines.map((line) => text(`    ${line}`)).join('\n')}\n.fi`;

const option = ([name, { short, value, help }]) =>
  `.TP\n${short ? `${bold(`-${short}`)}, ` : ''}${bold(`--${name}`)}${value ? ` \\fI${value}\\fR` : ''}\n${text(help)}`;
const optionsOf = (options) => Object.entries(options).map(option).join('\n');

function command({ usage, summary, details, options = {}, examples, ...names }) {
  const [name, ...aliases] = namesOf(names);
  return [
    `.SS ${bold(name)} ${text(usage)}`,
    sentence(summary),
    ...(details ? ['.PP', details.split('\n').map(text).join('\n.br\n')] : []),
    ...(aliases.length > 0 ? ['.PP', `Other names: ${aliases.map(bold).join(', ')}`] : []),
    ...(Object.keys(options).length > 0 ? [optionsOf(options)] : []),
    '.PP',
    example(examples.map((line) => `${short} ${line}`)),
  ].join('\n');
}

const page = `.TH ${short.toUpperCase()} 1 "" "${program} ${version}" "User Commands"
.SH NAME
${text(`${program}, ${short}`)} \\- client for container registries
.SH SYNOPSIS
${bold(short)} \\fICOMMAND\\fR \\fIARGUMENT\\fR... [\\fIOPTION\\fR...]
.SH DESCRIPTION
${text(ADDRESSES)}
${Object.entries(sections)
  .map(([title, commands]) => `.SH ${text(title.toUpperCase())}\n${commands.map(command).join('\n')}`)
  .join('\n')}
.SH OPTIONS OF EVERY COMMAND
${optionsOf(GLOBAL)}
.SH EXIT STATUS
${MEANINGS.map(([code, meaning]) => `.TP\n${bold(String(code))}\n${text(meaning)}`).join('\n')}
.SH FILES
.TP
\\fI~/.docker/config.json\\fR
${text('Logins and credential helpers, as docker keeps them; DOCKER_CONFIG names another folder. The files of podman are read too.')}
.SH ENVIRONMENT
${bold('DOCKER_CONFIG')}, ${bold('DOCKER_AUTH_CONFIG')}, ${bold('REGISTRY_AUTH_FILE')}: logins.
${bold('HTTPS_PROXY')}, ${bold('HTTP_PROXY')}, ${bold('NO_PROXY')}: proxies, with ${bold('--proxy env')}.
${bold('DRC_CACHE')}: folder for indexes of layers, as ${bold('--cache')} names one.
${bold('NO_COLOR')}: no colors.
`;

mkdirSync(join(folder, 'man'), { recursive: true });
writeFileSync(join(folder, 'man', `${program}.1`), page);
writeFileSync(join(folder, 'man', `${short}.1`), `.so man1/${program}.1\n`);
