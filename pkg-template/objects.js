// The module's classes as users have them: they show what they know, hide their pointer into the module's memory, say when they
// were freed, and throw errors whose stack begins at the caller.

import { explainItems } from './renamed.js';
import { DockerRegistryClient as Client, Image, RegistryError, Repository } from './wasm/core.js';

/** Address in the module's memory; 0 if freed. */
const POINTER = Symbol('pointer');
/** Where iterators and streams take what gives their errors a stack. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');
/** Methods without a promise, which throw. */
const SYNCHRONOUS = [
  'catalog',
  'describeTags',
  'eachTag',
  'files',
  'forgetCredentials',
  'inventory',
  'layerChanges',
  'layerFiles',
  'repository',
];

/** @type {WeakSet<object>} */
const placed = new WeakSet();

/**
 * Returns what gives a `RegistryError` the stack of the caller of `callee`; once, unless told `again`.
 * @param {Function} callee
 */
function callerOf(callee) {
  /** @type {{ stack?: any }} */
  const site = {};
  Error.captureStackTrace?.(site, callee);
  return (/** @type {any} */ error, /** @type {boolean} */ again = false) => {
    if (error instanceof RegistryError && (again || !placed.has(error))) {
      placed.add(error);
      const { stack } = site;
      if (stack) error.stack = `${stack}`.replace(/^Error(?=\n)/, () => `${error.name}: ${error.message}`);
    }
    return error;
  };
}

/**
 * The same function, whose errors begin at the caller.
 * @template {Function} F
 * @param {string} name
 * @param {F} call
 * @param {object} [prototype] of the class, if it is a method
 * @returns {F}
 */
export function located(name, call, prototype) {
  const { [name]: outer } = {
    /** @type {(this: any, ...given: any[]) => any} */
    [name](...given) {
      const place = callerOf(outer);
      try {
        const result = call.apply(prototype && this?.[POINTER] === undefined ? prototype : this, given);
        if (!(result instanceof Promise)) return finished(result, place, name);
        return result.then(
          (value) => finished(value, place, name),
          (error) => {
            throw place(error);
          },
        );
      } catch (error) {
        // Of calls within each other, the outermost is the user's.
        place(error, true);
        if (prototype && !SYNCHRONOUS.includes(name)) return Promise.reject(error);
        throw error;
      }
    },
  };
  return /** @type {any} */ (Object.defineProperty(outer, 'length', { value: call.length }));
}

/**
 * A result whose own errors have a stack, and which JSON can hold.
 * @param {any} result
 * @param {Function} place
 * @param {string} name of the call
 */
function finished(result, place, name) {
  if (typeof result !== 'object' || result === null) return result;
  const set = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    Object.defineProperty(result, name, { value });
  if (PLACE in result) result[PLACE] = place;
  if (result instanceof Map) set('toJSON', () => Object.fromEntries(result));
  if (name === 'manifest') explainItems(result);
  // A plan of a clean-up.
  if (typeof result.apply === 'function') set('apply', located('apply', result.apply));
  return result;
}

/**
 * Gives a class the members that users have.
 * @param {string} name
 * @param {any} prototype receives them
 * @param {any} [own] has them as they were generated
 */
function present(name, prototype, own = prototype) {
  // The bundle has a generated class of the same name, and so renames this one.
  Object.defineProperty(prototype.constructor, 'name', { value: name });
  /** @type {[string, PropertyDescriptor][]} what structuredClone() and a spread copy: each object has them itself */
  const facts = [];
  const { free } = own;
  /** @type {Record<PropertyKey, any>} */
  const members = {
    free() {
      if (this[POINTER]) free.call(this);
    },
    toJSON() {
      return { ...this };
    },
    /** @type {(depth: number, options: object, inspect: Function) => unknown} */
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      if (!this[POINTER]) return `${name} (freed)`;
      return depth < 0 ? `[${name}]` : `${name} ${inspect({ ...this }, options)}`;
    },
  };
  if (Symbol.dispose) members[Symbol.dispose] = members.free;
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
    const { get, value } = descriptor;
    if (get) {
      facts.push([key, { get, enumerable: true }]);
      Object.defineProperty(prototype, key, descriptor);
    } else if (!/^(constructor|free|__.*)$/.test(key)) members[key] = located(key, value, prototype);
  }
  for (const key of Reflect.ownKeys(members)) {
    Object.defineProperty(prototype, key, { value: members[key], writable: true, configurable: true });
  }
  // The generated code knows the pointer by this name.
  Object.defineProperty(prototype, '__wbg_ptr', {
    get() {
      const pointer = this[POINTER];
      if (pointer) return pointer;
      const why = pointer === 0 ? 'it was freed' : 'a member was used without its object';
      throw new RegistryError('INVALID_ARGUMENT', `${name}: ${why}`);
    },
    set(value) {
      if (POINTER in this) {
        this[POINTER] = value;
        return;
      }
      // One at a time: defineProperties() takes twice as long, and there are lists of thousands.
      for (const [key, fact] of facts) Object.defineProperty(this, key, fact);
      Object.defineProperty(this, POINTER, { value, writable: true });
    },
  });
}

/** Calls of the lazy parts are waited for inside of what this makes of them. */
export function presentClasses() {
  present('DockerRegistryClient', DockerRegistryClient.prototype, Client.prototype);
  present('Repository', Repository.prototype);
  present('Image', Image.prototype);
}

export class DockerRegistryClient extends Client {
  /**
   * @param {[host: string | URL, options?: import('docker-registry-client-wasm').ClientOptions]} given the generated code refuses
   *   more: the Python library has positional options
   */
  constructor(...given) {
    const place = callerOf(DockerRegistryClient);
    try {
      super(...given);
    } catch (error) {
      throw place(error);
    }
  }
}
