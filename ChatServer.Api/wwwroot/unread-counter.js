// What was said while nobody looked: told in the title, on the button to the end, and to screen readers.
import { $, counted } from './dom.js';

export class Unread {
  #title; #away = 0; #below = 0;

  constructor(title) {
    this.#title = title;
    const back = () => { if (this.isSeen) this.#show(this.#away = 0); };
    document.addEventListener('visibilitychange', back);
    addEventListener('focus', back);
    this.#show();
  }

  /** Whether somebody looks at the page. */
  get isSeen() { return !document.hidden && document.hasFocus(); }

  set title(title) { this.#show(this.#title = title); }

  heard({ user = 'Announcement', text = '' }, inSight) {
    if (!this.isSeen) this.#away++;
    if (!inSight) this.#below++;
    this.#show();
    $('live-region').textContent = `${user}: ${text}`;
  }

  /** The newest message is in sight. */
  reachedEnd() { if (this.#below > 0) this.#show(this.#below = 0); }

  #show() {
    document.title = `${this.#away > 0 ? `(${this.#away}) ` : ''}${this.#title} · ChatServer`;
    $('jump-to-end').hidden = this.#below === 0;
    $('jump-to-end').textContent = `${counted(this.#below, 'new message')} ↓`;
  }
}
