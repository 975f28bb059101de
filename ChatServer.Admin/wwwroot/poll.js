/** Asks again and again while somebody looks at the page, never twice at a time. */
export class Poll {
  #ask; #every; #timer; #asking = 0; #runs = false;

  /** @param {() => Promise} ask told its troubles by itself @param {number} every ms between an answer and the next question */
  constructor(ask, every) {
    [this.#ask, this.#every] = [ask, every];
    document.addEventListener('visibilitychange', () => this.#runs && !document.hidden && this.now());
  }

  get isRunning() { return this.#runs; }

  start() {
    this.#runs = true;
    this.now();
  }

  stop() {
    this.#runs = false;
    this.#asking++;
    clearTimeout(this.#timer);
  }

  /** Whoever waits for an older answer must not show it: `isLatest` tells. */
  async now() {
    const asking = ++this.#asking;
    clearTimeout(this.#timer);
    await this.#ask(() => asking === this.#asking);
    if (asking === this.#asking && this.#runs && !document.hidden) this.#timer = setTimeout(() => this.now(), this.#every);
  }
}
