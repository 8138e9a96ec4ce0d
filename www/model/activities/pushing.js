// Pushes what a survey has found.

import { digestHref, tagHref } from '../../router.js';
import { plural } from '../../text/format.js';
import { changeKey, startActivity } from './activities.js';
import { presentIn, progressSum, targetText } from './extent.js';
import { afterWriting } from './observed.js';

/** Looks at the target: where the tag points now, and which of the blobs are there already. */
export async function readTarget(session, name, tag, blobs, options) {
  const repository = session.client.repository(name);
  const [found, present] = await Promise.all([
    repository.headManifest(tag, options),
    blobs.size > 0 ? presentIn(repository, blobs, options) : undefined,
  ]);
  return { before: found?.digest, present };
}

/**
 * Pushes an image of an archive. `platform`: only the one of an index for it. `before`: where the tag was seen to point. `expected`: the
 * digest of what is pushed, where it is known.
 */
export function startLoad({ session, source, reference, platform, name, tag, before, expected, size }) {
  return startActivity(changeKey(), {
    kind: 'push',
    on: session,
    name: `${name}:${tag}`,
    size,
    run: async ({ signal, report }) => {
      const { current } = session;
      const { add, sending } = progressSum(report);
      try {
        const { blobs, existing, digest } = await current.client.load(source, targetText(current.client, name, tag), {
          ...(reference === undefined ? {} : { reference }),
          ...(platform === undefined ? {} : { platform }),
          ifMatch: before ?? null,
          onProgress: add,
          signal,
        });
        return {
          text: `Pushed ${plural(blobs, 'blob')}${existing > 0 ? `, ${existing} there already` : ''}`,
          isGood: true,
          href: tagHref(name, tag),
          digest,
        };
      } catch (error) {
        if (sending.size > 0) throw error;
        return await afterWriting(error, { session: current, name, tag, before, digest: expected, signal });
      } finally {
        current.changed(name);
      }
    },
  });
}

/** Pushes files as an artifact. It may do without a tag. `before`: where the tag was seen to point. */
export function startArtifact({ session, name, tag, before, artifactType, files, subject }) {
  const size = files.reduce((sum, { data }) => sum + data.size, 0);
  return startActivity(changeKey(), {
    kind: 'push',
    on: session,
    name: tag ? `${name}:${tag}` : `${plural(files.length, 'file')} to ${name}`,
    size,
    run: async ({ signal, report }) => {
      const { current } = session;
      try {
        const repository = current.client.repository(name);
        const { digest } = await repository.pushArtifact({
          artifactType,
          files,
          ...(subject ? { subject } : {}),
          onProgress: ({ loaded, total }) => report({ loaded, size: total ?? size }),
          signal,
        });
        if (tag) {
          const move = { from: digest, to: tag, ifMatch: before ?? null, signal };
          const done = await repository
            .tag(move)
            .catch((error) => afterWriting(error, { session: current, name, tag, before, digest, signal }));
          if (done) return done;
        }
        return {
          text: `Pushed ${plural(files.length, 'file')}`,
          isGood: true,
          href: tag ? tagHref(name, tag) : digestHref(name, digest),
        };
      } finally {
        current.changed(name);
      }
    },
  });
}
