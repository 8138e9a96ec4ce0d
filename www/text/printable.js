// Text of a registry, before it is shown: nobody may reorder or hide characters of this page.

// The characters of src/protocol/text/printable.rs. Tabs and line breaks stay, for documents have them, and so do the variation selectors of
// emoji.
const UNSAFE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u2800\ufff9-\ufffb]|(?!(?<=[\u00a9\u00ae\u203c\u2049\u2100-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\u{1f000}-\u{1faff}])[\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}|\r(?!\n)/gu;
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
