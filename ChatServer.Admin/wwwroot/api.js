// Calls of the Admin, each with the key. It lives in this tab only: sessionStorage, or memory where that is forbidden.
let here = '';

export const key = {
  get value() {
    try { return sessionStorage.getItem('admin.key') ?? here; } catch { return here; }
  },
  set value(value) {
    here = value;
    try { sessionStorage.setItem('admin.key', value); } catch { /* It is here. */ }
  },
};

// This module is in the folder app/{version} of the Admin, which a proxy may serve below a path of its own.
const API = new URL('../../api/v1/', import.meta.url).href;
const PATIENCE = 10_000; // ms

/** Why a call failed: the `code` of the problem, or `unreachable`. */
export class Trouble extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @returns what is under `data` @throws {Trouble} */
export async function call(method, path, body) {
  // A header is bytes: what is not ASCII goes as UTF-8, as the server reads it.
  const headers = { 'X-API-Key': String.fromCharCode(...new TextEncoder().encode(key.value)) };
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) })
    .catch(() => { throw new Trouble('unreachable', 'The Admin does not answer.'); });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said.data;
  if (answer.status === 401) dispatchEvent(new CustomEvent('refused', { detail: key.value }));
  throw new Trouble(said.code ?? 'internal-error', WORDS[said.code] ?? said.detail ?? `The Admin answers ${answer.status}.`);
}

const WORDS = { 'redis-unavailable': 'Redis is away. Try again when it is back.' };
