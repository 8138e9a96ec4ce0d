// Downloads: activities whose result is a file.

import { activityOf, startActivity } from './activities.js';
import { shown } from '../shown.js';

/** Registries may have different content under the same name, where no digest tells. */
const keyHere = (key) => `${shown.session?.address} ${key}`;

export const transferOf = (key) => activityOf(keyHere(key));

/**
 * Starts a download. `open({ signal, onProgress })` gives the stream of a blob, which errors where the bytes are not the
 * digest's: so a file exists only if it is the right one. `isVerified: false`: the registry has no digests.
 */
export function startTransfer(key, { name, file, size, isVerified, open }) {
  return startActivity(keyHere(key), {
    kind: 'download',
    name,
    size,
    canPause: true,
    run: async ({ signal, report, turn }) => {
      save(await collect(await open({ signal, onProgress: ({ loaded }) => report({ loaded }) }), turn), file);
      return { text: isVerified ? 'Verified' : 'Saved, not verified', isGood: isVerified };
    },
  });
}

const PIECE = 16 * 1024 * 1024;

/**
 * Reads the stream into a blob, in pieces that browsers store outside the page's memory. `Response.blob()` hides why a stream
 * failed. A stream that nobody reads stands still, which is a pause.
 */
async function collect(stream, turn) {
  const reader = stream.getReader();
  const pieces = [];
  let chunks = [];
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    chunks.push(value);
    size += value.byteLength;
    await turn();
    if (size < PIECE) continue;
    pieces.push(new Blob(chunks));
    [chunks, size] = [[], 0];
  }
  return new Blob([...pieces, ...chunks], { type: 'application/octet-stream' });
}

/** Hands a blob to the browser's downloads. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // By then the download holds the blob.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
