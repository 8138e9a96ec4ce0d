// Measures operations over a slow link: a relay in a process of its own stands between each client and two real registries
// (tests/registries/relay says what it models).
//
// - ms: from the first byte that a client sent to the last one that it got, by the relay's log. The start of a process, and what it does
//   before and after, do not count, for no client.
// - requests: all that reached the relay.
// - round trips: those on the critical path, the longest chain of a response and a request that came after it (wan/round-trips.mjs).
//   Their number times the round-trip time is the link's share of the time.
// - bound: the least that the protocol requires (wan/minimum.mjs), in ms: its round trips, and the bytes of the operation at the link's
//   bandwidth.
//
// Each run has content, and where it changes something a repository, of its own: nothing is known from an earlier run.
import { find as findServer } from '../../../www/registry/programs.mjs';
import { clearLog, readLog, startRelayProcess } from '../../registries/relay/process.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { inNode } from '../processes.mjs';
import { CRANE_REQUESTS, ROUND_TRIPS } from '../wan/minimum.mjs';
import { operations } from '../wan/operations.mjs';
import { peers } from '../wan/peers.mjs';
import { elapsed, roundTrips } from '../wan/round-trips.mjs';

export const title = 'over slow links';
/** It needs none of the benchmark's own server. */
export const ownRegistries = true;

const OURS = 'this package';
/** With the transport of its entry `./node`. */
const OURS_IN_NODE = 'this package, ./node';

/** Targets against peers, by operation. */
const TARGETS = { copyBetween: { skopeo: 0.3 } };

/** Why an operation takes longer than with a peer, or more requests, where it does. */
const BEHIND = {
  time: {
    describeTags:
      'parallel requests grow from a moderate number while responses are healthy; the peer sends all at once',
    inventory: 'parallel requests grow from a moderate number while responses are healthy; the peer sends all at once',
    pull: "the round trips are the same; of processor time the host's fetch takes more than node:http, which the peer and ./node use",
  },
};
const FIRST_REQUEST = 'the first call of a client asks for /v2/, as crane does';

export async function groups({ packageUrl, quick, rounds = quick ? 1 : 3, rtts, bandwidth, atEnd }) {
  if (!findServer('docker-registry')) {
    const variants = [{ name: 'all', notRun: 'docker-registry not on this machine' }];
    return [{ title, unit: 'ms', rounds, variants }];
  }
  const registries = await Promise.all([startDistribution(), startDistribution()]);
  atEnd(() => Promise.all(registries.map((registry) => registry.stop())));
  const others = await peers(atEnd);
  const bytesPerSecond = bandwidth && (bandwidth * 1e6) / 8;
  let runs = 0;

  /** Runs an operation once, by whichever client, and returns what the relay noted. */
  async function logged(relay, name, run) {
    const [from, to] = relay.urls;
    const prepared = await operations[name].prepare(registries[0].url, `${process.pid}-${(runs += 1)}`);
    await clearLog(relay.control);
    await run({ from, to, control: relay.control, prepared });
    const log = await readLog(relay.control);
    if (log.length === 0) throw new Error('no request was noted');
    return log;
  }
  const ours = (name, transport) => (place) =>
    inNode('wan', 'operation', { ...place, name, transport, package: packageUrl });
  const withOperation = (name) => others.filter(({ runs: all }) => all[name]);
  const link = async (rtt) => {
    const relay = await startRelayProcess(
      registries.map(({ url }) => url),
      { rtt, bandwidth: bytesPerSecond },
    );
    atEnd(relay.stop);
    return relay;
  };

  const counting = await link(0);
  const counted = Object.keys(operations).map((name) => requestGroup(name, counting));
  const timed = [];
  for (const rtt of rtts) {
    const relay = await link(rtt);
    for (const [name, { countedOnly }] of Object.entries(operations))
      if (!countedOnly) timed.push(timeGroup(name, rtt, relay));
  }
  return [...counted, ...timed];

  function requestGroup(name, relay) {
    const variant = (client, notRun, run) => ({
      name: client,
      notRun,
      measure: async () => ({ value: (await logged(relay, name, run)).length }),
    });
    const documented = CRANE_REQUESTS[name];
    const compared = withOperation(name).map((peer) =>
      peer.name === 'crane' && peer.notRun
        ? { name: 'crane', measure: async () => ({ value: documented }) }
        : variant(peer.name, peer.notRun, peer.runs[name]),
    );
    return {
      title: operations[name].title,
      unit: 'requests',
      rounds: 1,
      variants: [variant(OURS, undefined, ours(name)), ...compared],
      compare: compared.some((peer) => peer.name === 'crane')
        ? [{ of: OURS, to: 'crane', below: 1, behind: FIRST_REQUEST }]
        : [],
    };
  }

  function timeGroup(name, rtt, relay) {
    const bound = (log) => ROUND_TRIPS[name] * rtt + (bytesPerSecond ? (busiest(log) / bytesPerSecond) * 1000 : 0);
    const variant = (client, notRun, run) => ({
      name: client,
      notRun,
      measure: async () => {
        const log = await logged(relay, name, run);
        const value = elapsed(log);
        const details = {
          requests: log.length,
          'round trips': roundTrips(log),
          bound: bound(log),
          'times bound': value / bound(log),
        };
        return { value, details };
      },
    });
    const compared = withOperation(name);
    return {
      title: `${operations[name].title}, ${rtt} ms away`,
      unit: 'ms',
      rounds,
      variants: [
        variant(OURS, undefined, ours(name)),
        variant(OURS_IN_NODE, undefined, ours(name, 'node')),
        ...compared.map((peer) => variant(peer.name, peer.notRun, peer.runs[name])),
      ],
      compare: compared.map((peer) => ({
        of: peer.isBound ? OURS_IN_NODE : OURS,
        to: peer.name,
        ...(!peer.isBound && { atMost: TARGETS[name]?.[peer.name] ?? 1, behind: BEHIND.time[name] }),
      })),
    };
  }
}

/** Most bytes that one direction of one registry's link carried. */
function busiest(log) {
  const carried = new Map();
  const add = (way, bytes) => carried.set(way, (carried.get(way) ?? 0) + bytes);
  for (const { registry, sent, received } of log) {
    add(`to ${registry}`, sent);
    add(`from ${registry}`, received);
  }
  return Math.max(...carried.values());
}
