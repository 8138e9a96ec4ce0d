// Drafts: the fields and choices of a page that changes something. They survive a look elsewhere and the end of a login, but no reload.

/** @type {Map<string, { user: string, draft: object }>} by the registry's address and the page */
const kept = new Map();

/** The draft of a page: an object to fill. Another user of the same registry begins anew. */
export function draftOf({ address, user }, page) {
  const key = `${address} ${page}`;
  const known = kept.get(key);
  const isTheirs = known && (known.user === '' || known.user === user);
  if (isTheirs) known.user = user;
  else kept.set(key, { user, draft: {} });
  return kept.get(key).draft;
}

export const dropDraft = ({ address }, page) => kept.delete(`${address} ${page}`);

const isChoice = ({ type }) => type === 'checkbox' || type === 'radio';
const KEPT = ':is(input, select)[id]:not([type=password], [type=file])';

/** Puts back what the fields of a form had, and keeps what they get. `fields`: a part of the draft. */
export function keepFields(form, fields) {
  const inputs = () => [...form.querySelectorAll(KEPT)];
  for (const input of inputs().filter(({ id }) => id in fields)) {
    if (!isChoice(input) && input.value !== fields[input.id]) {
      input.value = fields[input.id];
      input.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (isChoice(input) && input.checked !== fields[input.id]) {
      input.checked = fields[input.id];
      if (input.checked || input.type === 'checkbox') input.dispatchEvent(new Event('change', { bubbles: true }));
    }
  }
  const keep = () => {
    for (const input of inputs()) fields[input.id] = isChoice(input) ? input.checked : input.value;
  };
  // A choice may fill in other fields once it is made.
  for (const event of ['input', 'change']) form.addEventListener(event, keep);
}
