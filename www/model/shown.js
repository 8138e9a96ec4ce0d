// The registry that the page shows. What was begun at another one goes on, and is not to be taken for this one's.

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
