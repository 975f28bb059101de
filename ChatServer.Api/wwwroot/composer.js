// Where one writes. Enter says it, Shift+Enter begins a new line.
import { $ } from './dom.js';

const WARN = 300; // characters left, from where on it is told
const IME_KEY = 229; // `keyCode` of a key that an input method handles
const TYPING = 2_000; // ms between two notices of it

export class Composer extends EventTarget {
  #text = $('composer-text'); #longest = 4000; #typed = 0; #draft;

  /** @param {{load(): string, save(text: string): void}} draft keeps the text across page loads */
  constructor(draft) {
    super();
    this.#draft = draft;
    this.#text.value = draft.load();
    this.#text.oninput = () => {
      this.#fit();
      if (!this.#text.value.trim() || Date.now() - this.#typed < TYPING) return;
      this.#typed = Date.now();
      this.dispatchEvent(new Event('typing'));
    };
    this.#text.onkeydown = key => {
      // While an input method composes, Enter accepts its proposal. In Safari the composition has ended by then; the code 229 tells.
      if (key.key !== 'Enter' || key.shiftKey || key.isComposing || key.keyCode === IME_KEY) return;
      key.preventDefault();
      this.#say();
    };
    $('composer').onsubmit = submit => { submit.preventDefault(); this.#say(); };
    this.#fit();
  }

  limitTo(characters) {
    this.#longest = characters;
    this.#fit();
  }

  /** A reader's composer is disabled; its draft is kept. */
  allow(mayWrite) {
    this.#text.disabled = !mayWrite;
    this.#text.placeholder = mayWrite ? 'Message' : 'You may read here, and not write.';
    this.#fit();
  }

  edit(text) {
    this.#text.value = [text, this.#text.value].filter(Boolean).join('\n');
    this.#fit();
    this.#text.focus();
  }

  #say() {
    const text = this.#text.value.trim();
    if ($('send').disabled) return;
    this.#text.value = '';
    this.#fit();
    this.#typed = 0;
    this.dispatchEvent(new CustomEvent('say', { detail: text }));
  }

  #fit() {
    this.#draft.save(this.#text.value);
    const text = this.#text.value.trim();
    // Characters as the room counts them: an emoji is one or little more.
    const left = this.#longest - [...text].length;
    $('length-limit').textContent = left >= WARN ? '' : left < 0 ? `${-left} characters too long.` : `${left} characters left.`;
    $('length-limit').classList.toggle('error', left < 0);
    $('send').disabled = !text || left < 0 || this.#text.disabled;
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
