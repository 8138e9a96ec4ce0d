// Round trips on the critical path, from the log of the relay.

/**
 * The longest chain of exchanges of which each began after the response to the one before had begun to arrive. An exchange counts
 * one round trip, and one more if it waited for its connection to be set up.
 *
 * Exchanges of a chain do not overlap, so the chain times the round-trip time is always within the elapsed time, whatever the
 * machine and the registry take: it is the part of the elapsed time that the link is to blame for. Requests that wait for a free place
 * among a limited number of parallel requests are in the chain, because they wait for a response too.
 * @param {import('../../registries/relay/exchanges.mjs').Exchange[]} log
 */
export function roundTrips(log) {
  const answered = log.filter((one) => one.answered !== undefined);
  const events = answered.flatMap((exchange) => [
    { at: exchange.start, exchange },
    { at: exchange.answered, exchange, ends: true },
  ]);
  // A response that arrives as another request begins may be the reason of that request.
  events.sort((a, b) => a.at - b.at || Number(b.ends ?? false) - Number(a.ends ?? false));
  let longest = 0;
  const chains = new Map();
  for (const { exchange, ends } of events) {
    if (ends) longest = Math.max(longest, chains.get(exchange));
    else chains.set(exchange, longest + (exchange.opens ? 2 : 1));
  }
  return longest;
}

/** Milliseconds from the first byte that a client sent to the last one that it got. */
export function elapsed(log) {
  if (log.length === 0) return 0;
  const ends = log.map(({ start, answered = start, end = answered }) => end);
  return Math.max(...ends) - Math.min(...log.map(({ start }) => start));
}
