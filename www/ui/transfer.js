// A verified download: a button, then its progress with a cancel button, then the file.

import { announce, h, icon } from '../dom.js';
import { explain } from '../errors.js';
import { bytes, fileName } from '../format.js';

/**
 * `open({ signal, onProgress })` gives the stream of a blob, which errors where the bytes are not the digest's: so a file
 * exists only if it is the right one. `signal` ends the transfer with the view it stands in.
 */
export function transferButton({ descriptor, open, signal, name }) {
  const element = h('div', { class: 'transfer' });
  const idle = (note) => {
    const button = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Download ${name}` },
      icon('download'),
      'Download',
    );
    button.addEventListener('click', () => run());
    element.replaceChildren(...[note, button].filter(Boolean));
    return button;
  };

  const run = async () => {
    const controller = new AbortController();
    const bar = h('progress', { max: Math.max(1, descriptor.size), value: 0, 'aria-label': `Download of ${name}` });
    const figure = h('span', { class: 'transfer-figure' }, `0 of ${bytes(descriptor.size)}`);
    const cancel = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Cancel the download of ${name}` },
      'Cancel',
    );
    cancel.addEventListener('click', () => controller.abort());
    element.replaceChildren(h('div', { class: 'transfer-progress' }, bar, figure), cancel);
    cancel.focus();
    try {
      const onProgress = ({ loaded }) => {
        bar.value = loaded;
        figure.textContent = `${bytes(loaded)} of ${bytes(descriptor.size)}`;
      };
      const stream = await open({ signal: AbortSignal.any([signal, controller.signal]), onProgress });
      save(await collect(stream), fileName(descriptor.digest, descriptor.mediaType));
      announce(`${name}: downloaded and verified`);
      idle(h('span', { class: 'transfer-note good' }, icon('check'), 'Verified')).focus();
    } catch (error) {
      if (signal.aborted) return;
      const cancelled = controller.signal.aborted;
      const { code, message } = explain(error);
      announce(cancelled ? `${name}: cancelled` : `${name}: ${message}`);
      idle(
        cancelled
          ? h('span', { class: 'transfer-note muted' }, 'Cancelled')
          : h('p', { class: 'transfer-note bad' }, h('code', {}, code), message),
      ).focus();
    }
  };

  idle();
  return element;
}

const PIECE = 16 * 1024 * 1024;

/** Reads the stream into a blob, in pieces that browsers store outside the page's memory. `Response.blob()` hides why a stream failed. */
async function collect(stream) {
  const reader = stream.getReader();
  const pieces = [];
  let chunks = [];
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    chunks.push(value);
    size += value.byteLength;
    if (size < PIECE) continue;
    pieces.push(new Blob(chunks));
    [chunks, size] = [[], 0];
  }
  return new Blob([...pieces, ...chunks], { type: 'application/octet-stream' });
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // By then the download holds the blob.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
