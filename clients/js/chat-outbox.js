// Messages that the room has not acknowledged. One at a time is in flight: if the room refuses a message temporarily, or the connection
// ends, no later message can be logged before it. A message is sent again with its id; the room answers an id that it has already logged
// with the event, and does not log the message twice.

/** @typedef {{id: string, text: string, time: string}} Pending @typedef {{load(): Pending[], save(pending: Pending[]): void}} Store */

const RETRY_PAUSE_MS = 1_000; // after a temporary refusal without retryAfterMs
const RATE_SAFETY_FACTOR = .9; // share of the room's rate: the room measures arrivals, which may be closer together than the sends
const RETRYABLE_CODES = ['rate-limited', 'slow-mode', 'unavailable'];

/** An opaque string of 128 random bits. `crypto.randomUUID` is missing on pages without TLS. */
export const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');

/** A permanent refusal: a retry does not help. `code` is the reason: `muted`, `not-found`, `private`, … */
export class Refused extends Error {
  constructor(code, message = code) {
    super(message);
    this.code = code;
  }
}

/** @throws {TypeError} A room cannot store a text that is not valid Unicode. */
export function checkText(name, text) {
  if (typeof text !== 'string') throw new TypeError(`${name} must be a string.`);
  // UTF-8 cannot encode a lone surrogate.
  if (/\p{Surrogate}/u.test(text)) throw new TypeError(`${name} contains half of a surrogate pair.`);
}

export class Outbox {
  /** Oldest first. @type {Pending[]} */ pending = [];
  #inFlightId = ''; #promises = new Map(); #write = null; #retryTimer = null; #store;
  #rate = 0; #burst = 0; #tokens = 0; #filledAt = 0; // messages a second (0: no limit), messages, messages, ms

  constructor(store) {
    this.#store = store;
    this.load();
  }

  /** Another page of the same member may have stored messages. */
  load() { this.pending.unshift(...(this.#store?.load() ?? []).filter(stored => !this.has(stored.id))); }

  add(text) {
    const pending = { id: randomId(), text, time: new Date().toISOString() };
    const echo = new Promise((resolve, reject) => this.#promises.set(pending.id, { resolve, reject }));
    this.pending.push(pending);
    this.#store?.save(this.pending);
    return { pending, echo };
  }

  /** @param {{messagesPerSecond?: number, messageBurst?: number}} limits of the room */
  start(write, { messagesPerSecond = 0, messageBurst = 1 } = {}) {
    this.stop();
    this.#rate = messagesPerSecond * RATE_SAFETY_FACTOR;
    this.#tokens = this.#burst = Math.max(1, messageBurst * RATE_SAFETY_FACTOR);
    this.#filledAt = Date.now();
    this.#write = write;
    this.flush();
  }

  stop() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = this.#write = null;
    this.#inFlightId = '';
  }

  flush() {
    const next = this.pending[0];
    if (!this.#write || this.#retryTimer || this.#inFlightId || !next) return;
    const wait = this.#timeUntilNextSend();
    if (wait > 0) return this.#flushAfter(wait);
    this.#tokens--;
    this.#inFlightId = next.id;
    this.#write({ type: 'message', id: next.id, text: next.text });
  }

  has(id) { return this.pending.some(pending => pending.id === id); }

  /** The log contains the message. */
  acknowledge(event) { this.#remove(event.id)?.promise?.resolve(event); }

  /** @returns {Pending|undefined} a message that will not be sent again */
  refuse({ code, message, id, retryAfterMs }) {
    if (!RETRYABLE_CODES.includes(code)) {
      const refused = this.#remove(id);
      refused?.promise?.reject(new Refused(code, message));
      return refused?.pending;
    }
    this.#inFlightId = '';
    this.#flushAfter(retryAfterMs ?? RETRY_PAUSE_MS);
  }

  #flushAfter(delay) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => { this.#retryTimer = null; this.flush(); }, delay);
  }

  // A token bucket, as in the room.
  #timeUntilNextSend() {
    if (this.#rate === 0) return 0;
    const now = Date.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#filledAt) / 1_000 * this.#rate);
    this.#filledAt = now;
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) / this.#rate * 1_000);
  }

  #remove(id) {
    const pending = this.pending.find(pending => pending.id === id), promise = this.#promises.get(id);
    if (!pending) return;
    this.pending = this.pending.filter(other => other !== pending);
    if (this.#inFlightId === id) this.#inFlightId = '';
    this.#promises.delete(id);
    this.#store?.save(this.pending);
    this.flush();
    return { pending, promise };
  }
}
