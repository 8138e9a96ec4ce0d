// Keeps indexes of layers in IndexedDB, for the option `layerIndexes` in a page or a worker.

/** Indexes, and beside them when each was used: to forget the oldest, none has to be read. */
const INDEXES = 'indexes';
const USES = 'uses';

/** @param {{ name?: string, maxBytes?: number }} [options] */
export function layerIndexDatabase({ name = 'docker-registry-client-wasm', maxBytes = 64 * 1024 * 1024 } = {}) {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opening;
  const open = () => {
    opening ??= opened(name, () => {
      opening = undefined;
    });
    return opening;
  };

  /**
   * @param {(indexes: IDBObjectStore, uses: IDBObjectStore) => Promise<any>} use
   * @returns {Promise<any>} what it gave, once that is stored
   */
  async function transact(use) {
    const transaction = (await open()).transaction([INDEXES, USES], 'readwrite');
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([use(transaction.objectStore(INDEXES), transaction.objectStore(USES)), ended]);
    return result;
  }

  return {
    /**
     * @param {string} digest
     * @returns {Promise<Uint8Array | undefined>}
     */
    get: (digest) =>
      transact(async (indexes, uses) => {
        const index = await of(indexes.get(digest));
        if (index) await of(uses.put({ digest, size: index.length, used: Date.now() }));
        return index;
      }),

    /**
     * @param {string} digest
     * @param {Uint8Array} index
     * @returns {Promise<void>}
     */
    async set(digest, index) {
      if (index.length > maxBytes) return;
      await transact(async (indexes, uses) => {
        await of(indexes.put(index, digest));
        await of(uses.put({ digest, size: index.length, used: Date.now() }));
        /** @type {{ digest: string, size: number, used: number }[]} */
        const all = await of(uses.getAll());
        let held = all.reduce((sum, { size }) => sum + size, 0);
        const oldest = all.filter((use) => use.digest !== digest).sort((one, other) => one.used - other.used);
        for (const use of oldest) {
          if (held <= maxBytes) break;
          held -= use.size;
          await Promise.all([of(indexes.delete(use.digest)), of(uses.delete(use.digest))]);
        }
      });
    },
  };
}

/**
 * @param {string} name
 * @param {() => void} forget called once the database is closed or was not opened
 * @returns {Promise<IDBDatabase>}
 */
async function opened(name, forget) {
  try {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(INDEXES);
      request.result.createObjectStore(USES, { keyPath: 'digest' });
    };
    const database = await of(request);
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
    return database;
  } catch (reason) {
    forget();
    throw reason;
  }
}

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
const of = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
