// The commands that pull a tag or digest, of the tools that people have. The choice is remembered.

import { isImage } from '../../model/contents/opened.js';
import { h } from '../../dom.js';
import { command } from '../../ui/copy.js';
import { commandLine } from '../../text/shell.js';
import { remember, remembered } from '../../model/preferences.js';

const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';

/** Of each tool that takes the content: how it names it. `reference`: host, name, and ":tag" or "@digest". */
const TOOLS = {
  docker: ({ reference }) => ['docker', 'pull', reference],
  podman: ({ reference }) => ['podman', 'pull', reference],
  crane: ({ reference, file }) => ['crane', 'pull', reference, `${file}.tar`],
  skopeo: ({ reference, file, isIndex }) => [
    'skopeo',
    'copy',
    isIndex ? '--all' : undefined,
    `docker://${reference}`,
    `oci:${file}`,
  ],
  helm: ({ path, digest, tag }) =>
    digest
      ? ['helm', 'pull', `oci://${path}@${digest}`]
      : // A tag cannot have the "+" of a version: helm writes "_" instead.
        ['helm', 'pull', `oci://${path}`, '--version', tag.replaceAll('_', '+')],
  oras: ({ reference }) => ['oras', 'pull', reference],
};

/** The best one first. */
const toolsFor = (manifest) =>
  manifest?.config?.mediaType === HELM_CONFIG
    ? ['helm', 'oras']
    : isImage(manifest)
      ? ['docker', 'podman', 'crane', 'skopeo']
      : ['oras', 'skopeo'];

/** `path`: host and name. One of `tag` and `digest`. */
export function pullCommand(tool, path, { tag, digest }, manifest) {
  const reference = digest ? `${path}@${digest}` : `${path}:${tag}`;
  const file = path.split('/').pop().replace(/:.*/, '');
  return commandLine(
    ...TOOLS[tool]({ path, reference, tag, digest, file, isIndex: manifest?.manifests !== undefined }),
  );
}

/** `reference`: what the page is about. `digest`: what it leads to now; V1 has none. */
export function pullCommands({ host, name, reference, digest, manifest }) {
  const path = `${host}/${name}`;
  const tools = toolsFor(manifest);
  const wanted = remembered('pull-tool', tools[0]);
  const holder = h('div', { class: 'pull-command' });
  const canChoose = reference.tag !== undefined && digest !== undefined;
  const by = select('Pull by', { tag: 'by tag', digest: 'by digest' }, remembered('pull-by', 'tag'), 'pull-by');
  const tool = select(
    'Pull with',
    Object.fromEntries(tools.map((one) => [one, one])),
    tools.includes(wanted) ? wanted : tools[0],
    'pull-tool',
  );
  function select(label, options, value, key) {
    const element = h(
      'select',
      {
        'aria-label': label,
        onchange: () => {
          remember(key, element.value);
          show();
        },
      },
      Object.entries(options).map(([one, caption]) => h('option', { value: one, selected: one === value }, caption)),
    );
    return element;
  }
  function show() {
    const isByDigest = reference.tag === undefined || (canChoose && by.value === 'digest');
    const what = isByDigest ? { digest: reference.digest ?? digest } : { tag: reference.tag };
    holder.replaceChildren(command(pullCommand(tool.value, path, what, manifest), 'pull command'));
  }
  show();
  return h('div', { class: 'pull' }, tool, canChoose ? by : null, holder);
}
