// A response's header fields in one crossing of wasm's border.

/** name, LF, value, LF and so on; undefined where the headers cannot be listed. What no header can be is left out. */
export function listed(headers) {
  if (typeof headers?.forEach !== 'function') return undefined;
  let text = '';
  headers.forEach((value, name) => {
    if (typeof name === 'string' && typeof value === 'string' && !name.includes('\n') && !value.includes('\n')) {
      text += `${name}\n${value}\n`;
    }
  });
  return text;
}
