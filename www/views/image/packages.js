// The packages that an image has installed, and the system that it says it is.

import { announce, h, icon, textOrLink } from '../../dom.js';
import { contentsOf } from '../../model/contents/contents.js';
import { count, plural } from '../../text/format.js';
import { matcher } from '../../text/names.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';
import { readingPart } from '../../ui/reading.js';
import { block, facts, table } from '../common.js';

export function packagesSection({ session, image, signal }) {
  return part({
    signal,
    lines: 8,
    label: 'Reading the layers',
    work: image,
    render: (found) =>
      readingPart({
        boxed: true,
        what: 'Lists the installed packages',
        cost: () => contentsOf(found, session.layerStore).costOfAll,
        work: (options) => found.packages(options),
        render: report,
        signal,
      }),
  });
}

function report({ osRelease, packages }) {
  return h(
    'div',
    { class: 'stack' },
    system(osRelease),
    packages.length > 0 ? listOf(packages) : emptyBox('No database of dpkg, apk or rpm has packages'),
  );
}

function system(osRelease) {
  const { PRETTY_NAME, NAME, ID, VERSION_ID, HOME_URL } = osRelease;
  if (Object.keys(osRelease).length === 0) return null;
  return block(
    'System',
    facts([
      ['Name', PRETTY_NAME ?? NAME],
      ['ID', ID && h('code', {}, [ID, VERSION_ID].filter(Boolean).join(' '))],
      ['Home page', HOME_URL && textOrLink(HOME_URL)],
    ]),
  );
}

function listOf(packages) {
  const found = h('p', { class: 'count' });
  const pane = h('div', { class: 'packages-rows' });
  let announcing;
  const show = () => {
    const matches = matcher(filter.value);
    const matching = packages.filter(({ name, version, source }) => [name, version, source ?? ''].some(matches));
    found.textContent = filter.value.trim()
      ? `${count(matching.length)} of ${count(packages.length)}`
      : plural(packages.length, 'package');
    pane.replaceChildren(
      matching.length > 0
        ? manyRows(matching, rows, 'package')
        : emptyBox(`No package matches “${filter.value.trim()}”`),
    );
    clearTimeout(announcing);
    announcing = setTimeout(() => announce(`Packages: ${found.textContent}`), 600);
  };
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter, or a glob: lib*',
    'aria-label': 'Filter packages',
    spellcheck: 'false',
    autocapitalize: 'none',
    autocomplete: 'off',
    oninput: show,
  });
  show();
  return h(
    'section',
    { class: 'listing', 'aria-labelledby': 'packages-title' },
    h(
      'div',
      { class: 'list-head' },
      h('div', { class: 'list-title' }, h('h3', { id: 'packages-title' }, 'Packages'), found),
      h('div', { class: 'search' }, icon('search'), filter),
    ),
    pane,
  );
}

const rows = (packages) =>
  table(
    'Installed packages',
    ['Package', 'Version', 'Architecture', 'Source', 'Manager'],
    packages.map(({ name, version, architecture, source, manager }) => [
      h('strong', {}, name),
      h('code', {}, version),
      architecture ?? '',
      source ?? '',
      manager,
    ]),
  );
