// Where somebody was on each page of the tab's history: the way back leads to the same row, with the focus on it.

const PATIENCE = 5_000;

export class Places {
  #main;
  #places = new Map();
  #current;
  #next = 0;

  constructor(main) {
    this.#main = main;
    this.#current = this.#enter();
    window.addEventListener('scroll', () => this.#onScroll(), { passive: true });
  }

  /** The history's entry may be an earlier one; a new one gets a key of its own. */
  #enter() {
    const key = history.state?.place ?? `${performance.timeOrigin} ${(this.#next += 1)}`;
    if (history.state?.place !== key) history.replaceState({ ...history.state, place: key }, '');
    return key;
  }

  // The browser scrolls for the next address before it tells of it: then the address is another already.
  #hash = location.hash.split('?')[0];
  #frame;
  #onScroll() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      if (location.hash.split('?')[0] === this.#hash) this.#note({ scroll: window.scrollY });
    });
  }

  #note(facts) {
    this.#places.set(this.#current, { ...this.#places.get(this.#current), ...facts });
  }

  /** Leaves the page shown before. Returns what is known of the one that is entered. */
  move() {
    const link = document.activeElement?.closest?.('a[href]')?.getAttribute('href');
    this.#note({ link: this.#main.contains(document.activeElement) ? link : undefined });
    this.#hash = location.hash.split('?')[0];
    this.#current = this.#enter();
    return this.#places.get(this.#current) ?? {};
  }

  /** Scrolls, and focuses the link that led away; otherwise the title, as for a new page. */
  restore({ scroll = 0, link }, signal) {
    window.scrollTo(0, scroll);
    (this.#main.querySelector('h1') ?? this.#main).focus({ preventScroll: true });
    if (link === undefined) return;
    const title = document.activeElement;
    const end = performance.now() + PATIENCE;
    const find = () => {
      if (signal.aborted || document.activeElement !== title) return;
      const found = this.#main.querySelector(`a[href="${CSS.escape(link)}"]`);
      if (found) found.focus({ preventScroll: true });
      else if (performance.now() < end) {
        // A list that is read again has its rows later.
        if (window.scrollY !== scroll) window.scrollTo(0, scroll);
        requestAnimationFrame(find);
      }
    };
    // Rows are rendered when the page is scrolled.
    requestAnimationFrame(find);
  }
}
