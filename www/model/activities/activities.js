// What the page does for somebody who meanwhile looks at something else: downloads, pushes, copies, clean-ups, changes of tags. An
// activity ends when it is done or cancelled, not with the view that began it.

import { shown } from '../shown.js';

/** @type {Map<string, Activity>} by a key, so that nothing is done twice at once */
const activities = new Map();

/** `change`: an activity was added or removed. */
export const changes = new EventTarget();

export const activityOf = (key) => activities.get(key);
export const allActivities = () => [...activities.values()];
export const isRunning = () => allActivities().some(({ state }) => state === 'running');

/**
 * Starts an activity, unless it is running already.
 *
 * `kind`: "download", "push", "copy", "clean-up", "deletion", "retag", "undo". `name`: what is downloaded, pushed and so on. `size`: the
 * bytes or items of all of it, where known; `unit`: "bytes" (the default) or "items". `on`: the session with the registry that it is about, by
 * default the one that is shown. `canPause`: whether `run` waits for `turn()`.
 * `run({ signal, report, turn })` does it: it calls `report({ loaded, size })` and resolves to the result:
 * `{ text, isGood?, isFailed?, lines?, href?, undo? }`. What it returns after an abort tells what was done by then.
 */
export function startActivity(key, options) {
  const running = activities.get(key);
  if (running?.state === 'running') return running;
  const activity = new Activity(key, options);
  activities.set(key, activity);
  changes.dispatchEvent(new Event('change'));
  return activity;
}

let started = 0;
/** A key for what changes a registry: each is one of its own, and never takes another one under way for itself. */
export const changeKey = () => `change ${(started += 1)}`;

/** The time over which a rate is measured, in milliseconds. */
const WINDOW = 4_000;
/** Progress is told at most this often. */
const STEP = 100;

/** Sends `change` with each step. */
class Activity extends EventTarget {
  #controller = new AbortController();
  #run;
  #samples = [];
  #told = 0;
  /** "running", "done", "failed" or "cancelled" */
  state = 'running';
  isPaused = false;
  loaded = 0;
  /** Bytes per second; undefined while there is too little to tell. */
  rate = undefined;
  result = undefined;
  error = undefined;

  constructor(key, { kind, name, size, unit = 'bytes', on = shown.session, canPause = false, run }) {
    super();
    Object.assign(this, { key, kind, name, size, unit, on, canPause });
    this.#run = run;
    this.#start();
  }

  /** Whether it is about the registry that the page shows, so that links and a sign-in lead to the right one. */
  get isHere() {
    return this.on?.address === shown.session?.address;
  }

  cancel() {
    this.#controller.abort();
  }

  pause() {
    if (this.state !== 'running' || !this.canPause) return;
    this.isPaused = true;
    this.#tell();
  }

  resume() {
    this.isPaused = false;
    this.#samples = [];
    this.#tell();
    this.dispatchEvent(new Event('turn'));
  }

  /** Takes an ended activity off the list. */
  dismiss() {
    if (this.state === 'running' || activities.get(this.key) !== this) return;
    activities.delete(this.key);
    changes.dispatchEvent(new Event('change'));
  }

  /** Does what failed or was cancelled once more. What is there already is not sent again. */
  repeat() {
    if (this.state === 'running') return;
    this.#controller = new AbortController();
    Object.assign(this, { state: 'running', loaded: 0, rate: undefined, result: undefined, error: undefined });
    this.#samples = [];
    this.#tell();
    this.#start();
  }

  async #start() {
    const { signal } = this.#controller;
    try {
      this.result = await this.#run({
        signal,
        report: (progress) => this.#report(progress),
        turn: () => this.#turn(signal),
      });
      this.state = signal.aborted ? 'cancelled' : this.result?.isFailed ? 'failed' : 'done';
    } catch (error) {
      this.state = signal.aborted ? 'cancelled' : 'failed';
      this.error = error;
    }
    this.isPaused = false;
    this.#tell();
  }

  /** Resolves when the activity is not paused; rejects when it is cancelled. */
  #turn(signal) {
    signal.throwIfAborted();
    if (!this.isPaused) return undefined;
    return new Promise((resolve, reject) => {
      this.addEventListener('turn', resolve, { once: true, signal });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  #report({ loaded = this.loaded, size = this.size }) {
    const now = performance.now();
    Object.assign(this, { loaded, size });
    this.#samples.push([now, loaded]);
    while (this.#samples.length > 2 && now - this.#samples[0][0] > WINDOW) this.#samples.shift();
    const [[since, before]] = this.#samples;
    this.rate = now - since > 500 && loaded > before ? ((loaded - before) * 1000) / (now - since) : undefined;
    if (now - this.#told < STEP && loaded !== size) return;
    this.#told = now;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
