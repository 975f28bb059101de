// The view of one room: its description, members, sanctions and commands.
import { callApi } from './api.js';
import { $, avatar, element } from './chat/dom.js';
import { menuButton } from './chat/menu.js';
import { announce, shutDownRoom } from './commands.js';
import { formatCount, formatDateTime } from './format.js';
import { KeyedList } from './keyed-list.js';
import { LiveView } from './live-view.js';
import { Poll } from './poll.js';
import { SanctionList, memberActions } from './sanctions.js';

const POLL_INTERVAL_MS = 2_000;

const memberList = new KeyedList($('members'), ({ user, uid }) => `${uid} ${user}`, ({ user, uid }) => ({
  node: element('li', 'member', avatar(user), element('span', 'ellipsis', user),
    menuButton(`Moderate ${user}`, () => memberActions(room, { user, uid }, refresh))),
  update() {},
}));
const facts = new KeyedList($('facts'), ([name]) => name, ([name]) => {
  const value = element('dd', 'value');
  return { node: element('div', '', element('dt', 'small muted', name), value), update: ([, text]) => value.textContent = text };
});
const liveView = new LiveView(refresh);
const sanctionList = new SanctionList($('sanctions'), $('sanctions-state'));
let room = '';

const descriptionPoll = new Poll(async isLatest => {
  try {
    const description = await callApi('GET', `room/${room}`);
    if (isLatest()) show(description);
  } catch (error) {
    if (!isLatest()) return;
    if (error.code === 'room-not-found') showMissing();
    else if ($('room-body').hidden) $('room-state').textContent = error.message;
  }
}, POLL_INTERVAL_MS);

export function openRoom(name) {
  room = name;
  $('room-title').textContent = name;
  $('room-name').textContent = '';
  $('room-state').textContent = 'Loading…';
  $('room-body').hidden = true;
  enableCommands(false);
  liveView.setRoom(name);
  $('room-audit').href = `#/moderation/${name}`;
  descriptionPoll.start();
  sanctionList.start(name);
}

export function closeRoom() {
  descriptionPoll.stop();
  sanctionList.stop();
  liveView.stop();
}

function refresh() {
  descriptionPoll.runNow();
  sanctionList.reload();
}

function show(description) {
  const { title, host, port, options, people, memberCount } = description;
  $('room-title').textContent = title;
  $('room-name').textContent = title === room ? '' : room;
  $('room-state').textContent = '';
  $('room-body').hidden = false;
  facts.show([
    ['Members', options.maxMembers ? `${formatCount(memberCount)} of ${formatCount(options.maxMembers)}` : formatCount(memberCount)],
    ['Messages', formatCount(description.messages)],
    ['Host', port ? `${host}:${port}` : 'Moving to another host…'],
    ['Created', formatDateTime(description.createdAt)],
    ['History', `${formatCount(options.history)} events in ${options.durability === 'redis' ? 'Redis' : 'memory'}`],
    ['Access', description.private ? 'With a token' : 'Public'],
  ]);
  memberList.show([...people ?? []].sort((a, b) => a.user.localeCompare(b.user)));
  $('members-state').textContent =
    people === null ? 'The host does not provide the list of members.' : people.length === 0 ? 'The room has no members.' : '';
  liveView.offer();
  enableCommands(true);
}

function showMissing() {
  $('room-state').textContent = `There is no room ${room}. It was shut down or never existed.`;
  $('room-body').hidden = true;
  enableCommands(false);
  liveView.stop();
}

function enableCommands(isEnabled) {
  for (const id of ['room-announce', 'room-shutdown']) $(id).disabled = !isEnabled;
}

$('room-announce').onclick = () => announce(room);
$('room-shutdown').onclick = async () => { if (await shutDownRoom(room)) descriptionPoll.runNow(); };
