// config.json beside the page: which registries it offers, what it is called, and whether it changes anything.

const KNOWN = ['registry', 'name', 'registries', 'title', 'readOnly', 'logins'];
const MOST = 100;

/**
 * Returns `{ registries, title, readOnly, logins }`; each of the registries has the `registry` that the page reaches it by, and the
 * `name` that pull commands call it. Throws an `Error` that says what is wrong. `base`: the page's address.
 */
export function checkedConfig(value, base) {
  if (!isObject(value)) throw new Error('config.json: an object is needed');
  only(value, KNOWN, '');
  const { title, readOnly = false, logins } = value;
  if (title !== undefined && (typeof title !== 'string' || title.trim() === '')) refuse('title', 'a text is needed');
  if (typeof readOnly !== 'boolean') refuse('readOnly', 'true or false is needed');
  if (logins !== undefined && logins !== 'docker') refuse('logins', '"docker" is needed');
  return { registries: registriesOf(value, base), title, readOnly, logins };
}

/** What the page does with a config.json that is wrong: it offers no change, since nobody knows what was meant. */
export const noConfig = (readOnly) => ({ registries: [], title: undefined, readOnly, logins: undefined });

function registriesOf({ registry, name, registries }, base) {
  if (registries === undefined) {
    if (registry === undefined && name !== undefined) refuse('registry', 'it is missing');
    return registry === undefined ? [] : [entry({ registry, name }, '', base)];
  }
  if (registry !== undefined || name !== undefined) refuse('registries', 'leave out "registry" and "name" beside it');
  if (!Array.isArray(registries) || registries.length > MOST)
    refuse('registries', `a list of at most ${MOST} is needed`);
  const all = registries.map((one, at) => {
    if (!isObject(one)) refuse(`registries[${at}]`, 'an object is needed');
    only(one, ['registry', 'name'], `registries[${at}].`);
    return entry(one, `registries[${at}].`, base);
  });
  const names = all.map((one) => one.name);
  const twice = names.findIndex((one, at) => names.indexOf(one) !== at);
  if (twice >= 0) refuse(`registries[${twice}].name`, 'another registry has this name');
  return all;
}

function entry({ registry, name }, path, base) {
  if (typeof registry !== 'string' || registry === '') refuse(`${path}registry`, 'an address is needed');
  if (!URL.canParse(registry, base)) refuse(`${path}registry`, 'this is no address');
  const url = new URL(registry, base);
  if (!['http:', 'https:'].includes(url.protocol)) refuse(`${path}registry`, 'http or https is needed');
  if (url.username || url.password)
    refuse(`${path}registry`, 'no user name or password, please: everybody can read this file');
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) refuse(`${path}name`, 'a text is needed');
  return { registry: url.href, name: name ?? url.host };
}

function only(value, known, path) {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) refuse(path + unknown, `it is unknown; there are ${known.join(', ')}`);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(path, why) {
  throw new Error(`config.json: ${path}: ${why}`);
}
