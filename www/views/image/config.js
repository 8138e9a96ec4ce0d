// The runtime config of an image (image-spec, config.md). Anyone can push any config, so a value that does not have the
// form of the spec is shown as JSON.

import { h, textOrLink } from '../../dom.js';
import { bytes, mediaTypeName, naturalOrder } from '../../text/format.js';
import { copyButton, digest } from '../../ui/copy.js';
import { jsonView } from '../../ui/json.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';
import { block, facts, table } from '../common.js';

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const json = (value) => h('code', {}, JSON.stringify(value));
const isEmpty = (value) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

export function configSection({ image, signal }) {
  return part({
    signal,
    lines: 10,
    label: 'Reading the config',
    work: async () => (await image()).getJson({ signal }),
    render: (document) => {
      const config = isRecord(document.config) ? document.config : {};
      const blocks = [
        runtime(config, document),
        environment(config.Env),
        names('Ports', config.ExposedPorts),
        names('Volumes', config.Volumes),
        labels(config.Labels),
      ].filter(Boolean);
      return blocks.length > 0 ? h('div', { class: 'stack' }, blocks) : emptyBox('This image has an empty config');
    },
  });
}

const LARGEST_CONFIG = 4 * 1024 * 1024;

/** The config of an artifact: whatever its tools put there, as JSON where it is that. */
export function artifactConfig({ repository, manifest, signal }) {
  const { config } = manifest;
  if (!config || config.mediaType === 'application/vnd.oci.empty.v1+json' || config.size === 0)
    return emptyBox('This artifact has no config');
  if (config.size > LARGEST_CONFIG)
    return emptyBox(`The config is too large to be shown: ${bytes(config.size)}`, digest(config.digest));
  return part({
    signal,
    lines: 6,
    label: 'Reading the config',
    work: async () => new Response(await repository.blob(config.digest, { signal })).text(),
    render: (text) =>
      h(
        'section',
        { class: 'block' },
        h(
          'div',
          { class: 'title-line' },
          h('h3', {}, 'Config'),
          copyButton(() => text, 'config', { caption: 'Copy' }),
        ),
        digest(config.digest, 'digest of the config'),
        h('p', { class: 'muted small' }, `${mediaTypeName(config.mediaType)}, ${bytes(config.size)}`),
        jsonView(parsed(text), 'Config'),
      ),
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function runtime(config, document) {
  const lines = [
    ['Entrypoint', commandLine(config.Entrypoint)],
    ['Cmd', commandLine(config.Cmd)],
    ['Working directory', plain(config.WorkingDir)],
    ['User', plain(config.User)],
    ['Stop signal', plain(config.StopSignal)],
    ['Shell', commandLine(config.Shell)],
    ['Health check', isEmpty(config.Healthcheck) ? undefined : json(config.Healthcheck)],
    ['On build', isEmpty(config.OnBuild) ? undefined : json(config.OnBuild)],
    ['Author', isEmpty(document.author) ? undefined : String(document.author)],
  ].filter(([, content]) => content !== undefined);
  return lines.length > 0 ? block('Runtime', facts(lines)) : null;
}

const plain = (value) =>
  isEmpty(value) ? undefined : h('code', {}, typeof value === 'string' ? value : JSON.stringify(value));
const commandLine = (value) => (isEmpty(value) ? undefined : json(value));

function environment(variables) {
  if (isEmpty(variables)) return null;
  if (!Array.isArray(variables)) return block('Environment', json(variables));
  return block(
    'Environment',
    manyRows(
      variables,
      (some) =>
        table(
          'Environment',
          ['Variable', 'Value'],
          some.map((variable) => {
            const [, name, value = ''] = /^([^=]*)=?(.*)$/s.exec(String(variable));
            return [h('code', {}, name), h('code', {}, value)];
          }),
        ),
      'variable',
    ),
  );
}

/** Ports and volumes; the spec represents a set as an object of empty objects. */
function names(title, set) {
  if (isEmpty(set)) return null;
  if (!isRecord(set)) return block(title, json(set));
  return block(
    title,
    manyRows(
      Object.keys(set).sort(naturalOrder),
      (some) =>
        h(
          'ul',
          { class: 'chips' },
          some.map((name) => h('li', {}, h('code', {}, name))),
        ),
      'entry',
      'entries',
    ),
  );
}

function labels(all) {
  if (isEmpty(all)) return null;
  if (!isRecord(all)) return block('Labels', json(all));
  return block(
    'Labels',
    manyRows(
      Object.entries(all),
      (some) =>
        table(
          'Labels',
          ['Label', 'Value'],
          some.map(([name, value]) => [
            h('code', {}, name),
            typeof value === 'string' ? textOrLink(value) : json(value),
          ]),
        ),
      'label',
    ),
  );
}
