// Where a room is, and why it does not let one in: a WebSocket that was refused does not say, so the Api is asked.
import { Refused } from './chat-outbox.js';
import { ROOT } from './browser-store.js';

/** Why the Api says that the member is banned. @typedef {{reason: ?string, seconds: ?number}} Ban */

/** The room; null: the Api could not be asked. @throws {Refused} `not-found`, `private`, `token`, `banned` with `ban` */
export async function describe(room, token, session) {
  const answer = await fetch(`${ROOT}api/v1/room/${room}`, {
    headers: { ...session && { 'X-Session': session }, ...token && { Authorization: `Bearer ${token}` } },
  }).catch(() => null);
  if (answer?.status === 404) throw new Refused('not-found');
  if (answer?.status === 401) throw new Refused(token ? 'token' : 'private');
  if (answer?.status === 403) {
    const problem = await answer.json();
    if (problem.code === 'banned') throw Object.assign(new Refused('banned'), { ban: problem });
    if (problem.code === 'forbidden') throw new Refused('token');
  }
  return answer?.ok ? (await answer.json()).data : null;
}

/** @param {() => string} session of the member */
export function whereabouts(room, token, session) {
  // The Api wrote down its load balancers, and this page's own origin if there is one behind it.
  const prefixes = document.querySelector('meta[name=chat-rooms]').content.split(' ').filter(Boolean);
  const urls = [...new Set(prefixes.map(prefix => new URL(prefix + room, location.href.replace(/^http/, 'ws')).href))]
    .filter(url => location.protocol !== 'https:' || url.startsWith('wss:'));
  return {
    isFull: false,
    /** @type {?Ban} known after a refusal */ ban: null,
    async find(failures) {
      if (failures === 0 && urls.length > 0) return urls;
      this.ban = null;
      const found = await describe(room, token, session()).catch(refused => { this.ban = refused.ban; throw refused; });
      this.isFull = found !== null && found.options.maxMembers > 0 && found.members >= found.options.maxMembers;
      if (urls.length === 0 && !found?.url) throw new Error('The room is on its way to another host.');
      return urls.length > 0 ? urls : [found.url];
    },
  };
}
