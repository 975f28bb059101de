// The conversation: the log as it was seen, and below it what is on its way. Rows live in chunks that are laid out only when they
// come near (content-visibility), so that 10,000 of them scroll like 50, and can still be searched and read out.
import { element } from './dom.js';
import { addActions, announcement, day, erase, message, remark, renameDays, unreadMarker } from './message-rows.js';
import { isSameDay } from './message-format.js';

const CHUNK = 50; // rows
const LABEL = 40; // characters of a message that identify it in the label of its menu
const GROUP = 5 * 60_000; // ms between messages of one member that stand together
const NEAR = 40, EARLY = 800; // pixels: that count as the end; from the beginning, where older messages are asked for

// Names pass from one person to another; a `uid` does not.
const senderOf = ({ uid }) => uid;
const actionsButton = row => row.querySelector('.menu-button');
const startsDay = (last, event) => !last || !isSameDay(last.time, event.time);

export class MessageList extends EventTarget {
  /** Whether the newest message is in sight, and stays there. */ atEnd = true;
  #scroller; #list; #me; #actionsOf; #pending = element('ol', 'chunk'); #underway = new Map(); #rows = new Map(); #erased = new Set();
  #first = null; #last = null; #marker = null; #stop = null; #top = 0;

  /**
   * @param {() => {user: string, uid: string}} me one's own name and identity
   * @param {(event) => [string, () => void][]} actionsOf a message: what the reader may do with it
   */
  constructor(scroller, list, me, actionsOf = () => []) {
    super();
    [this.#scroller, this.#list, this.#me, this.#actionsOf] = [scroller, list, me, actionsOf];
    list.addEventListener('keydown', press => this.#moveBetweenMenus(press));
    list.append(this.#pending);
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    const grown = new ResizeObserver(() => this.atEnd && this.toEnd());
    grown.observe(list);
    grown.observe(scroller);
  }

  get isEmpty() { return !this.#first && this.#underway.size === 0; }

  append(event, unread) {
    if (event.type === 'deleted') return this.#erase(event);
    const chunk = this.#openChunk();
    if (startsDay(this.#last, event)) {
      renameDays(this.#list);
      chunk.append(day(event.time));
    }
    if (unread && !this.#marker) chunk.append(this.#marker = unreadMarker());
    const row = this.#row(this.#last, event);
    chunk.append(row);
    if (this.#stop !== document.activeElement || !this.#stop?.isConnected) this.#makeTabStop(actionsButton(row));
    this.#first ??= event;
    this.#last = event;
  }

  /** Older events, oldest first, before all that is there. */
  prepend(events) {
    const made = new DocumentFragment(), said = events.filter(event => event.type !== 'deleted');
    let last = null, chunk = null;
    for (const event of said) {
      if (!chunk || chunk.childElementCount >= CHUNK) made.append(chunk = element('ol', 'chunk'));
      if (startsDay(last, event)) chunk.append(day(event.time));
      chunk.append(this.#row(last, event));
      last = event;
    }
    events.filter(event => event.type === 'deleted').forEach(event => this.#erase(event));
    if (!last) return;
    // What is read stays where it is: by hand, since not every browser does that.
    const mark = this.#list.querySelector('li:not(.day)'), before = mark?.getBoundingClientRect().top;
    this.#scroller.style.overflowAnchor = 'none';
    // Its first day may have begun earlier.
    if (this.#first && !startsDay(last, this.#first)) this.#list.querySelector('.day')?.remove();
    this.#list.prepend(made);
    if (mark && !this.atEnd) this.#scroller.scrollTop += mark.getBoundingClientRect().top - before;
    requestAnimationFrame(() => this.#scroller.style.overflowAnchor = '');
    this.#first = said[0];
  }

  addPending(said) {
    const row = message({ ...said, ...this.#me() }, true, this.#underway.size === 0 && !this.#joins(this.#last, { ...said, ...this.#me() }));
    row.classList.add('pending');
    row.firstElementChild.append(element('span', 'delivery-state', 'Sending…'));
    this.#underway.set(said.id, row);
    this.#pending.append(row);
    this.toEnd();
  }

  dropPending(id) {
    this.#underway.get(id)?.remove();
    this.#underway.delete(id);
  }

  /** The room refused it. */
  refusePending(id, why, edit) {
    const row = this.#underway.get(id), button = element('button', '', 'Edit');
    button.onclick = () => { this.dropPending(id); edit(); };
    row?.classList.replace('pending', 'refused');
    row?.querySelector('.delivery-state').replaceChildren(why, button);
  }

  /** The room refused it for now; it is sent later. */
  delayPending(id, why) { this.#underway.get(id)?.querySelector('.delivery-state').replaceChildren(why); }

  /** The date may have changed. */
  renameDays() { renameDays(this.#list); }

  note(words) { this.#openChunk().append(remark(words)); }

  /** Another log begins. What is under way stays. */
  clear() {
    this.#list.replaceChildren(this.#pending);
    this.#rows.clear();
    this.#erased.clear();
    this.#first = this.#last = this.#marker = null;
  }

  unmark() {
    this.#marker?.remove();
    this.#marker = null;
  }

  toEnd() {
    this.atEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Growing content takes the end away from under a reader; only who moves up leaves it.
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.atEnd = true;
    else if (scrollTop < this.#top) this.atEnd = false;
    this.#top = scrollTop;
    if (scrollTop < EARLY && !this.atEnd) this.dispatchEvent(new Event('early'));
    this.dispatchEvent(new Event('moved'));
  }

  #openChunk() {
    const last = this.#pending.previousElementSibling;
    if (last?.childElementCount < CHUNK) return last;
    this.#pending.before(element('ol', 'chunk'));
    return this.#pending.previousElementSibling;
  }

  #row(last, event) {
    const row = event.type === 'announcement' ? announcement(event)
      : message(event, senderOf(event) === senderOf(this.#me()), !this.#joins(last, event));
    this.#rows.set(event.seq, row);
    if (event.type === 'message' && this.#actionsOf(event).length > 0)
      addActions(row, `Actions for “${event.text.slice(0, LABEL)}” of ${event.user}`, () => this.#actionsOf(event));
    if (event.deleted || this.#erased.has(event.seq)) erase(row);
    return row;
  }

  // One stop of the Tab key for all messages: arrow keys move between them.
  #makeTabStop(button) {
    if (!button) return;
    if (this.#stop) this.#stop.tabIndex = -1;
    this.#stop = button;
    button.tabIndex = 0;
  }

  #actionsButtons() { return [...this.#list.querySelectorAll('.menu-button')]; }

  #moveBetweenMenus(press) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[press.key];
    if (!step || !press.target.matches('.menu-button')) return;
    press.preventDefault();
    const buttons = this.#actionsButtons(), next = buttons[buttons.indexOf(press.target) + step];
    if (!next) return;
    this.#makeTabStop(next);
    next.focus();
  }

  #joins(last, event) {
    return last?.type === 'message' && senderOf(last) === senderOf(event) && last.user === event.user
      && Date.parse(event.time) - Date.parse(last.time) < GROUP && isSameDay(last.time, event.time);
  }

  #erase({ target, targets = [target] }) {
    for (const seq of targets) {
      const row = this.#rows.get(seq);
      if (row) this.#eraseRow(row);
      else this.#erased.add(seq);
    }
  }

  #eraseRow(row) {
    const hadFocus = row.contains(document.activeElement), hadStop = actionsButton(row) === this.#stop;
    erase(row);
    if (hadStop) this.#makeTabStop(this.#actionsButtons().at(-1));
    if (hadFocus) this.#scroller.focus({ preventScroll: true });
  }
}
