/// <reference lib="esnext.disposable" />
/**
 * The types of the package. Sizes are in bytes and times in milliseconds, unless a comment says otherwise.
 *
 * This file is kept by hand; tests compare it with the built module.
 */

// ───────────── Connecting

/** Options of a {@link DockerRegistryClient}. An unknown name is refused with `INVALID_ARGUMENT`. */
export interface ClientOptions {
  /**
   * Protocol of the registry.
   *
   * @defaultValue detected: the client requests `/v2/` first and falls back to V1 only after a 404
   */
  apiVersion?: 1 | 2;
  /**
   * User name. Goes with {@link ClientOptions.password}.
   *
   * Both are sent as Basic to a registry that asks for Basic, or to the token service of a registry that asks for a token,
   * and never anywhere else. Give only one of user name and password, `token`, and `identityToken`.
   */
  username?: string;
  /** Password or access token of the user. Goes with {@link ClientOptions.username}. */
  password?: string;
  /** Bearer token for the registry, sent as it is. */
  token?: string;
  /** OAuth2 refresh token ("identity token") for the registry's token service. */
  identityToken?: string;
  /**
   * Called when the registry asks for authentication: the place for a login dialog or a credential store.
   *
   * The callback is called once on the first challenge; concurrent calls share the result. Return `undefined` to continue
   * anonymously. The callback runs again when a wider scope is needed, and on the next call if the registry refused
   * anonymous access or the callback threw. It also runs again, with `challenge.refused`, when the registry or its token
   * service refuses credentials or reports that they have expired: once during the call if they worked before, and the
   * request is retried if the callback returns other credentials.
   *
   * The callback must not wait for calls of the same client, because those calls wait for the callback. If it throws, the
   * call rejects with the code of a thrown `RegistryError`, otherwise with `AUTH_REQUIRED`.
   */
  credentials?: (challenge: Challenge) => Credentials | undefined | Promise<Credentials | undefined>;
  /**
   * URL of the token service. Overrides the one that the registry names, and replaces it in a page from which CORS hides
   * it. Append `?service=…` where the service's name is hidden too. Must be https if the registry is, except on loopback.
   */
  authServiceUrl?: string;
  /**
   * Hosts outside the registry's own domain ("auth.example.com", "10.0.0.1:8443") that may receive its credentials as
   * token services, or that may have a private address.
   *
   * Link-local and cloud metadata addresses (169.254.169.254, fe80::/10, …) are never contacted, even if they are named
   * here, unless the registry itself has that address.
   *
   * @defaultValue `[]`
   */
  trustedRealms?: string[];
  /**
   * Time allowed until the response headers arrive, plus one second for each 32 kB of the request body.
   *
   * The body of a document (manifest, config, page of a list, token, error) gets the same time again, plus one second for
   * each 4 kB. 0 waits for headers without limit and gives the body of a document `idleTimeout`.
   *
   * @defaultValue 30_000
   */
  timeout?: number;
  /**
   * Time allowed without progress in the body of a response or of a streamed upload. Empty chunks are not progress; 0 waits
   * without limit.
   *
   * @defaultValue 60_000
   */
  idleTimeout?: number;
  /** Retry budget of a request, or `false` to send each request once. */
  retry?: RetryOptions | false;
  /**
   * Function that sends the requests: the hook for proxies, private CAs, and tests.
   *
   * Set the property `duplex: "half"` on a function that accepts a `ReadableStream` as body, as in
   * `Object.assign(fetch, { duplex: "half" })`, so that the client streams uploads through it. Set `isHost: true` on a function
   * that hands its arguments on to the host's own `fetch`, such as one that counts requests: in pages, errors then explain
   * what CORS hides, which takes a request with the host's `fetch`.
   *
   * @defaultValue `globalThis.fetch`
   */
  fetch?: typeof globalThis.fetch;
  /** Header fields sent with every request to the registry. `Authorization` is refused: use the options for credentials. */
  headers?: Record<string, string>;
  /**
   * Maximum number of parallel requests, from 1 to 1024, for all calls of the client: also of copies, pushes and pulls.
   *
   * The client adapts to the registry. It begins with 32, sends more while all are needed and the registry responds well, and
   * half as many after a 429, a 503, a timeout or a lost connection. It does not exceed what `RateLimit` leaves, and after a 429
   * with `Retry-After` all calls wait (up to a minute). Calls take turns, so that a short one does not wait for a long one.
   *
   * A stream that you read does not count after its headers have arrived.
   *
   * @defaultValue 64; in pages 6, since browsers open six connections to a host without HTTP/2
   */
  concurrency?: number;
  /**
   * Platform that {@link Repository.image} selects from an index, such as "linux/arm64/v8" or
   * "windows/amd64:10.0.17763.1".
   *
   * @defaultValue "linux/amd64"
   */
  platform?: string;
  /**
   * Maximum number of pages of one listing; a longer list is `TOO_LARGE`.
   *
   * @defaultValue 10_000
   */
  maxPages?: number;
  /**
   * Maximum number of items of one listing; a longer list is `TOO_LARGE`.
   *
   * @defaultValue 1_000_000
   */
  maxItems?: number;
  /**
   * Memory for manifests and configs, which are cached by digest; the least recently used are dropped first. 0 turns the
   * cache off.
   *
   * @defaultValue 16 MiB
   */
  cacheBytes?: number;
  /**
   * Keeps indexes of layers between clients and processes: of each layer that a call looks into, so that later calls request only the bytes that
   * they need.
   *
   * `layerIndexFolder()` of `./node` and `layerIndexDatabase()` of `./indexed-db` are stores. If a store fails, takes longer than five seconds, or
   * has something else, layers are read as if there were none. It is trusted: whoever can change an index can change what is listed and read.
   */
  layerIndexes?: LayerIndexStore;
  /** Aborts every call of this client. */
  signal?: AbortSignal;
  /** Called once after each request attempt, for logs and metrics. Events contain no secrets. */
  onRequest?: (event: RequestEvent) => void;
  /**
   * Called once for each warning: those that the registry sends in the header field `Warning` with code 299, and the
   * signature problems that `unverifiedSchema1: "warn"` lets pass.
   */
  onWarning?: (text: string) => void;
  /**
   * Handling of a schema1 manifest that is unsigned or has a signature that is wrong or cannot be verified.
   *
   * - "error": the call rejects with `SIGNATURE_INVALID`, or with `UNSUPPORTED` on a host without `crypto.subtle` (a page
   *   that is not a secure context).
   * - "warn": the problem goes to `onWarning`, and {@link Manifest.signatures} tells which signatures are valid.
   *
   * The digest is computed in both cases. A document whose signatures contradict each other about the payload has no
   * digest and is always refused.
   *
   * @defaultValue "error"
   */
  unverifiedSchema1?: "error" | "warn";
}

/**
 * Retry budget of a request that fails for a temporary reason: a lost connection, or status 408, 429, 499, 500, 502, 503,
 * 504 or 522.
 *
 * Only idempotent requests are retried; after 429 also others, unless their body is a stream. `Retry-After` is honoured up
 * to one minute; a longer one ends the call, with {@link RegistryError.retryAfter}.
 */
export interface RetryOptions {
  /**
   * Attempts in total, from 1 to 100. A download or upload that makes progress in between starts counting again.
   *
   * @defaultValue 5
   */
  attempts?: number;
  /**
   * Delay before the second attempt; it doubles with each further attempt. The client waits between half of it and all of it.
   *
   * @defaultValue 250
   */
  minDelay?: number;
  /**
   * Maximum delay, unless the registry asks for a longer one.
   *
   * @defaultValue 30_000
   */
  maxDelay?: number;
}

/** Credentials for a registry: a user name and password, a bearer token, or an OAuth2 refresh token. */
export type Credentials =
  | {
      /** User name. */
      username: string;
      /** Password or access token of the user. */
      password: string;
    }
  | {
      /** Bearer token for the registry, sent as it is. */
      token: string;
    }
  | {
      /** OAuth2 refresh token for the registry's token service. */
      identityToken: string;
    };

/** Authentication challenge of a registry, as the `credentials` callback gets it. */
export interface Challenge {
  /** Base URL of the registry, as in {@link DockerRegistryClient.host}. */
  registry: string;
  /** Authentication scheme. "token" is that of the V1 protocol. */
  scheme: "basic" | "bearer" | "token";
  /** URL of the token service; with Basic, the name of the protection space. */
  realm?: string;
  /** Name of the registry at the token service. */
  service?: string;
  /** Scopes that the call needs, such as "repository:team/web:pull". */
  scopes: string[];
  /** True if earlier credentials were refused or have expired; absent otherwise. */
  refused?: boolean;
}

/** Result of a V1 search, as the registry returns it. */
export interface SearchResult {
  /** Full name of the repository, such as "library/busybox". */
  name: string;
  /** Description of the repository. */
  description?: string | null;
  /** Further fields, which differ between registries. */
  [field: string]: unknown;
}

/** Rate limit of a registry, as far as its responses tell. */
export interface RateLimit {
  /** Requests allowed per window. */
  limit?: number;
  /** Requests left in the current window. */
  remaining?: number;
  /** Length of the window in milliseconds. */
  window?: number;
  /** Milliseconds from the response until the budget is renewed. */
  reset?: number;
  /** Identity that the registry counts requests for: an address or an account. */
  source?: string;
}

/** Options of every call that makes requests. */
export interface CallOptions {
  /** Aborts the call, its requests, and a stream that it returned. The promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Overrides {@link ClientOptions.timeout} for the requests of this call.
   *
   * @defaultValue {@link ClientOptions.timeout}
   */
  timeout?: number;
}

/** Options of calls that transfer content. */
export interface TransferOptions extends CallOptions {
  /** Called as bytes are transferred. */
  onProgress?: (progress: Progress) => void;
}

/** Progress of a transfer. */
export interface Progress {
  /** Digest of the content, where known. */
  digest?: string;
  /** Bytes transferred so far. */
  loaded: number;
  /** Bytes in total, where known. */
  total?: number;
}

/** Options of paginated listings. */
export interface ListOptions extends CallOptions {
  /**
   * Number of items to request per page. The registry may return fewer or more.
   *
   * @defaultValue 1000
   */
  pageSize?: number;
  /**
   * Item after which the list begins, such as the last one of an iteration that an error ended.
   *
   * A registry with cursors of its own may ignore it and begin at the start; V1 always does. In a list that is not sorted, items
   * that are before it alphabetically may be missing.
   *
   * @defaultValue the list begins at the start
   */
  last?: string;
}

/** Options of {@link DockerRegistryClient.diagnose}. */
export interface DiagnoseOptions extends CallOptions {
  /**
   * Repository to examine for tags, referrers and deletion.
   *
   * @defaultValue the first repository of the catalog
   */
  repository?: string;
}

/** One request attempt, without secrets. */
export interface RequestEvent {
  /** Method of the request. */
  method: string;
  /** URL of the request, without user info, query values and fragment. */
  url: string;
  /** Status of the response; absent if there was none. */
  status?: number;
  /** Milliseconds until the response headers arrived or the attempt failed. */
  duration: number;
  /** Code of the error, if the attempt failed. */
  error?: ErrorCode;
}

/**
 * Client of one registry.
 *
 * A client caches manifests and configs by digest, and shares tokens and connections between its calls. Every method that
 * makes requests takes {@link CallOptions}, and every argument is checked before the first request.
 *
 * @example
 * ```ts
 * import { DockerRegistryClient } from 'docker-registry-client-wasm';
 *
 * const client = new DockerRegistryClient('registry.example.com', { username: 'alice', password: 'secret' });
 * for await (const name of client.catalog()) console.log(name);
 * ```
 */
export class DockerRegistryClient {
  /**
   * Creates a client. No request is made.
   *
   * @param host - A host ("registry.example.com", "localhost:5000") or a URL, with a path prefix if the registry has one.
   *   Without a scheme the client uses http for loopback addresses and https otherwise.
   * @param options - Credentials, timeouts, retries and limits of the client.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the host or an option cannot be used
   * @throws {RegistryError} `UNSUPPORTED` when the host has no `fetch` and none is given
   */
  constructor(host: string | URL, options?: ClientOptions);
  /** Base URL of the registry. */
  readonly host: string;
  /** Rate limit that the registry reported last, or `undefined` if it has reported none. */
  readonly rateLimit: RateLimit | undefined;
  /**
   * Detects the protocol of the registry.
   *
   * On a V1 registry (docker-registry 0.x) everything works that V1 has. Manifests, blobs, referrers, copies and clean-up
   * plans do not exist there: these calls reject with `UNSUPPORTED`.
   *
   * @param options - Options of the call.
   * @returns 2 for the OCI distribution protocol (V2), 1 for its predecessor.
   * @throws {RegistryError} `INVALID_RESPONSE` when the host is not a registry
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry requires authentication and the part of the module for it cannot be
   * loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `TIMEOUT`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support | Determining Support}
   */
  apiVersion(options?: CallOptions): Promise<1 | 2>;
  /**
   * Checks that the registry responds and accepts the credentials.
   *
   * V1: only checks that the registry responds; it asks for credentials at a repository only.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `INVALID_RESPONSE` when the host is not a registry
   * @throws {RegistryError} `UNAUTHORIZED`, `AUTH_REQUIRED` or `DENIED` when the registry refuses access
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry requires authentication and the part of the module for it cannot be
   * loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `TIMEOUT`
   */
  checkStatus(options?: CallOptions): Promise<void>;
  /**
   * Logs out: forgets what the `credentials` callback returned, all tokens, and all sessions. Never throws.
   *
   * The next call that needs credentials invokes the callback again. Credentials given as options are kept, and requests
   * under way are not affected.
   */
  forgetCredentials(): void;
  /**
   * Examines what works against this registry from this host or page, and which server settings would fix the rest.
   *
   * The call makes about a dozen requests and changes nothing. Whether manifests can be deleted is probed with a DELETE of
   * `sha256:000…`, a digest that no content has. The client's credentials are used as in other calls, and the
   * `credentials` callback is called if needed; after a refusal they are not tried again. In a page of another origin, a
   * request with a meaningless `Authorization` shows whether the browser's preflight for it passes.
   *
   * @param options - Options of the call, and the repository to examine.
   * @returns The observations. A registry that fails or does not exist is an observation, not an error.
   * @throws {RegistryError} `INVALID_ARGUMENT` or `INVALID_REFERENCE` when an argument cannot be used
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const { findings, text } = await new DockerRegistryClient('localhost:5000').diagnose();
   * console.log(text);
   * for (const { severity, code, fix } of findings) console.log(severity, code, fix?.nginx);
   * ```
   */
  diagnose(options?: DiagnoseOptions): Promise<Diagnosis>;
  /**
   * V1 only: searches the registry.
   *
   * docker-registry finds nothing unless its search is enabled (`SEARCH_BACKEND`), and then only repositories that were
   * registered with its index, as {@link Repository.pushImage} does. `catalog()`, `repositories()` and `namespaces()` of a
   * V1 registry search for "".
   *
   * @param query - Words to search for.
   * @param options - Options of the call.
   * @returns All results.
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V2
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `TIMEOUT`
   */
  search(query: string, options?: CallOptions): Promise<SearchResult[]>;
  /**
   * Lists the distinct namespaces of the catalog in its order.
   *
   * @param options - Options of the call.
   * @returns The namespaces; "library" stands for repositories without one.
   * @throws {RegistryError} the codes of {@link DockerRegistryClient.catalog}, such as `UNSUPPORTED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry speaks V1 or requires authentication, and the part of
   * the module for that cannot be loaded
   */
  namespaces(options?: CallOptions): Promise<string[]>;
  /**
   * Returns a repository of this registry. No request is made.
   *
   * @param name - Name of the repository, such as "team/web". It may be prefixed with `docker://`, `oci://` or `https://`
   *   and with this registry's own host.
   * @param namespace - Namespace, if the name has none.
   * @throws {RegistryError} `INVALID_REFERENCE` when the name is invalid, names another registry, or has a namespace
   *   although one is given as argument
   * @throws {RegistryError} `INVALID_ARGUMENT` when an argument is not a string
   */
  repository(name: string, namespace?: string): Repository;
  /**
   * Lists the repositories of the catalog.
   *
   * @param namespace - Limits the list to one namespace. "library" includes repositories without a namespace.
   * @param options - Options of the call.
   * @returns The repositories by full name. JSON has them as an object.
   * @throws {RegistryError} the codes of {@link DockerRegistryClient.catalog}, such as `UNSUPPORTED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry speaks V1 or requires authentication, and the part of
   * the module for that cannot be loaded
   */
  repositories(namespace?: string, options?: CallOptions): Promise<Map<string, Repository>>;
  /**
   * Copies an image, an index with all its images, or an artifact into this registry.
   *
   * Within a registry, blobs are mounted. From another registry they are streamed, a few at a time and in constant memory,
   * and each is verified on the way. Content that the target has is skipped, so an interrupted copy can simply be repeated.
   * If the registry refuses a manifest because it lacks something that it claimed to have, the client sends that after all.
   *
   * Writes are ordered so that a failure never leaves a broken image: blobs, then children, then the tag. Until the last
   * step the tag points where it did before. The promise resolves only when the copy is complete: with the blobs that an
   * index lists (BuildKit caches), the blobs of an OCI artifact manifest, and everything that a malformed manifest names.
   * Non-distributable layers are not copied.
   *
   * @param source - "team/web:1.0" or "team/web@sha256:…" of this registry, an {@link Image}, or a {@link CopySource} of
   *   any client. Without a tag: "latest".
   * @param target - "team/web:1.0" in this registry. Without a tag: "latest". A string may be prefixed with `docker://`,
   *   `oci://` or `https://` and with this registry's own host. As in docker, a first component with a dot or a port is
   *   a host: write "localhost:5000/com.example/web" for the repository "com.example/web".
   * @param options - Platforms, referrers and conditions of the copy.
   * @returns Descriptor of the manifest under the target tag, and statistics.
   * @throws {RegistryError} `INVALID_REFERENCE` when a reference is invalid or names another registry, which needs a client
   *   of its own
   * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used, or the target is a digest that is not the source's
   * @throws {RegistryError} `UNSUPPORTED` when a manifest may refer to content that this client cannot see: see
   *   {@link CopyOptions.unknownKinds}
   * @throws {RegistryError} `CONFLICT` when {@link CopyOptions.ifMatch} or {@link CopyOptions.noClobber} does not hold, or when a
   *   cosign tag of the target has signatures that the source lacks
   * @throws {RegistryError} `NO_MATCHING_PLATFORM` when the index has no image for one of the platforms
   * @throws {RegistryError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when content of the source is not what its digest says
   * @throws {RegistryError} `NOT_FOUND`, `MANIFEST_UNKNOWN` or `BLOB_UNKNOWN` when the source or a part of it does not exist
   * @throws {RegistryError} `INDEX_LIMIT` when indexes are nested more than 8 levels deep or name more than 10,000 manifests
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const hub = new DockerRegistryClient('registry-1.docker.io');
   * const mirror = new DockerRegistryClient('localhost:5000');
   * const source = { repository: hub.repository('library/alpine'), reference: '3' };
   * const { digest, bytes } = await mirror.copy(source, 'library/alpine:3', { platforms: ['linux/amd64', 'linux/arm64'] });
   * console.log(digest, bytes);
   * ```
   */
  copy(source: string | Image | CopySource, target: string, options?: CopyOptions): Promise<CopyResult>;
  /**
   * Pushes an image from an archive: of `docker save`, podman, skopeo, BuildKit (`type=oci`, `type=docker`), crane or {@link Image.save}, or an
   * OCI image layout as a list of files. The archive may be compressed with gzip or zstd.
   *
   * A source that can be read again (bytes, a `Blob`, a `File`, files of a directory) is read twice: once for its list of members, and once for
   * the blobs of the image. A stream is read once, and its blobs are pushed as they come; that takes an archive with an OCI layout. Memory is constant
   * either way. Content that the target has is not pushed again.
   *
   * Every blob and manifest of the image is compared with its digest, also what the target has; without an image layout, the layers are
   * compared with the `diff_ids` of the config, and an OCI manifest is made, with the layers as they are in the archive. Manifests follow when all
   * blobs are there, and the tag is written last. Names and links in an archive are data: none leads anywhere.
   *
   * @param source - Archive, or the files of an image layout.
   * @param target - "team/web:1.0" in this registry, as in {@link DockerRegistryClient.copy}. Without it, the repository and tag that the archive
   *   names; a stream needs a target.
   * @param options - Choice of the image, conditions and limits.
   * @returns Descriptor of the manifest under the target, and statistics.
   * @throws {RegistryError} `ARCHIVE_INVALID` when the archive is damaged or incomplete, contradicts itself, or is no archive of images; the
   *   message names the member and its place
   * @throws {RegistryError} `INVALID_ARGUMENT` when an argument cannot be used, the archive has several images and
   *   {@link LoadOptions.reference} chooses none, or there is neither a target nor a name
   * @throws {RegistryError} `INVALID_REFERENCE` when the target is invalid or names another registry
   * @throws {RegistryError} `NO_MATCHING_PLATFORM` when the image is not for {@link LoadOptions.platform}
   * @throws {RegistryError} `UNSUPPORTED` when a stream has no image layout, or a manifest has unknown parts or the format schema1
   * @throws {RegistryError} `TOO_LARGE` when a limit is exceeded
   * @throws {RegistryError} `CONFLICT` when {@link LoadOptions.ifMatch} or {@link LoadOptions.noClobber} does not hold
   * @throws {RegistryError} `SOURCE` when the source fails: `cause` is its reason
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @example
   * ```ts
   * import { connect, openArchive } from 'docker-registry-client-wasm/node';
   *
   * const client = connect('localhost:5000');
   * const { digest, blobs, existing } = await client.load(await openArchive('web.tar'), 'team/web:1.0.0');
   * console.log(digest, blobs, existing);
   * ```
   */
  load(source: ArchiveSource, target?: string, options?: LoadOptions): Promise<LoadResult>;
  /**
   * Lists the images of an archive, of the kinds that {@link DockerRegistryClient.load} takes. No request is sent.
   *
   * Manifests and configs are compared with their digests, layers only where the archive has no image layout: then all of it is read. An image that
   * cannot be loaded as a whole yields an entry with an `error` and does not affect others.
   *
   * @param source - Archive, or the files of an image layout. A stream is read to its end, and cannot be loaded after that.
   * @param options - Limits, and options of the call.
   * @returns The images, in the archive's order.
   * @throws {RegistryError} `ARCHIVE_INVALID` when the archive is damaged, contradicts itself, or is no archive of images
   * @throws {RegistryError} `TOO_LARGE` when a limit is exceeded
   * @throws {RegistryError} `SOURCE` when the source fails: `cause` is its reason
   * @throws {RegistryError} `INVALID_ARGUMENT` when an argument cannot be used
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { connect, openArchive } from 'docker-registry-client-wasm/node';
   *
   * const client = connect('localhost:5000');
   * for (const image of await client.archiveImages(await openArchive('web.tar'))) console.log(image.names, image.error ?? image.platforms);
   * ```
   */
  archiveImages(source: ArchiveSource, options?: ArchiveImagesOptions): Promise<ArchiveImage[]>;
  /**
   * Iterates over the names of all repositories as the pages arrive. Each name comes once.
   *
   * @param options - Page size, and options of the call.
   * @throws {RegistryError} `UNSUPPORTED` when the registry has no catalog or does not show it to this client
   * @throws {RegistryError} `PAGING_LOOP` when there is more to list but the registry does not say how to get it
   * @throws {RegistryError} `TOO_LARGE` when the list exceeds `maxPages`, `maxItems` or 256 MiB
   * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used (thrown at once)
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `TIMEOUT`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry speaks V1 or requires authentication, and the part of
   * the module for that cannot be loaded
   */
  catalog(options?: ListOptions): AsyncIterableIterator<string>;
  /**
   * Iterates over the repositories of the catalog with their number of tags, newest tag and size, in the order in which they are
   * read.
   *
   * Each repository takes one request for its tags, one for each tag and each image in an index, and, if it has several images,
   * one for the config of each. Content that repositories share is read once. A repository without tags has `tags: 0`.
   *
   * A repository that cannot be read yields an entry with an `error` and does not affect others. A failure that concerns all
   * repositories (the catalog, the rate limit, a lost connection) ends the iteration. Leaving the loop aborts all requests.
   *
   * @param options - Repositories, what to read of them, and options of the call.
   * @throws {RegistryError} the codes of {@link DockerRegistryClient.catalog}, such as `UNSUPPORTED`
   * @throws {RegistryError} `RATE_LIMITED`, `TOOMANYREQUESTS`, `NETWORK` or another code of a failure that concerns all
   *   repositories
   * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used (thrown at once)
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const inventory = new DockerRegistryClient('localhost:5000').inventory({ filter: 'team/*' });
   * for await (const entry of inventory) {
   *   if (entry.error) console.warn(entry.name, entry.error.code);
   *   else console.log(entry.name, entry.tags, entry.newest?.tag, entry.size);
   * }
   * console.log('in all', inventory.totals.size);
   * ```
   */
  inventory(options?: InventoryOptions): Inventory;
  /**
   * Returns what the client knows, as `console.log()`, `JSON.stringify()`, `structuredClone()` and a spread show it.
   *
   * @throws {RegistryError} `INVALID_ARGUMENT` when the object was freed
   */
  toJSON(): Pick<DockerRegistryClient, "host" | "rateLimit">;
  /**
   * Frees the object's memory at once. Never throws.
   *
   * It is never needed, because a collected object is freed too. Calls under way continue; later uses of the object fail with
   * `INVALID_ARGUMENT`, except a second `free()`.
   */
  free(): void;
  /** Frees the object at the end of a `using` declaration, on hosts that have `Symbol.dispose`. Never throws. */
  [Symbol.dispose](): void;
}

// ───────────── Diagnosis

/**
 * Observations about a registry. A fact that is absent, `undefined` or "unknown" was not observed: the examination did not
 * get that far, or the browser hides it.
 */
export interface Diagnosis {
  /** Base URL of the registry. */
  registry: string;
  /** Origin of the page or worker that made the requests; absent outside pages. */
  page?: string;
  /**
   * True if anything responds, registry or not. Also `false` when the browser blocks everything (a certificate, a policy).
   */
  reachable?: boolean;
  /** Protocol of the registry. */
  apiVersion?: 1 | 2;
  /** Value of the header field `Server`. Most registries do not identify themselves. */
  server?: string;
  /** Authentication. */
  auth: AuthDiagnosis;
  /** CORS rules; only in a page of another origin. */
  cors?: CorsDiagnosis;
  /** Repository that was examined for tags, referrers and deletion. */
  repository?: string;
  /** Catalog, `/v2/_catalog`. */
  catalog: ListDiagnosis;
  /** Tag list, `/v2/<name>/tags/list`. */
  tags: ListDiagnosis;
  /**
   * Referrers API, `/v2/<name>/referrers/<digest>` (distribution-spec v1.1.1). In a page, "unknown" may be a "no" whose 404
   * came without CORS header fields.
   */
  referrers: SupportDiagnosis;
  /** Deletion of manifests by digest. "yes" if the probe failed only because its manifest does not exist. */
  delete: SupportDiagnosis;
  /** Problems and notes, the most severe first. Empty if everything works. */
  findings: Finding[];
  /** The diagnosis as text for people, with the settings to paste. */
  text: string;
}

/** Authentication, as far as it was observed. */
export interface AuthDiagnosis {
  /**
   * Authentication scheme in lower case. "none": the registry admits everyone. "hidden": the page cannot see it.
   * "unknown": it was not observed.
   */
  scheme: "none" | "basic" | "bearer" | "hidden" | "unknown" | (string & {});
  /** Redacted URL of the token service; with Basic, the name of the protection space. */
  realm?: string;
  /** Name of the registry at the token service, such as "harbor-registry" or "container_registry" (GitLab). */
  service?: string;
  /** Whether the registry accepts the client's credentials. Absent if there are none or the registry did not ask. */
  credentialsAccepted?: boolean;
}

/** CORS rules that the browser applies to the page's requests. */
export interface CorsDiagnosis {
  /** Whether the page may read any response. */
  allowed?: boolean;
  /** Preflight requests (OPTIONS): `false` if one failed while other requests passed. */
  preflight: PreflightDiagnosis;
  /**
   * Header fields that a response should have and the page cannot see. `Access-Control-Expose-Headers` should list them.
   * Covers what can be observed without changing anything: WWW-Authenticate, Link, Docker-Content-Digest.
   */
  hiddenHeaders: string[];
  /** Header fields that the page can see. */
  seenHeaders: string[];
}

/** Which preflight requests passed. */
export interface PreflightDiagnosis {
  /** GET with an `Accept` longer than 128 bytes, as in requests for manifests. */
  accept?: boolean;
  /** GET with `Authorization`. */
  authorization?: boolean;
  /** DELETE. */
  delete?: boolean;
}

/** Support for an endpoint. */
export interface SupportDiagnosis {
  /** Whether the endpoint works. */
  status: Support;
}

/** Support for a listing. */
export interface ListDiagnosis extends SupportDiagnosis {
  /** How the list is paginated. */
  paging: Paging;
}

/** "yes": it works. "no": the registry does not have it. "denied": not with these credentials. */
export type Support = "yes" | "no" | "denied" | "unknown";

/**
 * Pagination of a list. "link": pages with a `Link` to the next. "last": pages without a visible `Link`. "none": all items
 * in one response.
 */
export type Paging = "link" | "last" | "none" | "unknown";

/** Problem or note of a diagnosis. */
export interface Finding {
  /** "error": the client cannot do its work. "warning": something fails or works badly. "info": good to know. */
  severity: "error" | "warning" | "info";
  /** Code that identifies the finding. */
  code: FindingCode;
  /** Explanation for people. */
  message: string;
  /** Settings that fix it. Either one is sufficient if there are two. */
  fix?: FindingFix;
}

/** Codes of findings. `CORS_OR_NETWORK`: the browser does not tell a CORS refusal from a network failure. `BASE_…`: of `/v2/`. */
export type FindingCode =
  | "UNREACHABLE"
  | "MIXED_CONTENT"
  | "CORS_OR_NETWORK"
  | "CORS_REFUSED"
  | "NOT_A_REGISTRY"
  | "BASE_FAILED"
  | "BASE_UNREADABLE"
  | "REDIRECTED"
  | "V1_ONLY"
  | "PREFLIGHT_REFUSED"
  | "HEADERS_HIDDEN"
  | "CREDENTIALS_NEEDED"
  | "CREDENTIALS_REFUSED"
  | "AUTHENTICATION_FAILED"
  | "LINK_MISSING"
  | "LINK_UNUSABLE"
  | "CATALOG_UNSUPPORTED"
  | "CATALOG_DENIED"
  | "REFERRERS_UNSUPPORTED"
  | "DELETE_UNSUPPORTED"
  | "DELETE_DENIED"
  | (string & {});

/** Settings that fix a finding. */
export interface FindingFix {
  /** YAML for the `config.yml` of distribution. */
  distribution?: string;
  /** A `location` for the `server` block of an nginx in front of any registry. */
  nginx?: string;
}

// ───────────── Copying

/** Source of a copy: a tag or digest in a repository of any client. */
export interface CopySource {
  /** Repository that has the image. */
  repository: Repository;
  /** Tag or digest. */
  reference: string;
}

/** Options of {@link DockerRegistryClient.copy}. */
export interface CopyOptions extends CallOptions {
  /**
   * Platforms to copy from an index. One platform gives that image itself, several give a new index of these images.
   *
   * @defaultValue the whole index, byte for byte
   */
  platforms?: string[];
  /**
   * Copies the referrers of the image and of its parts too, such as signatures and SBOMs.
   *
   * A target without the referrers API gets the referrers tag. Cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`) are
   * copied under their names; if the target has such a tag with signatures that the source lacks, the call rejects with
   * `CONFLICT` and leaves that tag unchanged.
   *
   * @defaultValue false
   */
  referrers?: boolean;
  /**
   * Maximum number of bytes per request to the target, as in {@link PushBlobOptions.chunkSize}.
   *
   * @defaultValue as in {@link PushBlobOptions.chunkSize}
   */
  chunkSize?: number;
  /**
   * Moves the target's tag only if it points to this digest now; `null`: only if the tag does not exist. Otherwise the call
   * rejects with `CONFLICT`.
   *
   * A tag that points to the copy already satisfies every condition, so that a copy can be run again. Checked before the copy
   * and again right before the tag is written. No registry compares and writes in one step, so another writer may still come
   * in between: the condition is not a lock. `undefined` is refused.
   */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag of the target: the call rejects with `CONFLICT` if the tag points to something else. The same
   * as `ifMatch: null`, with which it cannot be combined.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
  /**
   * Handling of manifests that may refer to content which this client cannot see: those of an unknown kind that contain
   * digests, and malformed ones.
   *
   * - "reject": the copy rejects with `UNSUPPORTED`, which names the kind.
   * - "manifest-only": copies the manifest and the parts that can be read.
   *
   * @defaultValue "reject"
   */
  unknownKinds?: "reject" | "manifest-only";
  /**
   * Conversion of a schema1 image. An index keeps its schema1 images.
   *
   * - "keep": copies the image as it is, signatures included.
   * - "docker" or "oci": converts it to a schema2 or OCI image with the same layers, without empty ones. The config is made
   *   as docker and skopeo make it, so the image ID is the same. Each layer is read once more to compute its diff ID; the
   *   call rejects with `UNSUPPORTED` on a host without `DecompressionStream`.
   *
   * @defaultValue "keep"
   */
  schema1?: "keep" | "docker" | "oci";
  /** Called as blobs and manifests are copied. */
  onProgress?: (progress: CopyProgress) => void;
}

/** Progress of one blob or manifest of a copy. */
export interface CopyProgress {
  /** Digest of the blob or manifest. */
  digest: string;
  /**
   * "exists": the target had it. "mounted": taken from another repository of the registry. "copying": under way. "copied":
   * done.
   */
  stage: "exists" | "mounted" | "copying" | "copied";
  /** Bytes of it at the target. */
  loaded: number;
  /** Bytes in total. */
  total: number;
}

/** Descriptor of the manifest under the target tag, with statistics. */
export interface CopyResult extends Descriptor {
  /** Manifests written. */
  manifests: number;
  /** Blobs transferred. */
  blobs: number;
  /** Bytes transferred. */
  bytes: number;
  /** Blobs mounted. */
  mounted: number;
  /** Blobs and manifests that the target had. */
  existing: number;
}

// ───────────── Repository

/** ECDSA key that signs a schema1 manifest: a `CryptoKeyPair`, or a private JSON Web Key of P-256, P-384 or P-521. */
export type SigningKey =
  | {
      /** Private key, a `CryptoKey`. */
      readonly privateKey: object;
      /** Public key, a `CryptoKey`. */
      readonly publicKey: object;
    }
  | {
      /** Key type: "EC". */
      kty?: string;
      /** Curve: "P-256", "P-384" or "P-521". */
      crv?: string;
      /** X coordinate of the public key. */
      x?: string;
      /** Y coordinate of the public key. */
      y?: string;
      /** Private key. */
      d?: string;
    };

/** Options of {@link Repository.tags}. */
export interface TagsOptions extends CallOptions {
  /**
   * Tags to return: a glob that matches the whole tag (`*` any characters, `?` one), or a regular expression.
   *
   * @defaultValue all tags
   */
  filter?: string | RegExp;
}

/** Options of {@link Repository.describeTags}. */
export interface DescribeTagsOptions extends CallOptions {
  /**
   * Tags to describe.
   *
   * @defaultValue all tags
   */
  tags?: string[];
  /**
   * Order of the entries.
   *
   * - "name": by the characters of the tags.
   * - "version": the highest version first (1.10 before 1.9 before 1.9-rc1, 1.9 before 1.9-alpine); tags that are not
   *   versions come last, by name.
   * - "newest": by {@link TagData.created}; images of unknown age come last.
   *
   * "name" and "version" yield entries while further tags are read; "newest" waits for all tags, unless the registry
   * reports dates with its tag list.
   *
   * @defaultValue as the tags are ready
   */
  order?: "name" | "version" | "newest";
  /**
   * Called for each tag, and once more when their number is known. With this callback all tags are listed first, so that `total`
   * is known early.
   */
  onProgress?: (progress: CountProgress) => void;
}

/** Options of {@link Repository.usage}. */
export interface UsageOptions extends CallOptions {
  /**
   * Reads the size of the content: the manifest of each tag, and of each image in an index.
   *
   * @defaultValue true
   */
  sizes?: boolean;
  /**
   * Reads creation dates, with one request for the config of each image.
   *
   * - `true`: of all images, so that {@link NewestTag.created} is known in a repository with a single image too.
   * - `false`: of none. `newest` is known only if all tags point to one image, or the registry reports dates with its tag list.
   *   With `sizes: false` the only request is that for the tags.
   *
   * @defaultValue those that decide which of several images is the newest
   */
  dates?: boolean;
}

/** Options of {@link DockerRegistryClient.inventory}. */
export interface InventoryOptions extends UsageOptions {
  /**
   * Limits the inventory to one namespace. "library" includes repositories without a namespace.
   *
   * @defaultValue all namespaces
   */
  namespace?: string;
  /**
   * Repositories to read: a glob that matches the full name (`*` any characters, `?` one), or a regular expression.
   *
   * @defaultValue all repositories
   */
  filter?: string | RegExp;
  /**
   * Maximum number of repositories that are read at a time, from 1 to 1024. Their requests share
   * {@link ClientOptions.concurrency}.
   *
   * @defaultValue as many as the client makes parallel requests
   */
  concurrency?: number;
  /**
   * Called for each repository, and once more when their number is known. With this callback the catalog is listed to its end
   * first, so that `total` is known early.
   */
  onProgress?: (progress: CountProgress) => void;
}

/** Progress of a call that reads many items. */
export interface CountProgress {
  /** Number of items that are done. */
  done: number;
  /** Number of all items; absent until it is known. */
  total?: number;
}

/** Options of {@link Repository.image}. */
export interface ImageOptions extends CallOptions {
  /**
   * Platform to select from an index, such as "linux/arm64/v8". An image that is not in an index must be for this platform
   * too, if one is given.
   *
   * @defaultValue {@link ClientOptions.platform}
   */
  platform?: string;
}

/** Options of {@link Repository.manifest}. */
export interface ManifestOptions extends CallOptions {
  /**
   * Media types for the `Accept` header field.
   *
   * @defaultValue all media types that the client knows
   */
  accept?: string[];
}

/** Options of {@link Repository.blob}. */
export interface BlobOptions extends TransferOptions {
  /**
   * Positions of the first and the last byte, inclusive as in HTTP. A part of a blob cannot be verified.
   *
   * @defaultValue the whole blob
   */
  range?: [first: number, last: number];
}

/** Options of {@link Repository.tag}. */
export interface TagOptions extends CallOptions {
  /**
   * Digest that the tag must point to now; `null`: the tag must not exist. Otherwise the call rejects with `CONFLICT` and
   * changes nothing. V1: the id of an image.
   *
   * The condition guards what would be overwritten: a tag that points to the image already satisfies every condition, so that
   * a promotion can be run again. The tag is read right before it is written. No registry compares and writes in one step, so
   * another writer may still come in between: the condition is not a lock. `undefined` is refused.
   */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag: the call rejects with `CONFLICT` if the tag points to another image. The same as
   * `ifMatch: null`, with which it cannot be combined.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
}

/** Source and destination of {@link Repository.tag} by name, and options of the call. */
export interface TagMove extends TagOptions {
  /** Image that the tag will point to: another tag, the digest of a manifest, or an {@link Image}. It must exist. */
  from: string | Image;
  /** Tag to create or move. */
  to: string;
}

/** Options of {@link Repository.pushManifest}. */
export interface PushManifestOptions extends CallOptions {
  /**
   * Media type of the manifest, if the document does not state it.
   *
   * @defaultValue the media type that the document states
   */
  mediaType?: string;
  /**
   * Key that signs an unsigned schema1 manifest.
   *
   * @defaultValue a new P-256 key
   */
  signingKey?: SigningKey;
  /**
   * Writes the tag only if it points to this digest now; `null`: only if the tag does not exist. Otherwise the call rejects with
   * `CONFLICT` and changes nothing. For a tag only.
   *
   * A tag that points to the manifest already satisfies every condition. The tag is read right before it is written, and again before a
   * failed request is repeated. No registry compares and writes in one step, so another writer may still come in between: the
   * condition is not a lock. `undefined` is refused.
   */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag: the call rejects with `CONFLICT` if the tag points to something else. The same as
   * `ifMatch: null`, with which it cannot be combined.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
}

/** Options of {@link Repository.planCleanup}. */
export interface PlanCleanupOptions extends CallOptions {
  /** Called for each tag and manifest that is read. `total` grows as manifests name further ones. */
  onProgress?: (progress: CountProgress) => void;
}

/** Options of {@link Repository.deleteManifest}. */
export interface DeleteManifestOptions extends CallOptions {
  /**
   * Deletes the manifest even if something depends on it.
   *
   * @defaultValue false
   */
  force?: boolean;
}

/** Options of {@link Repository.createIndex}. */
export interface CreateIndexOptions extends CallOptions {
  /** Tag or digest of an index to start from. Its annotations are kept. */
  base?: string;
  /** Entries of `base` to remove: digests or platforms ("linux/arm64"). The attestations of an image go with it. */
  remove?: string[];
  /** Annotations of the index. */
  annotations?: Record<string, string>;
  /**
   * Writes the tag only if it points to this digest now; `null`: only if the tag does not exist. Otherwise the call rejects with
   * `CONFLICT`. With the digest of the base that you read, an edit of another writer is not lost.
   *
   * A tag that points to the index already satisfies every condition. The tag is read right before it is written. No registry
   * compares and writes in one step, so another writer may still come in between: the condition is not a lock. `undefined` is
   * refused.
   */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag: the call rejects with `CONFLICT` if the tag points to something else. The same as
   * `ifMatch: null`, with which it cannot be combined.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
}

/** Options of {@link Repository.referrers}. */
export interface ReferrersOptions extends CallOptions {
  /**
   * Artifact type of the referrers to return. The client filters if the registry does not.
   *
   * @defaultValue all referrers
   */
  artifactType?: string;
}

/** Options of {@link Repository.pushBlob}. */
export interface PushBlobOptions extends TransferOptions {
  /**
   * Media type for the returned descriptor. It is not sent to the registry.
   *
   * @defaultValue "application/octet-stream"
   */
  mediaType?: string;
  /**
   * Maximum number of bytes per request, up to 256 MiB. For registries, and proxies in front of them, that limit the size
   * of a request. Chunks are larger if the registry requires it (`OCI-Chunk-Min-Length`). After a 413, or GHCR's 416 to a
   * chunk that is too large, the client switches to smaller chunks by itself.
   *
   * @defaultValue unlimited; 4 MiB where request bodies cannot be streamed
   */
  chunkSize?: number;
  /** Expected digest, sha256 or sha512. If the registry has this blob already, a stream is not read. */
  digest?: string;
}

/** Options of {@link Image.save}. */
export interface SaveImageOptions extends CallOptions {
  /**
   * Names with tags, such as "registry.example.com/team/web:1.0", that a program gives to the image when it loads the archive. An empty list
   * leaves it without a name.
   *
   * @defaultValue registry, repository and tag that the image was found by; no name if it was found by digest
   */
  names?: string[];
  /** Called with the bytes of the archive. */
  onProgress?: (progress: Progress) => void;
}

/** Options of {@link Repository.save}. */
export interface SaveOptions extends SaveImageOptions {
  /**
   * Platforms to save of an index. One platform gives that image itself, several give a new index of these images.
   *
   * @defaultValue the whole index, byte for byte
   */
  platforms?: string[];
}

/**
 * An archive of images: bytes, a `Blob` or `File`, or a stream; or the files of an image layout, with their paths, such as a `FileList` of
 * `<input type="file" webkitdirectory>`, or what `openArchive()` of `./node` gives.
 */
export type ArchiveSource = BlobData | Iterable<File> | Iterable<[path: string, file: Blob]>;

/** Options of {@link DockerRegistryClient.archiveImages}. */
export interface ArchiveImagesOptions extends CallOptions {
  /** Limits of the decompression, of the archive and of each layer without an image layout. */
  limits?: LayerLimits;
}

/** Image of an archive. One that cannot be loaded as a whole has an `error` in place of what it consists of. */
export type ArchiveImage = {
  /** What {@link LoadOptions.reference} chooses it by: its digest or a name. It is absent for an image that has neither. */
  reference?: string;
  /** Names that the archive has for it, such as "localhost:5000/team/web:1.0" or "1.0". */
  names: string[];
} & (
  | {
      /** Always absent. */
      error?: undefined;
      /** Digest of the manifest or index that {@link DockerRegistryClient.load} pushes. */
      digest: string;
      /** Media type of that manifest or index. */
      mediaType: string;
      /** Platforms of its images, each once. */
      platforms: Platform[];
      /** Bytes of all manifests and blobs. */
      size: number;
      /** Configs and layers, each once. */
      blobs: Descriptor[];
    }
  | {
      /** Reason why it cannot be loaded as a whole. */
      error: RegistryError;
    }
);

/** Options of {@link DockerRegistryClient.load}. */
export interface LoadOptions extends CallOptions {
  /** Image of the archive, by one of its names or its digest. It is needed if the archive has several. */
  reference?: string;
  /**
   * Loads only the image of an index for this platform, such as "linux/arm64".
   *
   * @defaultValue the whole index, byte for byte
   */
  platform?: string;
  /** Limits of the decompression, of the archive and of each layer without an image layout. */
  limits?: LayerLimits;
  /**
   * Maximum number of bytes per request, as in {@link PushBlobOptions.chunkSize}.
   *
   * @defaultValue as in {@link PushBlobOptions.chunkSize}
   */
  chunkSize?: number;
  /** Condition of the target's tag, as in {@link CopyOptions.ifMatch}. It is checked once the image of the archive is known, and again at the end. */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag of the target, as in {@link CopyOptions.noClobber}.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
  /** Called as blobs and manifests are pushed. */
  onProgress?: (progress: CopyProgress) => void;
}

/** Result of {@link DockerRegistryClient.load}: the descriptor of the manifest, and what was pushed. */
export interface LoadResult extends CopyResult {
  /** Repository of the target. */
  repository: string;
  /** Tag or digest of the target. */
  reference: string;
  /** Names that the archive has for the image. */
  names: string[];
}

/** Content of a blob. A stream must be neither locked nor read from. */
export type BlobData =
  | ArrayBufferView
  | ArrayBufferLike
  | Blob
  | ReadableStream<ArrayBufferView | ArrayBufferLike>
  | AsyncIterable<ArrayBufferView | ArrayBufferLike>;

/** Artifact to push with {@link Repository.pushArtifact}, and options of the call. */
export interface PushArtifactOptions extends CallOptions {
  /**
   * Called as the config and the files are pushed, with the bytes of all of them, and once at the end. `total` is absent if the
   * length of a stream is not known.
   */
  onProgress?: (progress: Progress) => void;
  /** Type of the artifact, a media type such as "application/vnd.example.sbom". */
  artifactType: string;
  /** Files of the artifact, pushed in this order. */
  files?: ArtifactFile[];
  /** Annotations of the manifest. */
  annotations?: Record<string, string>;
  /** Manifest that the artifact refers to: a tag or digest of this repository, or an {@link Image} of it. Must exist. */
  subject?: string | Image;
  /**
   * Config of the artifact.
   *
   * @defaultValue the empty config, as for most artifacts
   */
  config?: ArtifactConfig;
  /** Tag for the artifact. Without one, only its digest names it. */
  tag?: string;
  /**
   * Writes the tag only if it points to this digest now; `null`: only if the tag does not exist. Otherwise the call rejects with
   * `CONFLICT`; the artifact is there under its digest then, without
   * the tag. Needs {@link PushArtifactOptions.tag}.
   *
   * A tag that points to the artifact already satisfies every condition. The tag is read right before it is written, and again before a
   * failed request is repeated. No registry compares and writes in one step, so another writer may still come in between: the
   * condition is not a lock. `undefined` is refused.
   */
  ifMatch?: string | null;
  /**
   * Never moves an existing tag: the call rejects with `CONFLICT` if the tag points to something else. The same as
   * `ifMatch: null`, with which it cannot be combined.
   *
   * @defaultValue false
   */
  noClobber?: boolean;
  /**
   * Maximum number of bytes per request for the files, as in {@link PushBlobOptions.chunkSize}.
   *
   * @defaultValue as in {@link PushBlobOptions.chunkSize}
   */
  chunkSize?: number;
}

/** File of an artifact. */
export interface ArtifactFile {
  /** Name of the file (annotation `org.opencontainers.image.title`). */
  title?: string;
  /** Content of the file. */
  data: BlobData;
  /**
   * Media type of the file.
   *
   * @defaultValue "application/octet-stream"
   */
  mediaType?: string;
  /** Annotations of the file. */
  annotations?: Record<string, string>;
}

/** Config of an artifact. */
export interface ArtifactConfig {
  /** Content of the config. */
  data: BlobData;
  /**
   * Media type of the config.
   *
   * @defaultValue "application/octet-stream"
   */
  mediaType?: string;
}

/**
 * Repository of a registry. {@link DockerRegistryClient.repository} returns one.
 *
 * @example
 * ```ts
 * import { DockerRegistryClient } from 'docker-registry-client-wasm';
 *
 * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
 * for await (const entry of repository.describeTags({ order: 'version' })) {
 *   if (entry.error) console.warn(entry.tag, entry.error.code);
 *   else console.log(entry.tag, entry.digest, entry.created, entry.size);
 * }
 * ```
 */
export class Repository {
  private constructor();
  /** Full name, such as "library/alpine". */
  readonly name: string;
  /** Namespace, such as "library"; `undefined` for a name without one. */
  readonly namespace: string | undefined;
  /** Name without the namespace, such as "alpine". */
  readonly repository: string;
  /**
   * Lists all tags.
   *
   * @param options - Filter, and options of the call.
   * @returns The tags in the order of the registry; `[]` for a repository that the catalog has, but that has no tags.
   * @throws {RegistryError} `NAME_UNKNOWN` or `NOT_FOUND` when the repository does not exist
   * @throws {RegistryError} `PAGING_LOOP` when there is more to list but the registry does not say how to get it
   * @throws {RegistryError} `TOO_LARGE` when the list exceeds `maxPages`, `maxItems` or 256 MiB
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry speaks V1 or requires authentication, and the part of
   * the module for that cannot be loaded
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags | Listing Tags}
   */
  tags(options?: TagsOptions): Promise<string[]>;
  /**
   * Iterates over all tags as the pages arrive. Each tag comes once.
   *
   * Where a `Link` to the next page cannot be followed, the client continues after the last tag.
   *
   * @param options - Page size, and options of the call.
   * @throws {RegistryError} the codes of {@link Repository.tags}, such as `NAME_UNKNOWN` or `PAGING_LOOP`
   * @throws {RegistryError} `INVALID_ARGUMENT` when an option cannot be used (thrown at once)
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the registry speaks V1 or requires authentication, and the part of
   * the module for that cannot be loaded
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags | Listing Tags}
   */
  eachTag(options?: ListOptions): AsyncIterableIterator<string>;
  /**
   * Describes what a tag points to, from its manifest and config. V1: from the JSON of the image and of the tag.
   *
   * @param tag - The tag.
   * @param options - Options of the call.
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when the tag does not exist
   * @throws {RegistryError} `INVALID_REFERENCE` when the tag is invalid
   * @throws {RegistryError} `INVALID_RESPONSE` or `AMBIGUOUS_MANIFEST` when the manifest or config is malformed
   * @throws {RegistryError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when content is not what its digest says
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  data(tag: string, options?: CallOptions): Promise<TagData>;
  /**
   * Iterates over descriptions of many tags, as many at a time as the client makes parallel requests.
   *
   * One manifest and one config are read per digest, however many tags share it, except those in the cache. A registry that
   * reports digests with its tag list (Google's) needs no request per tag.
   *
   * A tag that cannot be described (deleted since it was listed, malformed, of an unknown kind) yields an entry with an
   * `error` and does not affect other tags. A failure that concerns all tags (refused credentials, the rate limit, a lost
   * connection) ends the iteration. Leaving the loop aborts all requests.
   *
   * @param options - Tags, order, and options of the call.
   * @throws {RegistryError} the codes of {@link Repository.tags}, such as `NAME_UNKNOWN` or `UNAUTHORIZED`
   * @throws {RegistryError} `INVALID_ARGUMENT` or `INVALID_REFERENCE` when an option cannot be used (thrown at once)
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  describeTags(options?: DescribeTagsOptions): AsyncIterableIterator<DescribedTag>;
  /**
   * Reads how much the repository holds: its number of tags, the newest one, and the size of everything that they lead to.
   *
   * Makes the requests that {@link DockerRegistryClient.inventory} makes for one repository. A tag or manifest that cannot be
   * read is in `unread` and does not fail the call.
   *
   * @param options - What to read, and options of the call.
   * @throws {RegistryError} the codes of {@link Repository.tags}, such as `NAME_UNKNOWN` or `UNAUTHORIZED`
   * @throws {RegistryError} `TOO_LARGE` when there are more than 2,000,000 manifests and blobs
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const { tags, newest, size } = await new DockerRegistryClient('localhost:5000').repository('team/web').usage();
   * console.log(tags, newest?.tag, size);
   * ```
   */
  usage(options?: UsageOptions): Promise<RepositoryUsage>;
  /**
   * Opens the image of a tag or digest; from an index, the one for the platform.
   *
   * V1: also the image of an image id.
   *
   * @param tagOrDigest - Tag or digest.
   * @param options - Platform, and options of the call.
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such image
   * @throws {RegistryError} `NO_MATCHING_PLATFORM` when there is no image for the platform; the message lists the others
   * @throws {RegistryError} `INVALID_REFERENCE` or `INVALID_ARGUMENT` when an argument is invalid
   * @throws {RegistryError} `INVALID_RESPONSE` or `AMBIGUOUS_MANIFEST` when the manifest or config is malformed
   * @throws {RegistryError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when content is not what its digest says
   * @throws {RegistryError} `SIGNATURE_INVALID` when a schema1 manifest is unsigned or has a wrong signature
   * @throws {RegistryError} `INDEX_LIMIT` when indexes are nested more than 8 levels deep or are more than 100
   * @throws {RegistryError} `UNSUPPORTED` when the manifest is not that of an image
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
   * const image = await repository.image('latest', { platform: 'linux/arm64' });
   * console.log(image.digest, image.size, await image.dockerfile());
   * ```
   * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md | OCI Image Index Specification}
   */
  image(tagOrDigest: string, options?: ImageOptions): Promise<Image>;
  /**
   * Streams tags or digests as one archive that docker, podman and skopeo load: an OCI image layout with docker's `manifest.json`.
   *
   * An index is saved with all its platforms, byte for byte; `manifest.json` knows no platforms and has the image for the client's
   * `platform`, by default linux/amd64. What several images share is there once. Artifacts are saved too, without an entry in
   * `manifest.json`. The same content under the same names always gives the same bytes.
   *
   * Layers are read one after the other while the stream is read, each verified before its last bytes; the stream rejects if one is wrong.
   *
   * @param tagsOrDigests - One or several tags or digests.
   * @param options - Platforms, names, progress callback, and options of the call.
   * @returns The archive.
   * @throws {RegistryError} `INVALID_ARGUMENT` when there is no tag or digest, or `names` are given for several
   * @throws {RegistryError} `INVALID_REFERENCE` when a tag, digest or name is invalid
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when one does not exist
   * @throws {RegistryError} `NO_MATCHING_PLATFORM` when an index has no image for one of the platforms
   * @throws {RegistryError} `UNSUPPORTED` for V1 and schema1, which archives cannot have, and for a manifest with unknown parts
   * @throws {RegistryError} `INDEX_LIMIT` when indexes are nested more than 8 levels deep or name more than 10,000 manifests
   * @throws {RegistryError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the registry serves wrong content
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `DENIED`; reads of the stream reject with them, too
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
   * const archive = await new Response(await repository.save(['1.0.0', 'latest'])).blob();
   * console.log(archive.size);
   * ```
   */
  save(tagsOrDigests: string | readonly string[], options?: SaveOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Reads the manifest of a tag or digest and verifies its digest.
   *
   * A malformed document is returned too: see {@link Manifest.problem}.
   *
   * @param reference - Tag or digest.
   * @param options - Media types, and options of the call.
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such manifest
   * @throws {RegistryError} `INVALID_REFERENCE` when the reference is invalid
   * @throws {RegistryError} `DIGEST_MISMATCH` when the content is not what its digest says
   * @throws {RegistryError} `SIGNATURE_INVALID` when a schema1 manifest is unsigned or has a wrong signature
   * @throws {RegistryError} `TOO_LARGE` when the manifest exceeds 4 MiB
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1 or the digest algorithm is unknown
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests | Pulling manifests}
   */
  manifest(reference: string, options?: ManifestOptions): Promise<Manifest>;
  /**
   * Reads media type, digest and size of a manifest, without fetching it if the registry allows that.
   *
   * @param reference - Tag or digest.
   * @param options - Options of the call.
   * @returns The descriptor, or `undefined` if GET confirms that there is no such manifest.
   * @throws {RegistryError} `INVALID_REFERENCE` when the reference is invalid
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  headManifest(reference: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * Streams a blob, or a part of it.
   *
   * A whole blob is verified: the stream errors instead of closing if the bytes do not match the digest. A download that
   * breaks off is resumed with `Range`.
   *
   * @param digest - Digest of the blob.
   * @param options - Range and progress callback, and options of the call.
   * @returns The stream. Its reads reject with `DIGEST_MISMATCH`, `SIZE_MISMATCH`, `TRUNCATED` or the code of a failed
   *   request.
   * @throws {RegistryError} `BLOB_UNKNOWN` or `NOT_FOUND` when there is no such blob
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `INVALID_ARGUMENT` when the range is invalid or begins beyond the end of the blob
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1 or the digest algorithm is unknown
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs | Pulling blobs}
   */
  blob(digest: string, options?: BlobOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Reads the size of a blob.
   *
   * If the response to HEAD does not tell the size (compressed, without a length, or a page of a proxy), the client uses
   * GET. A blob whose size no response tells is read and counted, up to 64 MiB.
   *
   * @param digest - Digest of the blob.
   * @param options - Options of the call.
   * @returns The descriptor, or `undefined` if there is no such blob.
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `INVALID_RESPONSE` when the size cannot be determined
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  headBlob(digest: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * Plans a clean-up: what a policy would remove and keep, and why. Nothing is deleted before {@link CleanupPlan.apply}.
   *
   * Makes one request for each tag, each manifest and each image config of the repository, except what is in the cache, and
   * one for the referrers of each digest to be removed.
   *
   * @param policy - Rules of the clean-up.
   * @param options - Progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the policy selects nothing or a rule cannot be used
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
   * const plan = await repository.planCleanup({ keep: { newest: 10, tags: ['v*'] }, remove: { olderThan: '30d' } });
   * for (const { tag, action, reasons } of plan.tags) console.log(action, tag, reasons);
   * const report = await plan.apply();
   * console.log(report.removed, report.failed);
   * ```
   */
  planCleanup(policy: CleanupPolicy, options?: PlanCleanupOptions): Promise<CleanupPlan>;
  /**
   * Loads a plan that was saved with `JSON.stringify(plan)`. No request is made.
   *
   * A loaded plan is as good as a new one, because `apply()` checks everything again.
   *
   * @param plan - JSON text, or the object that `JSON.parse` returns for it.
   * @throws {RegistryError} `INVALID_ARGUMENT` when it is not a plan, or a plan for another registry or repository; the
   *   message names the field ("plan.tags[3].digest: …")
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  loadCleanupPlan(plan: string | object): Promise<CleanupPlan>;
  /**
   * Points the tag `to` at the image `from` of this repository.
   *
   * Does what `tag(tag, image, options)` does, with names that say which argument is which.
   *
   * @param move - Image, tag, condition, and options of the call.
   * @throws {RegistryError} `CONFLICT` when {@link TagOptions.ifMatch} or {@link TagOptions.noClobber} does not hold, or another
   *   writer moved the tag
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no image `from`
   * @throws {RegistryError} `INVALID_REFERENCE` or `INVALID_ARGUMENT` when an argument is invalid, or the image is one of
   *   another repository
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
   * await repository.tag({ from: '1.4.2-rc1', to: '1.4.2', noClobber: true });
   * ```
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests | Pushing Manifests}
   */
  tag(move: TagMove): Promise<void>;
  /**
   * Points the first argument, a tag, at the second, an image of this repository: `tag('stable', '1.4.2')` creates or moves
   * "stable" and leaves "1.4.2" alone.
   *
   * The manifest is put byte for byte as it is. A tag that points there already is left alone, whatever the condition. The
   * write counts as done if the registry's response names the manifest's digest (`Docker-Content-Digest`); otherwise the tag is
   * read again. An error says where the tag points, if that can be read.
   *
   * With a condition, the tag is read right before it is written. No registry compares and writes in one step: another writer
   * may come between the two.
   *
   * V1: takes another tag, the id of an image, or an {@link Image} of any repository of the registry.
   *
   * @param tag - Tag to create or move. This one changes.
   * @param image - Image that the tag will point to: another tag, the digest of a manifest, or an {@link Image}. It must exist,
   *   and does not change.
   * @param options - Condition, and options of the call.
   * @throws {RegistryError} `CONFLICT` when {@link TagOptions.ifMatch} or {@link TagOptions.noClobber} does not hold, or another
   *   writer moved the tag
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such image
   * @throws {RegistryError} `INVALID_REFERENCE` or `INVALID_ARGUMENT` when an argument is invalid, or the image is one of
   *   another repository
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests | Pushing Manifests}
   */
  tag(tag: string, image: string | Image, options?: TagOptions): Promise<void>;
  /**
   * Removes one tag and nothing else: other tags of the same digest stay, and so does the manifest, unless the registry
   * removes untagged manifests by itself.
   *
   * If the registry deletes by digest only (distribution 2.x), the client points the tag at a placeholder manifest and
   * deletes that manifest; these two steps are completed even if the call is aborted. The promise resolves when GET and
   * the tag list agree that the tag is gone; a tag that a deletion leaves behind is removed in further attempts. A tag that
   * is listed but has no manifest can be removed too.
   *
   * An error says how the tag stands. If the process is killed between the two steps, the tag points to the placeholder:
   * call `untag()` again.
   *
   * @param tag - Tag to remove.
   * @param options - Options of the call.
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when the tag does not exist
   * @throws {RegistryError} `UNSUPPORTED` when the registry does not delete; the message names the setting, and the tag is
   *   unchanged
   * @throws {RegistryError} `CONFLICT` when another writer created the tag again
   * @throws {RegistryError} `INVALID_RESPONSE` when the registry reports a deletion that did not happen
   * @throws {RegistryError} `INVALID_REFERENCE` when the tag is invalid
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-tags | Deleting tags}
   */
  untag(tag: string, options?: CallOptions): Promise<void>;
  /**
   * Pushes a manifest under a tag or its digest. The content that it refers to must be in the repository.
   *
   * Bytes and the bytes of a {@link Manifest} are pushed as they are; any other object is serialized as JSON. A manifest
   * with a subject is added to the referrers tag if the registry does not list referrers by itself.
   *
   * Schema1: a signed manifest is pushed if its signatures are valid. An unsigned one is signed with ECDSA; its payload
   * stays byte for byte, an object is serialized with an indentation of three spaces, as docker's own tools do, and the
   * digest is that of the payload.
   *
   * @param reference - Tag or digest.
   * @param manifest - Bytes, a {@link Manifest}, or the document as an object.
   * @param options - Media type and signing key, and options of the call.
   * @returns Descriptor of the manifest.
   * @throws {RegistryError} `MANIFEST_BLOB_UNKNOWN` when a blob or child is missing; `errors[].detail` names it
   * @throws {RegistryError} `INVALID_ARGUMENT` when the manifest is malformed or contradicts the media type
   * @throws {RegistryError} `AMBIGUOUS_MANIFEST` when the document can be read as two kinds of manifest
   * @throws {RegistryError} `DIGEST_MISMATCH` when the reference is a digest, but not that of the manifest
   * @throws {RegistryError} `SIGNATURE_INVALID` when a signature of a schema1 manifest is wrong: see
   *   {@link ClientOptions.unverifiedSchema1}
   * @throws {RegistryError} `CONFLICT` when {@link PushManifestOptions.ifMatch} or {@link PushManifestOptions.noClobber} does not
   *   hold, or another writer moved the tag; or when the referrers tag holds something other than a list of referrers, or other
   *   writers change it at the same time
   * @throws {RegistryError} `INVALID_REFERENCE` when the reference is invalid
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests | Pushing Manifests}
   */
  pushManifest(
    reference: string,
    manifest: Manifest | object | Uint8Array,
    options?: PushManifestOptions,
  ): Promise<Descriptor>;
  /**
   * Deletes a manifest and every tag that points to it. To remove a single tag use {@link Repository.untag}.
   *
   * Looks for dependents first, as {@link Repository.planDelete} does. The promise resolves when the manifest is gone; tags
   * that the registry keeps are removed by name, and an error names those that are left.
   *
   * @param digest - Digest of the manifest.
   * @param options - Force, and options of the call.
   * @throws {RegistryError} `IN_USE` when something depends on the manifest, or may depend on it; see
   *   {@link DeleteManifestOptions.force}
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such manifest
   * @throws {RegistryError} `UNSUPPORTED` when the registry does not delete; the message names the setting
   * @throws {RegistryError} `INVALID_RESPONSE` when the registry reports a deletion that did not happen
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-manifests | Deleting Manifests}
   */
  deleteManifest(digest: string, options?: DeleteManifestOptions): Promise<void>;
  /**
   * Finds what depends on a manifest. Nothing is changed.
   *
   * Makes one GET for each tag and each index within an index, `concurrency` at a time.
   *
   * @param digest - Digest of the manifest.
   * @param options - Options of the call.
   * @throws {RegistryError} `NAME_UNKNOWN` or `NOT_FOUND` when the repository does not exist
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   */
  planDelete(digest: string, options?: CallOptions): Promise<Dependents>;
  /**
   * Creates an index of images of this repository and tags it.
   *
   * The index is an OCI index, or a Docker manifest list if all images are Docker's. The platform of an entry is read from
   * the image's config. An index among the images contributes its entries. Duplicates are dropped; of two images for one
   * platform, the later replaces the earlier.
   *
   * @param tag - Tag of the index.
   * @param images - Tags, digests or {@link Image} objects. May be empty if a base is given.
   * @param options - Base index, entries to remove, annotations, and options of the call.
   * @returns Descriptor of the index.
   * @throws {RegistryError} `CONFLICT` when {@link CreateIndexOptions.ifMatch} or {@link CreateIndexOptions.noClobber} does not
   *   hold, or another writer moved the tag
   * @throws {RegistryError} `MANIFEST_UNKNOWN` or `NOT_FOUND` when an image, the base, or an entry is not in the repository
   * @throws {RegistryError} `INVALID_ARGUMENT` when the base is not an index or has no entry to remove, an image is one of
   *   another repository, or there is nothing to put into the index
   * @throws {RegistryError} `INVALID_REFERENCE` when a tag or digest is invalid
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md | OCI Image Index Specification}
   */
  createIndex(tag: string, images: (string | Image)[], options?: CreateIndexOptions): Promise<Descriptor>;
  /**
   * Lists the referrers of a manifest: signatures, SBOMs, attestations.
   *
   * Uses the referrers API, or the referrers tag if the registry does not have the API. A page that may not read the
   * response uses the referrers tag. 5xx, 401 or a lost connection is an error, not an empty list.
   *
   * @param digest - Digest of the subject.
   * @param options - Artifact type, and options of the call.
   * @returns Descriptors of the referrers; empty if there are none or the subject does not exist.
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `INVALID_RESPONSE` when the list of referrers is malformed
   * @throws {RegistryError} `PAGING_LOOP` or `UNTRUSTED_LOCATION` when the next page cannot be requested
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers | Listing Referrers}
   */
  referrers(digest: string, options?: ReferrersOptions): Promise<Descriptor[]>;
  /**
   * Pushes an artifact as ORAS does: its files, then a manifest that lists them.
   *
   * An artifact with a subject is added to the referrers tag if the registry does not list referrers by itself.
   *
   * @param artifact - Files, subject and tag of the artifact, and options of the call.
   * @returns Descriptor of the manifest.
   * @throws {RegistryError} `NOT_FOUND` when the subject does not exist; nothing was pushed
   * @throws {RegistryError} the codes of {@link Repository.pushBlob} for the files, such as `SOURCE` or `TOO_LARGE`
   * @throws {RegistryError} `CONFLICT` when {@link PushArtifactOptions.ifMatch} or {@link PushArtifactOptions.noClobber} does not
   *   hold, or another writer moved the tag: the artifact is there under its digest then; also when the referrers tag holds
   *   something other than a list of referrers, or other writers change it at the same time
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const repository = new DockerRegistryClient('localhost:5000').repository('team/web');
   * const data = new TextEncoder().encode('{"spdxVersion":"SPDX-2.3"}');
   * const sbom = await repository.pushArtifact({
   *   artifactType: 'application/spdx+json',
   *   files: [{ title: 'sbom.spdx.json', data, mediaType: 'application/spdx+json' }],
   *   subject: '1.0.0',
   * });
   * console.log(sbom.digest);
   * ```
   * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage | Guidelines for Artifact Usage}
   */
  pushArtifact(artifact: PushArtifactOptions): Promise<Descriptor>;
  /**
   * Pushes a blob, unless the repository has it already.
   *
   * Nothing is committed unless all bytes have arrived and match. On an error or abort, the upload session is cancelled at
   * the registry, and so is a stream that was given.
   *
   * A stream, or any async iterable of bytes, is uploaded in one request as it is read; if the host cannot stream request
   * bodies (pages) or the registry refuses them, in chunks, while the next chunk is read. Either way only a few MiB are in
   * memory. A source that pauses keeps no request open. Content that fits into one chunk, and up to 64 MiB in memory, is
   * hashed first and uploaded in one request. A small blob is sent with the request that begins the upload, which ends it as
   * well where the registry supports that; otherwise only the first one of a client is sent twice. Bytes in memory are not
   * copied: do not change or transfer their buffer meanwhile.
   *
   * After a lost connection, the upload resumes where the registry stopped, if the missing bytes are still in memory (the
   * last 4 MiB of a stream). Otherwise, and at distribution 2.8, which loses the session, the upload starts again: always
   * for a Blob, a File and bytes in memory, and for a stream while all of it so far is in memory (at most 16 MiB).
   *
   * The push is complete when the registry answers 201 to the end of the upload, or when the client finds the blob. If the
   * registry refuses to tell whether it has the blob (push-only permission), the bytes are sent.
   *
   * @param data - Content of the blob.
   * @param options - Digest, media type, chunk size and progress callback, and options of the call.
   * @returns Descriptor of the blob.
   * @throws {RegistryError} `SOURCE` when a stream fails (its reason is the error's `cause`) or yields something other than
   *   bytes, or when a buffer was transferred before its bytes were sent
   * @throws {RegistryError} `DIGEST_MISMATCH` when the bytes do not match {@link PushBlobOptions.digest}
   * @throws {RegistryError} `SIZE_MISMATCH` when a file changed its length
   * @throws {RegistryError} `UNSUPPORTED` when the registry accepts no pushes, or hides `Location` from a page
   * @throws {RegistryError} `TOO_LARGE` when the registry limits the size of a request: see
   *   {@link PushBlobOptions.chunkSize}
   * @throws {RegistryError} `INVALID_ARGUMENT` or `INVALID_REFERENCE` when an argument is invalid
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * export async function upload(file: File): Promise<string> {
   *   const repository = new DockerRegistryClient('localhost:5000').repository('team/files');
   *   const onProgress = ({ loaded, total }: { loaded: number; total?: number }) => console.log(loaded, total);
   *   return (await repository.pushBlob(file, { onProgress })).digest;
   * }
   * ```
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs | Pushing blobs}
   */
  pushBlob(data: BlobData, options?: PushBlobOptions): Promise<Descriptor>;
  /**
   * Mounts a blob from another repository of the registry, without transferring its bytes.
   *
   * @param digest - Digest of the blob.
   * @param from - Name of the other repository.
   * @param options - Options of the call.
   * @returns `true` if the blob was mounted and exists (as far as this client may check). `false` if the registry cannot
   *   mount, does not have the blob there, or does not let this client read it (400, 401, 403, 404, 405, or a new upload
   *   session, which is cancelled): push the bytes instead.
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest or the name is invalid
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V1
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} `NETWORK`, `HTTP_ERROR` or another code when the request fails for a reason other than the blob
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository | Mounting a blob from another repository}
   */
  mountBlob(digest: string, from: string, options?: CallOptions): Promise<boolean>;
  /**
   * Deletes a blob from this repository, even if a manifest refers to it; that manifest can no longer be pulled. Other
   * repositories keep their blob.
   *
   * @param digest - Digest of the blob.
   * @param options - Options of the call.
   * @throws {RegistryError} `BLOB_UNKNOWN` or `NOT_FOUND` when there is no such blob
   * @throws {RegistryError} `UNSUPPORTED` when the registry does not delete
   * @throws {RegistryError} `INVALID_REFERENCE` when the digest is invalid
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-blobs | Deleting Blobs}
   */
  deleteBlob(digest: string, options?: CallOptions): Promise<void>;
  /**
   * V1 only: pushes an image, which has one layer: its JSON, the layer, and the checksum of both. Without the checksum the
   * registry does not serve the image.
   *
   * An image that the registry has is skipped, and an interrupted one is pushed again. A V1 registry takes a layer in one
   * request: a stream or Blob is uploaded as it is read, or, where the host cannot stream request bodies (pages), read into
   * memory first, up to 256 MiB. Bytes in memory may be larger.
   *
   * @param json - JSON of the image, as an object or as bytes. Its `id` (64 hexadecimal digits, chosen by the image's
   *   author) names the image; its `parent` must exist.
   * @param layer - The layer, a tar.
   * @param options - Options of the call.
   * @returns The id of the image, for {@link Repository.tag}.
   * @throws {RegistryError} `CONFLICT` when the registry has another image under that id: images never change
   * @throws {RegistryError} `TOO_LARGE` when a layer that must be read into memory exceeds 256 MiB
   * @throws {RegistryError} `INVALID_ARGUMENT` when the JSON cannot be used
   * @throws {RegistryError} `SOURCE` when a stream fails
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V2
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `AUTH_REQUIRED` or `DENIED`
   */
  pushImage(json: object | Uint8Array, layer: BlobData, options?: CallOptions): Promise<string>;
  /**
   * V1 only: deletes the repository with all its tags. Its images stay, because other images may be based on them.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `NOT_FOUND` when the repository does not exist
   * @throws {RegistryError} `UNSUPPORTED` when the registry speaks V2
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `AUTH_REQUIRED` or `DENIED`
   */
  deleteRepository(options?: CallOptions): Promise<void>;
  /**
   * Returns what identifies the repository, as `console.log()`, `JSON.stringify()`, `structuredClone()` and a spread show it.
   *
   * @throws {RegistryError} `INVALID_ARGUMENT` when the object was freed
   */
  toJSON(): Pick<Repository, "name" | "namespace" | "repository">;
  /**
   * Frees the object's memory at once. Never throws.
   *
   * It is never needed, because a collected object is freed too. Calls under way continue; later uses of the object fail with
   * `INVALID_ARGUMENT`, except a second `free()`.
   */
  free(): void;
  /** Frees the object at the end of a `using` declaration, on hosts that have `Symbol.dispose`. Never throws. */
  [Symbol.dispose](): void;
}

// ───────────── Content

/**
 * Bytes that the package returns. They go as they are into a `Blob`, a `Response` and `crypto.subtle`: from TypeScript 5.7 on, this is
 * `Uint8Array<ArrayBuffer>`.
 */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** Platform of an image. */
export interface Platform {
  /** Operating system, such as "linux". */
  os: string;
  /** CPU architecture, such as "arm64". */
  architecture: string;
  /** Variant of the CPU, such as "v8". */
  variant?: string;
  /** Version of the operating system, such as "10.0.17763.1". */
  osVersion?: string;
  /** Features of the operating system that the image needs. */
  osFeatures?: string[];
}

/**
 * Descriptor of content.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md | OCI Content Descriptors}
 */
export interface Descriptor {
  /** Media type of the content. */
  mediaType: string;
  /** Digest of the content. */
  digest: string;
  /** Size of the content in bytes. */
  size: number;
  /** URLs from which the content may be downloaded. */
  urls?: string[];
  /** Annotations of the descriptor. */
  annotations?: Record<string, string>;
  /** Type of the artifact, if the content is one. */
  artifactType?: string;
  /** Platform of the image, in entries of an index. */
  platform?: Platform;
}

/**
 * Manifest of an image, index or artifact.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md | OCI Image Manifest Specification}
 */
export interface Manifest {
  /** Media type of the manifest. */
  readonly mediaType: string;
  /** Digest, computed by the client. Schema1: of the payload, which is the document without its signatures. */
  readonly digest: string;
  /** Size of the document in bytes. */
  readonly size: number;
  /** The document as the registry sent it. */
  readonly bytes: Bytes;
  /** The parsed document; of schema1 the payload. Absent only if `problem` says that it is not JSON. */
  readonly json: Record<string, unknown>;
  /** Type of the artifact, if it is one. */
  readonly artifactType?: string;
  /** Config of an image. */
  readonly config?: Descriptor;
  /** Layers of an image, base first. */
  readonly layers?: Descriptor[];
  /** Entries of an index. */
  readonly manifests?: Descriptor[];
  /** Manifest that this one refers to. */
  readonly subject?: Descriptor;
  /** Annotations of the manifest. */
  readonly annotations?: Record<string, string>;
  /**
   * Signatures of a schema1 manifest; empty if it is unsigned. All are valid unless `unverifiedSchema1` is "warn".
   */
  readonly signatures?: ManifestSignature[];
  /**
   * First problem of a malformed document, such as "manifest: layers: it is missing".
   *
   * Registries store such manifests: `bytes`, `digest` and `mediaType` are right all the same. A field that cannot be read
   * is absent, but `json` has what the document says. `image()` and other calls reject with `INVALID_RESPONSE`, or with
   * `AMBIGUOUS_MANIFEST` if the document can be read as two kinds of manifest.
   */
  readonly problem?: string;
}

/** Signature of a schema1 manifest. */
export interface ManifestSignature {
  /** Fingerprint of the key ("AK4K:JFHL:…"), as docker shows it; absent if there is no key. The key's owner is not verified. */
  keyId?: string;
  /** Algorithm that the signature states: "ES256", "ES384", "ES512", "RS256", "RS384" or "RS512". */
  algorithm: string;
  /** Whether the signature is valid for the payload and the key. */
  verified: boolean;
}

/** Dependents of a manifest. */
export interface Dependents {
  /** Digest of the manifest. */
  digest: string;
  /** Tags that point to it. */
  tags: string[];
  /** Digests of the indexes that list it, as far as they are reachable from tags. */
  parents: string[];
  /** Manifests that have it as their subject. */
  referrers: Descriptor[];
  /** Tags that the registry lists although they have no manifest. `untag()` removes one. */
  dangling: string[];
  /** Tags and manifests that cannot be read, and so may depend on it. */
  unread: UnreadItem[];
}

/** Tag or manifest that cannot be read. */
export interface UnreadItem {
  /** Tag or digest. */
  name: string;
  /** Reason why it cannot be read. */
  reason: string;
}

/** What a repository holds. */
export interface RepositoryUsage {
  /** Full name of the repository. */
  name: string;
  /** Number of tags. */
  tags: number;
  /** The newest tag; absent if there is none, or nothing tells which one it is. */
  newest?: NewestTag;
  /**
   * Bytes of everything that the tags lead to, each manifest, config and layer once: all platforms of an index, and content
   * that tags share. Sizes are those that the manifests state. Absent with `sizes: false`, and if a V1 registry does not
   * report all sizes.
   *
   * Referrers without a tag, untagged manifests and what waits for the registry's garbage collection are not included.
   */
  size?: number;
  /** Tags and manifests that could not be read, so that `newest` and `size` lack them. */
  unread: UnreadItem[];
}

/** Newest tag of a repository. */
export interface NewestTag {
  /**
   * The tag. If several tags are equally new, such as "1.4.2" and "latest" of one image, the highest version is chosen.
   */
  tag: string;
  /** Digest of the manifest; absent if it was not read, and on V1. */
  digest?: string;
  /**
   * Creation date of the image, or else its upload date. Absent if it is unknown or a placeholder as described at
   * {@link TagData.created}, or was not read: see {@link UsageOptions.dates}.
   */
  created?: Date;
}

/** Repository with what it holds, or with the error that prevented reading it. */
export type InventoryEntry =
  | (RepositoryUsage & {
      /** Always absent. */
      error?: undefined;
    })
  | {
      /** Full name of the repository. */
      name: string;
      /** Reason why it could not be read. */
      error: RegistryError;
    };

/** Iterator over the repositories of a registry. {@link DockerRegistryClient.inventory} returns one. */
export interface Inventory extends AsyncIterableIterator<InventoryEntry> {
  /** Sums over the repositories read so far; after the loop, over all of them. */
  readonly totals: InventoryTotals;
}

/** Sums over the repositories of a registry. */
export interface InventoryTotals {
  /** Number of repositories, including those that could not be read. */
  repositories: number;
  /** Number of repositories that could not be read. */
  failed: number;
  /** Number of tags. */
  tags: number;
  /** Bytes of content, with what repositories share counted once. 0 with `sizes: false`. */
  size: number;
}

/** Facts about what a tag points to. */
export interface TagData {
  /** The tag. */
  tag: string;
  /** Digest of the manifest. Absent on V1, which has no digests. */
  digest?: string;
  /** V1: id of the image. */
  id?: string;
  /** Whether the data was verified by its digest. `false` on V1. */
  verified: boolean;
  /** Media type of the manifest. V1: "application/json", the type of an image's JSON. */
  mediaType: string;
  /**
   * Compressed size of the layers in bytes.
   *
   * For an index, the size of the image for the client's platform, or else of the first image; for an index of blobs (a
   * BuildKit cache), of the blobs. NaN if a V1 registry does not report it.
   */
  size: number;
  /**
   * Creation date of the image, as its config states it.
   *
   * Reproducible builds write placeholder dates (1970-01-01, 1980-01-01T00:00:01Z, 0001-01-01). A date before 2013-03-20,
   * docker's first release, or more than a day in the future is reported here but ignored by `order: "newest"` and by
   * clean-ups. They use the upload time instead, if the tag list has one (`timeUploadedMs` of Google's registries);
   * otherwise the age is unknown.
   */
  created?: Date;
  /**
   * Platforms of an index, or the one of an image; without attestations. A platform that an index does not state is read
   * from the config.
   */
  platforms: Platform[];
  /** Type of the artifact, if it is one. */
  artifactType?: string;
  /** Annotations of the manifest. */
  annotations?: Record<string, string>;
  /**
   * V1: what docker-registry stores about the tag: `last_update` (seconds since 1970), `docker_version`, `arch`, `os`,
   * `kernel`.
   */
  tagJson?: Record<string, unknown>;
}

/** Facts about a tag, or the error that prevented them: check `entry.error`. */
export type DescribedTag =
  | (TagData & {
      /** Always absent. */
      error?: undefined;
    })
  | {
      /** The tag. */
      tag: string;
      /** Reason why it could not be described. */
      error: RegistryError;
    };

// ───────────── Cleaning up

/**
 * Point in time: a `Date`, a date or time as text ("2026-01-31", RFC 3339), an age as text ("30d"; units s, m, h, d, w), or
 * an age in milliseconds, which is at least a minute (60000), or 0.
 */
export type CleanupTime = Date | string | number;

/**
 * Rules of a clean-up: everything that `remove` selects is removed, unless a rule of `keep` keeps it.
 *
 * `{ keep: { newest: 10 }, remove: { tags: ["*"] } }` leaves the ten newest images. `{ remove: { tags: ["pr-*"],
 * olderThan: "30d" } }` removes the tags `pr-*` of that age.
 *
 * Tags that belong to a digest (`sha256-<hex>` of the referrers tag schema, cosign's `.sig`, `.att`, `.sbom`) are kept or
 * removed with that digest.
 */
export interface CleanupPolicy {
  /** Rules for what to keep. One matching rule is sufficient. */
  keep?: CleanupKeep;
  /** Selection of what to remove. */
  remove: CleanupRemove;
  /**
   * Removes untagged manifests together with what needed them: the images of an index, referrers (by the API or
   * the tag schema), and referrers tags whose subject is gone. `false` keeps them and everything that they need.
   *
   * No registry lists its untagged manifests. Others than these are left to the registry's garbage collection.
   *
   * @defaultValue true
   */
  untagged?: boolean;
}

/** Rules of a {@link CleanupPolicy} that keep images. */
export interface CleanupKeep {
  /**
   * Number of the newest images to keep, with all their tags. Only images that {@link CleanupPolicy.remove} selects count:
   * with `olderThan: "30d"`, these are the newest of those older than 30 days. Tags of one digest count once. Images as old as
   * the last of them are kept too. Images of unknown age (see {@link TagData.created}) are kept and do not count.
   */
  newest?: number;
  /**
   * Keeps images created at or after this time. Images without a creation date are always kept by this rule. An upload time
   * in the tag list takes precedence.
   */
  newerThan?: CleanupTime;
  /** Keeps tags that match a glob (`*` any characters, `?` one; matches the whole tag) or a regular expression. */
  tags?: (string | RegExp)[];
  /** Keeps versions. */
  semver?: CleanupSemver;
}

/** Rules for tags that are versions ("1.2.3", "v2", "1.2-alpine"; not "latest"). */
export interface CleanupSemver {
  /**
   * Keeps all versions that are not pre-releases.
   *
   * @defaultValue false
   */
  releases?: boolean;
  /**
   * Number of the highest releases to keep, each with all its variants ("1.2.3", "1.2.3-alpine"). Only releases that
   * {@link CleanupPolicy.remove} selects count.
   */
  highest?: number;
  /**
   * Group in which `highest` counts: all versions, each major version (1.*), or each minor version (1.2.*).
   *
   * @defaultValue "all"
   */
  per?: "all" | "major" | "minor";
}

/** Selection of a {@link CleanupPolicy}: tags that match every rule given here. At least one rule is required. */
export interface CleanupRemove {
  /** Selects tags that match a glob (the whole tag) or a regular expression. `["*"]` selects all. */
  tags?: (string | RegExp)[];
  /**
   * Selects images created before this time, but none of unknown age. An upload time in the tag list takes precedence.
   */
  olderThan?: CleanupTime;
  /**
   * Selects only versions that are pre-releases (1.2.0-rc1, 1.2b3; not 1.2-alpine).
   *
   * @defaultValue false
   */
  prerelease?: boolean;
}

/** Options of {@link CleanupPlan.apply}. */
export interface CleanupApplyOptions extends CallOptions {
  /** Called after each tag and digest. */
  onProgress?: (progress: CleanupProgress) => void;
}

/** Plan of a clean-up. JSON can hold it without `apply`; {@link Repository.loadCleanupPlan} reads it back. */
export interface CleanupPlan {
  /** Base URL of the registry. */
  registry: string;
  /** Name of the repository. */
  repository: string;
  /** The policy as it was given, with regular expressions as text. */
  policy: Record<string, unknown>;
  /** Time at which the plan was made. */
  createdAt: Date;
  /** All tags, sorted by name. */
  tags: PlannedTag[];
  /**
   * All known manifests.
   *
   * A manifest that cannot be read is kept, with the reason, and so is everything that it may need. At most 1 GiB of
   * manifests is read, and about 256 MiB of it kept in memory; manifests beyond that count as unreadable. The plan removes
   * no manifest that a kept tag, index or referrer needs, and no referrer of a kept manifest.
   */
  digests: PlannedDigest[];
  /**
   * Compressed bytes of manifests and blobs that nothing in the repository needs any more. The registry's garbage
   * collection frees the blobs.
   */
  freed: number;
  /**
   * Carries out the plan.
   *
   * The repository is read again first, and each tag once more before its deletion: a tag that moved is skipped, and so is
   * a digest that something new needs. Between this check and the deletion other writers may still come in.
   *
   * Tags whose digest is kept come first, each removed alone as by {@link Repository.untag}; then each manifest with its
   * tags, an index before its images and a subject before its referrers. After the first success up to eight deletions that
   * do not depend on each other run in parallel.
   *
   * Only what was verified to be gone is reported as removed: each manifest is requested after its deletion, and the tags
   * are listed at the end. Tags that a registry leaves behind (go-containerregistry's keeps them, distribution 2.8 while
   * others push) are removed by name or reported as failed.
   *
   * After an interruption, `apply()` again or a new plan does the rest. If it happens between an index and its images, the
   * images stay without a tag, and only the same plan knows them.
   *
   * @param options - Progress callback, and options of the call.
   * @returns The outcome of each tag and digest. A failure is reported here and does not stop other deletions; after three
   *   in a row, and after one that would affect others too, the rest remains.
   * @throws {RegistryError} `UNSUPPORTED`, `UNAUTHORIZED` or `DENIED` when the registry does not delete, or not with these
   *   credentials; nothing was changed
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, while the repository is read; nothing was changed
   */
  apply(options?: CleanupApplyOptions): Promise<CleanupReport>;
}

/** Tag in a clean-up plan. */
export interface PlannedTag {
  /** The tag. */
  tag: string;
  /** Digest that it points to. Absent if it cannot be read, or has no manifest: see `reasons`. */
  digest?: string;
  /**
   * Upload time if the tag list has one, else creation date. Absent if the age is unknown (see {@link TagData.created}), or if
   * no rule of the policy depends on it, since the configs that state it are not read then.
   */
  created?: Date;
  /** Compressed size of the layers, as in {@link TagData.size}. */
  size?: number;
  /** Action of the plan for the tag. */
  action: "keep" | "remove";
  /** Rules that decided ("keep.newest", "remove.olderThan"), or a sentence. */
  reasons: string[];
}

/** Manifest in a clean-up plan. */
export interface PlannedDigest {
  /** Digest of the manifest. */
  digest: string;
  /** Media type of the manifest; empty if it cannot be read. */
  mediaType: string;
  /** Action of the plan for the manifest. */
  action: "keep" | "remove";
  /** Rules that decided, or sentences. */
  reasons: string[];
  /** Tags that point to it. */
  tags: string[];
  /** Kept manifests that need it: indexes that list it, and its referrers. */
  neededBy: string[];
  /** Digest of its subject. */
  subject?: string;
}

/** Progress of a clean-up. */
export interface CleanupProgress {
  /** Tags and digests processed. */
  done: number;
  /** Tags and digests in total. */
  total: number;
  /** Tag or digest processed last. */
  what: string;
  /** Its outcome, named as the list in the {@link CleanupReport}. */
  outcome: "removed" | "skipped" | "failed" | "remaining";
}

/** Result of a clean-up: tags and digests. Only digests contain a colon. */
export interface CleanupReport {
  /** Verified to be gone, now or before. */
  removed: string[];
  /** Kept by the plan. */
  kept: string[];
  /** Left alone, because they changed since the plan was made. */
  skipped: SkippedItem[];
  /** Could not be removed. */
  failed: FailedItem[];
  /** Not tried after a failure; another `apply()` will try. */
  remaining: string[];
}

/** Tag or digest that a clean-up left alone. */
export interface SkippedItem {
  /** Tag or digest. */
  what: string;
  /** Reason. */
  why: string;
}

/** Tag or digest that a clean-up could not remove. */
export interface FailedItem {
  /** Tag or digest. */
  what: string;
  /** Error of the deletion. */
  error: RegistryError;
}

// ───────────── Image

/**
 * Image of a repository. {@link Repository.image} returns one.
 *
 * Schema1: `layers` are those with content, whose sizes are requested when the image is opened; `id` and `ancestry()` are
 * those of V1; the config is made from the V1 JSON as skopeo does it, without `rootfs`, which schema1 does not have.
 *
 * V1: opening an image reads the JSON of all its ancestors, `concurrency` at a time, and caches it for other images.
 *
 * @example
 * ```ts
 * import { DockerRegistryClient } from 'docker-registry-client-wasm';
 *
 * const image = await new DockerRegistryClient('localhost:5000').repository('team/web').image('1.0.0');
 * for (const { created, createdBy, layer } of await image.history()) console.log(created, createdBy, layer?.size);
 * const stream = await image.layerStream(0, { onProgress: ({ loaded, total }) => console.log(loaded, total) });
 * for await (const chunk of stream) console.log(chunk.byteLength);
 * ```
 */
export class Image {
  private constructor();
  /** Image ID: the digest of the config (`.Id` of docker inspect). V1 and schema1: the id that the image's author chose. */
  readonly id: string;
  /** Digest of the manifest. `undefined` on V1, which has no digests. */
  readonly digest: string | undefined;
  /**
   * True if the image is verified by its digest.
   *
   * `false` on V1, which has no content digests, so its data cannot be verified. There the client compares a layer with its
   * length and with its checksum, if the registry sends them (docker-registry does, but a page of another origin may not
   * see it). That reveals damage, not forgery.
   */
  readonly verified: boolean;
  /** Media type of the manifest. V1: "application/json", the type of an image's JSON. */
  readonly mediaType: string;
  /** Platform of the image. */
  readonly platform: Platform | undefined;
  /** Compressed size of all layers in bytes. NaN if a V1 registry does not report it. */
  readonly size: number;
  /** Creation date of the image, as it states it. */
  readonly created: Date | undefined;
  /** Layers, base first. */
  readonly layers: readonly ImageLayer[];
  /**
   * Reads a whole layer into memory and verifies its digest.
   *
   * @param layer - Position (0 is the base) or digest; V1: also the id of its image. By default the topmost layer.
   * @param options - Progress callback, and options of the call.
   * @returns The layer as it is stored, usually compressed.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer
   * @throws {RegistryError} `DIGEST_MISMATCH`, `SIZE_MISMATCH` or `TRUNCATED` when the bytes are not those of the layer
   * @throws {RegistryError} `BLOB_UNKNOWN` or `NOT_FOUND` when the registry does not have the layer
   * @throws {RegistryError} `TOO_LARGE` when the host has no room for the bytes
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   */
  getLayer(layer?: number | string, options?: TransferOptions): Promise<Bytes>;
  /**
   * Streams a layer in constant memory and verifies its digest: the stream errors instead of closing if the bytes do not
   * match.
   *
   * @param layer - Position (0 is the base) or digest; V1: also the id of its image. By default the topmost layer.
   * @param options - Progress callback, and options of the call.
   * @returns The layer as it is stored, usually compressed. Reads of the stream reject with `DIGEST_MISMATCH`,
   *   `SIZE_MISMATCH`, `TRUNCATED` or the code of a failed request.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer
   * @throws {RegistryError} `BLOB_UNKNOWN` or `NOT_FOUND` when the registry does not have the layer
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, `UNAUTHORIZED` or `DENIED`
   */
  layerStream(layer?: number | string, options?: TransferOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Returns the config of the image. V1: the image's own JSON, whose `config` is that of V2.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `INVALID_RESPONSE` when the config is not a JSON object
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, if the config is no longer cached
   */
  getJson(options?: CallOptions): Promise<Record<string, unknown>>;
  /**
   * Returns one field of the config.
   *
   * @param field - Name of a top-level field, such as "architecture".
   * @param options - Options of the call.
   * @returns The value, or `undefined` if the config has no such field.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the name is not a string
   * @throws {RegistryError} `INVALID_RESPONSE` when the config is not a JSON object
   * @throws {RegistryError} a code of a failed request, such as `NETWORK`, if the config is no longer cached
   */
  getData(field: string, options?: CallOptions): Promise<unknown>;
  /**
   * Returns the chain IDs of the layers, top first. V1 and schema1: the ids of the image and its ancestors. No request is
   * made.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `UNSUPPORTED` when it is an artifact, which has no image config
   * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-chainid | Layer ChainID}
   */
  ancestry(options?: CallOptions): Promise<string[]>;
  /**
   * Returns the build steps of the image, oldest first, each with the layer that it made. No request is made.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `UNSUPPORTED` when it is an artifact, which has no image config
   */
  history(options?: CallOptions): Promise<HistoryEntry[]>;
  /**
   * Reconstructs the Dockerfile from the history. No request is made. `EXPOSE` and `HEALTHCHECK`, which histories have as Go prints their
   * values, are written as a Dockerfile has them.
   *
   * @param options - Options of the call.
   * @throws {RegistryError} `UNSUPPORTED` when it is an artifact, which has no image config
   */
  dockerfile(options?: CallOptions): Promise<string>;
  /**
   * Streams the image as an archive that docker, podman and skopeo load: an OCI image layout with docker's `manifest.json`.
   *
   * This is one platform; {@link Repository.save} saves all. The same image under the same names always gives the same bytes. Layers
   * are read one after the other while the stream is read, each verified before its last bytes; the stream rejects if one is wrong.
   *
   * @param options - Names, progress callback, and options of the call.
   * @returns The archive.
   * @throws {RegistryError} `INVALID_ARGUMENT` or `INVALID_REFERENCE` when a name is invalid
   * @throws {RegistryError} `UNSUPPORTED` for an image of V1 or schema1, which archives cannot have; {@link DockerRegistryClient.copy} converts schema1
   * @throws {RegistryError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the registry serves wrong content
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @throws {RegistryError} a code of a failed request, such as `NETWORK` or `BLOB_UNKNOWN`; reads of the stream reject with them, too
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const image = await new DockerRegistryClient('localhost:5000').repository('team/web').image('1.0.0');
   * const archive = await new Response(await image.save()).blob();
   * console.log(archive.size, URL.createObjectURL(archive));
   * ```
   */
  save(options?: SaveImageOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Iterates over the files of the image: what all layers make together, or those up to one. Whiteouts and opaque directories are
   * applied; nothing is extracted.
   *
   * All layers that are needed are read, decompressed and verified before the first entry is given. The entries of a layer are
   * cached with manifests and configs, so that a second listing downloads nothing while they fit into `cacheBytes`.
   *
   * A layer with a table of contents (eStargz, zstd:chunked) is not read: its table lists the files. The table is compared with its digest in the
   * manifest, but not with the archive. The same holds for a layer with a ztoc in a SOCI index.
   *
   * @param options - Selection, order, limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when an option is invalid; this call throws, the others reject `next()`
   * @throws {RegistryError} `LAYER_INVALID` when a layer is no valid archive, or only the beginning of one, or the layers make no file system
   * @throws {RegistryError} `DIGEST_MISMATCH` when a layer, or its archive, has another digest than the image says
   * @throws {RegistryError} `UNSUPPORTED` when a layer is encrypted, or compressed in another way than by gzip or zstd
   * @throws {RegistryError} `TOO_LARGE` when a layer exceeds one of the `limits`
   * @throws {RegistryError} `LAYER_INDEX_INVALID` when the manifest that `sociIndex` names is no SOCI index, `MANIFEST_UNKNOWN` or `NOT_FOUND` when
   *   the registry does not have it
   * @throws {RegistryError} the codes of {@link Image.getLayer}, such as `BLOB_UNKNOWN`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md | Image layer filesystem changeset}
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const image = await new DockerRegistryClient('localhost:5000').repository('team/web').image('1.0.0');
   * for await (const { path, kind, size, layer } of image.files({ filter: '/etc/*' })) console.log(path, kind, size, layer);
   * ```
   */
  files(options?: FilesOptions): AsyncIterableIterator<FileEntry>;
  /**
   * Iterates over the entries of one layer, in the order of its archive. Whiteouts are entries too.
   *
   * @param layer - Position (0 is the base) or digest.
   * @param options - Filter, limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer, or an option is invalid
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  layerFiles(layer: number | string, options?: LayerFilesOptions): AsyncIterableIterator<FileEntry>;
  /**
   * Iterates over what a layer changes of those below it: files added, removed, and changed in content or metadata. Content is
   * compared by its hash. The layer and all below it are read.
   *
   * @param layer - Position (0 is the base) or digest.
   * @param options - Filter, limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer, or an option is invalid
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  layerChanges(layer: number | string, options?: LayerChangesOptions): AsyncIterableIterator<FileChange>;
  /**
   * Reads a file of the image. Links are followed inside the image.
   *
   * Layers are read from the newest down, and no more of them than it takes to know what is at the path. The layer that has the
   * content is verified by both of its digests before the promise resolves. Of a layer with an index or a table of contents only the bytes of
   * the file are read, and compared with its hashes; of a layer with a ztoc (SOCI) the spans that have the file, and compared with their digests.
   *
   * @param path - Path in the image; the first slash may be left out. Bytes for a name that is not UTF-8.
   * @param options - Layers, limits, progress callback, and options of the call.
   * @throws {RegistryError} `NOT_FOUND` when nothing is at the path
   * @throws {RegistryError} `INVALID_ARGUMENT` when something other than a file is there
   * @throws {RegistryError} `LAYER_INVALID` when links lead in a circle
   * @throws {RegistryError} `LAYER_INDEX_INVALID` when the layer's index or table of contents is wrong about the file
   * @throws {RegistryError} `TOO_LARGE` when the host has no room for the bytes
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   * @example
   * ```ts
   * import { DockerRegistryClient } from 'docker-registry-client-wasm';
   *
   * const image = await new DockerRegistryClient('localhost:5000').repository('team/web').image('1.0.0');
   * console.log(new TextDecoder().decode(await image.readFile('/etc/os-release')));
   * ```
   */
  readFile(path: string | Uint8Array, options?: ReadFileOptions): Promise<Bytes>;
  /**
   * Streams a file of the image in constant memory. The last bytes are given only after the layer that has them is verified.
   *
   * @param path - Path in the image; the first slash may be left out. Bytes for a name that is not UTF-8.
   * @param options - Layers, limits, progress callback, and options of the call.
   * @throws {RegistryError} the codes of {@link Image.readFile}, such as `NOT_FOUND`; reads of the stream reject with those of
   *   {@link Image.files}
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  fileStream(path: string | Uint8Array, options?: ReadFileOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Streams the file system of the image as one tar archive: directories first, then files, then links and devices. The same
   * image gives the same bytes.
   *
   * The layers are listed first, unless that is cached, and then read for the content of files: each may be downloaded twice. A
   * sparse file is written with its zeros.
   *
   * @param options - Layers, limits, progress callback, and options of the call.
   * @throws {RegistryError} `LAYER_INVALID` when a hard link leads to nothing, so that it cannot be written
   * @throws {RegistryError} the codes of {@link Image.files}, such as `LAYER_INVALID`; reads of the stream reject with them, too
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  exportTar(options?: ExportOptions): Promise<ReadableStream<Bytes>>;
  /**
   * Returns the index of a layer: its entries, their hashes, and where decompression can begin. It is about one per cent of the layer.
   *
   * With it, a listing reads nothing, and {@link Image.readFile} requests only the bytes of the layer that it needs (`Range`); the content is
   * compared with the hash that the index has. A layer that `readFile()`, `fileStream()`, `diff()` or `layerChanges()` has read is
   * indexed already, while that fits into `cacheBytes`. Keep the bytes wherever you like, and give them to {@link Image.useLayerIndex}.
   *
   * @param layer - Position (0 is the base) or digest.
   * @param options - Limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer
   * @throws {RegistryError} `UNSUPPORTED` for a layer of V1, which has no digest
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  layerIndex(layer: number | string, options?: ContentsOptions): Promise<Bytes>;
  /**
   * Uses the index of a layer that was stored. No request is made.
   *
   * The index says which layer it is for, and has a checksum against damage. It is trusted: whoever can change it can change what is
   * listed and read.
   *
   * @param layer - Position (0 is the base) or digest.
   * @param index - What {@link Image.layerIndex} gave.
   * @param options - Limits, and options of the call.
   * @throws {RegistryError} `LAYER_INDEX_INVALID` when it is no index, is damaged, or is another layer's
   * @throws {RegistryError} `TOO_LARGE` when it has more entries than the limit, or does not fit into `cacheBytes`
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image has no such layer
   * @throws {RegistryError} `UNSUPPORTED` for a layer of V1, which has no digest
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  useLayerIndex(layer: number | string, index: Uint8Array, options?: UseIndexOptions): Promise<void>;
  /**
   * Compares the image with another: layers, config and files.
   *
   * Layers that both have are not read. Above them, a file that only one of the images writes is `written`: whether the other has it
   * below is not known. With `exact`, the shared layers are read too, and such files are `added`, `removed` or changed. Images that
   * share no layer are always compared exactly.
   *
   * @param other - Image of this or another repository or registry: what has changed.
   * @param options - How to compare, limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when `other` is no image of this package
   * @throws {RegistryError} `INVALID_RESPONSE` when a config is not a JSON object
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  diff(other: Image, options?: DiffOptions): Promise<ImageDiff>;
  /**
   * Finds the bytes that the image stores although nobody can see them, because later layers hide or delete the files.
   *
   * @param options - Base image, limits, progress callback, and options of the call.
   * @throws {RegistryError} `INVALID_ARGUMENT` when the image is not built on `base`
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  waste(options?: WasteOptions): Promise<ImageWaste>;
  /**
   * Lists the packages that the image has installed, from the databases of dpkg, apk and rpm (sqlite, ndb, Berkeley DB), and reads `os-release`.
   *
   * A write-ahead log beside an rpm database is not read.
   *
   * @param options - Limits, progress callback, and options of the call.
   * @throws {RegistryError} `LAYER_INVALID` when an rpm database is damaged, `UNSUPPORTED` when its format is unknown
   * @throws {RegistryError} `TOO_LARGE` when the databases have more than 256 MiB or 1,000,000 packages
   * @throws {RegistryError} the codes of {@link Image.files}, such as `DIGEST_MISMATCH` or `LAYER_INVALID`
   * @throws {RegistryError} `MODULE_NOT_LOADED` when the part of the module for this call cannot be loaded
   */
  packages(options?: ContentsOptions): Promise<ImagePackages>;
  /**
   * Returns what describes the image, as `console.log()`, `JSON.stringify()`, `structuredClone()` and a spread show it.
   *
   * @throws {RegistryError} `INVALID_ARGUMENT` when the object was freed
   */
  toJSON(): Pick<Image, "id" | "digest" | "verified" | "mediaType" | "platform" | "size" | "created" | "layers">;
  /**
   * Frees the object's memory at once. Never throws.
   *
   * It is never needed, because a collected object is freed too. Calls under way continue; later uses of the object fail with
   * `INVALID_ARGUMENT`, except a second `free()`.
   */
  free(): void;
  /** Frees the object at the end of a `using` declaration, on hosts that have `Symbol.dispose`. Never throws. */
  [Symbol.dispose](): void;
}

/** Build step of an image. */
export interface HistoryEntry {
  /** Time of the step. */
  created?: Date;
  /** Command of the step. */
  createdBy?: string;
  /** Author of the step. */
  author?: string;
  /** Comment of the step. */
  comment?: string;
  /** Whether the step made no layer. */
  emptyLayer: boolean;
  /** Layer that the step made. */
  layer?: ImageLayer;
}

/** Layer of an image: a descriptor, or its counterpart on V1. */
export type ImageLayer = Descriptor | V1Layer;

/** Layer of a V1 image. */
export interface V1Layer {
  /** Id of the image that the layer belongs to. */
  id: string;
  /** Always absent: V1 has no digests. */
  digest?: undefined;
  /** Type that V1 serves layers as. The bytes tell how they are compressed. */
  mediaType: "application/octet-stream";
  /** Stored size in bytes; absent if the registry does not report it. */
  size?: number;
}

// ───────────── What is in an image

/** Limits for reading a layer. A layer beyond a limit is `TOO_LARGE`. */
export interface LayerLimits {
  /** Bytes of the uncompressed layer, and of a file. Default: 64 GiB. */
  size?: number;
  /** Uncompressed bytes per compressed byte, after the first 16 MiB. Default: 2000. */
  ratio?: number;
  /** Bytes of the window that a zstd frame asks for, which is memory. Default: 128 MiB. */
  window?: number;
  /** Number of entries. Default: 2,000,000. */
  entries?: number;
  /** Bytes of a path or link target. Default: 32 KiB. */
  name?: number;
}

/** Options of calls that look inside an image. */
export interface ContentsOptions extends CallOptions {
  /** Limits for each layer. */
  limits?: LayerLimits;
  /** Called with the stored bytes that were read, of all layers together. */
  onProgress?: (progress: Progress) => void;
}

/** A store of layer indexes, for {@link ClientOptions.layerIndexes}. */
export interface LayerIndexStore {
  /** Returns the index that was stored for the layer with this digest. */
  get: (digest: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** Stores the index of the layer with this digest, in place of another. It is about one per cent of the layer. */
  set: (digest: string, index: Bytes) => unknown;
}

/** Options of {@link Image.useLayerIndex}. */
export interface UseIndexOptions extends CallOptions {
  /** Limits that the index has to keep. They count when it is used, too: give the later calls the same ones. */
  limits?: LayerLimits;
}

/** Options of {@link Image.layerFiles}. */
export interface LayerFilesOptions extends ContentsOptions {
  /**
   * Gives only matching paths. In a glob, `*` stands for any characters, slashes too, and `?` for one; it must match the whole path,
   * whose first slash may be left out. A regular expression may match anywhere.
   */
  filter?: string | RegExp;
}

/** Options of {@link Image.files}. */
export interface FilesOptions extends LayerFilesOptions {
  /** Topmost layer that counts: position or digest. Default: all layers. */
  upTo?: number | string;
  /** "path" (default: by the bytes of the path) or "size" (largest first). */
  sort?: "path" | "size";
  /**
   * Lists a layer by the table of contents that it brings along, if the manifest has the table's digest. `false` reads the archive.
   * Default: true.
   */
  tableOfContents?: boolean;
  /**
   * Digest of a SOCI index of the image, whose ztocs list its large layers. Without this option, the client uses the index that the image's manifest
   * names (SOCI v2). Anybody who may push can add an index that refers to the image (SOCI v1): the client uses it only if you pass its digest,
   * and trusts what it says. Not with `tableOfContents: false`.
   */
  sociIndex?: string;
}

/** Options of {@link Image.layerChanges}. */
export interface LayerChangesOptions extends LayerFilesOptions {
  /** Does not compare modification times. Default: false. */
  ignoreTimes?: boolean;
}

/** Options of {@link Image.readFile} and {@link Image.fileStream}. */
export interface ReadFileOptions extends ContentsOptions {
  /** Reads the file as it is after this layer: position or digest. Default: the topmost layer. */
  upTo?: number | string;
  /** Reads the file of this layer alone, even if a later one deletes it: position or digest. Not with `upTo`. */
  layer?: number | string;
  /**
   * Finds and verifies the file by the table of contents that its layer brings along, if the manifest has the table's digest. `false` reads the
   * archive. Default: true.
   */
  tableOfContents?: boolean;
  /**
   * Digest of a SOCI index of the image, by whose ztocs files of its large layers are found and read. The bytes are compared with the digests in
   * the ztoc. Without this option, the client uses the index that the image's manifest names (SOCI v2). Anybody who may push can add an index that
   * refers to the image (SOCI v1): the client uses it only if you pass its digest, and trusts what it says. Not with
   * `tableOfContents: false`.
   */
  sociIndex?: string;
}

/** Options of {@link Image.exportTar}. */
export interface ExportOptions extends ContentsOptions {
  /** Topmost layer that counts: position or digest. Default: all layers. */
  upTo?: number | string;
}

/** Options of {@link Image.diff}. */
export interface DiffOptions extends ContentsOptions {
  /** Does not compare modification times. Default: false. */
  ignoreTimes?: boolean;
  /** Reads the layers that both images have, too. Default: false. */
  exact?: boolean;
  /** Compares the packages, too, for which all layers of both images are read. Default: false. */
  packages?: boolean;
}

/** Options of {@link Image.waste}. */
export interface WasteOptions extends ContentsOptions {
  /** Base image, or the number of its layers. Its own waste is left out of `files` and `withoutBase`. */
  base?: Image | number;
}

/** Kind of an entry. The last two are only in {@link Image.layerFiles}: they hide what lower layers have. */
export type FileKind =
  | "file"
  | "hardlink"
  | "symlink"
  | "directory"
  | "character-device"
  | "block-device"
  | "fifo"
  | "other"
  | "whiteout"
  | "opaque";

/** A file, directory, link or device. */
export interface FileEntry {
  /**
   * Absolute path in the image, such as "/etc/passwd". Bytes that are not UTF-8 are replaced by U+FFFD. A whiteout has the path that it
   * hides. In {@link Image.layerFiles}, a path that leads out of the file system is shown as it is written.
   */
  path: string;
  /** Bytes of the path, without its first slash; only if they are not UTF-8. */
  pathBytes?: Bytes;
  /** Kind of the entry. */
  kind: FileKind;
  /** Bytes of the content, holes included; 0 for what has none. In {@link Image.files}, a hard link has the size of its content. */
  size: number;
  /** Permission bits, with set-user-ID (0o4000), set-group-ID (0o2000) and sticky (0o1000). */
  mode: number;
  /** Number of the owner. */
  uid: number;
  /** Number of the group. */
  gid: number;
  /** Name of the owner, if the archive has it. */
  user?: string;
  /** Name of the group, if the archive has it. */
  group?: string;
  /** Modification time, in milliseconds; absent if no `Date` can be so early or late. */
  mtime?: Date;
  /** Where a link leads, as it is written. */
  linkTarget?: string;
  /** Number of a device. */
  device?: DeviceNumber;
  /** Extended attributes, such as "security.capability". */
  xattrs?: Record<string, Bytes>;
  /** Position of the layer that it comes from; 0 is the base. */
  layer: number;
}

/** Number of a device. */
export interface DeviceNumber {
  /** Which driver. */
  major: number;
  /** Which of its devices. */
  minor: number;
}

/** A path that differs. */
export interface FileChange {
  /** Absolute path. */
  path: string;
  /**
   * How it differs:
   *
   * - "added", "removed": only one of both has it.
   * - "content": the content, kind, link target or device number differs.
   * - "metadata": only what `metadata` names differs.
   * - "written", "deleted", "emptied": one of two images writes or deletes it, or everything in the directory, in layers above those that
   *   both have; see {@link Image.diff}.
   */
  change: "added" | "removed" | "content" | "metadata" | "written" | "deleted" | "emptied";
  /** Which of the two writes or deletes it. */
  side?: "before" | "after";
  /** Names of the metadata that differ. */
  metadata?: ("mode" | "uid" | "gid" | "mtime" | "xattrs")[];
  /** Entry before the change. */
  before?: FileEntry;
  /** Entry after the change. */
  after?: FileEntry;
}

/** Differences between two images. */
export interface ImageDiff {
  /** Layers, base first. */
  layers: {
    /** Those that both have, from the base on. */
    shared: ImageLayer[];
    /** Those that only the first image has above them. */
    before: ImageLayer[];
    /** Those that only the second image has above them. */
    after: ImageLayer[];
  };
  /** Fields of the config that differ, by name, except `rootfs` and `history`. */
  config: ConfigChange[];
  /** Paths that differ, in order. */
  files: FileChange[];
  /** Packages that differ, by name; only with `packages: true`. */
  packages?: PackageChange[];
}

/** A package that one of two images lacks, or has in another version. */
export interface PackageChange {
  /** Whether the second image has it as well, or alone. Of several versions of one package, each is added or removed. */
  change: "added" | "removed" | "changed";
  /** Name. */
  name: string;
  /** Package manager. */
  manager: "dpkg" | "apk" | "rpm";
  /** Architecture, if the database has it. */
  architecture?: string;
  /** Version in the first image. */
  before?: string;
  /** Version in the second image. */
  after?: string;
}

/** A field of the config that differs. */
export interface ConfigChange {
  /** Name, such as "config.Labels.version". */
  field: string;
  /** Value in the first image. */
  before?: unknown;
  /** Value in the second image. */
  after?: unknown;
}

/** Bytes of files, without compression. */
export interface StoredBytes {
  /** Bytes of all files in all layers, each content once. */
  stored: number;
  /** Bytes of those that later layers hide or delete. */
  wasted: number;
}

/** Bytes that an image stores although nobody can see them. */
export interface ImageWaste extends StoredBytes {
  /** The same for the layers above the base image: what they hide of the base counts, the base's own waste does not. */
  withoutBase?: StoredBytes;
  /** Hidden files, in the order of the layers that hide them. */
  files: WastedFile[];
  /** Each layer, base first. */
  layers: LayerWaste[];
  /**
   * The numbers of the program dive. It counts a replaced file with all its copies, the visible one included, and does not look into a
   * deleted directory: its `wasted` may be more or less than what could be saved.
   */
  dive: {
    /** From 0 to 1. */
    efficiency: number;
    /** Bytes. */
    wasted: number;
  };
}

/** A file that is stored and hidden. */
export interface WastedFile {
  /** Absolute path. */
  path: string;
  /** Bytes. */
  size: number;
  /** Position of the layer that stores it. */
  layer: number;
  /** Position of the layer that hides it. */
  by: number;
  /** Whether that layer has something else at the path; otherwise it deletes it. */
  replaced: boolean;
}

/** A layer's part in the waste, in bytes of files without compression. */
export interface LayerWaste {
  /** Digest of the layer; absent on V1. */
  digest?: string;
  /** Command that made it, if the config has a history. */
  createdBy?: string;
  /** Bytes that it stores. */
  stored: number;
  /** Bytes of those that later layers hide. */
  hidden: number;
  /** Bytes of lower layers that it hides. */
  hides: number;
}

/** Packages and system of an image. */
export interface ImagePackages {
  /**
   * Assignments of `/etc/os-release`, such as `ID` and `VERSION_ID`; empty if there is none.
   *
   * @see {@link https://www.freedesktop.org/software/systemd/man/latest/os-release.html | os-release(5)}
   */
  osRelease: Record<string, string>;
  /** Packages, by name. */
  packages: InstalledPackage[];
}

/** A package that is installed. */
export interface InstalledPackage {
  /** Name. */
  name: string;
  /** Version, as the package manager writes it. */
  version: string;
  /** Architecture, if the database has it. */
  architecture?: string;
  /** Source package, if it has another name. */
  source?: string;
  /** Package manager. */
  manager: "dpkg" | "apk" | "rpm";
}

// ───────────── References

/** A reference taken apart by {@link parseReference}. Every part is valid. */
export interface ParsedReference {
  /**
   * Registry as {@link DockerRegistryClient} takes it: as written, with its scheme and path if it has them, and
   * "docker.io" if the reference names none.
   */
  registry: string;
  /** Whole name of the repository, such as "team/web", as {@link DockerRegistryClient.repository} takes it. */
  name: string;
  /** Part of the name before the first slash; absent for a name without slash. */
  namespace?: string;
  /** Part of the name after the first slash, or the whole name. */
  repository: string;
  /** Tag, if the reference has one. There is no default. */
  tag?: string;
  /** Digest, if the reference has one. It takes precedence over the tag. */
  digest?: string;
}

/**
 * Takes a reference such as "localhost:5000/team/web:1.0" apart, by docker's rules. It sends no request.
 *
 * The first component is the registry if it contains a dot, a colon or an upper-case letter, or is "localhost". `https://`
 * and `http://` before it stay part of the registry; `docker://` and `oci://`, as skopeo and helm write them, are dropped. The
 * path of a registry ends with two slashes: "host/path//team/web". `docker-registry-client-wasm/slim` needs `init()` first.
 *
 * @param reference - `[HOST/]NAME[:TAG][@DIGEST]`.
 * @throws {RegistryError} `INVALID_REFERENCE` when the repository is missing, or the name, tag or digest is invalid
 * @throws {RegistryError} `INVALID_ARGUMENT` when the registry is invalid, or the argument is not a string
 * @example
 * ```ts
 * import { DockerRegistryClient, parseReference } from 'docker-registry-client-wasm';
 *
 * const { registry, name, tag, digest } = parseReference('docker.io/library/alpine:3');
 * const image = await new DockerRegistryClient(registry).repository(name).image(digest ?? tag ?? 'latest');
 * ```
 */
export function parseReference(reference: string): ParsedReference;

// ───────────── Errors

/** Codes of errors that the client detects itself. docs/errors.md of the project says what to do about each one. */
export type ClientErrorCode =
  /** The connection failed, or a proxy refused it. */
  | "NETWORK"
  /** A page's request to another origin failed; the browser does not say whether CORS or the network is the reason. */
  | "CORS_OR_NETWORK"
  /** No response, or no progress in a body, within the time allowed. */
  | "TIMEOUT"
  /** A body ended early, and retries did not get the rest. */
  | "TRUNCATED"
  /** The registry asks for credentials and there are none, or it refuses them; or the `credentials` callback failed. */
  | "AUTH_REQUIRED"
  /** The credentials do not permit the operation. */
  | "DENIED"
  /** The repository, tag, manifest or blob does not exist, or is hidden from this account. */
  | "NOT_FOUND"
  /** The registry limits the number of requests. */
  | "RATE_LIMITED"
  /** Any other error status whose response contains no registry error code. */
  | "HTTP_ERROR"
  /** The registry names a token service that must not receive its credentials, or must not be contacted. */
  | "UNTRUSTED_REALM"
  /**
   * A redirect, link or upload location leads where the client does not follow: from https to http, or to a private or
   * metadata address.
   */
  | "UNTRUSTED_LOCATION"
  /** A repository name, tag or digest is invalid, or names another registry. */
  | "INVALID_REFERENCE"
  /** Another argument or option cannot be used. */
  | "INVALID_ARGUMENT"
  /** The stream or buffer to upload failed. */
  | "SOURCE"
  /** A response breaks the protocol, or the host is not a registry. */
  | "INVALID_RESPONSE"
  /** Content does not match its digest. */
  | "DIGEST_MISMATCH"
  /** Content has another length than its descriptor says, or a file changed during its upload. */
  | "SIZE_MISMATCH"
  /** A schema1 manifest is unsigned, or a signature is wrong or cannot be verified. */
  | "SIGNATURE_INVALID"
  /** A document can be read as two kinds of manifest (CVE-2021-41190). */
  | "AMBIGUOUS_MANIFEST"
  /** Indexes are nested too deeply, or have too many entries. */
  | "INDEX_LIMIT"
  /** A list has more items, but the registry does not say how to get them. */
  | "PAGING_LOOP"
  /**
   * A layer is no valid archive or, although its digest matches, only the beginning of one; its compression is broken; a package
   * database in it is damaged; or the layers make no file system.
   */
  | "LAYER_INVALID"
  /**
   * Bytes given to `useLayerIndex()` are no index, are damaged, or are another layer's; or an index or table of contents says that a
   * file is where its layer does not have it.
   */
  | "LAYER_INDEX_INVALID"
  /** An archive given to `load()` or `archiveImages()` is damaged or incomplete, or is no archive of images. */
  | "ARCHIVE_INVALID"
  /** A response, list or layer exceeds a limit of the client, or a request exceeds one of the registry. */
  | "TOO_LARGE"
  /** There is no image for the platform. */
  | "NO_MATCHING_PLATFORM"
  /** The registry, the host or the client cannot do that. */
  | "UNSUPPORTED"
  /** Something is not as the call expects: `ifMatch` or `noClobber` does not hold, or another writer was faster. */
  | "CONFLICT"
  /** Something depends on the manifest to delete. */
  | "IN_USE"
  /** A part of the module cannot be loaded. */
  | "MODULE_NOT_LOADED"
  /** A defect of the client. */
  | "INTERNAL";

/**
 * Error codes that the distribution-spec defines for registries.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes | Error Codes}
 */
export type SpecErrorCode =
  /** The registry asks for credentials and there are none, or it refuses them; or the `credentials` callback failed. */
  | "UNAUTHORIZED"
  /** The credentials do not permit the operation. */
  | "DENIED"
  /** The repository, tag, manifest or blob does not exist, or is hidden from this account. */
  | "NAME_UNKNOWN"
  /** The repository, tag, manifest or blob does not exist, or is hidden from this account. */
  | "MANIFEST_UNKNOWN"
  /** The repository, tag, manifest or blob does not exist, or is hidden from this account. */
  | "BLOB_UNKNOWN"
  /** The registry limits the number of requests. */
  | "TOOMANYREQUESTS"
  /** A repository name, tag or digest is invalid, or names another registry. */
  | "NAME_INVALID"
  /** Content does not match its digest. */
  | "DIGEST_INVALID"
  /** Content has another length than its descriptor says, or a file changed during its upload. */
  | "SIZE_INVALID"
  /** The registry refuses a manifest. */
  | "MANIFEST_INVALID"
  /** A manifest refers to content that the repository does not have. */
  | "MANIFEST_BLOB_UNKNOWN"
  /** The registry lost an upload session, or cannot continue it. */
  | "BLOB_UPLOAD_UNKNOWN"
  /** The registry lost an upload session, or cannot continue it. */
  | "BLOB_UPLOAD_INVALID"
  /** The registry, the host or the client cannot do that. */
  | "UNSUPPORTED";

/** Code of an error: the registry's own code if its response has one, else one of the client's. Registries may use others. */
export type ErrorCode = ClientErrorCode | SpecErrorCode | (string & {});

/** Facts about an error, by its code. Each is present where it is known. */
export interface ErrorDetails {
  /** `INVALID_ARGUMENT`: name of the argument, or path of the option, such as "tag", "options.concurrency" or "options.files[0].data". */
  readonly argument?: string;
  /** `NO_MATCHING_PLATFORM`: platform that was looked for. */
  readonly platform?: string;
  /** `NO_MATCHING_PLATFORM`: platforms that there are. `ARCHIVE_INVALID` of an index that lacks some: those that the archive has. */
  readonly available?: readonly string[];
  /** `DIGEST_MISMATCH`, `CONFLICT`: digest that was expected. `SIZE_MISMATCH`, `TRUNCATED`: number of bytes. */
  readonly expected?: string | number;
  /** `DIGEST_MISMATCH`, `CONFLICT`: digest that was found. `SIZE_MISMATCH`, `TRUNCATED`: number of bytes. */
  readonly actual?: string | number;
  /** `TIMEOUT`: milliseconds allowed. `TOO_LARGE`: bytes, items or pages allowed. `INDEX_LIMIT`: levels or manifests allowed. */
  readonly limit?: number;
  /** `UNTRUSTED_REALM`, `UNTRUSTED_LOCATION`, and a token service that cannot be reached: the host, as `trustedRealms` takes it. */
  readonly host?: string;
  /**
   * `NETWORK`: code of the operating system, the TLS library or the HTTP client, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`.
   * Browsers give none.
   */
  readonly systemCode?: string;
  /** `INVALID_RESPONSE`: endpoints that a registry has and this host lacks. Its address may need a path prefix. */
  readonly missing?: readonly string[];
  /** `CONFLICT`: tag that is not as expected. */
  readonly tag?: string;
  /** `IN_USE`: tags that point to the manifest. */
  readonly tags?: readonly string[];
  /** `IN_USE`: digests of the indexes that list the manifest. */
  readonly parents?: readonly string[];
  /** `IN_USE`: digests of the referrers of the manifest. */
  readonly referrers?: readonly string[];
  /** `IN_USE`: tags and manifests that cannot be read, and so may depend on the manifest. */
  readonly unread?: readonly string[];
}

/** Error in the response of a registry. */
export interface RegistryErrorItem {
  /** Code of the error. */
  code: string;
  /** Explanation for people. */
  message: string;
  /** Details of the error, in the registry's own format. */
  detail?: unknown;
}

/**
 * Error of the package. Every promise of the package that rejects does so with a `RegistryError`, except after an abort,
 * which rejects with the signal's own reason.
 *
 * `message`, `errors`, warnings, the URLs of `onRequest` and the text of a {@link Diagnosis} are safe to print: control
 * characters, bidirectional controls and invisible characters that a server sends appear as the text `\u001b`, line breaks
 * as spaces, and the length of messages is bounded. Content that is read (tags, names, configs, annotations) is data and
 * stays as the registry sent it.
 *
 * @example
 * ```ts
 * import { DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';
 *
 * try {
 *   await new DockerRegistryClient('localhost:5000').repository('team/web').image('no-such-tag');
 * } catch (error) {
 *   if (!isRegistryError(error)) throw error;
 *   if (error.code === 'MANIFEST_UNKNOWN' || error.code === 'NOT_FOUND') console.log('there is no such tag');
 *   else console.error(error.code, error.status, error.message);
 * }
 * ```
 */
export class RegistryError extends Error {
  private constructor();
  /** Always "RegistryError". */
  readonly name: "RegistryError";
  /** Code of the registry if its response has one (`MANIFEST_UNKNOWN`, `DENIED`, …), else one of the client's. */
  readonly code: ErrorCode;
  /**
   * The reason in one short sentence, in lower case: the message without the request, the words of the registry, and what to
   * do.
   */
  readonly reason: string;
  /** Facts about the error, for messages of your own in any language. Empty if there are none. */
  readonly details: ErrorDetails;
  /** Status of the response, if there was one. */
  readonly status: number | undefined;
  /** Method of the request, if there was one. */
  readonly method: string | undefined;
  /** Redacted URL of the request, if there was one. */
  readonly url: string | undefined;
  /** Errors in the response of the registry. */
  readonly errors: readonly RegistryErrorItem[];
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfter: number | undefined;
  /**
   * `SOURCE`: the exception of the stream or buffer. `MODULE_NOT_LOADED`: the reason why the part cannot be loaded. Other errors
   * have none, because exceptions of a host may hold URLs with secrets.
   */
  readonly cause?: unknown;
  /**
   * Returns what a log should hold: the fields above and the message, without the stack. Never throws.
   *
   * `postMessage()` and `structuredClone()` turn an error of any package into a plain `Error` without its fields: send this
   * instead, and read it with {@link RegistryError.from}.
   */
  toJSON(): Record<string, unknown>;
  /**
   * Creates an error from the result of `toJSON()`, which another thread, page or process has sent.
   *
   * @param json - The result of `toJSON()`.
   * @throws {RegistryError} `INVALID_ARGUMENT` when it has no `code` or `message`
   * @example
   * ```ts
   * import { RegistryError, isRegistryError } from 'docker-registry-client-wasm';
   *
   * const { port1, port2 } = new MessageChannel();
   * port2.onmessage = ({ data }) => console.log(RegistryError.from(data.error).code);
   * const report = (error: unknown) => port1.postMessage({ error: isRegistryError(error) ? error.toJSON() : String(error) });
   * ```
   */
  static from(json: unknown): RegistryError;
}

/**
 * Checks whether a value is a {@link RegistryError}, also of another realm or another copy of the package. Never throws.
 *
 * @param value - Any value, such as the one in a `catch` clause.
 */
export function isRegistryError(value: unknown): value is RegistryError;
