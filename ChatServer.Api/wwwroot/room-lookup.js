// Finds the addresses of a room. A WebSocket does not report why it was refused, so this module asks the Api.
import { Refused } from './chat-outbox.js';
import { roomApiUrl } from './room-address.js';

/** Terms of the member's ban, as the Api reports them. @typedef {{reason: ?string, seconds: ?number}} Ban */

/**
 * @returns the description of the room; null if the Api did not respond
 * @throws {Refused} `not-found`, `private`, `token`, or `banned` with the member `ban`
 */
export async function describeRoom(room, token, session) {
  const response = await fetch(roomApiUrl(room), {
    headers: { ...session && { 'X-Session': session }, ...token && { Authorization: `Bearer ${token}` } },
  }).catch(() => null);
  if (response?.status === 404) throw new Refused('not-found');
  if (response?.status === 401) throw new Refused(token ? 'token' : 'private');
  if (response?.status === 403) {
    const problem = await response.json();
    if (problem.code === 'banned') throw Object.assign(new Refused('banned'), { ban: problem });
    if (problem.code === 'forbidden') throw new Refused('token');
  }
  return response?.ok ? (await response.json()).data : null;
}

export class RoomLookup {
  /** Whether the room had its maximum number of members at the last lookup. */ isFull = false;
  /** Set by a lookup that found the member banned. @type {?Ban} */ ban = null;
  #room; #token; #getSession; #urls;

  /** @param {() => string} getSession the session of the member */
  constructor(room, token, getSession) {
    [this.#room, this.#token, this.#getSession] = [room, token, getSession];
    // The Api writes the prefixes into the page: its load balancers, and the page's own origin if it is a load balancer.
    const prefixes = document.querySelector('meta[name=chat-rooms]').content.split(' ').filter(Boolean);
    this.#urls = [...new Set(prefixes.map(prefix => new URL(prefix + room, location.href.replace(/^http/, 'ws')).href))]
      .filter(url => location.protocol !== 'https:' || url.startsWith('wss:'));
  }

  /** The option `url` of `ChatClient`: asks the Api after a round of failures, or if the page names no load balancer. */
  async findUrls(failures) {
    if (failures === 0 && this.#urls.length > 0) return this.#urls;
    this.ban = null;
    const description = await describeRoom(this.#room, this.#token, this.#getSession())
      .catch(refused => { this.ban = refused.ban; throw refused; });
    const { options, members } = description ?? {};
    this.isFull = description !== null && options.maxMembers > 0 && members >= options.maxMembers;
    if (this.#urls.length === 0 && !description?.url) throw new Error('The room is moving to another host.');
    return this.#urls.length > 0 ? this.#urls : [description.url];
  }
}
