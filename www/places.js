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
  }

  /** The history's entry may be an earlier one; a new one gets a key of its own. */
  #enter() {
    const key = history.state?.place ?? `${performance.timeOrigin} ${(this.#next += 1)}`;
    if (history.state?.place !== key) history.replaceState({ ...history.state, place: key }, '');
    return key;
  }

  /** Leaves the page shown before, which is still there. Returns what is known of the one that is entered. */
  move() {
    const link = document.activeElement?.closest?.('a[href]')?.getAttribute('href');
    const isHere = this.#main.contains(document.activeElement);
    this.#places.set(this.#current, { scroll: window.scrollY, link: isHere ? link : undefined });
    this.#current = this.#enter();
    return this.#places.get(this.#current) ?? {};
  }

  /** The title of the view. While a view's script loads, a placeholder is its title. */
  get #title() {
    return this.#main.querySelector('h1') ?? this.#main;
  }

  /** Scrolls, and focuses the link that led away; otherwise the title, as for a new page. */
  restore({ scroll = 0, link }, signal) {
    window.scrollTo(0, scroll);
    this.#title.focus({ preventScroll: true });
    if (link === undefined) return;
    const end = performance.now() + PATIENCE;
    let isMoving = false;
    for (const event of ['wheel', 'touchstart', 'pointerdown', 'keydown']) {
      window.addEventListener(event, () => (isMoving = true), { once: true, passive: true, signal });
    }
    const find = () => {
      // Who scrolls or presses something is not to be brought back.
      if (signal.aborted || isMoving || document.activeElement !== this.#title) return;
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
