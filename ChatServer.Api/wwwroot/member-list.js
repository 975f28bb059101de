import { $, avatar, element, pluralize } from './dom.js';

const MAX_NAMED_MEMBERS = 100; // in a larger room, `presence` events contain no names

/** The members panel and the number of members in the header. */
export class MemberList {
  #names = new Set(); #count = 0; #self = ''; #isQueued = false; #isStale = false;

  constructor() { addEventListener('resize', () => this.#updateTabStop()); }

  welcome({ members, count, user }) {
    this.#names = new Set(members).add(user);
    this.#self = user;
    this.#isStale = false;
    this.#show(count);
  }

  /** A `presence` event: without names above 100 members, with all names in `members` when 100 or fewer remain. */
  update({ count, joined, left, members }) {
    this.#isStale = !members && (this.#isStale || count > MAX_NAMED_MEMBERS);
    // Some of the known members have left, and the event does not name them.
    if (members || (this.#isStale && count < this.#names.size)) this.#names = new Set(members).add(this.#self);
    for (const name of left ?? []) this.#names.delete(name);
    for (const name of joined ?? []) this.#names.add(name);
    this.#show(count);
  }

  #show(count) {
    this.#count = count;
    if (this.#isQueued) return;
    this.#isQueued = true;
    requestAnimationFrame(() => {
      this.#isQueued = false;
      $('member-count').textContent = this.#count === 1 ? 'Only you are here' : `${pluralize(this.#count, 'person', 'people')} here`;
      const names = [...this.#names].sort((a, b) => (b === this.#self) - (a === this.#self) || a.localeCompare(b));
      $('members').replaceChildren(...names.map(name => element('li', 'member',
        avatar(name), element('span', 'ellipsis', name), element('span', 'muted small', name === this.#self ? 'you' : ''))));
      const unnamed = this.#count - names.length;
      $('more-members').textContent = unnamed > 0 ? `and ${unnamed} more` : '';
      this.#updateTabStop();
    });
  }

  // The keyboard must reach a panel that scrolls, and no other.
  #updateTabStop() {
    const panel = $('members-panel');
    if (panel.scrollHeight > panel.clientHeight) panel.tabIndex = 0;
    else panel.removeAttribute('tabindex');
  }
}
