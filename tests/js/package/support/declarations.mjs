// What a declaration file exports and how it is documented, read with the TypeScript compiler.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const CALLABLE = ['Constructor', 'MethodDeclaration', 'MethodSignature', 'FunctionDeclaration'];

/**
 * The exported declarations of the files in a folder, and the members of those that have any.
 *
 * @returns {{ file: string, name: string, member?: string, isCallable: boolean, parameters: string[], type: any, doc?: string }[]}
 *   `doc`: the text of the comment, without its stars
 */
export function readDeclarations(folder, files) {
  const config = path.join(folder, 'tsconfig.declarations.json');
  const options = { lib: ['es2022', 'dom'], types: [], skipLibCheck: true, noEmit: true };
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files }));
  const api = new API();
  try {
    const snapshot = api.updateSnapshot({ openProjects: [config] });
    const { program } = snapshot.getProjects()[0];
    return files.flatMap((file) => {
      const place = path.join(folder, file);
      return [...program.getSourceFile(place).statements].flatMap((statement) => exported(statement, place));
    });
  } finally {
    api.close();
  }
}

function exported(statement, place) {
  if (!has(statement, 'ExportKeyword') || statement.name === undefined) return [];
  const name = statement.name.text;
  const text = readFileSync(place, 'utf8');
  const described = (node) => {
    const kind = SyntaxKind[node.kind];
    return {
      file: path.basename(place),
      name,
      isCallable: CALLABLE.includes(kind),
      parameters: [...(node.parameters ?? [])].map((parameter) => parameter.name.text),
      type: node.type,
      doc: docOf(node, text),
    };
  };
  const members = [...(statement.members ?? [])].filter((member) => !has(member, 'PrivateKeyword'));
  const named = (member) => member.name?.text ?? SyntaxKind[member.kind];
  return [described(statement), ...members.map((member) => ({ ...described(member), member: named(member) }))];
}

const has = (node, modifier) => [...(node.modifiers ?? [])].some(({ kind }) => SyntaxKind[kind] === modifier);

function docOf(node, text) {
  const comment = [...(node.jsDoc ?? [])].at(-1);
  if (comment === undefined) return undefined;
  // A node begins with what stands before it.
  const lines = text
    .slice(text.lastIndexOf('/**', comment.end), comment.end)
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n');
  return lines
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .trim();
}

/** The string literals of a union type, without those of the types that it names. */
export function literalsOf({ type }) {
  return [...type.types].flatMap(({ literal }) => (literal === undefined ? [] : [literal.text]));
}

/** The blocks of a comment: what stands before the first tag as `summary` and `remarks`, and each tag with its text. */
export function blocksOf(doc) {
  const [before, ...tags] = doc.split(/^(?=@[a-z])/m);
  const [summary, ...remarks] = before.trim().split(/\n\s*\n/);
  const block = (text) => /^@(?<tag>\w+)\s*(?<text>[^]*)$/.exec(text.trim()).groups;
  return { summary, remarks: remarks.join('\n\n'), tags: tags.map(block) };
}

/** The TypeScript in the examples of a comment. */
export function examplesOf(doc) {
  const examples = blocksOf(doc).tags.filter(({ tag }) => tag === 'example');
  return examples.map(({ text }) => /^```ts\n([^]*?)^```/m.exec(text)?.[1]);
}
