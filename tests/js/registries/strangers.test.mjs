// The same story on every registry of the test bed, and on distribution behind nginx in each of its shapes: what works and what
// does not, and that nothing else is lost either way. The table of tests/registries/README.md tells the same.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { nginxVariants, startNginx } from '../../registries/nginx.mjs';
import { eachOf } from '../../../www/registry/push.mjs';
import { startDistribution, startFerro } from '../../registries/servers.mjs';
import { namedRegistries, startContainerRegistry, startDjangoOci, startZuul } from '../../registries/strangers.mjs';
import { fillHome, play, steps } from './story.mjs';

const LONG = { timeout: 180_000 };
const REFUSED = {
  'tag, where the tag exists': 'CONFLICT',
  'tag, where the tag has moved': 'CONFLICT',
  'delete what is in use': 'IN_USE',
};
const EVERYTHING = Object.fromEntries(Object.keys(steps).map((step) => [step, REFUSED[step] ?? 'yes']));
const all = (outcome, ...names) => Object.fromEntries(names.map((step) => [step, outcome]));
const UNTAGS = ['untag an image', 'untag an index', 'untag the only tag'];
const LISTS = ['list tags', 'describe tags'];
const LOOKS = ['plan a deletion', 'delete what is in use', 'delete an untagged manifest', 'clean up'];

/** What does not work, by registry; each error is typed, and what is not named by the step stays as it was. */
const registries = {
  'distribution 2.8': { start: startDistribution },
  'ferro (OCI 1.1)': { start: startFerro },
  'container-registry': {
    start: startContainerRegistry,
    but: {
      ...all(/^NOT_FOUND$/, ...LISTS, ...LOOKS),
      // There are no indexes.
      ...all(
        /^(BLOB_UNKNOWN|NOT_FOUND|UNSUPPORTED)$/,
        ...UNTAGS,
        'read an index',
        'tag anew',
        'delete by force',
        'copy an index from it',
      ),
      ...all(/^HTTP_ERROR$/, 'push an index', 'copy to it', 'make an index', 'push and list a referrer'),
    },
  },
  'django-oci': {
    start: startDjangoOci,
    but: {
      // An index comes as an image manifest.
      ...all(/^INVALID_RESPONSE$/, 'describe tags', 'read an index'),
      'move a tag': /^CONFLICT$/,
      'push and list a referrer': /^INVALID_RESPONSE$/,
    },
  },
  'zuul-registry': {
    start: startZuul,
    but: {
      ...all(/^NOT_FOUND$/, ...LISTS, ...LOOKS, 'delete by force'),
      ...all(/^INVALID_RESPONSE$/, ...UNTAGS),
      ...all(/^NOT_FOUND$/, 'tag anew', 'push and list a referrer'),
    },
  },
  ...Object.fromEntries(Object.entries(namedRegistries().present).map(([name, start]) => [name, { start }])),
};

const behindNginx = {
  // A cache that ignores `Cache-Control` answers what was: that a tag is gone cannot be seen.
  'stubborn-cache': {
    ...all(/^INVALID_RESPONSE, done$/, ...UNTAGS, 'delete by force', 'clean up'),
    'push and list a referrer': /^CONFLICT$/,
  },
  // A page with status 200 does not tell that something is gone.
  'html-200': all(/^INVALID_RESPONSE, done$/, 'delete an untagged manifest', 'delete by force', 'clean up'),
  'html-all': { ...all(/^INVALID_RESPONSE$/, ...Object.keys(steps)), diagnose: 'yes' },
};

/** All that is not named works. */
function assertPlayed(played, but = {}) {
  const expected = { ...EVERYTHING, ...but };
  const wrong = Object.entries(played).filter(([step, outcome]) => {
    const wanted = expected[step];
    return wanted instanceof RegExp ? !wanted.test(outcome) : wanted !== outcome;
  });
  assert.deepEqual(Object.fromEntries(wrong), {}, 'what came out otherwise than the table has it');
}

let home;
before(async () => {
  home = await startDistribution();
  await fillHome(home);
}, LONG);
after(() => home.stop());

/** All steps, a few at a time, and what came of each. */
async function playAll(place, server, direct) {
  const played = {};
  const task = async (step) => {
    played[step] = await play(step, { server, direct, home, place });
  };
  await eachOf(Object.keys(steps), task, direct.parallel ?? 3);
  return played;
}

describe('registries', () => {
  for (const [name, { start, but }] of Object.entries(registries)) {
    test(name, LONG, async () => {
      const server = await start();
      try {
        assertPlayed(await playAll('story', server, server), but);
      } finally {
        await server.stop();
      }
    });
  }
});

describe('distribution 2.8 behind nginx', () => {
  for (const [variant, options] of Object.entries(nginxVariants)) {
    test(variant, LONG, async () => {
      const nginx = await startNginx({ ...options, registry: home.url });
      try {
        assertPlayed(await playAll(variant, nginx, home), behindNginx[variant]);
      } finally {
        await nginx.stop();
      }
    });
  }
});
