// A member of a room. It keeps its position in the room's log (epoch and seq) and its unacknowledged messages (the outbox). Therefore
// any connection can be lost: the next one resumes at the position and sends the messages again.
import { Commands } from './chat-commands.js';
import { Outbox, Refused, checkText, randomId } from './chat-outbox.js';
import { checkJoin, checkName } from './chat-refusals.js';
import { TokenSource } from './chat-token.js';
export { Refused, randomId };

/** @typedef {import('./index.d.ts').LogEvent} LogEvent @typedef {import('./chat-outbox.js').Pending} Pending */

const POLICY = 1008, TOO_SLOW = 1013, BANNED = 4003, REPLACED = 4009;
// Close codes after which the client does not reconnect, with the reason that it reports.
const FINAL_CODES = {
  1002: 'protocol', 1003: 'protocol', 1007: 'protocol', 1009: 'too-big',
  4001: 'kicked', 4003: 'banned', 4004: 'room-closed', [REPLACED]: 'replaced',
};

const FIRST_RETRY_MS = 200, MAX_RETRY_MS = 10_000, POLICY_RETRY_MS = 10_000, HANDSHAKE_TIMEOUT_MS = 10_000;
// A page cannot see the server's pings, so the client sends its own after a silence.
const SILENCE_MS = 25_000, PONG_TIMEOUT_MS = 5_000, WAKE_PONG_TIMEOUT_MS = 1_500;
const STEADY_MS = 2_000; // a connection of this duration resets the backoff
// loadOlder(): the minimum number of events, and the growth of each further call, which starts at the newest event again.
const MIN_OLDER_EVENTS = 400, OLDER_EVENTS_GROWTH = 6;
const MAX_PAGE_EVENTS = 500, MAX_HISTORY_EVENTS = 10_000;

/** Its events, all `CustomEvent`s, are in docs/client-js.md. */
export class ChatClient extends EventTarget {
  /** @type {'idle'|'connecting'|'online'|'waiting'|'closed'} */ state = 'idle';
  /** Why the client is waiting or closed. */ reason = '';
  /** The server's message for a refusal before joining. */ detail = '';
  /** The name that the room assigned. */ user = '';
  /** Identifies the member in the events of every room. */ uid = '';
  /** What the room lets the member do. @type {string[]} */ permissions = ['read', 'write'];
  /** Whether the room may have events older than `oldest`. */ hasMore = false;
  #findUrls; #options; #outbox; #commands = new Commands(); #urls = []; #failures = 0; #attempt = 0; #retryTimer; #watchTimer;
  #connection = null; #nextConnection = null; // the second one loads older events and then replaces the first
  #olderRequest = null; #olderEvents = []; // the promise of loadOlder(), and loaded events that it has not returned
  #logHasMore = false; // whether the log may have events before #olderEvents
  #epoch = ''; #newest = 0; #oldest = 0;
  #tokens; #renewals = 0;

  /** @param {import('./index.d.ts').ChatClientOptions} options */
  constructor({ url, user, token, session = randomId(), history = 50, outbox, WebSocket = globalThis.WebSocket }) {
    super();
    if (user != null) checkName(user);
    if (!Number.isInteger(history) || history < 0) throw new TypeError('history must be a whole number.');
    if (!/^[^\p{Cc}\p{Cs}]{16,64}$/u.test(session)) throw new TypeError('session must have 16 to 64 characters.');
    this.#options = { user, session, history, WebSocket };
    this.#tokens = new TokenSource(token);
    this.#findUrls = typeof url === 'function' ? url : () => [url].flat();
    this.#outbox = new Outbox(outbox);
  }

  /** Messages that the room has not acknowledged yet, oldest first. @returns {readonly Pending[]} */
  get pending() { return this.#outbox.pending; }

  /** Sequence of the oldest event received, or 0. */
  get oldest() { return this.#oldest; }

  /** Joins, and reconnects until `close()` or until the room refuses the member permanently. */
  connect() {
    if (this.state !== 'idle' && this.state !== 'closed') return;
    this.#outbox.load();
    this.#urls = [];
    this.#failures = 0;
    this.reason = '';
    this.#dial();
  }

  /** Leaves. Pending messages stay in the outbox. */
  close() { this.#end('left', 1000); }

  /**
   * Sends a message; resolves when the log contains it. @param {string} text @returns {Promise<LogEvent>} rejected with `Refused`
   * @throws {TypeError} The text is not a string, or not valid Unicode.
   */
  send(text) {
    checkText('text', text);
    const { pending, echo } = this.#outbox.add(text);
    this.#emit('pending', pending);
    this.#outbox.flush();
    return echo;
  }

  /**
   * Deletes a message: one's own or, with the permission `moderate`, any. The client sends every command again after a reconnect until the
   * room answers it; the room carries it out once. The promise is rejected with `Refused` if the room refuses the command, or if the client
   * closes before the answer.
   * @param {number} seq @returns {Promise<LogEvent|undefined>} the `deleted` event; undefined if the answer to an earlier attempt was lost
   */
  delete(seq) { return this.#commands.send({ type: 'delete', target: seq }); }

  /** Removes a member, which can rejoin immediately. Like the methods below, requires the permission `moderate`. @param {string} uid */
  kick(uid, { reason } = {}) { return this.#commands.send({ type: 'kick', uid, reason }); }

  /** Bans a user from the room, until `unban` if `seconds` is missing. */
  ban(uid, { seconds, reason } = {}) { return this.#commands.send({ type: 'ban', uid, seconds, reason }); }

  /** Forbids a user to send messages in the room, until `unmute` if `seconds` is missing. */
  mute(uid, { seconds, reason } = {}) { return this.#commands.send({ type: 'mute', uid, seconds, reason }); }

  unban(uid, { reason } = {}) { return this.#commands.send({ type: 'unban', uid, reason }); }

  unmute(uid, { reason } = {}) { return this.#commands.send({ type: 'unmute', uid, reason }); }

  typing() { this.#write({ type: 'typing' }); }

  /**
   * Call it when the network or the page is available again: reconnects at once, or probes the connection. Replaces a connection without a
   * probe if it was silent for longer than the timeouts: the page was frozen.
   */
  wake() {
    const silence = Date.now() - this.#connection?.lastFrameAt;
    if (this.state === 'online' && silence > SILENCE_MS + PONG_TIMEOUT_MS) this.#onEnded(this.#connection);
    if (this.state === 'waiting') this.#dial();
    else if (this.state === 'online') this.#probe(this.#connection, WAKE_PONG_TIMEOUT_MS);
  }

  /**
   * Loads older events. A room sends history to a joining member only, so the client joins again, in the same session with a longer
   * history, and continues with that connection. @returns {Promise<{events: LogEvent[], more: boolean}>} oldest first, at most
   *   MAX_PAGE_EVENTS
   */
  loadOlder() {
    if (this.#olderEvents.length > 0) return Promise.resolve(this.#takePage());
    if (this.state !== 'online' || this.#olderRequest || !this.hasMore) return Promise.resolve({ events: [], more: this.hasMore });
    const history = Math.min(MAX_HISTORY_EVENTS, Math.max(MIN_OLDER_EVENTS, OLDER_EVENTS_GROWTH * (this.#newest - this.#oldest + 1)));
    return new Promise((resolve, reject) => {
      this.#olderRequest = { resolve, reject };
      this.#nextConnection = this.#openConnection(history, []);
    });
  }

  async #dial() {
    const attempt = ++this.#attempt;
    clearTimeout(this.#retryTimer);
    this.#setState('connecting', this.reason);
    try {
      if (this.#urls.length === 0 || (this.#failures > 0 && this.#failures % this.#urls.length === 0)) {
        const urls = [...await this.#findUrls(this.#failures)];
        if (attempt !== this.#attempt) return;
        this.#urls = urls;
      }
      await this.#tokens.refresh();
      if (attempt !== this.#attempt) return;
      const next = this.#urls[this.#failures % this.#urls.length];
      if (this.#failures > 0) await checkJoin(next, this.#options.user, this.#tokens.current);
      if (attempt !== this.#attempt) return;
      this.#connection = this.#openConnection(this.#options.history);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof Refused) this.#end(error.code, undefined, error.message);
      else this.#retryLater();
    }
  }

  /** @param older receives the events before `oldest`; null if the connection loads none */
  #openConnection(history, older = null) {
    const { user, session, WebSocket } = this.#options;
    const since = this.#newest > 0 && !older ? `${this.#epoch}.${this.#newest}` : '';
    const url = new URL(this.#urls[this.#failures % this.#urls.length]);
    const protocols = ['chat.v1'];
    // Proxies log URLs. A subprotocol cannot contain every character that a session may have.
    for (const [name, secret] of Object.entries({ session, token: this.#tokens.current })) {
      if (/^[A-Za-z0-9._~-]+$/.test(secret)) protocols.push(`chat.v1.${name}.${secret}`);
      else if (secret) url.searchParams.set(name, secret);
    }
    // A history of 0 requests no events.
    for (const [name, value] of Object.entries({ user, history, since })) if (value || value === 0) url.searchParams.set(name, value);
    const socket = new WebSocket(url.href, protocols);
    const connection = { socket, history, older, head: -1, lastFrameAt: Date.now(), awaitsFrame: false, onlineSince: 0 };
    const timeout = setTimeout(() => this.#onEnded(connection), HANDSHAKE_TIMEOUT_MS);
    socket.onmessage = ({ data }) => { clearTimeout(timeout); this.#onFrame(connection, JSON.parse(data)); };
    socket.onclose = ({ code, reason }) => { clearTimeout(timeout); this.#onEnded(connection, code, reason); };
    socket.onerror = () => {};
    return connection;
  }

  #onFrame(connection, frame) {
    if (connection !== this.#connection && connection !== this.#nextConnection) return;
    connection.lastFrameAt = Date.now();
    connection.awaitsFrame = false;
    if (frame.type === 'welcome') this.#onWelcome(connection, frame);
    else if ('seq' in frame) this.#onLogEvent(connection, frame);
    else if (frame.type === 'error' && this.#outbox.has(frame.id)) {
      const pending = this.#outbox.refuse(frame);
      if (pending) this.#emit('refused', { pending, code: frame.code, message: frame.message });
      else this.#emit('delayed', { id: frame.id, code: frame.code, message: frame.message, retryAfterMs: frame.retryAfterMs });
    } else if (this.#commands.answer(frame)) return;
    else if (frame.type !== 'pong' && frame.type !== 'done') this.#emit(frame.type, frame);
  }

  #onWelcome(connection, frame) {
    if (connection === this.#nextConnection) this.#useNextConnection();
    const again = this.#epoch !== '';
    connection.head = frame.seq;
    connection.onlineSince = Date.now();
    if (again && this.#epoch !== frame.epoch) {
      // Sequences of another epoch are invalid in this one.
      this.#newest = this.#oldest = 0;
      this.hasMore = false;
      this.#olderEvents = [];
      this.#resolveOlder(connection);
      this.#emit('reset', frame);
    }
    this.#epoch = frame.epoch;
    this.user = frame.user;
    this.uid = frame.uid;
    this.permissions = frame.permissions ?? ['read', 'write'];
    this.#emit('welcome', { ...frame, again });
    this.#setState('online', '');
    this.#watchSilence(connection);
    this.#outbox.start(message => this.#write(message), frame.limits);
    this.#tokens.start(token => this.#write({ type: 'token', id: `token-${++this.#renewals}`, token }));
    this.#commands.start(command => this.#write(command));
  }

  #onLogEvent(connection, event) {
    const own = event.type === 'message' && this.#outbox.has(event.id);
    if (!connection.older || event.seq >= this.#oldest) this.#append(connection, event);
    else if (event.seq > (connection.older.at(-1)?.seq ?? 0)) connection.older.push(event);
    this.#commands.answer(event);
    if (!own) return;
    this.#emit('settled', event);
    this.#outbox.acknowledge(event);
  }

  #append(connection, event) {
    this.#resolveOlder(connection);
    if (event.seq <= this.#newest) return;
    if (this.#newest > 0 && event.seq > this.#newest + 1) this.#emit('gap', { after: this.#newest, before: event.seq });
    if (this.#newest === 0) this.#setOldest(connection, event.seq);
    this.#newest = event.seq;
    this.#emit(event.type, event);
  }

  #resolveOlder(connection) {
    if (!connection.older) return;
    this.#olderEvents = connection.older;
    connection.older = null;
    this.hasMore = false;
    if (this.#olderEvents.length > 0) this.#setOldest(connection, this.#olderEvents[0].seq);
    this.#logHasMore = this.hasMore;
    this.#olderRequest.resolve(this.#takePage());
    this.#olderRequest = null;
  }

  #takePage() {
    const events = this.#olderEvents.splice(-MAX_PAGE_EVENTS);
    if (events.length > 0) this.#oldest = events[0].seq;
    this.hasMore = this.#olderEvents.length > 0 || this.#logHasMore;
    const page = { events, more: this.hasMore };
    this.#emit('history', page);
    return page;
  }

  #setOldest(connection, oldest) {
    this.#oldest = oldest;
    this.hasMore = oldest > 1 && connection.history < MAX_HISTORY_EVENTS && connection.head - oldest + 1 >= connection.history;
  }

  #useNextConnection() {
    const old = this.#connection;
    this.#connection = this.#nextConnection;
    this.#nextConnection = null;
    old?.socket.close();
  }

  #onEnded(connection, code, reason) {
    if (connection === this.#nextConnection) this.#closeConnections(connection);
    if (connection !== this.#connection) return;
    // Replaced by our own next connection, whose welcome has not arrived yet.
    if (code === REPLACED && this.#nextConnection) this.#useNextConnection();
    else if (code === BANNED && reason?.startsWith('token-')) {
      if (reason === 'token-expired' && this.#tokens.isRenewable) this.#retryLater(code);
      else this.#end('token');
    } else if (FINAL_CODES[code]) this.#end(FINAL_CODES[code]);
    else this.#retryLater(code);
  }

  #retryLater(code) {
    const connection = this.#connection, welcomed = connection?.head >= 0;
    const steady = welcomed && Date.now() - connection.onlineSince > STEADY_MS;
    this.#closeConnections(connection);
    this.#failures = steady ? 0 : this.#failures + 1;
    if (steady) this.#urls.push(this.#urls.shift());
    const round = Math.ceil(this.#failures / Math.max(1, this.#urls.length));
    const delay = code === POLICY ? POLICY_RETRY_MS : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, round - 1));
    const reason = code === POLICY ? 'flood' : code === TOO_SLOW ? 'too-slow' : welcomed ? 'lost' : this.reason || 'unreachable';
    this.#setState('waiting', reason);
    // Jitter: the members of a failed host must not reconnect at the same time.
    this.#retryTimer = setTimeout(() => this.#dial(), delay * (0.5 + Math.random() / 2));
  }

  #end(reason, code, detail = '') {
    this.#attempt++;
    this.detail = detail;
    clearTimeout(this.#retryTimer);
    this.#closeConnections(this.#connection, code);
    this.#commands.abandon(reason);
    this.#setState('closed', reason);
  }

  #closeConnections(connection, code) {
    const next = this.#nextConnection;
    this.#nextConnection = null;
    next?.socket.close();
    if (connection === this.#connection) {
      this.#connection = null;
      clearTimeout(this.#watchTimer);
      this.#tokens.stop();
      this.#outbox.stop();
      this.#commands.stop();
      connection?.socket.close(code);
    }
    this.#olderRequest?.reject(new Error('The connection was lost.'));
    this.#olderRequest = null;
  }

  #watchSilence(connection) {
    clearTimeout(this.#watchTimer);
    const quiet = Date.now() - connection.lastFrameAt;
    if (quiet >= SILENCE_MS) this.#probe(connection);
    else this.#watchTimer = setTimeout(() => this.#watchSilence(connection), SILENCE_MS - quiet);
  }

  #probe(connection, timeout = PONG_TIMEOUT_MS) {
    // A flag instead of times: a frame before the ping can have the same millisecond.
    connection.awaitsFrame = true;
    this.#write({ type: 'ping' });
    clearTimeout(this.#watchTimer);
    this.#watchTimer = setTimeout(() => {
      if (!connection.awaitsFrame) this.#watchSilence(connection);
      else this.#onEnded(connection);
    }, timeout);
  }

  #write(frame) { if (this.#connection?.socket.readyState === 1) this.#connection.socket.send(JSON.stringify(frame)); }

  #setState(state, reason) { this.#emit('state', Object.assign(this, { state, reason })); }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
