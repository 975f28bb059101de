// The rooms, a page at a time.
import { call } from './api.js';
import { $, element } from './chat/dom.js';
import { Keyed } from './keyed-list.js';
import { Poll } from './poll.js';
import { count, dateOf } from './format.js';

const PAGE = 20, EVERY = 4_000, TYPING = 250; // rooms; ms; ms

const rows = new Keyed($('rooms-rows'), room => room.name, row);
let before = [], after = '', next = '', typing; // `before` has where the earlier pages began

export const rooms = new Poll(async isLatest => {
  const search = $('rooms-search').value.trim();
  const query = new URLSearchParams({ limit: PAGE + 1, ...search && { search }, ...after && { after } });
  try {
    const { rooms: found } = await call('GET', `rooms?${query}`);
    if (isLatest()) show(found, search);
  } catch (trouble) {
    // Whoever sees rooms goes on seeing them; the header tells what is wrong.
    if (isLatest() && $('rooms').hidden) $('rooms-state').textContent = trouble.message;
  }
}, EVERY);

function show(found, search) {
  // One more than a page was asked for: there is another page if it came.
  const shown = found.slice(0, PAGE);
  next = found.length > PAGE ? shown.at(-1).name : '';
  rows.show(shown);
  $('rooms').hidden = shown.length === 0;
  $('rooms-state').textContent = shown.length > 0 ? ''
    : search ? `No room has “${search}” in its name or title.`
    : before.length > 0 ? 'No more rooms.' : 'There are no rooms yet. Backends make them through the Api.';
  $('rooms-page').textContent = `Page ${before.length + 1}`;
  $('rooms-previous').disabled = before.length === 0;
  $('rooms-next').disabled = !next;
}

function row({ name }) {
  const title = element('span', 'small muted ellipsis'), cells = ['number', 'number wide-only', 'wide-only', 'wide-only'].map(kind => element('td', kind));
  const link = Object.assign(element('a', '', name), { href: `#/room/${name}` });
  return {
    node: element('tr', '', element('th', '', link, title), ...cells),
    update(room) {
      title.textContent = [room.title === name ? '' : room.title, room.private ? 'private' : ''].filter(Boolean).join(' · ');
      const host = room.port ? `${room.host}:${room.port}` : 'moving…';
      [count(room.memberCount), count(room.messages), host, dateOf(room.createdAt)].forEach((text, at) => cells[at].textContent = text);
    },
  };
}

function turn(from, trail) {
  [after, before] = [from, trail];
  rooms.now();
}

$('rooms-next').onclick = () => turn(next, [...before, after]);
$('rooms-previous').onclick = () => turn(before.at(-1), before.slice(0, -1));
$('rooms-search').oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(turn, TYPING, '', []);
};
