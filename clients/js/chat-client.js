// A member of a room. The server's log is the truth; this keeps how far it was read (epoch and seq), and what was said but is not
// yet seen in it (the outbox). So any connection can be thrown away, and another one goes on.
import { Outbox, Refused, randomId } from './chat-outbox.js';
export { Refused, randomId };

/**
 * @typedef {{type: 'message'|'announcement'|'deleted', seq: number, time: string, user?: string, id?: string, text?: string,
 *   target?: number}} LogEvent
 * @typedef {import('./chat-outbox.js').Pending} Pending @typedef {import('./chat-outbox.js').Store} Store
 */

const POLICY = 1008, TOO_SLOW = 1013, REPLACED = 4009;
// After these, coming back by itself would be wrong or in vain.
const FINAL = {
  1002: 'protocol', 1003: 'protocol', 1007: 'protocol', 1009: 'too-big',
  4001: 'kicked', 4003: 'banned', 4004: 'room-closed', [REPLACED]: 'replaced',
};

// In milliseconds.
const FIRST_RETRY = 200, LONGEST_RETRY = 10_000, AFTER_POLICY = 10_000, HANDSHAKE = 10_000;
const SILENCE = 25_000, PONG = 5_000; // a browser hides the server's pings: a quiet connection is asked
const STEADY = 2_000; // what lasted so long was a good connection
const PAGE = 200, PORTION = 500, MAX_HISTORY = 10_000; // events

/** Its events, all `CustomEvent`s, are in docs/client-js.md. */
export class ChatClient extends EventTarget {
  /** @type {'idle'|'connecting'|'online'|'waiting'|'closed'} */ state = 'idle';
  /** Why it is waiting or closed. */ reason = '';
  /** The name that the room gave. */ user = '';
  /** Whether there may be events older than those seen. */ hasMore = false;
  #find; #options; #outbox; #urls = []; #failures = 0; #dialing = 0; #retry; #watch;
  #line = null; #next = null; // connections: the one, and one that reads further back, to take its place
  #older = null; #reserve = []; // the promise of loadOlder(), and what it has not given out yet
  #reaches = false; // whether the log may hold more than that
  #epoch = ''; #last = 0; #oldest = 0;

  /**
   * @param {object} options
   * @param {string|string[]|((failures: number) => Promise<string[]>)} options.url of the room, tried in turn; or what finds them,
   *   asked at first and after every round of failures; it may throw `Refused`
   * @param {string} [options.user] none: a guest's name @param {string} [options.token] for a private room
   * @param {string} [options.session] the same one is the same member @param {number} [options.history] events to begin with
   * @param {Store} [options.outbox] @param {Function} [options.WebSocket] for Node, which has none before 22
   */
  constructor({ url, user, token, session = randomId(), history = 50, outbox, WebSocket = globalThis.WebSocket }) {
    super();
    this.#options = { user, token, session, history, WebSocket };
    this.#find = typeof url === 'function' ? url : failures => lookAt([url].flat(), failures);
    this.#outbox = new Outbox(outbox);
  }

  /** Said and not yet in the log, oldest first. @returns {readonly Pending[]} */
  get pending() { return this.#outbox.pending; }

  /** Sequence of the oldest event seen, or 0. */
  get oldest() { return this.#oldest; }

  /** Joins, and stays until `close()` or until the room says no for good. */
  connect() {
    if (this.state !== 'idle' && this.state !== 'closed') return;
    this.#outbox.load();
    this.#urls = [];
    this.#failures = 0;
    this.reason = '';
    this.#dial();
  }

  /** Leaves. What is pending stays in the outbox. */
  close() { this.#finish('left', 1000); }

  /** Settled by the echo: once the log holds it. @param {string} text @returns {Promise<LogEvent>} rejected with `Refused` */
  send(text) {
    const { pending, echo } = this.#outbox.add(text);
    this.#emit('pending', pending);
    this.#outbox.flush();
    return echo;
  }

  typing() { this.#write({ type: 'typing' }); }

  /** The network or the machine is back: tries at once, or asks whether the connection lives. */
  wake() {
    if (this.state === 'waiting') this.#dial();
    else if (this.state === 'online') this.#ask(this.#line);
  }

  /**
   * Reads further back. A room tells its past to those who join: so this joins once more, in the same session with a longer
   * history, and goes on with that connection. @returns {Promise<{events: LogEvent[], more: boolean}>} oldest first,
   *   so many that a page can show them at once
   */
  loadOlder() {
    if (this.#reserve.length > 0) return Promise.resolve(this.#page());
    if (this.state !== 'online' || this.#older || !this.hasMore) return Promise.resolve({ events: [], more: this.hasMore });
    const history = Math.min(MAX_HISTORY, Math.max(PAGE, 3 * (this.#last - this.#oldest + 1)));
    return new Promise((resolve, reject) => {
      this.#older = { resolve, reject };
      this.#next = this.#open(history, []);
    });
  }

  async #dial() {
    const dialing = ++this.#dialing;
    clearTimeout(this.#retry);
    this.#become('connecting', this.reason);
    try {
      if (this.#urls.length === 0 || (this.#failures > 0 && this.#failures % this.#urls.length === 0)) {
        const urls = [...await this.#find(this.#failures)];
        if (dialing !== this.#dialing) return;
        this.#urls = urls;
      }
      this.#line = this.#open(this.#options.history);
    } catch (error) {
      if (dialing !== this.#dialing) return;
      if (error instanceof Refused) this.#finish(error.code);
      else this.#lost();
    }
  }

  /** @param older gathers events before those seen */
  #open(history, older = null) {
    const { user, token, session, WebSocket } = this.#options;
    const since = this.#last > 0 && !older ? `${this.#epoch}.${this.#last}` : '';
    const url = new URL(this.#urls[this.#failures % this.#urls.length]);
    for (const [name, value] of Object.entries({ user, token, session, history, since })) if (value) url.searchParams.set(name, value);
    const socket = new WebSocket(url.href, 'chat.v1');
    const line = { socket, history, older, head: -1, heard: Date.now(), began: 0 };
    const late = setTimeout(() => this.#ended(line), HANDSHAKE);
    socket.onmessage = ({ data }) => { clearTimeout(late); this.#hear(line, JSON.parse(data)); };
    socket.onclose = ({ code }) => { clearTimeout(late); this.#ended(line, code); };
    socket.onerror = () => {};
    return line;
  }

  #hear(line, frame) {
    if (line !== this.#line && line !== this.#next) return;
    line.heard = Date.now();
    if (frame.type === 'welcome') this.#welcome(line, frame);
    else if ('seq' in frame) this.#log(line, frame);
    else if (frame.type === 'error' && this.#outbox.has(frame.id)) {
      const pending = this.#outbox.refuse(frame);
      if (pending) this.#emit('refused', { pending, code: frame.code, message: frame.message });
    } else if (frame.type !== 'pong') this.#emit(frame.type, frame);
  }

  #welcome(line, frame) {
    if (line === this.#next) this.#promote();
    const again = this.#epoch !== '';
    line.head = frame.seq;
    line.began = Date.now();
    if (again && this.#epoch !== frame.epoch) {
      // A sequence of another epoch means nothing in this one.
      this.#last = this.#oldest = 0;
      this.hasMore = false;
      this.#reserve = [];
      this.#showOlder(line);
      this.#emit('reset', frame);
    }
    this.#epoch = frame.epoch;
    this.user = frame.user;
    this.#emit('welcome', { ...frame, again });
    this.#become('online', '');
    this.#watchOver(line);
    this.#outbox.start(said => this.#write(said));
  }

  #log(line, event) {
    const own = event.type === 'message' && this.#outbox.has(event.id);
    if (!line.older || event.seq >= this.#oldest) this.#place(line, event);
    else if (event.seq > (line.older.at(-1)?.seq ?? 0)) line.older.push(event);
    if (!own) return;
    this.#emit('settled', event);
    this.#outbox.settle(event);
  }

  #place(line, event) {
    this.#showOlder(line);
    if (event.seq <= this.#last) return;
    if (this.#last > 0 && event.seq > this.#last + 1) this.#emit('gap', { after: this.#last, before: event.seq });
    if (this.#last === 0) this.#reachBack(line, event.seq);
    this.#last = event.seq;
    this.#emit(event.type, event);
  }

  #showOlder(line) {
    if (!line.older) return;
    this.#reserve = line.older;
    line.older = null;
    this.hasMore = false;
    if (this.#reserve.length > 0) this.#reachBack(line, this.#reserve[0].seq);
    this.#reaches = this.hasMore;
    this.#older.resolve(this.#page());
    this.#older = null;
  }

  #page() {
    const events = this.#reserve.splice(-PORTION);
    if (events.length > 0) this.#oldest = events[0].seq;
    this.hasMore = this.#reserve.length > 0 || this.#reaches;
    const page = { events, more: this.hasMore };
    this.#emit('history', page);
    return page;
  }

  #reachBack(line, oldest) {
    this.#oldest = oldest;
    this.hasMore = oldest > 1 && line.history < MAX_HISTORY && line.head - oldest + 1 >= line.history;
  }

  #promote() {
    const old = this.#line;
    this.#line = this.#next;
    this.#next = null;
    old?.socket.close();
  }

  #ended(line, code) {
    if (line === this.#next) this.#drop(line);
    if (line !== this.#line) return;
    // By ourselves: this overtook the other connection's welcome.
    if (code === REPLACED && this.#next) this.#promote();
    else if (FINAL[code]) this.#finish(FINAL[code]);
    else this.#lost(code);
  }

  #lost(code) {
    const line = this.#line, welcomed = line?.head >= 0, steady = welcomed && Date.now() - line.began > STEADY;
    this.#drop(line);
    this.#failures = steady ? 0 : this.#failures + 1;
    if (steady) this.#urls.push(this.#urls.shift());
    const round = Math.ceil(this.#failures / Math.max(1, this.#urls.length));
    const delay = code === POLICY ? AFTER_POLICY : Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.max(0, round - 1));
    this.#become('waiting', code === POLICY ? 'flood' : code === TOO_SLOW ? 'too-slow' : welcomed ? 'lost' : this.reason || 'unreachable');
    // Jittered: those whom one host lost do not come back as one wave.
    this.#retry = setTimeout(() => this.#dial(), delay * (0.5 + Math.random() / 2));
  }

  #finish(reason, code) {
    this.#dialing++;
    clearTimeout(this.#retry);
    this.#drop(this.#line, code);
    this.#become('closed', reason);
  }

  #drop(line, code) {
    const next = this.#next;
    this.#next = null;
    next?.socket.close();
    if (line === this.#line) {
      this.#line = null;
      clearTimeout(this.#watch);
      this.#outbox.stop();
      line?.socket.close(code);
    }
    this.#older?.reject(new Error('The connection was lost.'));
    this.#older = null;
  }

  #watchOver(line) {
    clearTimeout(this.#watch);
    const quiet = Date.now() - line.heard;
    if (quiet >= SILENCE) this.#ask(line);
    else this.#watch = setTimeout(() => this.#watchOver(line), SILENCE - quiet);
  }

  #ask(line) {
    const asked = Date.now();
    this.#write({ type: 'ping' });
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => line.heard >= asked ? this.#watchOver(line) : this.#ended(line), PONG);
  }

  #write(frame) { if (this.#line?.socket.readyState === 1) this.#line.socket.send(JSON.stringify(frame)); }

  #become(state, reason) { this.#emit('state', Object.assign(this, { state, reason })); }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

// A WebSocket does not say why it was refused; the same address asked over HTTP does.
async function lookAt(urls, failures) {
  const answer = failures > 0 && await fetch(urls[0].replace(/^ws/, 'http')).catch(() => null);
  if (answer?.status === 404) throw new Refused('not-found', 'There is no such room.');
  return urls;
}
