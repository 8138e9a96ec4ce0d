// docker and buildkit write some instructions into the history as Go prints its values. A Dockerfile has them in another form.

const QUOTED = /^"(?:[^"\\]|\\.)*"/;

/** The same Dockerfile with instructions that a builder takes; a line that is not what it seems stays as it is. */
export const readable = (dockerfile) =>
  dockerfile.replace(/^EXPOSE map\[(.*)\]$/gm, exposed).replace(/^HEALTHCHECK &\{(.*)\}$/gm, healthCheck);

/** `EXPOSE map[443/tcp:{} 80/tcp:{}]` */
function exposed(line, map) {
  const ports = map.split(' ').map((entry) => /^([0-9]+(?:-[0-9]+)?(?:\/(?:tcp|udp|sctp))?):\{\}$/.exec(entry)?.[1]);
  return ports.every(Boolean) ? `EXPOSE ${ports.join(' ')}` : line;
}

/** `HEALTHCHECK &{["CMD" "curl" "x"] "30s" "3s" "0s" "0s" '\x03'}`: interval, timeout, start period, start interval, retries. */
function healthCheck(line, fields) {
  const command = /^\[(.*?)\](?= "|$| ')(.*)$/.exec(fields);
  const words = command && quoted(command[1]);
  const rest = command && /^((?: "[^"]*")*)(?: '(.*)')?$/.exec(command[2]);
  if (!words || !rest) return line;
  const [kind, ...args] = words;
  if (kind === 'NONE') return 'HEALTHCHECK NONE';
  const spans = [...rest[1].matchAll(/"([^"]*)"/g)].map(([, span]) => span);
  const names = ['interval', 'timeout', 'start-period', ...(spans.length > 3 ? ['start-interval'] : [])];
  const options = [
    ...names.map((name, at) => (spans[at] && spans[at] !== '0s' ? `--${name}=${spans[at]} ` : '')),
    retries(rest[2]) > 0 ? `--retries=${retries(rest[2])} ` : '',
  ].join('');
  const isShell = kind === 'CMD-SHELL' && args.length === 1;
  if (isShell && !args[0].includes('\n')) return `HEALTHCHECK ${options}CMD ${args[0]}`;
  if (isShell) args.unshift('/bin/sh', '-c');
  return isShell || kind === 'CMD' ? `HEALTHCHECK ${options}CMD ${JSON.stringify(args)}` : line;
}

/** Words as Go quotes them; undefined where they are something else. */
function quoted(text) {
  const words = [];
  for (let rest = text; rest !== ''; rest = rest.replace(/^ /, '')) {
    const [word] = QUOTED.exec(rest) ?? [];
    if (word === undefined) return undefined;
    try {
      words.push(JSON.parse(word.replace(/\\x([0-9a-f]{2})/gi, '\\u00$1')));
    } catch {
      return undefined;
    }
    rest = rest.slice(word.length);
  }
  return words;
}

const ESCAPES = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
/** A number as Go writes it as a character: `\x03`, `\n`, `\u0100`, `A`. */
function retries(character = '') {
  const [, hex, letter] = /^\\(?:[xu]([0-9a-f]+)|([abtnvfr]))$/i.exec(character) ?? [];
  if (hex) return Number.parseInt(hex, 16);
  return letter ? ESCAPES[letter] : (character.codePointAt(0) ?? 0);
}
