// Computes when bytes leave a slow link, on a clock that tests control.

/** The clock of this process. Its timers may fire early by up to a millisecond, which a flow corrects. */
export const realClock = {
  now: () => performance.now(),
  after: (milliseconds, task) => setTimeout(task, Math.ceil(milliseconds)),
};

/**
 * One direction of a link, which all connections share.
 * @param {{ delay: number, bandwidth?: number, clock: typeof realClock }} options `delay`: milliseconds from one end to the
 *   other; `bandwidth`: bytes a second, without a limit if absent
 */
export function link({ delay, bandwidth, clock }) {
  let free = 0;
  return {
    delay,
    clock,
    limited: bandwidth !== undefined,
    /** Time at which bytes that are handed over at `from` have left the sender: after those that were handed over before. */
    departure(from, bytes) {
      if (bandwidth === undefined) return from;
      free = Math.max(from, free) + (bytes / bandwidth) * 1000;
      return free;
    },
  };
}

/**
 * One direction of one connection: what goes in comes out in the same order, each item after the link's delay.
 * @template T
 * @param {ReturnType<typeof link>} over
 * @param {(item: T) => boolean} deliver false: the receiver is full, and `resume()` follows
 * @param {{ notBefore?: number, resumed?: () => void }} [options] `notBefore`: nothing leaves the sender earlier; `resumed`:
 *   called when nothing is overdue any more
 */
export function flow(over, deliver, { notBefore = 0, resumed = () => {} } = {}) {
  const { clock, delay } = over;
  const queue = [];
  let [full, armed] = [false, false];

  function run() {
    while (!full && queue.length > 0 && queue[0].at <= clock.now()) full = deliver(queue.shift().item) === false;
    if (full || armed || queue.length === 0) return;
    armed = true;
    clock.after(queue[0].at - clock.now(), () => {
      armed = false;
      run();
    });
  }

  return {
    /** Takes an item in. Returns the time at which it has left the sender. */
    send(item, bytes = 0) {
      const departed = over.departure(Math.max(clock.now(), notBefore), bytes);
      queue.push({ at: departed + delay, item });
      run();
      return departed;
    },
    /** Whether the receiver holds the flow up: then the sender should wait. What is only on its way is no reason to. */
    get full() {
      return full;
    },
    resume() {
      full = false;
      run();
      if (!full) resumed();
    },
  };
}
