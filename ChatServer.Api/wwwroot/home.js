import { $, element } from './dom.js';
import { NAME_RULE, ROOM_NAME, ROOT, store } from './browser-store.js';

const room = $('room');

$('open-room').onsubmit = submit => {
  submit.preventDefault();
  // A pasted link is a room too.
  const name = room.value.trim().replace(/^.*\/room\//, '').replace(/[?#].*$/, '') || room.placeholder;
  if (ROOM_NAME.test(name)) return location.assign(`${ROOT}room/${name}`);
  $('room-error').textContent = NAME_RULE;
  room.ariaInvalid = true;
  room.focus();
};

room.oninput = () => {
  $('room-error').textContent = '';
  room.ariaInvalid = false;
};

$('recent').hidden = store.rooms.length === 0;
$('recent-rooms').append(...store.rooms.map(name => element('li', '', Object.assign(element('a', '', name), { href: `${ROOT}room/${name}` }))));
if (matchMedia('(pointer: fine)').matches) room.focus();
