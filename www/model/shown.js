// The registry that the page shows. Activities at other registries go on, and must not be taken for this one's.

class Shown extends EventTarget {
  /** The session; the last one while there is none. */
  session = undefined;

  show(session) {
    this.session = session;
    this.dispatchEvent(new Event('change'));
  }
}

/** Sends `change`. */
export const shown = new Shown();
