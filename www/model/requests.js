// The requests of the page, the latest ones, as the package tells of them: without query values, user info and header fields.

const KEPT = 300;

class Requests extends EventTarget {
  /** The latest last. */
  entries = [];
  #clients = new Map();

  /** `event`: what `onRequest` gives. `client`: whose request it is; `label`: what the page calls its registry. */
  add({ method, url, status, duration, error }, client, label) {
    this.#clients.set(label, client);
    this.entries.push({ at: new Date(), method, ...placeOf(url, client, label), status, duration, error });
    if (this.entries.length > KEPT) this.entries.shift();
    this.dispatchEvent(new Event('change'));
  }

  /** The rate limits that registries reported last: `{ label, limit, remaining, window, reset }`. */
  get limits() {
    return [...this.#clients].map(([label, { rateLimit }]) => rateLimit && { label, ...rateLimit }).filter(Boolean);
  }

  clear() {
    this.entries = [];
    this.dispatchEvent(new Event('change'));
  }
}

export const requests = new Requests();

/** Without the path of a proxy, which may have a secret in it. Requests to other hosts, such as a token service, name theirs. */
function placeOf(address, { host }, label) {
  const [url, base] = [new URL(address), new URL(host)];
  if (url.origin !== base.origin) return { host: url.host, path: url.pathname };
  const path = base.pathname.replace(/\/$/, '');
  const isBelow = url.pathname.startsWith(`${path}/`);
  return {
    host: label.replace(/^https?:\/\//i, '').replace(/\/+$/, ''),
    path: isBelow ? url.pathname.slice(path.length) : '/…',
  };
}
