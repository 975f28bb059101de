// Commands that the room has not answered. They are sent again after a reconnect with their ids; the room carries out an id once.
import { Refused, randomId } from './chat-outbox.js';

const RETRY_PAUSE_MS = 1_000; // after a temporary refusal without retryAfterMs
const RETRYABLE_CODES = ['rate-limited', 'unavailable'];

export class Commands {
  #waiting = new Map(); #write = null;

  /** @param {object} frame without an id @returns {Promise} of the answer: a `deleted` event, or undefined for `done` */
  send(frame) {
    const command = { ...frame, id: randomId() };
    return new Promise((resolve, reject) => {
      this.#waiting.set(command.id, { command, resolve, reject });
      this.#write?.(command);
    });
  }

  start(write) {
    this.#write = write;
    for (const { command } of this.#waiting.values()) write(command);
  }

  stop() { this.#write = null; }

  /** Rejects all commands, because the client does not reconnect. @param {string} code the reason */
  abandon(code) {
    for (const { reject } of this.#waiting.values()) reject(new Refused(code, 'The client closed before the room answered.'));
    this.#waiting.clear();
  }

  /** @returns {boolean} whether the frame answers a command */
  answer(frame) {
    const waiting = this.#waiting.get(frame.id);
    if (!waiting || !['done', 'deleted', 'error'].includes(frame.type)) return false;
    if (frame.type === 'error' && RETRYABLE_CODES.includes(frame.code)) {
      setTimeout(() => this.#waiting.has(frame.id) && this.#write?.(waiting.command), frame.retryAfterMs ?? RETRY_PAUSE_MS);
      return true;
    }
    this.#waiting.delete(frame.id);
    if (frame.type === 'error') waiting.reject(new Refused(frame.code, frame.message));
    else waiting.resolve(frame.type === 'deleted' ? frame : undefined);
    return true;
  }
}
