// The join token of a member and its renewal.

// A token is renewed after this share of its lifetime. The room keeps a member for 30 s after the expiry.
const RENEW_AFTER = 0.75, MIN_DELAY_MS = 1_000, RETRY_MS = 5_000;
const MAX_DELAY_MS = 2 ** 31 - 1; // of a timer

/** Gets tokens and renews them while a connection is open. */
export class TokenSource {
  #get; #timer;
  /** The newest token; empty without one. */ current = '';
  /** Whether the function can provide another token. */ isRenewable;

  /** @param {string|(() => string|Promise<string>)} [token] a token, or a function that gets one */
  constructor(token) {
    this.isRenewable = typeof token === 'function';
    this.#get = this.isRenewable ? token : () => token ?? '';
  }

  /** Gets a token for the next connection. */
  async refresh() { return this.current = await this.#get() ?? ''; }

  /** Begins to renew the token. @param {(token: string) => void} send sends a newer token on the open connection */
  start(send) {
    this.stop();
    const delay = this.isRenewable && renewalDelay(this.current);
    if (delay) this.#schedule(send, delay);
  }

  stop() { clearTimeout(this.#timer); }

  #schedule(send, delay) {
    const timer = this.#timer = setTimeout(async () => {
      const token = await Promise.resolve().then(this.#get).catch(() => null);
      if (timer !== this.#timer) return; // stopped meanwhile
      if (!token) return this.#schedule(send, RETRY_MS);
      this.current = token;
      send(token);
      this.start(send);
    }, delay);
  }
}

// In ms; 0 if the token states no expiry. If the clock of this machine is wrong, the lifetime since the issue of the token counts.
function renewalDelay(token) {
  try {
    const now = Date.now() / 1000;
    const { iat = now, exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    const seconds = exp > now && exp - now < exp - iat ? exp - now : exp - iat;
    return exp > 0 ? Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, seconds * 1000 * RENEW_AFTER)) : 0;
  } catch {
    return 0;
  }
}
