// One room: what it is, who is in it, and what can be ordered.
import { call } from './api.js';
import { $, avatar, element } from './chat/dom.js';
import { menuButton } from './chat/menu.js';
import { Keyed } from './keyed-list.js';
import { announce, shutRoom } from './commands.js';
import { Poll } from './poll.js';
import { Sanctions, memberActions } from './sanctions.js';
import { Watch } from './live-view.js';
import { count, dateOf } from './format.js';

const EVERY = 2_000; // ms

const members = new Keyed($('members'), ({ user, uid }) => `${uid} ${user}`, ({ user, uid }) => ({
  node: element('li', 'member', avatar(user), element('span', 'ellipsis', user),
    menuButton(`Moderate ${user}`, () => memberActions(room, { user, uid }, refresh))),
  update() {},
}));
const facts = new Keyed($('facts'), ([name]) => name, ([name]) => {
  const value = element('dd', 'value');
  return { node: element('div', '', element('dt', 'small muted', name), value), update: ([, text]) => value.textContent = text };
});
const watch = new Watch(refresh);
const sanctions = new Sanctions($('sanctions'), $('sanctions-state'));
let room = '';

const description = new Poll(async isLatest => {
  try {
    const found = await call('GET', `room/${room}`);
    if (isLatest()) show(found);
  } catch (trouble) {
    if (!isLatest()) return;
    if (trouble.code === 'room-not-found') gone();
    else if ($('room-body').hidden) $('room-state').textContent = trouble.message;
  }
}, EVERY);

export function openRoom(name) {
  room = name;
  $('room-title').textContent = name;
  $('room-name').textContent = '';
  $('room-state').textContent = 'Loading…';
  $('room-body').hidden = true;
  allow(false);
  watch.reset(name);
  $('room-audit').href = `#/moderation/${name}`;
  description.start();
  sanctions.start(name);
}

export function leaveRoom() {
  description.stop();
  sanctions.stop();
  watch.stop();
}

function refresh() {
  description.now();
  sanctions.reload();
}

function show(found) {
  const { options } = found;
  $('room-title').textContent = found.title;
  $('room-name').textContent = found.title === room ? '' : room;
  $('room-state').textContent = '';
  $('room-body').hidden = false;
  facts.show([
    ['Members', options.maxMembers ? `${count(found.memberCount)} of ${count(options.maxMembers)}` : count(found.memberCount)],
    ['Messages', count(found.messages)],
    ['Where', found.port ? `${found.host}:${found.port}` : 'Moving to another host…'],
    ['Created', dateOf(found.createdAt)],
    ['Kept', `${count(options.history)} events in ${options.durability === 'redis' ? 'Redis' : 'memory'}`],
    ['Who may join', found.private ? 'With a token' : 'Everybody'],
  ]);
  members.show([...found.people ?? []].sort((a, b) => a.user.localeCompare(b.user)));
  $('members-state').textContent = found.people === null ? 'The host does not tell who they are.' : found.people.length === 0 ? 'Nobody is here.' : '';
  watch.offer();
  allow(true);
}

function gone() {
  $('room-state').textContent = `There is no room ${room}. It was shut down, or there never was one.`;
  $('room-body').hidden = true;
  allow(false);
  watch.stop();
}

function allow(may) {
  for (const id of ['room-announce', 'room-shutdown']) $(id).disabled = !may;
}

$('room-announce').onclick = () => announce(room);
$('room-shutdown').onclick = async () => { if (await shutRoom(room)) description.now(); };
