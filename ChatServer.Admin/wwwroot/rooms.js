// The list of rooms, one page at a time, with a search.
import { callApi } from './api.js';
import { $, element } from './chat/dom.js';
import { formatCount, formatDateTime } from './format.js';
import { KeyedList } from './keyed-list.js';
import { Poll } from './poll.js';

const ROOMS_PER_PAGE = 20;
const POLL_INTERVAL_MS = 4_000;
const SEARCH_DELAY_MS = 250; // after the last input

const rows = new KeyedList($('rooms-rows'), room => room.name, createRow);
let previousStarts = []; // of the pages before this one
let after = '', next = '', searchTimer; // start of this page and of the next one

export const roomsPoll = new Poll(async isLatest => {
  const search = $('rooms-search').value.trim();
  // One room more than the page shows whether there is a next page.
  const query = new URLSearchParams({ limit: ROOMS_PER_PAGE + 1, ...search && { search }, ...after && { after } });
  try {
    const { rooms } = await callApi('GET', `rooms?${query}`);
    if (isLatest()) show(rooms, search);
  } catch (error) {
    // Rooms that are already shown stay; the header shows the error.
    if (isLatest() && $('rooms').hidden) $('rooms-state').textContent = error.message;
  }
}, POLL_INTERVAL_MS);

function show(rooms, search) {
  const page = rooms.slice(0, ROOMS_PER_PAGE);
  next = rooms.length > ROOMS_PER_PAGE ? page.at(-1).name : '';
  rows.show(page);
  $('rooms').hidden = page.length === 0;
  $('rooms-state').textContent = page.length > 0 ? ''
    : search ? `No room has “${search}” in its name or title.`
    : previousStarts.length > 0 ? 'No more rooms.' : 'There are no rooms yet. They are created through the Api.';
  $('rooms-page').textContent = `Page ${previousStarts.length + 1}`;
  $('rooms-previous').disabled = previousStarts.length === 0;
  $('rooms-next').disabled = !next;
}

function createRow({ name }) {
  const title = element('span', 'small muted ellipsis'), link = Object.assign(element('a', '', name), { href: `#/room/${name}` });
  const cells = ['number', 'number wide-only', 'wide-only', 'wide-only'].map(className => element('td', className));
  return {
    node: element('tr', '', element('th', '', link, title), ...cells),
    update(room) {
      title.textContent = [room.title === name ? '' : room.title, room.private ? 'private' : ''].filter(Boolean).join(' · ');
      const host = room.port ? `${room.host}:${room.port}` : 'moving…';
      const texts = [formatCount(room.memberCount), formatCount(room.messages), host, formatDateTime(room.createdAt)];
      texts.forEach((text, index) => cells[index].textContent = text);
    },
  };
}

function openPage(start, starts) {
  [after, previousStarts] = [start, starts];
  roomsPoll.runNow();
}

$('rooms-next').onclick = () => openPage(next, [...previousStarts, after]);
$('rooms-previous').onclick = () => openPage(previousStarts.at(-1), previousStarts.slice(0, -1));
$('rooms-search').oninput = () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(openPage, SEARCH_DELAY_MS, '', []);
};
