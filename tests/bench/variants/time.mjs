// Clocks for the variants; used in Node and in pages.

/** Milliseconds of the process' own processor time, where the host tells. */
function processorTime() {
  if (!globalThis.process?.cpuUsage) return undefined;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `{ time, cpu }` in milliseconds of one run. */
export async function once(action) {
  const [cpu, start] = [processorTime(), performance.now()];
  await action();
  const time = performance.now() - start;
  return { time, cpu: cpu === undefined ? undefined : processorTime() - cpu };
}

/** The same per call: the median of `calls` after a few that warm up. */
export async function perCall(calls, action) {
  for (let call = 0; call < 5; call += 1) await action();
  const runs = [];
  for (let call = 0; call < calls; call += 1) runs.push(await once(action));
  const cpu = runs[0].cpu === undefined ? undefined : runs.reduce((sum, run) => sum + run.cpu, 0) / calls;
  return { time: median(runs.map(({ time }) => time)), cpu };
}

/** `condition`, or the measurement is of something other than it says. */
export function expect(condition, message) {
  if (!condition) throw new Error(`not what was to be measured: ${message}`);
}
