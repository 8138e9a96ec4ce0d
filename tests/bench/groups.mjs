// A group: several ways to do the same thing, measured in turn, and what is compared.
//
// variants: [{ name, measure: async () => ({ value, details? }), notRun?: 'why' }]
// compare:  [{ of, to?, above?, by?, atMost?, below?, atLeast?, behind? }]  `to`: the ratio to another variant; `above`: the difference;
//           neither: the value itself; `by`: a detail instead of the value; atMost, below, atLeast: the target; `behind`: why the
//           target is missed, or the ratio above 1 where no lowest one is the target
import { median } from './variants/time.mjs';

/** Runs the variants in turn, each round beginning with another one, so that a slow minute of the machine meets all of them. */
export async function runGroup({ title, unit, rounds, variants, compare = [] }, say) {
  const rows = variants.map(({ name, notRun }) => ({ name, notRun, samples: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < variants.length; turn += 1) {
      const at = (round + turn) % variants.length;
      const row = rows[at];
      if (row.notRun) continue;
      say(`${title}: ${row.name}, ${round + 1} of ${rounds}`);
      try {
        row.samples.push(await variants[at].measure());
      } catch (error) {
        row.notRun = `failed: ${error.message}`;
        row.failed = true;
      }
    }
  }
  return {
    title,
    unit,
    rounds,
    rows: rows.map(summary),
    comparisons: compare.map((wanted) => comparison(wanted, rows)),
  };
}

function summary({ name, notRun, failed, samples }) {
  if (notRun) return { name, notRun, failed };
  const values = samples.map(({ value }) => value);
  const details = {};
  for (const detail of Object.keys(samples[0].details ?? {}))
    details[detail] = median(samples.map((sample) => sample.details[detail]));
  return {
    name,
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    details,
    samples: values,
  };
}

/** What was measured in the same round is compared; of the rounds' ratios the median counts. */
function comparison({ of, to, above, by, atMost, below, atLeast, behind }, rows) {
  const subject = rows.find(({ name }) => name === of);
  const peer = rows.find(({ name }) => name === (to ?? above));
  const described = { of, to, above, by, atMost, below, atLeast };
  const missing = [subject, peer].find((row) => row?.notRun);
  if (missing) return { ...described, notRun: `without ${missing.name}` };
  const read = (sample, what) => (what === undefined ? sample.value : sample.details[what]);
  const over = (what) => {
    const each = subject.samples.map((sample, round) => {
      const [mine, other] = [read(sample, what), peer && read(peer.samples[round], what)];
      if (to) return mine / other;
      return above ? mine - other : mine;
    });
    return median(each);
  };
  const value = over(by);
  // Processor time is calmer than the clock where others use the machine.
  const hasCpu =
    to && by === undefined && [subject, peer].every(({ samples }) => samples[0].details?.cpu !== undefined);
  const met = reached(value, described);
  const isBehind = met === false || (to && atLeast === undefined && value > 1);
  return { ...described, value, cpu: hasCpu ? over('cpu') : undefined, met, why: isBehind ? behind : undefined };
}

function reached(value, { atMost, below, atLeast }) {
  if (atMost !== undefined) return value <= atMost;
  if (below !== undefined) return value < below;
  return atLeast === undefined ? undefined : value >= atLeast;
}
