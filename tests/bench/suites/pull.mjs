import { inNode, lacking, program } from '../processes.mjs';
import { MIB, mebibytes } from '../units.mjs';

export const title = 'a verified pull in Node';

/** Rates in MiB/s; programs are compared by the time of whole processes, Node's start included. */
export function groups({ server, packageUrl, quick, rounds = quick ? 3 : 5 }) {
  const [large, piece] = server.blobs;
  const node = (blob) => (name, run, transport) => ({
    name,
    measure: async () => {
      const parameters = { registry: server.url, package: packageUrl, transport, ...blob };
      const { time, cpu, process } = await inNode('pull', run, parameters);
      const rate = (milliseconds) => (blob.size / MIB / milliseconds) * 1000;
      return { value: rate(time), details: { cpu: rate(cpu), 'whole process': rate(process * 1000) } };
    },
  });
  const shell = (name, needs, line, output) => ({
    name,
    notRun: lacking('sh', ...needs),
    measure: async () => {
      const url = `${server.url}/v2/${large.repository}/blobs/${large.digest}`;
      const ran = await program('sh', ['-c', `curl -sSf '${url}' ${line}`]);
      if (!ran.output.includes(output)) throw new Error(`an unexpected answer: ${ran.output}`);
      const rate = large.size / MIB / ran.seconds;
      return { value: rate, details: { 'whole process': rate } };
    },
  });
  const [ofLarge, ofPiece] = [node(large), node(piece)];
  const hex = large.digest.slice('sha256:'.length);
  const wholeProcess = { by: 'whole process' };
  return [
    {
      title: `stream of a blob of ${mebibytes(large.size)}`,
      unit: 'MiB/s',
      rounds,
      variants: [
        ofLarge('blob()', 'stream'),
        ofLarge('blob(), transport of ./node', 'stream', 'node'),
        ofLarge('fetch + node:crypto', 'fetchHash'),
        ofLarge('fetch + node:crypto in a ReadableStream', 'fetchHashStream'),
        ofLarge('fetch, not verified', 'fetchLoop'),
        shell('curl | sha256sum', ['curl', 'sha256sum'], '| sha256sum', hex),
        shell('curl | openssl sha256', ['curl', 'openssl'], '| openssl sha256', hex),
        shell('curl, not verified (what the server gives)', ['curl'], '-o /dev/null', ''),
      ],
      compare: [
        { of: 'blob()', to: 'fetch + node:crypto', atLeast: 0.95 },
        { of: 'blob()', to: 'fetch + node:crypto in a ReadableStream' },
        { of: 'blob(), transport of ./node', to: 'blob()', atLeast: 1 },
        { of: 'blob()', to: 'fetch, not verified' },
        { of: 'blob()', to: 'curl | sha256sum', ...wholeProcess, atLeast: 1.5 },
        { of: 'blob()', to: 'curl | openssl sha256', ...wholeProcess },
        { of: 'blob()', to: 'curl, not verified (what the server gives)', ...wholeProcess },
      ],
    },
    {
      title: `${mebibytes(piece.size)} in one piece`,
      unit: 'MiB/s',
      rounds,
      variants: [
        ofPiece('getLayer()', 'getLayer'),
        ofPiece('fetch + node:crypto + set()', 'fetchPiece'),
        ofPiece('fetch + arrayBuffer() + node:crypto', 'fetchArrayBuffer'),
      ],
      compare: [
        { of: 'getLayer()', to: 'fetch + node:crypto + set()' },
        { of: 'getLayer()', to: 'fetch + arrayBuffer() + node:crypto' },
      ],
    },
  ];
}
