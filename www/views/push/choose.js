// Where files are dropped, or chosen by keyboard.

import { h, icon } from '../../dom.js';
import { plural } from '../../text/format.js';

const MOST_FILES = 100_000;

/** `look(chosen)`: takes `[path, file]` of all that was chosen. */
export function dropZone({ look, signal }) {
  const said = h('p', { class: 'muted small', role: 'status' });
  const chosen = (files) => {
    said.textContent = files.length === 0 ? 'There was no file in it.' : '';
    if (files.length > 0) look(files);
  };
  const picker = (label, properties) =>
    h('input', {
      type: 'file',
      hidden: true,
      'aria-label': label,
      ...properties,
      onchange: ({ target }) => {
        const files = [...target.files].map((file) => [file.webkitRelativePath || file.name, file]);
        target.value = '';
        chosen(files);
      },
    });
  const files = picker('Files to push', { multiple: true });
  const folder = picker('Folder to push', { webkitdirectory: true });
  const zone = h(
    'section',
    { class: 'drop', 'aria-label': 'What to push' },
    icon('upload'),
    h('p', {}, h('strong', {}, 'Drop an archive, a folder or files here'), ', or choose them:'),
    h(
      'div',
      { class: 'choices' },
      h('button', { type: 'button', class: 'primary', onclick: () => files.click() }, 'Choose files…'),
      h('button', { type: 'button', onclick: () => folder.click() }, 'Choose a folder…'),
    ),
    said,
    files,
    folder,
  );
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!zone.contains(relatedTarget)) zone.classList.remove('over');
  });
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    said.textContent = 'Reading what was dropped…';
    try {
      const found = await dropped(event.dataTransfer);
      if (!signal.aborted) chosen(found);
    } catch (error) {
      said.textContent = `This could not be read: ${error.message}`;
    }
  });
  // Elsewhere on the page, the browser would open the file instead of the page.
  for (const name of ['dragover', 'drop']) window.addEventListener(name, (event) => event.preventDefault(), { signal });
  return zone;
}

/** Entries must be taken before anything is awaited: after the event, the browser takes them away. */
async function dropped({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...files].map((file) => [file.name, file]);
  const found = [];
  for (const entry of entries) await collect(entry, '', found);
  return found;
}

async function collect(entry, prefix, found) {
  const path = prefix + entry.name;
  if (found.length >= MOST_FILES) throw new Error(`it has more than ${plural(MOST_FILES, 'file')}`);
  if (entry.isFile) return found.push([path, await new Promise((resolve, reject) => entry.file(resolve, reject))]);
  const reader = entry.createReader();
  const batch = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let entries = await batch(); entries.length > 0; entries = await batch()) {
    for (const one of entries) await collect(one, `${path}/`, found);
  }
  return undefined;
}
