/**
 * The types of the entry that keeps indexes of layers in IndexedDB, for pages and workers. Nothing else of the package loads it.
 */

import type { LayerIndexStore } from "./index.js";

/** Options of {@link layerIndexDatabase}. */
export interface LayerIndexDatabaseOptions {
  /**
   * Name of the database.
   *
   * @defaultValue "docker-registry-client-wasm"
   */
  name?: string;
  /**
   * Most bytes of all indexes. Those that were not used for the longest time are deleted.
   *
   * @defaultValue 64 MiB
   */
  maxBytes?: number;
}

/**
 * Returns a store for the option `layerIndexes` of a client that keeps indexes in IndexedDB of the page's origin.
 *
 * The database is opened with the first use. If it cannot be, or has no room, layers are read as if there were no store. Never throws.
 *
 * @param options - Name and bounds.
 * @example
 * ```ts
 * import { DockerRegistryClient } from 'docker-registry-client-wasm';
 * import { layerIndexDatabase } from 'docker-registry-client-wasm/indexed-db';
 *
 * const client = new DockerRegistryClient('localhost:5000', { layerIndexes: layerIndexDatabase() });
 * const image = await client.repository('team/web').image('1.0.0');
 * console.log(await image.readFile('/etc/os-release'));
 * ```
 */
export function layerIndexDatabase(options?: LayerIndexDatabaseOptions): LayerIndexStore;
