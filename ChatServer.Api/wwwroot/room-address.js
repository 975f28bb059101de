// The address of a room page: {root}room/{name}#token={join token}

// The root of the Api: this module is in its folder app/{version}. A proxy may serve the Api below a path.
export const ROOT_URL = new URL('../../', import.meta.url).href;

export const ROOM_NAME = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;
export const ROOM_NAME_RULE = 'Use at most 64 letters, digits and . _ ~ - and start with a letter or digit.';

export const roomPageUrl = name => `${ROOT_URL}room/${name}`;
export const roomApiUrl = name => `${ROOT_URL}api/v1/room/${name}`;

/** The room name in the path of this page, decoded if possible. It may be invalid. */
export function roomNameOfPage() {
  const name = /\/room\/([^/]*)\/?$/.exec(location.pathname)?.[1] ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const tokenInHash = () => new URLSearchParams(location.hash.slice(1)).get('token');

/**
 * The join token of this page; empty without one. Moves it from the address bar to the history entry, so that users do not share it by
 * accident and a reload keeps it.
 */
export function takeToken() {
  const token = tokenInHash();
  if (token) history.replaceState(token, '', location.pathname);
  return history.state ?? '';
}

/** Reloads the page when an invitation is pasted into its address bar. */
export const reloadOnNewToken = () => addEventListener('hashchange', () => tokenInHash() !== null && location.reload());
