// What signatures, attestations and bills of materials say, taken out of their envelopes. Nothing here checks a signature.

const MOST = 4 * 1024 * 1024;

/**
 * Reads a blob as JSON: `{ document, envelope, predicateType }`, `{ text }` if it is none, or `{ isTooLarge }`. `document`: the
 * in-toto statement or the like; `envelope`: what it was wrapped in.
 */
export async function readStatement(repository, { digest, size }, options) {
  if (size > MOST) return { isTooLarge: true };
  const text = await new Response(await repository.blob(digest, options)).text();
  const value = parsed(text);
  return isRecord(value) ? statementOf(value) : { text };
}

/** Takes a statement out of a DSSE envelope, or of a Sigstore bundle, which has one. */
export function statementOf(value) {
  const envelope = isRecord(value.dsseEnvelope) ? value.dsseEnvelope : value;
  const payload = typeof envelope.payload === 'string' ? parsed(decoded(envelope.payload)) : undefined;
  const document = isRecord(payload) ? payload : value;
  const type = document.predicateType;
  return {
    document,
    envelope: document === value ? undefined : withoutPayload(value),
    predicateType: typeof type === 'string' ? type : undefined,
  };
}

function withoutPayload(value) {
  if (isRecord(value.dsseEnvelope)) return { ...value, dsseEnvelope: withoutPayload(value.dsseEnvelope) };
  const { payload, ...rest } = value;
  return rest;
}

/** Base64, also as URLs have it. */
function decoded(text) {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    return '';
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const KINDS = [
  [/cosign.*sig|simplesigning|notary.*signature|dev\.sigstore\.bundle/i, 'Signature'],
  [/spdx/i, 'SBOM, SPDX'],
  [/cyclonedx/i, 'SBOM, CycloneDX'],
  [/syft/i, 'SBOM, Syft'],
  [/slsa|provenance/i, 'Provenance'],
  [/in-toto|dsse|attestation/i, 'Attestation'],
  [/soci/i, 'SOCI index'],
  [/sarif|vuln|trivy/i, 'Scan report'],
];

/** BuildKit stores what it attests beside the images of an index. */
export const isAttestation = ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';

/** What people call content of these types; the first that says something counts. */
export function kindOf(...types) {
  for (const type of types.filter(Boolean)) {
    const [, kind] = KINDS.find(([pattern]) => pattern.test(type)) ?? [];
    if (kind) return kind;
  }
  return undefined;
}
