// Text of a registry, before it is shown: nobody may reorder or hide characters of this page.

// The characters that the package escapes in messages (src/protocol/text/printable.rs). Tabs and line breaks stay: documents have them.
const UNSAFE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\r(?!\n)|[\u{e0000}-\u{e007f}]/gu;
// Most text is this; rows of long lists are not to wait for a search in it.
const PLAIN = /^[ -~\n\t]*$/;

/** Writes control, bidirectional and invisible characters as escapes, such as `\u202e` (CVE-2021-42574, "Trojan Source"). */
export function printable(value) {
  const text = String(value);
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escaped);
}

const escaped = (character) =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
