// What this browser remembers for the person: choices and addresses, never a secret. Storage may be blocked; then nothing is
// remembered.

const RECENT = 'recent';
const MOST_RECENT = 8;

export function remembered(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

/** The addresses of registries that were connected to, the last one first. */
export function recentRegistries() {
  try {
    const all = JSON.parse(remembered(RECENT, '[]'));
    return Array.isArray(all) ? all.filter((one) => typeof one === 'string').slice(0, MOST_RECENT) : [];
  } catch {
    return [];
  }
}

export function rememberRegistry(address) {
  // An address with a user in it may have a password too.
  if (!address.includes('@')) keep([address, ...recentRegistries().filter((one) => one !== address)]);
}

export const forgetRegistry = (address) => keep(recentRegistries().filter((one) => one !== address));

const keep = (addresses) => remember(RECENT, JSON.stringify(addresses.slice(0, MOST_RECENT)));

/** Choices of how the page looks: each is an attribute of the document, which start.js sets; the first value is the style sheet's own. */
export const APPEARANCE = {
  theme: { caption: 'Theme', values: { system: 'System', light: 'Light', dark: 'Dark' } },
  density: { caption: 'Density', values: { comfortable: 'Comfortable', compact: 'Compact' } },
};

export function appearance(choice) {
  const { values } = APPEARANCE[choice];
  const value = remembered(choice, '');
  return Object.hasOwn(values, value) ? value : Object.keys(values)[0];
}

export function choose(choice, value) {
  remember(choice, value);
  document.documentElement.dataset[choice] = value;
}

export const isCompact = () => document.documentElement.dataset.density === 'compact';
/** The height of a list's row. */
export const rowRem = () => (isCompact() ? 1.875 : 2.75);

/** Shortcuts of one key can be switched off: who dictates would press them by speaking. */
export const hasShortcuts = () => remembered('shortcuts', 'on') === 'on';
