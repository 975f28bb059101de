// What is said in a room, live. It takes being in the room: only for who asks for it, and in the open.
import { call } from './api.js';
import { ChatClient, randomId } from './chat/chat-client.js';
import { $ } from './chat/dom.js';
import { MessageList } from './chat/message-list.js';
import { deleteMessage, memberActions } from './sanctions.js';

const NAME = 'operator'; // as the token of the Admin states it
const STATES = { connecting: 'Joining…', waiting: 'Reconnecting…' };
const ENDS = { 'room-closed': 'The room was closed.', kicked: 'You were removed.', banned: 'You are banned.', replaced: 'You watch in another tab.' };

export class Watch {
  #room = ''; #client = null; #session = ''; #list = null; #news = Infinity; #onModerated;

  /** @param {() => void} onModerated called after a member was kicked, banned or muted */
  constructor(onModerated) {
    this.#onModerated = onModerated;
    $('live-view-start').onclick = () => this.#start();
    $('live-view-stop').onclick = () => { this.stop(); $('live-view-start').focus(); };
  }

  /** Another room, which nobody watches yet. */
  reset(room) {
    this.stop();
    this.#room = room;
    this.#session = randomId();
  }

  /** Says what watching this room takes. */
  offer() {
    $('live-view-text').textContent = `To watch, you join the room as “${NAME}”. Everybody in it sees that you are there.`;
    $('live-view-start').hidden = false;
  }

  stop() {
    const client = this.#client;
    this.#client = null;
    client?.close();
    this.#show(false);
    $('live-view-state').textContent = '';
  }

  #start() {
    const list = this.#emptied();
    const me = () => ({ user: this.#client?.user, uid: this.#client?.uid });
    this.#list = new MessageList($('scroller'), list, me, event => this.#actionsOf(event));
    this.#list.addEventListener('early', () => this.#older());
    this.#news = Infinity;
    const client = this.#client = new ChatClient({ url: () => this.#where(), token: () => this.#token(), session: this.#session });
    const on = (type, handler) => client.addEventListener(type, ({ detail }) => client === this.#client && handler(detail));
    on('state', ({ state, reason }) => this.#tell(state, reason));
    on('welcome', welcome => {
      if (!welcome.again) this.#news = welcome.seq;
      if (!welcome.again && welcome.seq === 0) this.#list.note('Nothing was said here yet.');
      $('live-view-state').textContent = `You are in the room as ${welcome.user}.`;
    });
    on('reset', () => { this.#news = 0; this.#list.clear(); });
    on('gap', () => this.#list.note('Some messages went by and are not kept.'));
    for (const type of ['message', 'announcement', 'deleted']) on(type, event => this.#heard(event));
    this.#show(true);
    $('scroller').focus({ preventScroll: true });
    $('scroller').scrollIntoView({ block: 'nearest' });
    client.connect();
  }

  #actionsOf(message) {
    const remove = ['Delete…', () => deleteMessage(this.#room, message)];
    // Messages logged before 1.0 have no `uid`.
    return message.uid ? [remove, ...memberActions(this.#room, message, this.#onModerated)] : [remove];
  }

  async #token() { return (await call('POST', `room/${this.#room}/token`)).token; }

  /** It may have moved since. */
  async #where() {
    const { url } = await call('GET', `room/${this.#room}`);
    if (!url) throw new Error('The room is on its way to another host.');
    return [url];
  }

  #heard(event) {
    this.#list.append(event, false);
    if (event.type !== 'deleted' && event.seq > this.#news) $('live-region').textContent = `${event.user ?? 'Announcement'}: ${event.text}`;
  }

  async #older() {
    const page = await this.#client?.loadOlder().catch(() => null);
    if (page) this.#list.prepend(page.events);
  }

  #tell(state, reason) {
    if (state === 'closed') {
      $('live-view-state').textContent = ENDS[reason] ?? `The connection ended (${reason}).`;
      this.#client = null;
      this.#show(false);
    } else if (STATES[state]) $('live-view-state').textContent = STATES[state];
  }

  // A list of messages listens to its element for good: another one gets another element.
  #emptied() {
    const scroller = $('scroller'), fresh = scroller.cloneNode(false), list = $('message-list').cloneNode(false);
    fresh.append(list);
    scroller.replaceWith(fresh);
    return list;
  }

  #show(isWatching) {
    $('live-view-offer').hidden = isWatching;
    $('scroller').hidden = $('live-view-stop').hidden = !isWatching;
    if (!isWatching) $('live-region').textContent = '';
  }
}
