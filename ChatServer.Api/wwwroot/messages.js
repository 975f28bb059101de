// The conversation: the log as it was seen, and below it what is on its way. Rows live in chunks that are laid out only when they
// come near (content-visibility), so that 10,000 of them scroll like 50, and can still be searched and read out.
import { element } from './dom.js';
import { announcement, day, erase, message, remark, unreadMarker } from './rows.js';
import { isSameDay } from './text.js';

const CHUNK = 50; // rows
const GROUP = 5 * 60_000; // ms between messages of one member that stand together
const NEAR = 40, EARLY = 800; // pixels: that count as the end; from the beginning, where older messages are asked for

const startsDay = (last, event) => !last || !isSameDay(last.time, event.time);

export class MessageList extends EventTarget {
  /** Whether the newest message is in sight, and stays there. */ atEnd = true;
  #scroller; #list; #me; #pending = element('ol', 'chunk'); #underway = new Map(); #rows = new Map(); #erased = new Set();
  #first = null; #last = null; #marker = null; #top = 0;

  /** @param {() => string} me one's own name */
  constructor(scroller, list, me) {
    super();
    [this.#scroller, this.#list, this.#me] = [scroller, list, me];
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
    if (startsDay(this.#last, event)) chunk.append(day(event.time));
    if (unread && !this.#marker) chunk.append(this.#marker = unreadMarker());
    chunk.append(this.#row(this.#last, event));
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
    const row = message({ ...said, user: this.#me() }, true, this.#underway.size === 0 && !this.#joins(this.#last, said.time, this.#me()));
    row.classList.add('pending');
    row.firstElementChild.append(element('span', 'fate', 'Sending…'));
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
    row?.querySelector('.fate').replaceChildren(why, button);
  }

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
      : message(event, event.user === this.#me(), !this.#joins(last, event.time, event.user));
    this.#rows.set(event.seq, row);
    if (this.#erased.has(event.seq)) erase(row);
    return row;
  }

  #joins(last, time, user) {
    return last?.type === 'message' && last.user === user && Date.parse(time) - Date.parse(last.time) < GROUP && isSameDay(last.time, time);
  }

  #erase({ target }) {
    const row = this.#rows.get(target);
    if (row) erase(row);
    else this.#erased.add(target);
  }
}
