import { store } from './browser-store.js';
import { $, element } from './dom.js';
import { ROOM_NAME, ROOM_NAME_RULE, roomPageUrl } from './room-address.js';

const room = $('room');

$('open-room').onsubmit = event => {
  event.preventDefault();
  // Accepts the link of a room, too.
  const name = room.value.trim().replace(/^.*\/room\//, '').replace(/[?#].*$/, '') || room.placeholder;
  if (ROOM_NAME.test(name)) return location.assign(roomPageUrl(name));
  $('room-error').textContent = ROOM_NAME_RULE;
  room.ariaInvalid = true;
  room.focus();
};

room.oninput = () => {
  $('room-error').textContent = '';
  room.ariaInvalid = false;
};

$('recent').hidden = store.recentRooms.length === 0;
$('recent-rooms').append(...store.recentRooms.map(name =>
  element('li', '', Object.assign(element('a', '', name), { href: roomPageUrl(name) }))));
if (matchMedia('(pointer: fine)').matches) room.focus();
