import { call, key } from './api.js';
import { leaveAudit, openAudit } from './audit.js';
import { $ } from './chat/dom.js';
import { roomsOf, showLoad } from './hosts.js';
import { announce, shutServer } from './commands.js';
import { Poll } from './poll.js';
import { leaveRoom, openRoom } from './room.js';
import { rooms } from './rooms.js';
import { Sanctions } from './sanctions.js';
import { timeNow } from './format.js';

const EVERY = 2_000; // ms
const VIEWS = ['sign-in', 'overview', 'room', 'moderation'];
const TROUBLES = { 'redis-unavailable': 'Redis is away', unreachable: 'The Admin does not answer' };

const bans = new Sanctions($('global-bans'), $('global-bans-state'));
let count = 0, seen = '';

const load = new Poll(async isLatest => {
  try {
    const found = await call('GET', 'load');
    if (!isLatest()) return;
    count = roomsOf(found);
    seen = timeNow();
    showLoad(found);
    health('live', 'Live');
  } catch (trouble) {
    if (!isLatest()) return;
    if (!seen) $('hosts-state').textContent = 'Not known yet.';
    health('error', `${TROUBLES[trouble.code] ?? trouble.message}. ${seen ? `Shown is ${seen}.` : ''} Trying again…`);
  }
}, EVERY);

/** Told only when it changes: it is read out. */
function health(state, words) {
  $('health').dataset.state = state;
  if ($('health').textContent !== words) $('health').textContent = words;
}

function enter() {
  $('top-bar').hidden = false;
  health('waiting', 'Loading…');
  load.start();
  route();
}

function leave(complaint = '') {
  key.value = '';
  load.stop();
  leaveViews();
  $('dialog').close();
  $('top-bar').hidden = true;
  $('key').value = '';
  show('sign-in', 'ChatServer Admin');
  refuse(complaint);
}

function refuse(complaint) {
  $('key-error').textContent = complaint;
  $('key').ariaInvalid = complaint !== '';
  $('sign-in-submit').disabled = false;
  $('key').focus();
}

function route() {
  if (!key.value) return leave();
  const [, view, name = ''] = /^#\/(room|moderation)(?:\/([\w.~-]+))?$/.exec(location.hash) ?? [];
  leaveViews();
  if (view === 'moderation') {
    bans.start();
    openAudit(name);
    show('moderation', 'Moderation · ChatServer Admin');
  } else if (name) {
    openRoom(name);
    show('room', `${name} · ChatServer Admin`);
  } else {
    rooms.start();
    show('overview', 'ChatServer Admin');
  }
}

function leaveViews() {
  leaveRoom();
  rooms.stop();
  bans.stop();
  leaveAudit();
}

function show(view, title) {
  document.title = title;
  for (const id of VIEWS) $(id).hidden = id !== view;
  scrollTo(0, 0);
  // Whoever does not see the page hears that it is another one.
  $(view).querySelector('h1').focus({ preventScroll: true });
}

$('sign-in-form').onsubmit = async submit => {
  submit.preventDefault();
  key.value = $('key').value.trim();
  if (!key.value) return refuse('A key, please.');
  $('sign-in-submit').disabled = true;
  try {
    await call('GET', '');
    refuse('');
    enter();
  } catch (trouble) {
    if (trouble.code !== 'unauthorized') leave(trouble.message);
  }
};

addEventListener('refused', ({ detail }) => {
  // An answer to a key that was replaced since says nothing of this one.
  if (detail === key.value) leave(load.isRunning ? 'The key is not accepted any more.' : 'That is not a key of this server.');
});
addEventListener('hashchange', () => { if (key.value) route(); });

$('announce').onclick = () => announce();
$('shutdown').onclick = () => shutServer(count);
$('sign-out').onclick = () => leave();

if (key.value) enter();
else leave();
