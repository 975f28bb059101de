import { $, avatar, counted, element } from './dom.js';

export class People {
  #names = new Set(); #count = 0; #me = ''; #queued = false;

  welcome({ members, count, user }) {
    this.#names = new Set(members).add(user);
    this.#me = user;
    this.#show(count);
  }

  /** Without names above 100 members. */
  change({ count, joined, left }) {
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
      $('count').textContent = this.#count === 1 ? 'Only you are here' : `${counted(this.#count, 'person', 'people')} here`;
      const names = [...this.#names].sort((a, b) => (b === this.#me) - (a === this.#me) || a.localeCompare(b));
      $('members').replaceChildren(...names.map(name =>
        element('li', 'person', avatar(name), element('span', 'cut', name), element('span', 'muted small', name === this.#me ? 'you' : ''))));
      const more = this.#count - names.length;
      $('others').textContent = more > 0 ? `and ${more} more` : '';
    });
  }
}
