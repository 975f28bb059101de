// The one connection to the AppHost: states and log lines. Browsers allow six to a server, so a tab that nobody sees lets go
// of its own, and takes up where it was when it is looked at again.

const RetryMilliseconds = 1000;

export class Stream {
  #handlers;
  #log;
  #source = null;
  #place = null;
  #timer = 0;

  /** @param handlers connection(state: connecting | live | gone), hello, resources, lines. */
  constructor(handlers) {
    this.#handlers = handlers;
    document.addEventListener('visibilitychange', () => document.hidden ? this.#close() : this.#open());
  }

  /** Shows the log of a resource, or of all (null), from its beginning. */
  show(log) {
    this.#log = log;
    this.#place = null;
    this.#open();
  }

  #open() {
    this.#close();
    if (document.hidden) return;
    const query = new URLSearchParams();
    if (this.#log) query.set('log', this.#log);
    if (this.#place) query.set('after', this.#place);
    const source = this.#source = new EventSource(`api/stream?${query}`);
    for (const name of ['hello', 'resources', 'lines']) {
      source.addEventListener(name, event => {
        this.#place = event.lastEventId;
        this.#handlers[name](JSON.parse(event.data));
      });
    }
    source.onopen = () => this.#handlers.connection('live');
    // Its own retries differ between browsers, and some give up. These do not.
    source.onerror = () => {
      this.#handlers.connection('gone');
      this.#close();
      this.#timer = setTimeout(() => this.#open(), RetryMilliseconds);
    };
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
