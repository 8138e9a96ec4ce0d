// The contract of the package, kept by hand; tests prove that the built module has exactly this.
// All byte counts are bytes, all times milliseconds.

// ───────────── Connecting

export interface ClientOptions {
  /** Registry protocol. Default: probe `/v2/` first, fall back to V1 on 404 only. */
  apiVersion?: 1 | 2;
  /** Sent as Basic to a registry that asks for Basic, or to the token service of one that asks for a token; never anywhere else. */
  username?: string;
  password?: string;
  /** A ready-made bearer token for the registry; used as is. */
  token?: string;
  /** OAuth2 refresh token ("identity token") for the token service. */
  identityToken?: string;
  /**
   * Called when the registry first demands authentication: the place for a login dialog or a credential store. Concurrent calls share one answer.
   *
   * Return `undefined` to continue anonymously. The callback runs again when a wider scope is needed, or on the next call if the registry refused
   * anonymous access or the callback threw. It also runs again, with `challenge.refused`, when the registry or its token service refuses credentials
   * or says that they have expired: once during the call if they were good before, and the request is retried if the answer changed.
   *
   * It must not wait for calls of the same client: they wait for it.
   */
  credentials?: (challenge: Challenge) => Credentials | undefined | Promise<Credentials | undefined>;
  /**
   * Token service to use instead of the one the registry names (or whose name CORS hides), with `?service=…` where that is hidden too. What
   * stands there counts, not what the registry says.
   */
  authServiceUrl?: string;
  /**
   * Hosts ("auth.example.com", "10.0.0.1:8443") other than the registry's own domain that may receive its credentials as token services, or have a
   * private address. Link-local and metadata addresses (169.254.169.254, fe80::/10…) are never contacted, even if named here, unless the registry
   * itself is there.
   */
  trustedRealms?: string[];
  /**
   * Time allowed until response headers arrive, beside a second for each 32 kB of a request's body. A document (manifest, config, page of a list,
   * token, error) gets the same time for its body, and a second for each 4 kB. Default 30_000; 0 waits for ever for headers, and gives a document's
   * body `idleTimeout`.
   */
  timeout?: number;
  /** Time allowed without a byte of progress in a body, be it an answer's or a streamed upload's. Empty chunks are no progress. Default 60_000; 0 waits for ever. */
  idleTimeout?: number;
  /**
   * Tries in all (default 5) for what failed for the moment: a lost connection, 408, 429, 500, 502, 503, 504. The first pause is about `minDelay`
   * (250), each further one twice as long, up to `maxDelay` (30_000); the registry may ask for up to a minute. `false` tries once.
   */
  retry?: { attempts?: number; minDelay?: number; maxDelay?: number } | false;
  /**
   * Carries the requests. Default `globalThis.fetch`. Proxies, custom CAs and tests plug in here. One that can send a ReadableStream as body may say so
   * by a property, `Object.assign(fetch, { duplex: "half" })`: then uploads are streamed through it.
   */
  fetch?: typeof globalThis.fetch;
  /** Sent with every request to the registry. */
  headers?: Record<string, string>;
  /** Parallel requests at most, but for bodies that somebody reads or writes at their own pace: streams, uploads. Default 6. */
  concurrency?: number;
  /** Default platform of `image()`: "linux/amd64" (the default), "linux/arm64/v8", "windows/amd64:10.0.17763.1"… */
  platform?: string;
  /** Pages of one listing at most. Default 10_000. */
  maxPages?: number;
  /** Items of one listing at most. Default 1_000_000. */
  maxItems?: number;
  /** Memory for manifests and configs kept by digest, least recently used out first. Default 16 MiB; 0 keeps none. */
  cacheBytes?: number;
  /** Aborts every call of this client. */
  signal?: AbortSignal;
  /** One call per request attempt, after it; redacted: for logs, devtools and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Each warning the registry sends (header `Warning`, code 299), once; and what `unverifiedSchema1: "warn"` let pass. */
  onWarning?: (text: string) => void;
  /**
   * What becomes of a schema1 manifest that is not signed, or one of whose signatures does not fit or cannot be checked. "error" (the default):
   * the call rejects with `SIGNATURE_INVALID`, or with `UNSUPPORTED` where the host has no `crypto.subtle` (a page that is no secure context).
   * "warn": `onWarning` is told, and `Manifest.signatures` tells which are right. Its digest is computed in any case; where signatures leave open
   * what is signed there is none, and no way to take the manifest.
   */
  unverifiedSchema1?: "error" | "warn";
}

export type Credentials = { username: string; password: string } | { token: string } | { identityToken: string };
/** What a registry demands. */
export interface Challenge {
  /** The registry's base URL, as `client.host` has it. */
  registry: string;
  /** "token": the V1 protocol's. */
  scheme: "basic" | "bearer" | "token";
  /** The token service's URL; with Basic, the name of what is protected. */
  realm?: string;
  /** The token service's name for the registry. */
  service?: string;
  /** What is about to be done: "repository:team/web:pull". */
  scopes: string[];
  /** True if earlier credentials were refused or have expired. Absent otherwise. */
  refused?: boolean;
}
/** As the registry gives it. */
export interface SearchResult {
  /** "library/busybox". */
  name: string;
  description?: string | null;
  [field: string]: unknown;
}
/** How many requests a registry allows, as far as it tells. */
export interface RateLimit {
  /** In a window. */
  limit?: number;
  /** Left. */
  remaining?: number;
  /** Length of the window, milliseconds. */
  window?: number;
  /** Until there are more, milliseconds from the answer on. */
  reset?: number;
  /** Who is counted: an address or an account. */
  source?: string;
}

export interface CallOptions {
  /** Aborts this call, its requests, and a stream it returned; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** As `ClientOptions.timeout`, for the requests of this call. */
  timeout?: number;
}
export interface TransferOptions extends CallOptions {
  onProgress?: (progress: Progress) => void;
}
export interface Progress {
  digest?: string;
  /** Bytes so far. */
  loaded: number;
  /** Bytes in all, where known. */
  total?: number;
}
export interface ListOptions extends CallOptions {
  /** Items asked for per page; the registry may give fewer or more. Default 1000. */
  pageSize?: number;
}

/** One request attempt, without secrets. */
export interface RequestEvent {
  method: string;
  /** Without user info, query values and fragment. */
  url: string;
  /** Absent where no response came. */
  status?: number;
  /** Time until the headers arrived or the attempt failed. */
  duration: number;
  /** Code of the error where the attempt failed. */
  error?: string;
}

export class DockerRegistryClient {
  /** `host`: "registry.example.com", "localhost:5000", or a URL, with a path prefix if need be. Without a scheme: http for loopback, https otherwise. */
  constructor(host: string | URL, options?: ClientOptions);
  /** The registry's base URL. */
  readonly host: string;
  /** The limit the registry last told of. */
  readonly rateLimit: RateLimit | undefined;
  /**
   * 1: the V1 protocol (docker-registry 0.x). There everything works that V1 has; what it has not is `UNSUPPORTED` and named: manifests,
   * blobs, referrers, copies, clean-up plans.
   */
  apiVersion(options?: CallOptions): Promise<1 | 2>;
  /** Resolves if the registry answers and takes the credentials (V1: answers; it asks for credentials at a repository only). */
  checkStatus(options?: CallOptions): Promise<void>;
  /**
   * Forgets what the `credentials` callback returned, and all tokens and sessions: the next call that needs credentials calls it again. Credentials
   * given as options stay. Requests under way end as they began.
   */
  forgetCredentials(): void;
  /**
   * What works against this registry from this place, and the exact server settings that would fix what doesn't. Resolves whatever the registry
   * does, also where there is none; rejects only for an abort or a bad argument.
   *
   * About a dozen requests, each sent once and none after a host turned out dead. Nothing is changed: whether manifests may be deleted is asked
   * with a DELETE of `sha256:000…`, which no content has. The client's credentials are used as by any call, `credentials` asked if need be; after
   * a refusal they are not tried again. In a page of another origin a request with a worthless `Authorization` shows whether the browser's
   * preflight for it passes.
   *
   * `repository`: what to ask about tags, referrers and deletion. Default: the catalog's first.
   */
  diagnose(options?: CallOptions & { repository?: string }): Promise<Diagnosis>;
  /**
   * V1 only: what the registry finds for some words, all of it, each as the registry gives it. docker-registry finds nothing unless its search is
   * switched on (SEARCH_BACKEND), and then what was announced to it, as `pushImage()` does. `catalog()`, `repositories()` and `namespaces()`
   * search for "".
   */
  search(query: string, options?: CallOptions): Promise<SearchResult[]>;
  /** Distinct namespaces in the catalog's order, "library" for names without one. */
  namespaces(options?: CallOptions): Promise<string[]>;
  /**
   * No request is made. A namespace both in the name and as argument is an error. `docker://`, `oci://` or `https://` and this registry's own host
   * may stand in front; another host is an error.
   */
  repository(name: string, namespace?: string): Repository;
  /** By full name. "library" includes names without a namespace. */
  repositories(namespace?: string, options?: CallOptions): Promise<Map<string, Repository>>;
  /**
   * Copies an image, an index with all its images, or an artifact into this registry. Within a registry blobs are mounted; from another
   * one ({ repository, reference } or an `Image` of its client) they stream through, each verified on its way, a few at a time in flat
   * memory. What is there already is passed over, so that a copy which was interrupted is just made again; where the registry then refuses
   * a manifest for the want of something that it said it had, that is sent after all. Children come before parents and the tag last: until
   * then it points where it did. `target`: "team/web:1.0" (without a tag: "latest"). Layers that only their
   * owner may hand out (non-distributable ones) stay where they are.
   *
   * In front of a string `docker://`, `oci://` or `https://` and this registry's own host may stand ("localhost:5000/team/web:1.0"). As with docker,
   * a first component with a dot or a port is a host; a repository "com.example/web" is written with the registry's host in front.
   *
   * Resolves only when all of it is there. Entries of an index that are blobs (BuildKit's caches) are copied as blobs, the blobs of an OCI artifact
   * manifest too; of manifests that lack what the spec demands, all that they name. Of a manifest that is at the target already the blobs are
   * looked for all the same.
   *
   * @throws {RegistryError} INVALID_REFERENCE when it names another registry: that needs a client of its own
   * @throws {RegistryError} `UNSUPPORTED` for a manifest that may need more than this client can tell: see `unknownKinds`. `CONFLICT`: see `ifMatch`.
   */
  copy(source: string | Image | { repository: Repository; reference: string }, target: string, options?: CopyOptions): Promise<CopyResult>;
  /**
   * Repository names as the pages arrive, each once.
   * @throws {RegistryError} UNSUPPORTED when the registry has no catalog or does not show it to this client; PAGING_LOOP when the list may go
   * on and the registry does not show how; TOO_LARGE beyond `maxPages`, `maxItems` or 256 MiB
   */
  catalog(options?: ListOptions): AsyncIterableIterator<string>;
}

// ───────────── Diagnosis

/** What was observed. A fact that is absent, `undefined` or "unknown" was not: the registry did not come to it, or the browser hides it. */
export interface Diagnosis {
  /** The registry's base URL. */
  registry: string;
  /** Origin of the page (or of its worker) that asked; absent outside of pages. */
  page?: string;
  /** Whether anything answers, be it a registry or not; `false` also where the browser lets nothing through (a certificate, a policy). */
  reachable?: boolean;
  apiVersion?: 1 | 2;
  /** The header field `Server`, as it stands. Most registries do not say what they are. */
  server?: string;
  auth: {
    /**
     * How the registry wants to be asked: "none" where it lets everybody in, else what it names in lower case; "hidden" where the page cannot
     * see that, "unknown" where it was not told.
     */
    scheme: "none" | "basic" | "bearer" | "hidden" | "unknown" | (string & {});
    /** The token service's URL, redacted; with Basic, the name of what is protected. */
    realm?: string;
    /** The token service's name for the registry; "harbor-registry", "container_registry" (GitLab) tell what it is. */
    service?: string;
    /** Whether this client's credentials are good. Absent where there are none, or nobody asked for them. */
    credentialsAccepted?: boolean;
  };
  /** Only in a page of another origin: what the browser's rules (CORS) let through. */
  cors?: {
    /** Whether the page may read any answer. */
    allowed?: boolean;
    /** Which requests get through that the browser asks about first (OPTIONS): `false` where one failed and others did not. */
    preflight: {
      /** GET with an `Accept` over 128 bytes, as manifests are asked for. */
      accept?: boolean;
      /** GET with `Authorization`. */
      authorization?: boolean;
      /** DELETE. */
      delete?: boolean;
    };
    /**
     * Header fields that an answer should have and the page could not see: to be named in `Access-Control-Expose-Headers`. Only what can be told
     * without changing anything: WWW-Authenticate, Link, Docker-Content-Digest.
     */
    hiddenHeaders: string[];
    /** Those that the page saw. */
    seenHeaders: string[];
  };
  /** What tags, referrers and deletion were asked about. */
  repository?: string;
  /** `/v2/_catalog`. */
  catalog: { status: Support; paging: Paging };
  /** `/v2/<name>/tags/list`. */
  tags: { status: Support; paging: Paging };
  /** `/v2/<name>/referrers/<digest>` (distribution-spec v1.1.1). "unknown" in a page may be a "no" whose 404 came without CORS header fields. */
  referrers: { status: Support };
  /** Manifests by digest. "yes": to delete one that cannot be there was refused only for not being there. */
  delete: { status: Support };
  /** What to know or to do about it, the worst first. Empty if all is well. */
  findings: Finding[];
  /** All of it as lines for a person, with the settings to paste. */
  text: string;
}
/** "yes": it works. "no": the registry does not have it. "denied": not with these credentials. */
export type Support = "yes" | "no" | "denied" | "unknown";
/** How a list comes: "link": in pages, each with a `Link` to the next. "last": in pages without a `Link` in sight. "none": all at once. */
export type Paging = "link" | "last" | "none" | "unknown";
export interface Finding {
  /** "error": what this client is for does not work. "warning": something does not, or not well. "info": good to know. */
  severity: "error" | "warning" | "info";
  /**
   * What it is about: `UNREACHABLE`, `MIXED_CONTENT`, `CORS_OR_NETWORK` (the browser does not let one tell which), `CORS_REFUSED`,
   * `NOT_A_REGISTRY`, `BASE_FAILED` and `BASE_UNREADABLE` (of `/v2/`), `REDIRECTED`, `V1_ONLY`, `PREFLIGHT_REFUSED`, `HEADERS_HIDDEN`,
   * `CREDENTIALS_NEEDED`, `CREDENTIALS_REFUSED`, `AUTHENTICATION_FAILED`, `LINK_MISSING`, `LINK_UNUSABLE`, `CATALOG_UNSUPPORTED`,
   * `CATALOG_DENIED`, `REFERRERS_UNSUPPORTED`, `DELETE_UNSUPPORTED`, `DELETE_DENIED`.
   */
  code: string;
  message: string;
  /** Settings that mend it: each by itself where there are two. */
  fix?: {
    /** YAML for distribution's config.yml. */
    distribution?: string;
    /** A `location` for the `server` block of an nginx before the registry, whatever registry that is. */
    nginx?: string;
  };
}

export interface CopyOptions extends CallOptions {
  /** Of an index: one gives that image by itself, several an index of these alone. Default: all of it, byte for byte. */
  platforms?: string[];
  /**
   * Copies the referrers of the image and its parts too: signatures, bills of materials. A target without the referrers API gets the referrers tag.
   * Cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`) are copied with their names. If the target has such a tag with signatures that the source
   * lacks, the call rejects with `CONFLICT` and leaves that tag as it is.
   */
  referrers?: boolean;
  /** Bytes per request to the target at most, as in {@link PushBlobOptions.chunkSize}. */
  chunkSize?: number;
  /**
   * Moves the target's tag only if it points to this digest, or with `null` only if it does not exist: else `CONFLICT`. Asked before the copy and
   * again right before the tag is put; no registry compares by itself, so that another writer may still come in between.
   */
  ifMatch?: string | null;
  /**
   * Decides about manifests that may refer to more content than this client can read: those of an unknown kind that names digests, and broken
   * ones. "reject" (the default) ends the copy with `UNSUPPORTED` and names the kind. "manifest-only" copies the manifest and the parts that can
   * be read.
   */
  unknownKinds?: "reject" | "manifest-only";
  /**
   * What becomes of an image of schema 1 (an index keeps those that it has). "keep" (the default): it is copied as it is, signatures included.
   * "docker", "oci": it becomes a schema2 or OCI image of the same layers, without those that hold nothing, its config made as docker and skopeo
   * make it: the id is theirs too. Each layer is then read once more, to learn what its content hashes to (`UNSUPPORTED` where the host has no
   * `DecompressionStream`).
   */
  schema1?: "keep" | "docker" | "oci";
  onProgress?: (progress: CopyProgress) => void;
}
/** What happens to one blob or manifest of a copy. */
export interface CopyProgress {
  digest: string;
  /** "exists": it was there. "mounted": taken over from another repository of the registry. "copying": on its way. "copied": it is there. */
  stage: "exists" | "mounted" | "copying" | "copied";
  /** Bytes of it that are at the target. */
  loaded: number;
  total: number;
}
export interface CopyResult extends Descriptor {
  /** Manifests that were put. */
  manifests: number;
  /** Blobs whose bytes were moved, and those bytes. */
  blobs: number;
  bytes: number;
  mounted: number;
  /** Blobs and manifests that were there. */
  existing: number;
}

// ───────────── Repository

/** A `CryptoKeyPair` of ECDSA, or a private JSON web key of P-256, P-384 or P-521. */
export type SigningKey =
  | { readonly privateKey: object; readonly publicKey: object }
  | { kty?: string; crv?: string; x?: string; y?: string; d?: string };

export class Repository {
  private constructor();
  /** "library/alpine" */
  readonly name: string;
  /** "library"; undefined for a name without one. */
  readonly namespace: string | undefined;
  /** "alpine" */
  readonly repository: string;
  /** All tags. `filter`: a glob (`*` any characters, `?` one) or a regular expression. */
  tags(options?: CallOptions & { filter?: string | RegExp }): Promise<string[]>;
  /**
   * Tags as the pages arrive, each once. A `Link` that cannot be followed is replaced by the last tag.
   * @throws {RegistryError} PAGING_LOOP when the list may go on and the registry does not show how; TOO_LARGE beyond `maxPages`, `maxItems`
   * or 256 MiB
   */
  eachTag(options?: ListOptions): AsyncIterableIterator<string>;
  /** What a tag points to: facts from manifest and config, of a V1 registry from the JSON of the image and of the tag. */
  data(tag: string, options?: CallOptions): Promise<TagData>;
  /**
   * What many tags point to, as many at a time as the client makes requests. `tags`: only these; default: all. One manifest and one config are
   * read for each digest, however many tags share it, and none that the client holds already; a registry that tells digests with its tags
   * (Google's) is asked for nothing else.
   *
   * `order`: "name", by the tags' characters; "version", the highest first (1.10 before 1.9 before 1.9-rc1, 1.9 before 1.9-alpine; what is no
   * version last, by name); "newest", by `created`, images of unknown age last (see `TagData.created`). Default: each as soon as it is there. "name" and "version" come while work goes
   * on ahead; "newest" waits for all, unless the registry told the dates with its tags.
   *
   * A tag that cannot be described (gone since it was listed, broken, of an unknown kind) is an entry with an `error` and breaks no other. What
   * befalls every tag (credentials refused, the rate limit, a dead connection) ends the iteration. Leaving it stops all requests.
   */
  describeTags(options?: CallOptions & { tags?: string[]; order?: "name" | "version" | "newest" }): AsyncIterableIterator<DescribedTag>;
  /** The image of a tag or digest, of a V1 registry also of an image's id; from an index, the one for the platform. */
  image(tagOrDigest: string, options?: CallOptions & { platform?: string }): Promise<Image>;
  /** The manifest of a tag or digest, verified. A broken document resolves too, see `Manifest.problem`. `accept`: media types to ask for instead of all that are known. */
  manifest(reference: string, options?: CallOptions & { accept?: string[] }): Promise<Manifest>;
  /** Type, digest and size of a manifest without fetching it where the registry allows; undefined if there is none, which GET confirms. */
  headManifest(reference: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /** A blob's bytes. Whole: verified, and the stream errors instead of closing if they don't match. `range`: first and last byte, inclusive as in HTTP; a part cannot be verified. */
  blob(digest: string, options?: TransferOptions & { range?: [first: number, last: number] }): Promise<ReadableStream<Uint8Array>>;
  /**
   * Size of a blob; undefined if there is none. Where the answer to HEAD does not tell it (compressed on its way, without a length, or a proxy's
   * page), GET does; a blob whose size no answer tells is read and counted, up to 64 MiB (`INVALID_RESPONSE` beyond).
   */
  headBlob(digest: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * What a clean-up would remove and keep, and why; nothing is deleted before `apply()` of the plan. One request for each tag, each manifest
   * and each image's config of the repository, less what the client holds already, and one for the referrers of each digest that is to go.
   */
  planCleanup(policy: CleanupPolicy, options?: CallOptions): Promise<CleanupPlan>;
  /**
   * A plan that was kept with `JSON.stringify(plan)`: its text, or what `JSON.parse` makes of that. It is as good as a fresh one, since `apply()`
   * looks at everything again. No request is made. `INVALID_ARGUMENT` names what no plan has ("plan.tags[3].digest: …"), or that it is a plan for
   * another registry or repository.
   */
  loadCleanupPlan(plan: string | object): Promise<CleanupPlan>;
  /**
   * Points a tag at an image of this repository: another tag, a manifest's digest, or an `Image`. The manifest stays as it came, byte for byte; a
   * tag that points there already is left alone. What the tag points to afterwards is made sure of, and an error says what that is.
   *
   * `ifMatch`: the digest the tag must have now, `null` for a tag that must not exist; else `CONFLICT`, and nothing is changed. No registry does
   * that in one step: another writer may still come in between.
   *
   * V1: another tag, the id of an image or an `Image` of that registry, whichever repository it was found in; `ifMatch` takes an id.
   */
  tag(tag: string, image: string | Image, options?: CallOptions & { ifMatch?: string | null }): Promise<void>;
  /**
   * Removes this tag and nothing else: other tags of the same digest stay, and so does the manifest where the registry does not clean it up by
   * itself. Where the registry deletes by digest only (distribution 2.x), the tag is pointed at a placeholder manifest first, and that one is deleted;
   * those two steps go on to their end though the call is aborted.
   *
   * Resolves once GET and the tag list agree that the tag is gone; a tag that a deletion leaves behind is removed in further tries. A tag that is
   * listed and has no manifest can be removed too.
   *
   * An error says how the tag stands. `UNSUPPORTED`: the registry deletes nothing; the message names the setting, the tag is as it was. `CONFLICT`:
   * somebody else has put the tag there again. Where the process is killed between the two steps, the tag points to the placeholder: `untag()` again
   * ends the job.
   */
  untag(tag: string, options?: CallOptions): Promise<void>;
  /**
   * Puts a manifest under a tag or its digest. What it refers to must be there. Bytes are pushed as they are, and so are those of a `Manifest`; any
   * other object is written as JSON. `mediaType`: what it is, where it does not say so itself. Refused before any request: a manifest that reads as
   * two kinds, a `mediaType` that contradicts it (`INVALID_ARGUMENT`), a digest that is not its own (`DIGEST_MISMATCH`).
   *
   * A missing blob or child is the registry's `MANIFEST_BLOB_UNKNOWN`; which one stands in the error's `errors[].detail`. A manifest with a subject is
   * listed among its referrers where the registry does not do that itself.
   *
   * A schema1 manifest that is signed is pushed if its signatures fit (`SIGNATURE_INVALID` otherwise, see `unverifiedSchema1`). One that is not
   * signed is: by ECDSA with a fresh key of P-256, or with `signingKey`, a `CryptoKeyPair` or private JSON web key of P-256, P-384 or P-521. Its
   * payload stays byte for byte; an object is written with three blanks a level, as docker's own tools write it. Its digest is the payload's.
   */
  pushManifest(
    reference: string,
    manifest: Manifest | object | Uint8Array,
    options?: CallOptions & { mediaType?: string; signingKey?: SigningKey },
  ): Promise<Descriptor>;
  /**
   * Deletes a manifest and every tag that points to it. Looks first, as `planDelete()`, and refuses with `IN_USE` what anything depends on, or may
   * depend on; `force` deletes it all the same. Resolves once the manifest is gone: tags that the registry keeps are removed by name, and an error
   * names those that are left. To remove one tag use `untag()`.
   */
  deleteManifest(digest: string, options?: CallOptions & { force?: boolean }): Promise<void>;
  /** What depends on a manifest, by one GET for each tag and each index within an index, `concurrency` at a time. */
  planDelete(digest: string, options?: CallOptions): Promise<Dependents>;
  /**
   * Puts an index of images of this repository under a tag: an OCI index, or Docker's list where all of it is Docker's. The platform of an entry is
   * that of its config. An index among the images contributes its entries; what is there twice counts once; of two images for one platform the later
   * takes the earlier's place. All entries must be in the repository.
   *
   * `base`: tag or digest of an index to start from, whose annotations stay. `remove`: digests or platforms ("linux/arm64") of its entries to leave
   * out. What was attested about an image goes with it. `annotations`: of the index.
   */
  createIndex(
    tag: string,
    images: (string | Image)[],
    options?: CallOptions & { base?: string; remove?: string[]; annotations?: Record<string, string> },
  ): Promise<Descriptor>;
  /**
   * What refers to a manifest: signatures, SBOMs, attestations. By the registry's API, else by the referrers' tag; empty for what is not there.
   * The registry's answer tells whether it has the referrers API; 5xx, 401 or a lost connection is an error. A page that may not read the answer
   * uses the referrers tag.
   * `artifactType` filters, here where the registry does not.
   */
  referrers(digest: string, options?: CallOptions & { artifactType?: string }): Promise<Descriptor[]>;
  /**
   * Pushes an artifact as ORAS does: its files, then a manifest of them, which is listed among the referrers of its `subject` where the registry
   * does not do that itself. Without a `tag` only its digest names it.
   */
  pushArtifact(artifact: ArtifactOptions): Promise<Descriptor>;
  /**
   * Pushes a blob, unless it is there already. Nothing is committed unless all bytes have come and are right; on an error or abort the upload is
   * cancelled at the registry, and a stream that was given is cancelled too.
   *
   * A stream (or any async iterable of bytes) of whatever length goes up as it comes, in one request; where the host sends no streams (pages) or the
   * registry takes none, in chunks, the next read while one is on its way. Either way a few MiB are in memory. A source that pauses keeps no request
   * open. After a lost connection the upload goes on where the registry has got to, if what it lacks is still in hand (the last 4 MiB of a stream).
   * Else, and at distribution 2.8, which forgets an upload whose connection broke: a Blob or File, and what is in memory, is sent again from the
   * start, a stream only while all of it so far is still in hand (16 MiB at most). What fits into one chunk, and up to 64 MiB that are in memory anyway, is hashed first and goes up in one request.
   *
   * The blob counts as pushed when the registry answers 201 to the end of the upload, or when a look at the blob finds it. Where the registry
   * refuses that look (push-only permission), the bytes are sent. Bytes in memory are not copied: do not change or transfer their buffer meanwhile.
   *
   * Rejects with `SOURCE` where a stream fails (its own reason is the error's `cause`), gives something that is no bytes, or where a buffer was
   * detached (transferred) before its bytes were sent, `SIZE_MISMATCH` where a file changed its length, `DIGEST_MISMATCH` where the bytes are not
   * those of `digest`, `UNSUPPORTED` where the registry takes no pushes, or hides `Location` from a page.
   */
  pushBlob(data: BlobData, options?: PushBlobOptions): Promise<Descriptor>;
  /**
   * Has the registry take a blob over from another of its repositories, without moving its bytes. `true` if it did, and the blob is there (as far as
   * this client may look). `false` if it cannot, does not have the blob there, or does not let this client at it (400, 401, 403, 404, 405, or an
   * upload it began instead, which is cancelled): then
   * the bytes have to be pushed. Rejects for what says nothing about the blob: no connection, 5xx.
   */
  mountBlob(digest: string, from: string, options?: CallOptions): Promise<boolean>;
  /** Deletes a blob from this repository, whatever refers to it: a manifest that does can no longer be pulled. Other repositories keep theirs. */
  deleteBlob(digest: string, options?: CallOptions): Promise<void>;
  /**
   * V1 only: puts an image, which has one layer: its JSON, the layer, then the checksum of both, without which the registry gives nobody
   * anything of it. `json` is an object, or its bytes as they are; its `id` (64 hexadecimal digits, chosen by whoever makes the image) names the image, its
   * `parent` must be there already. Resolves to the id, for `tag()`. The same image again is passed over, and one that was interrupted put anew;
   * another one under that id is a `CONFLICT`: images never change.
   *
   * V1 takes a layer in one request: a stream or Blob goes up as it is read, or where the host sends no streams (pages) is read into memory, up to
   * 256 MiB (`TOO_LARGE`); what is in memory may be larger.
   */
  pushImage(json: object | Uint8Array, layer: BlobData, options?: CallOptions): Promise<string>;
  /** V1 only: deletes the repository with all its tags. Its images stay, as others may be made of them. */
  deleteRepository(options?: CallOptions): Promise<void>;
}

/** The bytes of a blob. A stream must be fresh: neither locked nor read from. */
export type BlobData =
  | ArrayBufferView
  | ArrayBufferLike
  | Blob
  | ReadableStream<ArrayBufferView | ArrayBufferLike>
  | AsyncIterable<ArrayBufferView | ArrayBufferLike>;
export interface PushBlobOptions extends TransferOptions {
  /** For the descriptor; the registry is not told. Default "application/octet-stream". */
  mediaType?: string;
  /**
   * Bytes per request at most, up to 256 MiB; more where the registry asks for more (`OCI-Chunk-Min-Length`). Default: as many as there are, or 4 MiB
   * where no request's body can be streamed. For registries, and proxies before them, that limit the size of a request. After a 413, or GHCR's 416
   * to a chunk that is too large, the client sends smaller chunks by itself.
   */
  chunkSize?: number;
  /** What the bytes must hash to, sha256 or sha512. Where that blob is there already a stream is not even read. */
  digest?: string;
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
  osVersion?: string;
  osFeatures?: string[];
}
/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  artifactType?: string;
  platform?: Platform;
}
export interface Manifest {
  readonly mediaType: string;
  /** Computed here; of schema 1 the digest of the payload, that is without the signatures. */
  readonly digest: string;
  readonly size: number;
  /** As it came. */
  readonly bytes: Uint8Array;
  /** The document, parsed; of schema 1 the payload. Absent only where `problem` says that it is not JSON. */
  readonly json: Record<string, unknown>;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: Descriptor[];
  /** Entries of an index. */
  readonly manifests?: Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Record<string, string>;
  /** Only of schema 1; empty where it is not signed. All are right unless `unverifiedSchema1` is "warn". */
  readonly signatures?: ManifestSignature[];
  /**
   * The first thing that is wrong with the document, for example "manifest: layers: it is missing". Registries store such manifests: `bytes`,
   * `digest` and `mediaType` are right all the same. A field that cannot be read is absent: `json` has what the document says. `image()` and
   * others reject with `INVALID_RESPONSE` or, where the document reads as two kinds, `AMBIGUOUS_MANIFEST`.
   */
  readonly problem?: string;
}
export interface ManifestSignature {
  /** The key's fingerprint ("AK4K:JFHL:…"), as docker shows it; absent where there is no key. Who has that key nobody vouches for. */
  keyId?: string;
  /** "ES256", "ES384", "ES512", "RS256", "RS384" or "RS512", as the signature tells it. */
  algorithm: string;
  /** Whether it is the key's signature of the payload. */
  verified: boolean;
}
export interface ArtifactOptions extends CallOptions {
  /** A media type: "application/vnd.example.sbom". */
  artifactType: string;
  /** Pushed in their order. `title` is the file's name; `mediaType` is "application/octet-stream" by default. */
  files?: { title?: string; data: BlobData; mediaType?: string; annotations?: Record<string, string> }[];
  annotations?: Record<string, string>;
  /** What it is about: a tag or digest of this repository, or an `Image` of it. Must be there. */
  subject?: string | Image;
  /** Most artifacts have none. */
  config?: { data: BlobData; mediaType?: string };
  tag?: string;
  /** Of the files, bytes per request at most, as in {@link PushBlobOptions.chunkSize}. */
  chunkSize?: number;
}
/** What depends on a manifest. */
export interface Dependents {
  digest: string;
  /** Tags that point to it. */
  tags: string[];
  /** Digests of the indexes that have it as an entry, as far as tags lead to them. */
  parents: string[];
  /** What has it as its subject. */
  referrers: Descriptor[];
  /** Tags that the registry lists without a manifest behind them. `untag()` removes one. */
  dangling: string[];
  /** Tags and digests that cannot be read, so that they may depend on it, and why. */
  unread: { name: string; reason: string }[];
}
export interface TagData {
  tag: string;
  /** Absent on V1, which knows no digests. */
  digest?: string;
  /** V1: the id of the image. */
  id?: string;
  /** Whether `digest` vouches for all of it: `false` on V1. */
  verified: boolean;
  /** V1: "application/json", the type of an image's JSON. */
  mediaType: string;
  /**
   * Layers, compressed, in bytes; of an index those of the image for the client's platform, else of its first image, and of an index of blobs (a
   * BuildKit cache) the blobs. NaN where a V1 registry does not tell.
   */
  size: number;
  /**
   * When the image was made, as its config says. Reproducible builds write placeholders (1970-01-01, 1980-01-01T00:00:01Z, 0001-01-01): a date
   * before 2013-03-20, docker's first release, or more than a day in the future is shown as it came, but never counts as a date for `order:
   * "newest"` and clean-ups. There the upload time counts where the tag list has one (`timeUploadedMs` of Google's registries), else the age is
   * unknown.
   */
  created?: Date;
  /** All platforms of an index, or the one of an image; without attestations. What an entry of an index does not state its config tells. */
  platforms: Platform[];
  artifactType?: string;
  annotations?: Record<string, string>;
  /** V1: what docker-registry keeps of the tag itself: `last_update` (seconds since 1970), `docker_version`, `arch`, `os`, `kernel`. */
  tagJson?: Record<string, unknown>;
}

/** A tag and its facts, or why there are none: `if (entry.error) …`. */
export type DescribedTag = (TagData & { error?: undefined }) | { tag: string; error: RegistryError };

// ───────────── Cleaning up

/** A Date, or a text: a date or time ("2026-01-31", RFC 3339), or how long ago ("30d"; s, m, h, d, w); or how many milliseconds ago. */
export type CleanupTime = Date | string | number;
/**
 * What is removed is what `remove` selects and no rule of `keep` keeps: `keep` always wins. `planCleanup({ keep: { newest: 10 }, remove: { tags:
 * ["*"] } })` leaves the ten newest images, `{ remove: { tags: ["pr-*"], olderThan: "30d" } }` removes such tags of that age.
 *
 * Tags that belong to a digest (`sha256-<hex>` of the referrers tag schema, cosign's `.sig`, `.att`, `.sbom`) are not judged: they go and stay with it.
 */
export interface CleanupPolicy {
  /** What stays of what is selected. One rule that fits is enough. */
  keep?: {
    /**
     * So many images, those made last, with all their tags: tags of one digest count once. Images made at the same time as the last of them stay
     * too. Images of unknown age (see `TagData.created`) stay and do not count.
     */
    newest?: number;
    /** What was made at or after that time. Images of unknown age are kept by this rule. An upload time that the tag list has comes first. */
    newerThan?: CleanupTime;
    /** Globs (`*` any characters, `?` one) of the whole tag, or regular expressions. */
    tags?: (string | RegExp)[];
    /** Of tags that are versions ("1.2.3", "v2", "1.2-alpine"; not "latest"): */
    semver?: {
      /** all that are no pre-releases; */
      releases?: boolean;
      /** so many of the highest releases, each with all its variants ("1.2.3", "1.2.3-alpine"), */
      highest?: number;
      /** of all of them (default), of each major (1.*) or of each minor version (1.2.*). */
      per?: "all" | "major" | "minor";
    };
  };
  /** What is selected: the tags that fit everything that is named here. Nothing named is an error. */
  remove: {
    /** Globs of the whole tag, or regular expressions: one that fits is enough. `["*"]` are all. */
    tags?: (string | RegExp)[];
    /** What was made before that time; images of unknown age do not fit. An upload time that the tag list has comes first. */
    olderThan?: CleanupTime;
    /** Only versions that are pre-releases (1.2.0-rc1, 1.2b3; not 1.2-alpine). */
    prerelease?: boolean;
  };
  /**
   * Whether manifests without a tag go with what needed them: an index's manifests, referrers (by the API or the tag schema), referrers' tags whose
   * subject is gone. Default true; `false` leaves them, and whatever they need. No registry lists its untagged manifests: of those only these are
   * known, and what else there is stays for the registry's own garbage collection.
   */
  untagged?: boolean;
}
/** JSON can hold it, without `apply`; `loadCleanupPlan()` reads it back. */
export interface CleanupPlan {
  /** The registry's base URL. */
  registry: string;
  repository: string;
  /** As it was given, regular expressions as text. */
  policy: Record<string, unknown>;
  createdAt: Date;
  /** All tags, by name. */
  tags: PlannedTag[];
  /**
   * All manifests that are known. What cannot be read stays, with the reason, and everything that it may need stays too. At most 1 GiB of manifests
   * is read, and about 256 MiB of it kept in memory: what is beyond counts as not readable. Nothing is removed that a tag, an index or a referrer
   * that stays needs, nor a referrer of what stays.
   */
  digests: PlannedDigest[];
  /** Bytes, compressed, of manifests and blobs that nothing here needs any more. Blobs free them when the registry collects its garbage. */
  freed: number;
  /**
   * Removes what the plan says, one manifest at a time (distribution 2.8 leaves tags behind where it deletes several at once): first tags whose digest stays, each alone (as
   * `untag()`), then each manifest with its tags by one deletion, an index before its manifests, a subject before its referrers. Before that
   * the repository is looked through again, and before each deletion its tags are: a tag that moved is left alone, and so is a digest that
   * something new needs. Only what is seen to be gone counts as removed: each manifest is asked for after its deletion, and in the end the tags are
   * listed. Tags that a registry leaves behind (go-containerregistry's keeps them, distribution 2.8 when others push meanwhile) are removed by
   * name, or reported as failed. After an interruption `apply()` again, or a new plan, does the rest. (Interrupted right between an index and its manifests, the latter stay without a tag; only the same plan knows of them.) Between the last
   * look and the deletion others may still write.
   *
   * Rejects only where nothing was changed: `UNSUPPORTED` where the registry deletes nothing, or the credentials do not suffice; and for an abort:
   * then nothing further is begun, and `onProgress` was told of all that is done. Any other failure is in the report, and hinders no other
   * deletion; after three in a row, and after one that others would meet too, the rest remains.
   */
  apply(options?: CallOptions & { onProgress?: (progress: CleanupProgress) => void }): Promise<CleanupReport>;
}
export interface PlannedTag {
  tag: string;
  /** Absent where it could not be read, and where the tag is listed and nothing is there: `reasons` says which. */
  digest?: string;
  /** When the image was uploaded, where the tag list says so, else made. Absent where the age is unknown: see `TagData.created`. */
  created?: Date;
  /** As `TagData.size`. */
  size?: number;
  action: "keep" | "remove";
  /** The rules that decided ("keep.newest", "remove.olderThan"), or a sentence. */
  reasons: string[];
}
export interface PlannedDigest {
  digest: string;
  /** Empty where it could not be read. */
  mediaType: string;
  action: "keep" | "remove";
  reasons: string[];
  /** The tags that point to it. */
  tags: string[];
  /** What stays and needs it: indexes that list it, referrers to it. */
  neededBy: string[];
  /** What it refers to. */
  subject?: string;
}
export interface CleanupProgress {
  /** Tags and digests dealt with, of so many. */
  done: number;
  total: number;
  /** The last of them. */
  what: string;
  outcome: "removed" | "skipped" | "failed" | "remaining";
}
/** Tags and digests: only digests have a colon. */
export interface CleanupReport {
  /** Seen to be gone, now or before. */
  removed: string[];
  /** Kept by the plan. */
  kept: string[];
  /** Left alone, since it is not as it was when the plan was made. */
  skipped: { what: string; why: string }[];
  failed: { what: string; error: RegistryError }[];
  /** Not tried, after a failure: another `apply()` will. */
  remaining: string[];
}

// ───────────── Image

/**
 * Of a schema1 manifest: `layers` are those that hold something, their sizes asked for when the image is opened, each once; `id` and `ancestry()`
 * are V1's; the config is what skopeo makes of its V1 JSON, without `rootfs`, of which schema 1 says nothing.
 *
 * `image()` of a V1 registry reads the JSON of every image that this one is made of, `concurrency` at a time, and keeps it for others that are made
 * of them too.
 */
export class Image {
  private constructor();
  /** Digest of the config (docker inspect .Id); of a V1 registry, and of schema 1, the id that whoever made the image chose. */
  readonly id: string;
  /** Digest of the manifest. `undefined` on V1, which knows no digests. */
  readonly digest: string | undefined;
  /**
   * Whether the digest vouches for all of it. `false` on V1: nothing there is named by its content. A layer's bytes are compared with its length and
   * its checksum where the registry tells them (docker-registry does, though a page of another origin may not see it), so that damage shows;
   * that they are those which somebody meant is the registry's word.
   */
  readonly verified: boolean;
  /** Of the manifest. V1: "application/json", the type of an image's JSON. */
  readonly mediaType: string;
  readonly platform: Platform | undefined;
  /** All layers, compressed. NaN where a V1 registry does not tell. */
  readonly size: number;
  readonly created: Date | undefined;
  /** Base first. */
  readonly layers: readonly ImageLayer[];
  /** Verified bytes of a layer: by position (0 is the base) or digest, V1: by the id of its image; default the topmost. */
  getLayer(layer?: number | string, options?: TransferOptions): Promise<Uint8Array>;
  layerStream(layer?: number | string, options?: TransferOptions): Promise<ReadableStream<Uint8Array>>;
  /** The config. V1: the image's own JSON, whose `config` is as that of V2's. */
  getJson(options?: CallOptions): Promise<Record<string, unknown>>;
  /** One field of the config. */
  getData(field: string, options?: CallOptions): Promise<unknown>;
  /** The layers' chain ids, top first (image-spec, config.md). V1 and schema 1: the ids of the images it is made of, its own first. */
  ancestry(options?: CallOptions): Promise<string[]>;
  /** Oldest first, as the config has it. V1: a step for each layer, from the JSON of its image. */
  history(options?: CallOptions): Promise<HistoryEntry[]>;
  /** The history as a Dockerfile's lines; a reconstruction. */
  dockerfile(options?: CallOptions): Promise<string>;
}
export interface HistoryEntry {
  created?: Date;
  createdBy?: string;
  author?: string;
  comment?: string;
  /** True where the step made no layer. */
  emptyLayer: boolean;
  /** The layer the step made. */
  layer?: ImageLayer;
}
/** A descriptor, or on V1 what there is in its place. */
export type ImageLayer = Descriptor | V1Layer;
export interface V1Layer {
  /** The image whose layer it is. */
  id: string;
  digest?: undefined;
  /** What V1 serves layers as; how they are compressed their bytes tell. */
  mediaType: "application/octet-stream";
  /** As it is stored; absent where the registry does not tell. */
  size?: number;
}

// ───────────── Errors

/**
 * Every rejection of the package, except an abort, which rejects with the signal's own reason.
 *
 * `message`, `errors`, warnings, the URLs of `onRequest` and the text of a `Diagnosis` are safe to print: control characters, bidirectional
 * controls and invisible characters of a server appear as the text `\u001b`, line breaks as spaces, and messages have a bounded length. Everything
 * that is read (tags, names, configs, annotations) is data, as the registry sent it.
 */
export class RegistryError extends Error {
  private constructor();
  readonly name: "RegistryError";
  /** The registry's own code where it gave one (`MANIFEST_UNKNOWN`, `DENIED`…), else ours. */
  readonly code: string;
  readonly status: number | undefined;
  readonly method: string | undefined;
  /** Redacted. */
  readonly url: string | undefined;
  readonly errors: readonly { code: string; message: string; detail?: unknown }[];
  /** Milliseconds the registry asks to wait. */
  readonly retryAfter: number | undefined;
  /** What a log should hold: the fields above and the message, no stack. */
  toJSON(): Record<string, unknown>;
}
export function isRegistryError(value: unknown): value is RegistryError;
