// The messages of a room: the events of its log, and below them the pending messages. The rows are in chunks with
// `content-visibility: auto`: the browser lays out only chunks near the view, so a list of 10,000 rows scrolls like one of 50, and searches
// and screen readers still find every row.
import { element } from './dom.js';
import { isSameDay } from './message-format.js';
import { addMenu, announcementRow, dayRow, markDeleted, messageRow, noteRow, unreadMarkerRow, updateDays } from './message-rows.js';

const ROWS_PER_CHUNK = 50;
const MENU_LABEL_LENGTH = 40; // characters of the message in the label of its menu
const GROUP_INTERVAL_MS = 5 * 60_000; // maximum time between two messages of a group
const END_MARGIN_PX = 40; // a view this close to the end follows new messages
const LOAD_OLDER_MARGIN_PX = 800; // distance to the start at which the list needs older messages

const menuButtonOf = row => row.querySelector('.menu-button');
const startsDay = (previous, event) => !previous || !isSameDay(previous.time, event.time);

/** Groups consecutive messages of one member. The `uid` identifies the member: a name can pass to another person. */
const isInGroup = (previous, event) => previous?.type === 'message' && previous.uid === event.uid && previous.user === event.user
  && Date.parse(event.time) - Date.parse(previous.time) < GROUP_INTERVAL_MS && isSameDay(previous.time, event.time);

/** Dispatches `load-older` near the start, and `scrolled`. */
export class MessageList extends EventTarget {
  /** Whether the view shows the newest message, and follows new ones. */ isAtEnd = true;
  #scroller; #list; #getSelf; #getActions;
  #pendingChunk = element('ol', 'chunk'); #pendingRows = new Map(); // by id
  #rows = new Map(); #deletedSeqs = new Set(); // by seq; deleted messages without a row yet
  #oldest = null; #newest = null; #unreadMarker = null; #tabStop = null; #lastScrollTop = 0;

  /**
   * @param {() => {user: string, uid: string}} getSelf the member of this page
   * @param {(event) => [string, () => void][]} getActions the menu of a message
   */
  constructor(scroller, list, getSelf, getActions = () => []) {
    super();
    [this.#scroller, this.#list, this.#getSelf, this.#getActions] = [scroller, list, getSelf, getActions];
    list.addEventListener('keydown', event => this.#moveBetweenMenus(event));
    list.append(this.#pendingChunk);
    scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    const resizeObserver = new ResizeObserver(() => this.isAtEnd && this.scrollToEnd());
    resizeObserver.observe(list);
    resizeObserver.observe(scroller);
  }

  get isEmpty() { return !this.#oldest && this.#pendingRows.size === 0; }

  append(event, isUnread) {
    if (event.type === 'deleted') return this.#delete(event);
    const chunk = this.#openChunk();
    if (startsDay(this.#newest, event)) {
      updateDays(this.#list);
      chunk.append(dayRow(event.time));
    }
    if (isUnread && !this.#unreadMarker) chunk.append(this.#unreadMarker = unreadMarkerRow());
    const row = this.#createRow(this.#newest, event);
    chunk.append(row);
    if (this.#tabStop !== document.activeElement || !this.#tabStop?.isConnected) this.#setTabStop(menuButtonOf(row));
    this.#oldest ??= event;
    this.#newest = event;
  }

  /** @param events older than all events in the list, oldest first */
  prepend(events) {
    const chunks = new DocumentFragment(), shown = events.filter(event => event.type !== 'deleted');
    let previous = null, chunk = null;
    for (const event of shown) {
      if (!chunk || chunk.childElementCount >= ROWS_PER_CHUNK) chunks.append(chunk = element('ol', 'chunk'));
      if (startsDay(previous, event)) chunk.append(dayRow(event.time));
      chunk.append(this.#createRow(previous, event));
      previous = event;
    }
    events.filter(event => event.type === 'deleted').forEach(event => this.#delete(event));
    if (!previous) return;
    // Keeps the visible rows in place. Not every browser anchors the scroll position by itself, so anchoring is off meanwhile.
    const anchor = this.#list.querySelector('li:not(.day)'), topBefore = anchor?.getBoundingClientRect().top;
    this.#scroller.style.overflowAnchor = 'none';
    // The prepended rows may contain the start of the day that was the first one.
    if (this.#oldest && !startsDay(previous, this.#oldest)) this.#list.querySelector('.day')?.remove();
    this.#list.prepend(chunks);
    if (anchor && !this.isAtEnd) this.#scroller.scrollTop += anchor.getBoundingClientRect().top - topBefore;
    requestAnimationFrame(() => this.#scroller.style.overflowAnchor = '');
    this.#oldest = shown[0];
  }

  addPending(pending) {
    const message = { ...pending, ...this.#getSelf() };
    const row = messageRow(message, true, this.#pendingRows.size === 0 && !isInGroup(this.#newest, message));
    row.classList.add('pending');
    row.firstElementChild.append(element('span', 'delivery-state', 'Sending…'));
    this.#pendingRows.set(pending.id, row);
    this.#pendingChunk.append(row);
    this.scrollToEnd();
  }

  removePending(id) {
    this.#pendingRows.get(id)?.remove();
    this.#pendingRows.delete(id);
  }

  /** Marks a pending message as refused permanently, with a button that calls `edit`. */
  refusePending(id, reason, edit) {
    const row = this.#pendingRows.get(id), button = element('button', '', 'Edit');
    button.onclick = () => { this.removePending(id); edit(); };
    row?.classList.replace('pending', 'refused');
    row?.querySelector('.delivery-state').replaceChildren(reason, button);
  }

  /** Shows why the client sends a pending message later. */
  delayPending(id, reason) { this.#pendingRows.get(id)?.querySelector('.delivery-state').replaceChildren(reason); }

  /** Call it when the date may have changed. */
  updateDays() { updateDays(this.#list); }

  addNote(text) { this.#openChunk().append(noteRow(text)); }

  /** A new epoch begins: removes all rows except pending messages. */
  clear() {
    this.#list.replaceChildren(this.#pendingChunk);
    this.#rows.clear();
    this.#deletedSeqs.clear();
    this.#oldest = this.#newest = this.#unreadMarker = null;
  }

  removeUnreadMarker() {
    this.#unreadMarker?.remove();
    this.#unreadMarker = null;
  }

  scrollToEnd() {
    this.isAtEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // New rows also increase the distance to the end; only scrolling up stops following.
    if (scrollHeight - scrollTop - clientHeight < END_MARGIN_PX) this.isAtEnd = true;
    else if (scrollTop < this.#lastScrollTop) this.isAtEnd = false;
    this.#lastScrollTop = scrollTop;
    if (scrollTop < LOAD_OLDER_MARGIN_PX && !this.isAtEnd) this.dispatchEvent(new Event('load-older'));
    this.dispatchEvent(new Event('scrolled'));
  }

  #openChunk() {
    const last = this.#pendingChunk.previousElementSibling;
    if (last?.childElementCount < ROWS_PER_CHUNK) return last;
    this.#pendingChunk.before(element('ol', 'chunk'));
    return this.#pendingChunk.previousElementSibling;
  }

  #createRow(previous, event) {
    const row = event.type === 'announcement' ? announcementRow(event)
      : messageRow(event, event.uid === this.#getSelf().uid, !isInGroup(previous, event));
    this.#rows.set(event.seq, row);
    if (event.type === 'message' && this.#getActions(event).length > 0)
      addMenu(row, `Actions for “${event.text.slice(0, MENU_LABEL_LENGTH)}” by ${event.user}`, () => this.#getActions(event));
    if (event.deleted || this.#deletedSeqs.has(event.seq)) markDeleted(row);
    return row;
  }

  // The menu buttons have one tab stop together; arrow keys move between them.
  #setTabStop(button) {
    if (!button) return;
    if (this.#tabStop) this.#tabStop.tabIndex = -1;
    this.#tabStop = button;
    button.tabIndex = 0;
  }

  #menuButtons() { return [...this.#list.querySelectorAll('.menu-button')]; }

  #moveBetweenMenus(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches('.menu-button')) return;
    event.preventDefault();
    const buttons = this.#menuButtons(), next = buttons[buttons.indexOf(event.target) + step];
    if (!next) return;
    this.#setTabStop(next);
    next.focus();
  }

  #delete({ target, targets = [target] }) {
    for (const seq of targets) {
      const row = this.#rows.get(seq);
      if (row) this.#markDeleted(row);
      else this.#deletedSeqs.add(seq);
    }
  }

  #markDeleted(row) {
    const hadFocus = row.contains(document.activeElement), hadTabStop = menuButtonOf(row) === this.#tabStop;
    markDeleted(row);
    if (hadTabStop) this.#setTabStop(this.#menuButtons().at(-1));
    if (hadFocus) this.#scroller.focus({ preventScroll: true });
  }
}
