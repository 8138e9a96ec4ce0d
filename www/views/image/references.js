// What refers to a manifest, and what it refers to: subject, index entries, signatures, attestations, bills of materials; as a tree.

import { h } from '../../dom.js';
import { kindOf, readStatement } from '../../model/contents/attestation.js';
import { digestHref } from '../../router.js';
import { digestIn } from '../../text/digests.js';
import { bytes, mediaTypeName, platformName, plural } from '../../text/format.js';
import { digest } from '../../ui/copy.js';
import { jsonTree } from '../../ui/json-tree.js';
import { jsonView } from '../../ui/json.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';
import { block } from '../common.js';

export function referencesSection({ repository, manifest, signal }) {
  const tree = new References(repository, signal);
  const { subject, manifests } = manifest;
  return h(
    'div',
    { class: 'stack references' },
    subject ? block('Subject', h('ul', { class: 'tree' }, tree.node(subject, { kind: 'What this refers to' }))) : null,
    block('Referrers', tree.referrersOf(manifest.digest, 'Nothing refers to this by its digest')),
    manifests ? block('Entries of the index', entries(manifests, tree)) : null,
    block('Tags of cosign', tree.cosign(manifest.digest)),
    h(
      'p',
      { class: 'muted small' },
      'The content is what its digest says. Who signed it, and whether rightly, is not checked here.',
    ),
  );
}

const SUBJECT = 'vnd.docker.reference.digest';

/** The entries; what BuildKit attests about an image is below it. */
function entries(manifests, tree) {
  const digests = new Set(manifests.map((one) => one.digest));
  const below = Map.groupBy(manifests, (one) => one.annotations?.[SUBJECT]);
  return manyRows(
    manifests.filter((one) => !digests.has(one.annotations?.[SUBJECT])),
    (some) =>
      h(
        'ul',
        { class: 'tree' },
        some.map((one) =>
          tree.node(one, { kind: platformName(one.platform) || 'Entry', below: below.get(one.digest) ?? [] }),
        ),
      ),
    'entry',
    'entries',
  );
}

class References {
  #repository;
  #signal;

  constructor(repository, signal) {
    [this.#repository, this.#signal] = [repository, signal];
  }

  get linkOf() {
    return (text, key) => {
      const of = digestIn(text, key);
      return of && digestHref(this.#repository.name, of);
    };
  }

  /** What refers to a digest, read now. */
  referrersOf(of, none) {
    return part({
      signal: this.#signal,
      lines: 2,
      label: 'Reading the referrers',
      work: () => this.#repository.referrers(of, { signal: this.#signal }),
      render: (found) =>
        found.length > 0
          ? manyRows(
              found,
              (some) =>
                h(
                  'ul',
                  { class: 'tree' },
                  some.map((one) => this.node(one)),
                ),
              'referrer',
            )
          : h('p', { class: 'muted' }, none),
    });
  }

  /** One manifest of the tree, which opens to its content and what refers to it. `below`: entries that belong to it. */
  node(descriptor, { kind, below = [] } = {}) {
    const { digest: of, mediaType, artifactType, annotations, size } = descriptor;
    const type = annotations?.['in-toto.io/predicate-type'] ?? artifactType;
    const name = kind ?? (annotations?.[SUBJECT] ? 'Attestation' : (kindOf(artifactType, mediaType) ?? 'Artifact'));
    const content = h('div', { class: 'tree-content' });
    const details = h(
      'details',
      { 'data-digest': of },
      h(
        'summary',
        {},
        h('strong', {}, name),
        h('span', { class: 'muted' }, ` ${type ?? mediaTypeName(mediaType)}, ${bytes(size)}`),
      ),
      content,
    );
    // Each is a request or more, so that it waits until somebody wants to see it.
    const open = () => {
      if (details.open && content.childElementCount === 0)
        content.append(this.#contentOf(of), this.referrersOf(of, 'Nothing refers to it.'));
    };
    details.addEventListener('toggle', open);
    return h(
      'li',
      {},
      details,
      digest(of, `digest of ${name}`, digestHref(this.#repository.name, of)),
      below.length > 0
        ? h(
            'ul',
            { class: 'tree' },
            below.map((one) => this.node(one)),
          )
        : null,
    );
  }

  #contentOf(of) {
    return part({
      signal: this.#signal,
      lines: 3,
      label: 'Reading the manifest',
      work: () => this.#repository.manifest(of, { signal: this.#signal }),
      render: ({ manifests, layers, config }) => {
        if (manifests)
          return h('p', { class: 'muted' }, `An index of ${plural(manifests.length, 'entry', 'entries')}.`);
        const readable = (layers ?? []).filter(({ mediaType }) =>
          /json|simplesigning|text|in-toto|dsse/.test(mediaType),
        );
        if (readable.length > 0) return readable.map((layer) => this.#statement(layer));
        const what = layers?.length ? plural(layers.length, 'layer') : mediaTypeName(config?.mediaType);
        return h('p', { class: 'muted' }, `Nothing to read here: ${what}.`);
      },
    });
  }

  #statement(layer) {
    const label = kindOf(layer.annotations?.['in-toto.io/predicate-type'], layer.mediaType) ?? 'Content';
    return part({
      signal: this.#signal,
      lines: 4,
      label: 'Reading the content',
      work: () => readStatement(this.#repository, layer, { signal: this.#signal }),
      render: ({ document, envelope, predicateType, text, isTooLarge }) => {
        if (isTooLarge)
          return emptyBox(`Too large to be shown: ${bytes(layer.size)}`, digest(layer.digest, 'digest of the content'));
        if (document === undefined) return jsonView(text, label);
        const signatures = envelope?.signatures ?? envelope?.dsseEnvelope?.signatures;
        return h(
          'div',
          { class: 'stack' },
          h(
            'p',
            { class: 'small' },
            [
              predicateType ?? label,
              Array.isArray(signatures) ? `${plural(signatures.length, 'signature')}, not checked` : '',
            ]
              .filter(Boolean)
              .join('; '),
          ),
          jsonTree(document, label, { linkOf: this.linkOf }),
          envelope ? jsonTree({ envelope }, `Envelope of ${label}`, { linkOf: this.linkOf }) : null,
        );
      },
    });
  }

  /** Cosign of before 3 puts what it makes under tags, which no list of referrers has. */
  cosign(of) {
    const holder = h('div', { tabindex: -1 });
    const look = () => {
      holder.replaceChildren(this.#cosignTags(of));
      holder.focus();
    };
    holder.append(h('button', { type: 'button', onclick: look }, 'Look for signatures under tags (3 requests)'));
    return holder;
  }

  #cosignTags(of) {
    return part({
      signal: this.#signal,
      lines: 2,
      label: 'Looking for tags',
      work: async () => {
        const tags = ['sig', 'att', 'sbom'].map((end) => `${of.replace(':', '-')}.${end}`);
        const found = await Promise.all(
          tags.map((tag) => this.#repository.headManifest(tag, { signal: this.#signal })),
        );
        return found.map((one, at) => one && { ...one, tag: tags[at] }).filter(Boolean);
      },
      render: (found) =>
        found.length > 0
          ? h(
              'ul',
              { class: 'tree' },
              found.map((one) => this.node(one, { kind: NAMES[one.tag.split('.').pop()] })),
            )
          : h('p', { class: 'muted' }, 'There are none.'),
    });
  }
}

const NAMES = { sig: 'Signature', att: 'Attestation', sbom: 'SBOM' };
