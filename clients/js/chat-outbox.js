// What was said and is not yet seen in the log: sent in order, a few at a time, and again with its id over every new connection.
// The room answers an id that it has logged with the event, instead of logging it twice.

/** @typedef {{id: string, text: string, time: string}} Pending @typedef {{load(): Pending[], save(pending: Pending[]): void}} Store */

const WINDOW = 16; // messages under way; a room closes a connection for 20 errors in a row
const PAUSE = 1_000; // ms after a refusal that passes
const PASSING = ['rate-limited', 'unavailable'];

/** An opaque string of 128 random bits. `crypto.randomUUID` is missing on pages without TLS. */
export const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');

/** Trying again would not help; `code` says why: `muted`, `not-found`, `private`, … */
export class Refused extends Error {
  constructor(code, message = code) {
    super(message);
    this.code = code;
  }
}

export class Outbox {
  /** Oldest first. @type {Pending[]} */ pending = [];
  #sent = new Set(); #promises = new Map(); #write = null; #pause = null; #store;

  constructor(store) {
    this.#store = store;
    this.load();
  }

  /** Another page of the same member may have put something there. */
  load() { this.pending.unshift(...(this.#store?.load() ?? []).filter(stored => !this.has(stored.id))); }

  add(text) {
    const pending = { id: randomId(), text, time: new Date().toISOString() };
    const echo = new Promise((resolve, reject) => this.#promises.set(pending.id, { resolve, reject }));
    this.pending.push(pending);
    this.#store?.save(this.pending);
    return { pending, echo };
  }

  start(write) {
    this.stop();
    this.#write = write;
    this.flush();
  }

  stop() {
    clearTimeout(this.#pause);
    this.#pause = this.#write = null;
    this.#sent.clear();
  }

  flush() {
    if (!this.#write || this.#pause) return;
    for (const { id, text } of this.pending) {
      if (this.#sent.size >= WINDOW) return;
      if (this.#sent.has(id)) continue;
      this.#sent.add(id);
      this.#write({ type: 'message', id, text });
    }
  }

  has(id) { return this.pending.some(said => said.id === id); }

  /** The log holds it. */
  settle(event) { this.#take(event.id)?.promise?.resolve(event); }

  /** @returns {Pending|undefined} what will not be sent again */
  refuse({ code, message, id }) {
    if (!PASSING.includes(code)) {
      const refused = this.#take(id);
      refused?.promise?.reject(new Refused(code, message));
      return refused?.pending;
    }
    // All that is under way goes out again, in order; the room knows what it took by its id.
    this.#sent.clear();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => { this.#pause = null; this.flush(); }, PAUSE);
  }

  #take(id) {
    const pending = this.pending.find(said => said.id === id), promise = this.#promises.get(id);
    if (!pending) return;
    this.pending = this.pending.filter(said => said !== pending);
    this.#sent.delete(id);
    this.#promises.delete(id);
    this.#store?.save(this.pending);
    this.flush();
    return { pending, promise };
  }
}
