/**
 * The types of the entry for Node, Deno and Bun: everything of the main entry, and docker's logins, certificates and
 * proxies.
 *
 * This file is kept by hand. It imports the package by its name, so that the same text serves `import` and `require`.
 */

import type {
  Challenge,
  ClientOptions,
  Credentials,
  DockerRegistryClient,
  LayerIndexStore,
} from "docker-registry-client-wasm";

export * from "docker-registry-client-wasm";

// ───────────── Logins

/** Options of {@link dockerCredentials}. */
export interface DockerCredentialsOptions {
  /**
   * File to read instead of the usual places. A missing file has no logins.
   *
   * @defaultValue the usual places
   */
  configFile?: string;
  /**
   * Time allowed for a credential helper, in milliseconds.
   *
   * @defaultValue 30_000
   */
  helperTimeout?: number;
}

/**
 * Returns a `credentials` callback that finds the logins of `docker login` and `podman login`.
 *
 * Each call of the callback reads all places again, in this order:
 *
 * 1. `$DOCKER_AUTH_CONFIG`, the JSON of a config file (docker 28.3, GitLab CI)
 * 2. `$DOCKER_CONFIG/config.json`, by default `~/.docker/config.json`
 * 3. `$REGISTRY_AUTH_FILE`
 * 4. `$XDG_RUNTIME_DIR/containers/auth.json`
 * 5. `/run/containers/<uid>/auth.json`, where podman keeps root's logins
 * 6. `$XDG_CONFIG_HOME/containers/auth.json`, by default `~/.config/containers/auth.json`
 *
 * The first place with a login for the registry wins. Within a place, the credential helper comes first: the one that
 * `credHelpers` names for the registry, otherwise that of `credsStore` (`docker-credential-…`, found on the `PATH`). If it
 * has no login, the most specific entry of `auths` is used.
 *
 * @param options - Config file and timeout of helpers.
 * @returns The callback, which resolves to `undefined` if there is no login. It rejects with a `RegistryError`:
 *   `INVALID_ARGUMENT` if a file cannot be read or is malformed; `AUTH_REQUIRED`, `TIMEOUT`, `INVALID_RESPONSE` or
 *   `TOO_LARGE` if a helper fails.
 * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used
 * @example
 * ```ts
 * import { DockerRegistryClient, dockerCredentials } from 'docker-registry-client-wasm/node';
 *
 * const client = new DockerRegistryClient('registry.example.com', { credentials: dockerCredentials() });
 * await client.checkStatus();
 * ```
 * @see {@link https://github.com/docker/docker-credential-helpers | docker-credential-helpers}
 */
export function dockerCredentials(
  options?: DockerCredentialsOptions,
): (challenge: Challenge) => Promise<Credentials | undefined>;

// ───────────── Certificates and proxies

/** Text of a PEM file. */
export type Pem = string | Uint8Array;

/** Options of {@link createFetch}. */
export interface FetchOptions {
  /** Certificates to trust in addition to those that the host trusts. */
  ca?: Pem | readonly Pem[];
  /** Client certificate, with its chain if it has one. Needs `key`. */
  cert?: Pem;
  /** Private key of the client certificate. */
  key?: Pem;
  /** Passphrase of the private key. */
  passphrase?: string;
  /**
   * Verifies server certificates. With `false`, everyone on the network path can read and change everything: use
   * it for tests only.
   *
   * @defaultValue true
   */
  rejectUnauthorized?: boolean;
  /**
   * Alias of `rejectUnauthorized`, as Python clients name it.
   *
   * @defaultValue true
   */
  verifySsl?: boolean;
  /**
   * Proxy for all requests: the URL of an http or https proxy (`http://user:password@host:3128` if it requires a login),
   * or `true` or "env" for the environment variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, whose lower-case forms
   * take precedence. `NO_PROXY` lists hosts that are reached directly: domains with their subdomains, IP addresses and
   * ranges (`10.0.0.0/8`), each with an optional port; `*` stands for all hosts.
   *
   * @defaultValue no proxy; with `NODE_USE_ENV_PROXY=1` or `--use-env-proxy`, as "env"
   */
  proxy?: string | URL | boolean;
  /**
   * Offers HTTP/2 to servers over TLS, in Node. A server that chooses it gets all requests over one connection, or over
   * several if it limits concurrent requests; with any other server, the same connection goes on with HTTP/1.1. It takes less
   * processor time and fewer round trips for many requests at a time, and more processor time for small requests one after the other.
   *
   * @defaultValue false
   */
  http2?: boolean;
}

/** A `fetch` with its own connections. It connects to any port, also to those that the Fetch standard blocks. */
export type CustomFetch = typeof globalThis.fetch & {
  /** Closes idle connections once the requests under way are done. */
  close(): Promise<void>;
  /** Marks that this `fetch` streams uploads. */
  readonly duplex: "half";
};

/**
 * Creates a `fetch` with its own connections, certificates and proxies, for the option `fetch` of a client.
 *
 * In Node and Deno it sends requests with `node:http` and `node:https`, and in Node with `node:http2` on request. A client uses this transport directly, which takes
 * less processor time than the host's `fetch`. Idle connections do not keep the process alive.
 *
 * @param options - Certificates and proxy.
 * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { DockerRegistryClient, createFetch } from 'docker-registry-client-wasm/node';
 *
 * const fetch = createFetch({ ca: readFileSync('company-ca.pem'), proxy: 'env' });
 * const client = new DockerRegistryClient('registry.example.com', { fetch });
 * await client.checkStatus();
 * ```
 */
export function createFetch(options?: FetchOptions): CustomFetch;

// ───────────── Indexes of layers

/** Options of {@link layerIndexFolder}. */
export interface LayerIndexFolderOptions {
  /**
   * Most bytes of all indexes. Those that were not used for the longest time are deleted.
   *
   * @defaultValue 256 MiB
   */
  maxBytes?: number;
  /**
   * Most indexes.
   *
   * @defaultValue 10_000
   */
  maxFiles?: number;
}

/**
 * Returns a store for the option `layerIndexes` of a client that keeps indexes in a folder, a file for each.
 *
 * The folder is created with the first index, for this user alone. Several processes may share it: files are replaced whole.
 *
 * @param path - Folder. Give it to nothing else: the oldest files named `*.layer-index` are deleted from it.
 * @param options - Bounds.
 * @throws {RegistryError} `INVALID_ARGUMENT` when the path or an option cannot be used
 * @example
 * ```ts
 * import { connect, layerIndexFolder } from 'docker-registry-client-wasm/node';
 *
 * const client = connect('localhost:5000', { layerIndexes: layerIndexFolder('cache/layers') });
 * const image = await client.repository('team/web').image('1.0.0');
 * console.log(await image.readFile('/etc/os-release'));
 * ```
 */
export function layerIndexFolder(path: string, options?: LayerIndexFolderOptions): LayerIndexStore;

// ───────────── Archives

/**
 * Opens an archive of images, or the directory of an OCI image layout, for `client.load()`. Nothing of it is read yet.
 *
 * A directory gives its own files and those in the folders of `blobs`. Symbolic links are left out.
 *
 * @param path - Path or `file:` URL of the archive or directory.
 * @returns A `Blob`, or the files of the directory by their paths.
 * @throws {RegistryError} `INVALID_ARGUMENT` when it cannot be opened: `cause` is the reason
 * @throws {RegistryError} `UNSUPPORTED` when the host has no `openAsBlob()`
 * @example
 * ```ts
 * import { connect, openArchive } from 'docker-registry-client-wasm/node';
 *
 * const { digest } = await connect('localhost:5000').load(await openArchive('web.tar'), 'team/web:1.0.0');
 * console.log(digest);
 * ```
 */
export function openArchive(path: string | URL): Promise<Blob | Map<string, Blob>>;

// ───────────── Both

/** Options of {@link connect}. */
export interface ConnectOptions extends ClientOptions, FetchOptions {}

/**
 * Creates a client that uses docker's logins, unless credentials are given, and the given certificates and proxy.
 *
 * In Node, clients without `fetch`, certificates and proxy share the connections of one {@link createFetch}.
 *
 * @param host - A host or a URL, as in the constructor of `DockerRegistryClient`.
 * @param options - Options of the client and of its `fetch`. `fetch` cannot be combined with certificates or a proxy.
 * @throws {RegistryError} `INVALID_ARGUMENT` when the host or an option cannot be used
 * @throws {RegistryError} `UNSUPPORTED` when the host has no `fetch` and none is given
 * @example
 * ```ts
 * import { connect } from 'docker-registry-client-wasm/node';
 *
 * const client = connect('registry.example.com');
 * console.log(await client.repository('team/web').tags());
 * ```
 */
export function connect(host: string | URL, options?: ConnectOptions): DockerRegistryClient;
