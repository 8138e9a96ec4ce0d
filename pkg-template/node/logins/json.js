// JSON.parse for files with secrets: its own messages quote the text, and only some tell the position.

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const OTHERS = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Parses a document. `failed` makes the error to throw from the position, such as "line 3, column 7".
 * @param {string} text
 * @param {(place: string) => Error} failed makes the error to throw from the position, such as "line 3, column 7"
 */
export function parse(text, failed) {
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.slice(0, firstFault(text)).split('\n');
    throw failed(`line ${lines.length}, column ${lines[lines.length - 1].length + 1}`);
  }
}

/**
 * Finds the position at which a text stops being JSON (RFC 8259).
 * @param {string} text
 */
function firstFault(text) {
  let at = 0;
  const eat = (/** @type {RegExp} */ pattern) => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const token = (/** @type {RegExp} */ pattern) => eat(SPACE) && eat(pattern);
  const list = (/** @type {RegExp} */ end, /** @type {() => boolean} */ item) => {
    if (token(end)) return true;
    do {
      if (!item()) return false;
    } while (token(/,/y));
    return token(end);
  };
  const member = () => token(STRING) && token(/:/y) && value();
  /** @returns {boolean} */
  const value = () =>
    token(STRING) || token(OTHERS) || (token(/\{/y) ? list(/\}/y, member) : token(/\[/y) && list(/\]/y, value));
  value();
  eat(SPACE);
  return at;
}
