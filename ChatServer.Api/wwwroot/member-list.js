import { $, avatar, counted, element } from './dom.js';

const MAX_NAMED = 100; // members up to which the room sends the names that join and leave

export class People {
  #names = new Set(); #count = 0; #me = ''; #queued = false; #isStale = false;

  constructor() { addEventListener('resize', () => this.#showScroll()); }

  welcome({ members, count, user }) {
    this.#names = new Set(members).add(user);
    this.#me = user;
    this.#isStale = false;
    this.#show(count);
  }

  /** Without names above 100 members; with all `members` when there are 100 or fewer again. */
  change({ count, joined, left, members }) {
    this.#isStale = !members && (this.#isStale || count > MAX_NAMED);
    // Somebody of those known has left, and nothing says who.
    if (members || (this.#isStale && count < this.#names.size)) this.#names = new Set(members).add(this.#me);
    for (const name of left ?? []) this.#names.delete(name);
    for (const name of joined ?? []) this.#names.add(name);
    this.#show(count);
  }

  #show(count) {
    this.#count = count;
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      $('member-count').textContent = this.#count === 1 ? 'Only you are here' : `${counted(this.#count, 'person', 'people')} here`;
      const names = [...this.#names].sort((a, b) => (b === this.#me) - (a === this.#me) || a.localeCompare(b));
      $('members').replaceChildren(...names.map(name =>
        element('li', 'member', avatar(name), element('span', 'ellipsis', name), element('span', 'muted small', name === this.#me ? 'you' : ''))));
      const more = this.#count - names.length;
      $('more-members').textContent = more > 0 ? `and ${more} more` : '';
      this.#showScroll();
    });
  }

  // A list that scrolls must be reachable by keyboard; one that does not would be a needless stop.
  #showScroll() {
    const list = $('members-panel');
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
    else list.removeAttribute('tabindex');
  }
}
