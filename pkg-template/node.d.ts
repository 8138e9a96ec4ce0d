// The contract of the entry for Node, Deno and Bun, kept by hand. By the package's own name, so that the same text serves
// `import` and `require`.
import type { Challenge, ClientOptions, Credentials, DockerRegistryClient } from 'docker-registry-client-wasm';

export * from 'docker-registry-client-wasm';

// ───────────── Logins

export interface DockerCredentialsOptions {
  /** Asked instead of the usual places. A file that is not there holds no logins. */
  configFile?: string;
  /** Time a credential helper may take. Default 30_000. */
  helperTimeout?: number;
}

/**
 * The logins of `docker login` and `podman login`, for the option `credentials` of a client. All places are read anew at each call:
 * 1. `$DOCKER_AUTH_CONFIG`, the JSON of a config file (docker 28.3, GitLab CI)
 * 2. `$DOCKER_CONFIG/config.json`, by default `~/.docker/config.json`
 * 3. `$REGISTRY_AUTH_FILE`
 * 4. `$XDG_RUNTIME_DIR/containers/auth.json`
 * 5. `/run/containers/<uid>/auth.json`, where podman keeps root's logins
 * 6. `$XDG_CONFIG_HOME/containers/auth.json`, by default `~/.config/containers/auth.json`
 *
 * The first place that has a login for the registry counts. In each: the helper that `credHelpers` names for the registry, else
 * that of `credsStore` (`docker-credential-…`, from the PATH); where that has none, the entry of `auths` that fits best.
 * Resolves to undefined where there is none; rejects with a `RegistryError` where a file or a helper is broken.
 */
export function dockerCredentials(
  options?: DockerCredentialsOptions,
): (challenge: Challenge) => Promise<Credentials | undefined>;

// ───────────── Certificates and proxies

/** Text of a PEM file. */
export type Pem = string | Uint8Array;

export interface FetchOptions {
  /** Certificates to trust beside those that the host trusts anyway. */
  ca?: Pem | readonly Pem[];
  /** Client certificate, with the chain where there is one. */
  cert?: Pem;
  /** Its private key. */
  key?: Pem;
  passphrase?: string;
  /** `false` takes any certificate: whoever is on the way can read and change everything. Default true. */
  rejectUnauthorized?: boolean;
  /** The same by its Python name. */
  verifySsl?: boolean;
  /**
   * URL of an http or https proxy for all requests, `http://user:password@host:3128` where it wants a login; or `true` or
   * "env" for what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (or in lower case, which come first) say now. Default: no proxy.
   */
  proxy?: string | URL | boolean;
}

/**
 * A `fetch` for the option `fetch` of a client. In Node and Deno it needs the package `undici`, which is loaded at the first
 * call: version 7, or 8 from Node 22.19 on. It keeps no process alive.
 */
export function createFetch(options?: FetchOptions): typeof globalThis.fetch & {
  /** Closes the connections that are kept open, after the requests under way. */
  close(): Promise<void>;
  /** Uploads are streamed through it. */
  readonly duplex: 'half';
};

// ───────────── Both

export interface ConnectOptions extends ClientOptions, FetchOptions {}

/** A client with docker's logins, unless it is given credentials, and with certificates and proxies. */
export function connect(host: string | URL, options?: ConnectOptions): DockerRegistryClient;
