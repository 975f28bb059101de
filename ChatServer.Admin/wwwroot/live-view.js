// The messages of a room, live. The view is a member of the room, which the other members see, so it joins only on request.
import { callApi } from './api.js';
import { ChatClient, randomId } from './chat/chat-client.js';
import { $ } from './chat/dom.js';
import { MessageList } from './chat/message-list.js';
import { deleteMessage, memberActions } from './sanctions.js';

const OPERATOR_NAME = 'operator'; // as in the tokens of the Admin
const STATE_TEXTS = { connecting: 'Joining…', waiting: 'Reconnecting…' };
const END_TEXTS = {
  'room-closed': 'The room was closed.',
  kicked: 'You were removed.',
  banned: 'You are banned.',
  replaced: 'You are watching in another tab.',
};

export class LiveView {
  #room = ''; #client = null; #session = ''; #messageList = null; #announceAfterSeq = Infinity; #onModerated;

  /** @param {() => void} onModerated called after the operator kicked, banned or muted a member */
  constructor(onModerated) {
    this.#onModerated = onModerated;
    $('live-view-start').onclick = () => this.#start();
    $('live-view-stop').onclick = () => { this.stop(); $('live-view-start').focus(); };
  }

  /** Changes the room, without joining it. */
  setRoom(room) {
    this.stop();
    this.#room = room;
    this.#session = randomId();
  }

  /** Shows the button that joins the room. */
  offer() {
    $('live-view-text').textContent = `To watch, you join the room as “${OPERATOR_NAME}”. All members see that you are present.`;
    $('live-view-start').hidden = false;
  }

  stop() {
    const client = this.#client;
    this.#client = null;
    client?.close();
    this.#setRunning(false);
    $('live-view-state').textContent = '';
  }

  #start() {
    const list = this.#replaceScroller();
    const getSelf = () => ({ user: this.#client?.user, uid: this.#client?.uid });
    this.#messageList = new MessageList($('scroller'), list, getSelf, event => this.#actionsFor(event));
    this.#messageList.addEventListener('load-older', () => this.#loadOlder());
    this.#announceAfterSeq = Infinity;
    const client = this.#client = new ChatClient({ url: () => this.#findUrls(), token: () => this.#getToken(), session: this.#session });
    const on = (type, handler) => client.addEventListener(type, ({ detail }) => client === this.#client && handler(detail));
    on('state', ({ state, reason }) => this.#onState(state, reason));
    on('welcome', welcome => {
      if (!welcome.again) this.#announceAfterSeq = welcome.seq;
      if (!welcome.again && welcome.seq === 0) this.#messageList.addNote('No messages yet.');
      $('live-view-state').textContent = `You are in the room as ${welcome.user}.`;
    });
    on('reset', () => { this.#announceAfterSeq = 0; this.#messageList.clear(); });
    on('gap', () => this.#messageList.addNote('Some messages can no longer be loaded.'));
    for (const type of ['message', 'announcement', 'deleted']) on(type, event => this.#onLogEvent(event));
    this.#setRunning(true);
    $('scroller').focus({ preventScroll: true });
    $('scroller').scrollIntoView({ block: 'nearest' });
    client.connect();
  }

  #actionsFor(message) {
    const deleteAction = ['Delete…', () => deleteMessage(this.#room, message)];
    // Messages of versions before 1.0 have no `uid`.
    return message.uid ? [deleteAction, ...memberActions(this.#room, message, this.#onModerated)] : [deleteAction];
  }

  async #getToken() { return (await callApi('POST', `room/${this.#room}/token`)).token; }

  /** Called for each attempt: the room may have moved. */
  async #findUrls() {
    const { url } = await callApi('GET', `room/${this.#room}`);
    if (!url) throw new Error('The room is moving to another host.');
    return [url];
  }

  #onLogEvent(event) {
    this.#messageList.append(event, false);
    if (event.type === 'deleted' || event.seq <= this.#announceAfterSeq) return;
    $('live-region').textContent = `${event.user ?? 'Announcement'}: ${event.text}`;
  }

  async #loadOlder() {
    const page = await this.#client?.loadOlder().catch(() => null);
    if (page) this.#messageList.prepend(page.events);
  }

  #onState(state, reason) {
    if (state === 'closed') {
      $('live-view-state').textContent = END_TEXTS[reason] ?? `The connection ended (${reason}).`;
      this.#client = null;
      this.#setRunning(false);
    } else if (STATE_TEXTS[state]) $('live-view-state').textContent = STATE_TEXTS[state];
  }

  // A MessageList never removes its listeners, so each one gets new elements.
  #replaceScroller() {
    const scroller = $('scroller'), newScroller = scroller.cloneNode(false), list = $('message-list').cloneNode(false);
    newScroller.append(list);
    scroller.replaceWith(newScroller);
    return list;
  }

  #setRunning(isRunning) {
    $('live-view-offer').hidden = isRunning;
    $('scroller').hidden = $('live-view-stop').hidden = !isRunning;
    if (!isRunning) $('live-region').textContent = '';
  }
}
