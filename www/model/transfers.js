// The downloads of the page. They go on while somebody looks at something else; they end when they are done or cancelled.

/** @type {Map<string, Transfer>} by the content's name, so that nothing is downloaded twice at once */
const transfers = new Map();

/** `change`: a transfer was added or removed. */
export const changes = new EventTarget();

export const transferOf = (key) => transfers.get(key);
export const allTransfers = () => [...transfers.values()];
export const isRunning = () => allTransfers().some(({ state }) => state === 'running');

/**
 * Starts a download. `open({ signal, onProgress })` gives the stream of a blob, which errors where the bytes are not the
 * digest's: so a file exists only if it is the right one. `isVerified: false`: the registry has no digests.
 */
export function startTransfer(key, options) {
  const running = transfers.get(key);
  if (running?.state === 'running') return running;
  const transfer = new Transfer(key, options);
  transfers.set(key, transfer);
  changes.dispatchEvent(new Event('change'));
  return transfer;
}

/** Sends `change` with each step. */
class Transfer extends EventTarget {
  #controller = new AbortController();
  /** "running", "done", "failed" or "cancelled" */
  state = 'running';
  loaded = 0;
  error = undefined;

  constructor(key, { name, file, size, isVerified, open }) {
    super();
    Object.assign(this, { key, name, file, size, isVerified });
    this.#run(open);
  }

  cancel() {
    this.#controller.abort();
  }

  /** Takes an ended transfer off the list. */
  dismiss() {
    if (this.state === 'running' || transfers.get(this.key) !== this) return;
    transfers.delete(this.key);
    changes.dispatchEvent(new Event('change'));
  }

  async #run(open) {
    try {
      const onProgress = ({ loaded }) => {
        this.loaded = loaded;
        this.#tell();
      };
      save(await collect(await open({ signal: this.#controller.signal, onProgress })), this.file);
      this.state = 'done';
    } catch (error) {
      this.state = this.#controller.signal.aborted ? 'cancelled' : 'failed';
      this.error = error;
    }
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
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
