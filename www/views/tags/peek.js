// The overview of a tag beside the list, which stays where it is.

import { announce, h } from '../../dom.js';
import { digestHref, tagHref } from '../../router.js';
import { ago, bytes, count, instant, mediaTypeName } from '../../text/format.js';
import { digest } from '../../ui/copy.js';
import { part } from '../../ui/part.js';
import { facts as factsList } from '../common.js';
import { platformNames } from './row.js';

const MOST = 50;

/** `tags`: those of the row, all of one digest. `close()`: takes the panel away. */
export function peekPanel({ session, repository, tags, facts, details, signal, close }) {
  const [tag] = tags;
  announce(`Preview of ${tag}`);
  return h(
    'aside',
    { class: 'peek', 'aria-label': `Preview of ${tag}` },
    h(
      'div',
      { class: 'peek-head' },
      h('h2', {}, h('a', { href: tagHref(repository.name, tag) }, tag)),
      h('button', { type: 'button', class: 'quiet', onclick: close }, 'Close'),
    ),
    part({
      signal,
      lines: 6,
      label: `Reading ${tag}`,
      work: async () => details.get(tag)?.data ?? repository.data(tag, { signal }),
      render: (data) => overview({ data, session, repository, tag, facts }),
    }),
  );
}

function overview({ data, session, repository, tag, facts }) {
  const { some, count: others } = facts.some(data.digest, MOST, tag);
  return factsList([
    ['Digest', data.digest && digest(data.digest, 'digest', digestHref(repository.name, data.digest))],
    ['Type', h('span', { title: data.mediaType }, data.artifactType ?? mediaTypeName(data.mediaType))],
    ['Platforms', chips(platformNames(data))],
    ['Size', data.size > 0 ? `${bytes(data.size)} compressed` : undefined],
    ['Created', data.created && `${instant(data.created)}${ago(data.created) ? ` (${ago(data.created)})` : ''}`],
    [
      'Same digest',
      others > 0 ? chips(some, (other) => h('a', { href: tagHref(repository.name, other) }, other)) : undefined,
    ],
    ['Listed with it', facts.companions(data.digest).length > 0 ? chips(facts.companions(data.digest)) : undefined],
    ['Verified', data.verified ? 'by its digest' : `no: ${session.host} speaks V1, which has no digests`],
  ]);
}

const chips = (names, make = (name) => name) =>
  names.length > 0
    ? h(
        'ul',
        { class: 'chips' },
        names.slice(0, MOST).map((name) => h('li', {}, make(name))),
        names.length > MOST ? h('li', {}, `${count(names.length - MOST)} more`) : null,
      )
    : undefined;
