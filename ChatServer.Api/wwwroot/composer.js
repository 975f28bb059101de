// The text field for a new message. Enter sends, Shift+Enter starts a new line.
import { READ_ONLY_TEXT } from './connection-texts.js';
import { $ } from './dom.js';

const SHOW_REMAINING_BELOW = 300; // characters
const IME_KEY_CODE = 229; // `keyCode` of a key that an input method handles
const TYPING_INTERVAL_MS = 2_000; // between two `typing` events

/** Dispatches `send`, with the text as detail, and `typing`. */
export class Composer extends EventTarget {
  #field = $('composer-text'); #maxLength = 4000; #typingSentAt = 0; #draft;

  /** @param {{load(): string, save(text: string): void}} draft keeps the text across page loads */
  constructor(draft) {
    super();
    this.#draft = draft;
    this.#field.value = draft.load();
    this.#field.oninput = () => {
      this.#update();
      if (!this.#field.value.trim() || Date.now() - this.#typingSentAt < TYPING_INTERVAL_MS) return;
      this.#typingSentAt = Date.now();
      this.dispatchEvent(new Event('typing'));
    };
    this.#field.onkeydown = event => {
      // Enter during a composition accepts the proposal of the input method. Safari ends the composition first; there the key code is 229.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === IME_KEY_CODE) return;
      event.preventDefault();
      this.#send();
    };
    $('composer').onsubmit = event => { event.preventDefault(); this.#send(); };
    this.#update();
  }

  setMaxLength(characters) {
    this.#maxLength = characters;
    this.#update();
  }

  /** Without the permission to write, the composer is disabled; it keeps its draft. */
  setWritable(isWritable) {
    this.#field.disabled = !isWritable;
    this.#field.placeholder = isWritable ? 'Message' : READ_ONLY_TEXT;
    this.#update();
  }

  /** Puts a refused text before the draft. */
  edit(text) {
    this.#field.value = [text, this.#field.value].filter(Boolean).join('\n');
    this.#update();
    this.#field.focus();
  }

  #send() {
    const text = this.#field.value.trim();
    if ($('send').disabled) return;
    this.#field.value = '';
    this.#update();
    this.#typingSentAt = 0;
    this.dispatchEvent(new CustomEvent('send', { detail: text }));
  }

  #update() {
    this.#draft.save(this.#field.value);
    const text = this.#field.value.trim();
    // The room counts code points, too.
    const remaining = this.#maxLength - [...text].length;
    $('length-limit').textContent = remaining >= SHOW_REMAINING_BELOW ? ''
      : remaining < 0 ? `${-remaining} characters too long.` : `${remaining} characters left.`;
    $('length-limit').classList.toggle('error', remaining < 0);
    $('send').disabled = !text || remaining < 0 || this.#field.disabled;
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
