// Calls the API of the Admin.
let keyInMemory = '';

/** The key of this tab: in sessionStorage, or in memory if the browser forbids it. */
export const adminKey = {
  get value() {
    try { return sessionStorage.getItem('admin.key') ?? keyInMemory; } catch { return keyInMemory; }
  },
  set value(value) {
    keyInMemory = value;
    try { sessionStorage.setItem('admin.key', value); } catch { /* The key is in memory. */ }
  },
};

// This module is in the folder app/{version} of the Admin. A proxy may serve the Admin below a path.
const API_URL = new URL('../../api/v1/', import.meta.url).href;
const CALL_TIMEOUT_MS = 10_000;
const ERROR_TEXTS = { 'redis-unavailable': 'Redis is unavailable. Try again later.' };

/** A failed call. `code` is that of the problem, or `unreachable`. */
export class CallError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Dispatches `key-refused` on the window, with the key as detail, if the Admin refuses the key.
 * @returns the member `data` of the response @throws {CallError}
 */
export async function callApi(method, path, body) {
  // A header value is a sequence of bytes. The server decodes it as UTF-8.
  const headers = { 'X-API-Key': String.fromCharCode(...new TextEncoder().encode(adminKey.value)) };
  if (body) headers['Content-Type'] = 'application/json';
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const response = await fetch(API_URL + path, { method, headers, body: body && JSON.stringify(body), signal })
    .catch(() => { throw new CallError('unreachable', 'The Admin does not respond.'); });
  const json = await response.json().catch(() => ({}));
  if (response.ok) return json.data;
  if (response.status === 401) dispatchEvent(new CustomEvent('key-refused', { detail: adminKey.value }));
  throw new CallError(
    json.code ?? 'internal-error', ERROR_TEXTS[json.code] ?? json.detail ?? `The Admin responded with status ${response.status}.`);
}
