// What was measured, for people; the JSON holds the same and all samples.

const number = (value) => {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
};

const [NAME, WIDE] = [46, 68];

const detailsOf = (details) =>
  Object.entries(details)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(', ');

function row({ name, notRun, median, low, high, details }) {
  if (notRun) return `  ${name.padEnd(NAME)} not run: ${notRun}`;
  const range = low === high ? '' : `(${number(low)}–${number(high)})`;
  return `  ${name.padEnd(NAME)} ${number(median).padStart(8)}  ${range.padEnd(17)} ${detailsOf(details)}`.trimEnd();
}

function comparison({ of, to, above, by, value, cpu, atMost, below, atLeast, met, why, notRun }) {
  const what = to ? `${of} / ${to}` : above ? `${of} − ${above}` : of;
  const name = by ? `${what} [${by}]` : what;
  const targets = [
    ['≤', atMost],
    ['<', below],
    ['≥', atLeast],
  ].filter(([, limit]) => limit !== undefined);
  const target = targets.map((parts) => parts.join(' ')).join(', ') || '–';
  if (notRun) return `    ${name.padEnd(WIDE)} not run: ${notRun}`;
  const verdict = met === undefined ? '' : met ? 'met' : 'not met';
  const processor = cpu === undefined ? '' : number(cpu);
  const line = `    ${name.padEnd(WIDE)} ${number(value).padStart(7)} ${processor.padStart(7)}   ${target.padEnd(8)} ${verdict}`;
  return why ? `${line.trimEnd()}\n      because ${why}` : line.trimEnd();
}

export function table(groups) {
  const lines = groups.flatMap(({ title, unit, rounds, rows, comparisons }) => {
    const head = rounds > 1 ? `${title}: ${unit}, median of ${rounds}` : `${title}: ${unit}`;
    const compared =
      comparisons.length === 0
        ? []
        : [`    ${''.padEnd(WIDE)} ${'by time'.padStart(7)} ${'by cpu'.padStart(7)}   target`];
    return ['', head, ...rows.map(row), ...compared, ...comparisons.map(comparison)];
  });
  return lines.join('\n');
}

/** The tables as a page. It names the machine in general words: only ratios travel to other machines. */
export function page({ date, machine, load, quick, groups }, args) {
  const { system, processors, memory, ...programs } = machine;
  const versions = Object.entries(programs).map(
    ([name, version]) => version && `${name} ${/\d[\d.]*/.exec(version)?.[0] ?? version}`,
  );
  // Where files are says nothing to others.
  const shown = args.filter((arg, at) => ![arg, args[at - 1]].some((one) => /^--(json|results|package)$/.test(one)));
  const loads = [load.before, load.after].map(([minute]) => minute.toFixed(1)).join(' before, ');
  return `# Results

After reading this, you know what one run of the benchmark gave. \`npm run bench -- ${shown.join(' ')}\` made this page.

- Date: ${date.slice(0, 10)}${quick ? ', with `--quick`' : ''}
- Machine: ${processors} processors, ${memory}, ${system}; load ${loads} after
- Programs: ${versions.filter(Boolean).join(', ')}

Each row has its median, with the lowest and highest value in parentheses. Rows over slow links have the bound that the protocol sets beside them
(\`bound\`, in ms), and a comparison that misses its target says why.

\`\`\`text${table(groups)}
\`\`\`
`;
}
