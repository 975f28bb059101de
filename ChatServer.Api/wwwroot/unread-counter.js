// Counts new messages: in the page title while the page is not visible or focused, and on the button that scrolls to the newest message.
import { $, pluralize } from './dom.js';

export class UnreadCounter {
  #title; #whileAway = 0; #belowView = 0;

  constructor(title) {
    this.#title = title;
    const reset = () => { if (this.isPageActive) this.#show(this.#whileAway = 0); };
    document.addEventListener('visibilitychange', reset);
    addEventListener('focus', reset);
    this.#show();
  }

  get isPageActive() { return !document.hidden && document.hasFocus(); }

  set title(title) { this.#show(this.#title = title); }

  /** @param isInView whether the message list shows its end */
  add({ user = 'Announcement', text = '' }, isInView) {
    if (!this.isPageActive) this.#whileAway++;
    if (!isInView) this.#belowView++;
    this.#show();
    $('live-region').textContent = `${user}: ${text}`;
  }

  /** The message list shows the newest message. */
  reachedEnd() { if (this.#belowView > 0) this.#show(this.#belowView = 0); }

  #show() {
    document.title = `${this.#whileAway > 0 ? `(${this.#whileAway}) ` : ''}${this.#title} · ChatServer`;
    $('jump-to-end').hidden = this.#belowView === 0;
    $('jump-to-end').textContent = `${pluralize(this.#belowView, 'new message')} ↓`;
  }
}
