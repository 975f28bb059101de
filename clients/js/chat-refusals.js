// Why a room refuses a member. A WebSocket does not report the reason; an HTTP request to the same address does.
import { Refused, checkText } from './chat-outbox.js';

const MAX_NAME_LENGTH = 32; // characters
const ANSWER_TIMEOUT_MS = 5_000;

/** Checks the rules for names that do not depend on the room. @throws {TypeError} */
export function checkName(user) {
  checkText('user', user);
  const length = [...user.trim().normalize('NFC')].length;
  if (length < 1 || length > MAX_NAME_LENGTH) throw new TypeError(`user must have 1 to ${MAX_NAME_LENGTH} characters.`);
  if (/\p{Cc}/u.test(user)) throw new TypeError('user contains a control character.');
}

/**
 * Asks the room at a WebSocket address whether it exists and accepts the name and the token. Returns if it does, or if it does not respond.
 * @param {string} url @param {string} [user] @param {string} [token] permits a reserved name
 * @throws {Refused} `not-found`, `name`, `private` or `token`
 */
export async function checkJoin(url, user, token) {
  const address = new URL(url.replace(/^ws/, 'http'));
  address.searchParams.set('check', '1');
  if (user) address.searchParams.set('user', user);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(() => null);
  if (response?.status === 404) throw new Refused('not-found', 'There is no such room.');
  if (![400, 401, 403].includes(response?.status)) return;
  const { code, detail } = await response.json().catch(() => ({}));
  if (code && response.status === 400) throw new Refused('name', detail);
  if (code === 'unauthorized' || code === 'forbidden') throw new Refused(token ? 'token' : 'private', detail);
}
