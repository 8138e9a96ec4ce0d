// The words of a diagnosis. What is found, how bad that is and what kind of setting would mend it is decided in
// src/registry/diagnose/.

/**
 * @import { Diagnosis, Finding, FindingCode, ListDiagnosis, PreflightDiagnosis } from '../../../pkg-template/index.js'
 * @typedef {Omit<Finding, 'message' | 'fix'> & { detail?: string, fix?: 'cors' | 'proxy' | 'delete' }} FoundFinding
 * @typedef {Omit<Diagnosis, 'findings' | 'text'>} Facts
 */

/**
 * The request that each key of `cors.preflight` stands for.
 * @type {[keyof PreflightDiagnosis, string][]}
 */
const PREFLIGHT = [
  ['accept', 'a long Accept'],
  ['authorization', 'Authorization'],
  ['delete', 'DELETE'],
];
const SEVERITIES = ['error', 'warning', 'info'];
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const ALLOWED = ['Authorization', 'Accept', 'Content-Type', 'Content-Range', 'Range'];
const EXPOSED = [
  'Docker-Content-Digest, Docker-Distribution-Api-Version, WWW-Authenticate, Link, Location, Range, Content-Range',
  'Retry-After, Warning, OCI-Subject, OCI-Filters-Applied, RateLimit-Limit, RateLimit-Remaining',
].join(', ');

/**
 * `Diagnosis` of index.d.ts, from what src/registry/diagnose/ found: its null is our undefined.
 * @param {string} json
 * @returns {Diagnosis}
 */
export function describe(json) {
  /** @type {Facts & { ownHeaders: string[], findings: FoundFinding[] }} */
  const { ownHeaders, ...found } = JSON.parse(json, (_, value) => value ?? undefined);
  const settings = settingsFor(found, ownHeaders);
  /** @param {FoundFinding} one @param {FoundFinding} other */
  const worstFirst = (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
  const findings = found.findings.sort(worstFirst).map(({ severity, code, detail, fix }) => ({
    severity,
    code,
    message: (messages[code]?.(/** @type {Required<Facts>} */ (found), detail) ?? '') + (detail ?? ''),
    ...(fix && { fix: settings[fix] }),
  }));
  const diagnosis = { ...found, findings };
  return { ...diagnosis, text: textOf(diagnosis) };
}

/** @type {Partial<Record<FindingCode, (found: Required<Facts>, detail?: string) => string>>} each needs what was found for it */
const messages = {
  CORS_REFUSED: ({ registry, page }) => `${registry} answers, but does not let pages of ${page} read it (CORS)`,
  NOT_A_REGISTRY: (_, detail) =>
    detail ? '' : 'this host is not a registry: it knows neither /v2/ nor /v1/_ping (is a path prefix missing?)',
  REDIRECTED: () => 'the registry is elsewhere, where no credentials are sent: use the host that it redirects to: ',
  V1_ONLY: () =>
    'this registry speaks only the V1 protocol: tags and images are there, but not verified; manifests, copies and clean-ups are not',
  BASE_UNREADABLE: () => 'pages may read the catalog, but not /v2/ itself: give the client `apiVersion: 2`',
  PREFLIGHT_REFUSED: ({ cors: { preflight }, auth }) =>
    `the registry refuses the browser's preflight (OPTIONS) for ${refused(preflight)}${
      auth.scheme === 'none'
        ? ''
        : ': distribution does so wherever authentication is on, so that a proxy has to answer it'
    }`,
  HEADERS_HIDDEN: ({ page, cors }) =>
    `pages of ${page} cannot see ${cors.hiddenHeaders.join(', ')}: Access-Control-Expose-Headers has to name them`,
  CREDENTIALS_REFUSED: (_, detail) => `the credentials are refused${detail ? ': ' : ''}`,
  CREDENTIALS_NEEDED: () => 'the registry wants credentials, and got none that it takes',
  AUTHENTICATION_FAILED: () => 'authentication failed: ',
  LINK_MISSING: () => 'lists are cut into pages without a Link to the next: this client asks for it by the last item',
  LINK_UNUSABLE: () =>
    'the Link to the next page of a list cannot be followed: this client asks for it by the last item ' +
    '(does a proxy pass Host and X-Forwarded-Proto on to the registry?): ',
  CATALOG_UNSUPPORTED: () => 'there is no catalog: repositories have to be known by name',
  CATALOG_DENIED: () => 'the catalog is for others: repositories have to be known by name',
  REFERRERS_UNSUPPORTED: () => 'there is no referrers API: signatures and the like are found by tags (sha256-…)',
  DELETE_UNSUPPORTED: () => 'deleting is not allowed by the registry',
  DELETE_DENIED: () => 'deleting is not allowed with these credentials',
};

/** @param {PreflightDiagnosis} preflight */
const refused = (preflight) =>
  PREFLIGHT.filter(([key]) => preflight[key] === false)
    .map(([, name]) => name)
    .join(', ');

/**
 * Settings by kind of fix, each a text to paste.
 * @param {Facts} found
 * @param {string[]} ownHeaders
 */
function settingsFor({ registry, page }, ownHeaders) {
  // A page without an origin (a file, a sandbox) can be let in only with everybody. No cookies are sent: `*` allows all
  // that a page needs, and Access-Control-Allow-Credentials nothing more.
  const origin = page === 'null' ? '*' : page;
  const allowed = [...ALLOWED, ...ownHeaders].join(', ');
  const preflight = {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': allowed,
    'Access-Control-Max-Age': '600',
  };
  const answer = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED };
  /**
   * @param {Record<string, string | undefined>} fields
   * @param {(field: [string, string | undefined]) => string} line
   */
  const lines = (fields, line) => Object.entries(fields).map(line).join('\n');
  const distribution = `http:
  headers:
${lines({ ...preflight, ...answer }, ([name, value]) => `    ${name}: ['${value}']`)}
`;
  const nginx = `location ${new URL(registry).pathname.replace(/\/$/, '')}/v2/ {
    if ($request_method = OPTIONS) {
${lines(preflight, ([name, value]) => `        add_header ${name} "${value}";`)}
        return 204;
    }
${lines(answer, ([name, value]) => `    proxy_hide_header ${name};\n    add_header ${name} "${value}" always;`)}
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_request_buffering off;
    client_max_body_size 0;
    proxy_pass http://127.0.0.1:5000; # where the registry itself listens
}
`;
  return {
    cors: { distribution, nginx },
    proxy: { nginx },
    delete: { distribution: 'storage:\n  delete:\n    enabled: true\n' },
  };
}

/** @param {boolean} [fact] */
const told = (fact) => (fact === undefined ? 'unknown' : fact ? 'yes' : 'no');
/** @type {Record<string, string>} */
const places = { distribution: "distribution's config.yml", nginx: 'nginx before the registry' };
/** @param {string} text */
const indented = (text) => text.trimEnd().replace(/^/gm, '    ');

/** @param {ListDiagnosis} list */
const paged = ({ status, paging }) => (paging === 'unknown' ? status : `${status}, paging: ${paging}`);

/** @param {Facts} found */
function factsOfV2({ auth, cors, repository, catalog, tags, referrers, delete: deletion }) {
  const { scheme, realm, service, credentialsAccepted } = auth;
  return {
    authentication: [
      scheme,
      realm && `realm ${realm}`,
      service && `service ${service}`,
      credentialsAccepted !== undefined && `credentials ${credentialsAccepted ? 'accepted' : 'refused'}`,
    ]
      .filter(Boolean)
      .join(', '),
    preflight: cors && PREFLIGHT.map(([key, name]) => `${name}: ${told(cors.preflight[key])}`).join(', '),
    'header fields seen': cors?.seenHeaders.join(', '),
    'header fields hidden': cors?.hiddenHeaders.join(', '),
    catalog: paged(catalog),
    repository,
    tags: paged(tags),
    referrers: referrers.status,
    delete: deletion.status,
  };
}

/** @param {Omit<Diagnosis, 'text'>} found */
function textOf(found) {
  const { registry, page, reachable, apiVersion, server, cors } = found;
  const facts = {
    registry,
    page,
    reachable: told(reachable),
    'API version': apiVersion,
    server,
    CORS: cors && `allowed: ${told(cors.allowed)}`,
    // A host that is not known to be a registry got no further requests.
    ...(apiVersion === 2 && factsOfV2(found)),
  };
  const lines = Object.entries(facts)
    .filter(([, fact]) => fact)
    .map(([name, fact]) => `${name}: ${fact}`);
  const shown = new Set();
  for (const { severity, message, fix = {} } of found.findings) {
    lines.push('', `${severity}: ${message}`);
    // Several findings may ask for the same.
    const settings = Object.entries(fix).filter(([, text]) => !shown.has(text));
    for (const [program, text] of settings) {
      lines.push(`  ${text === settings[0][1] ? '' : 'or '}${places[program]}:`, indented(text));
      shown.add(text);
    }
  }
  return `${lines.join('\n')}\n`;
}
