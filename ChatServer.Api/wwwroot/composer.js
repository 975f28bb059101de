// Where one writes. Enter says it, Shift+Enter begins a new line.
import { $ } from './dom.js';

const WARN = 300; // characters left, from where on it is told
const TYPING = 2_000; // ms between two notices of it

export class Composer extends EventTarget {
  #text = $('text'); #longest = 4000; #typed = 0;

  constructor() {
    super();
    this.#text.oninput = () => {
      this.#fit();
      if (!this.#text.value.trim() || Date.now() - this.#typed < TYPING) return;
      this.#typed = Date.now();
      this.dispatchEvent(new Event('typing'));
    };
    this.#text.onkeydown = key => {
      // While an input method composes, Enter chooses what it proposes.
      if (key.key !== 'Enter' || key.shiftKey || key.isComposing) return;
      key.preventDefault();
      this.#say();
    };
    $('composer').onsubmit = submit => { submit.preventDefault(); this.#say(); };
  }

  limitTo(characters) {
    this.#longest = characters;
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
    const text = this.#text.value.trim();
    // Characters as the room counts them: an emoji is one or little more.
    const left = this.#longest - [...text].length;
    $('limit').textContent = left >= WARN ? '' : left < 0 ? `${-left} characters too long.` : `${left} characters left.`;
    $('limit').classList.toggle('complaint', left < 0);
    $('send').disabled = !text || left < 0;
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
