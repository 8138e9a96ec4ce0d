// What parts of the page tell each other without knowing each other.

/** A request was refused for want of credentials. `detail`: the error. */
export const SIGN_IN_NEEDED = 'sign-in-needed';
/** The person wants to sign in. */
export const SIGN_IN = 'sign-in';

/** Somebody wants to see the tray. `detail`: "Activity" or "Requests". */
export const SHOW_TRAY = 'show-tray';

export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Calls `again` when the browser is online again, until the signal aborts. */
export const whenOnline = (again, signal) => window.addEventListener('online', again, { once: true, signal });
