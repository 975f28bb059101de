// The admin page: sign-in, the state of the server in the header, and the choice of the view by the address.
import { adminKey, callApi } from './api.js';
import { closeAudit, openAudit } from './audit.js';
import { $ } from './chat/dom.js';
import { announce, shutDownServer } from './commands.js';
import { formatTimeNow } from './format.js';
import { roomCount, showLoad } from './hosts.js';
import { Poll } from './poll.js';
import { closeRoom, openRoom } from './room.js';
import { roomsPoll } from './rooms.js';
import { SanctionList } from './sanctions.js';

const POLL_INTERVAL_MS = 2_000;
const VIEWS = ['sign-in', 'overview', 'room', 'moderation'];
const ERROR_TEXTS = { 'redis-unavailable': 'Redis is unavailable', unreachable: 'The Admin does not respond' };

const globalBans = new SanctionList($('global-bans'), $('global-bans-state'));
let rooms = 0, loadedAt = '';

const loadPoll = new Poll(async isLatest => {
  try {
    const load = await callApi('GET', 'load');
    if (!isLatest()) return;
    rooms = roomCount(load);
    loadedAt = formatTimeNow();
    showLoad(load);
    showHealth('live', 'Live');
  } catch (error) {
    if (!isLatest()) return;
    if (!loadedAt) $('hosts-state').textContent = 'Not available yet.';
    showHealth('error', `${ERROR_TEXTS[error.code] ?? error.message}. ${loadedAt ? `Showing data from ${loadedAt}.` : ''} Retrying…`);
  }
}, POLL_INTERVAL_MS);

/** Sets the text only if it changed: screen readers read out each change. */
function showHealth(state, text) {
  $('health').dataset.state = state;
  if ($('health').textContent !== text) $('health').textContent = text;
}

function start() {
  $('top-bar').hidden = false;
  showHealth('waiting', 'Loading…');
  loadPoll.start();
  openViewOfAddress();
}

function signOut(error = '') {
  adminKey.value = '';
  loadPoll.stop();
  closeViews();
  $('dialog').close();
  $('top-bar').hidden = true;
  $('key').value = '';
  showView('sign-in', 'ChatServer Admin');
  showKeyError(error);
}

function showKeyError(error) {
  $('key-error').textContent = error;
  $('key').ariaInvalid = error !== '';
  $('sign-in-submit').disabled = false;
  $('key').focus();
}

function openViewOfAddress() {
  if (!adminKey.value) return signOut();
  const [, view, name = ''] = /^#\/(room|moderation)(?:\/([\w.~-]+))?$/.exec(location.hash) ?? [];
  closeViews();
  if (view === 'moderation') {
    globalBans.start();
    openAudit(name);
    showView('moderation', 'Moderation · ChatServer Admin');
  } else if (name) {
    openRoom(name);
    showView('room', `${name} · ChatServer Admin`);
  } else {
    roomsPoll.start();
    showView('overview', 'ChatServer Admin');
  }
}

function closeViews() {
  closeRoom();
  roomsPoll.stop();
  globalBans.stop();
  closeAudit();
}

function showView(view, title) {
  document.title = title;
  for (const id of VIEWS) $(id).hidden = id !== view;
  scrollTo(0, 0);
  // Screen readers then read out the heading of the new view.
  $(view).querySelector('h1').focus({ preventScroll: true });
}

$('sign-in-form').onsubmit = async event => {
  event.preventDefault();
  adminKey.value = $('key').value.trim();
  if (!adminKey.value) return showKeyError('Enter a key.');
  $('sign-in-submit').disabled = true;
  try {
    await callApi('GET', '');
    showKeyError('');
    start();
  } catch (error) {
    // The event `key-refused` reports a wrong key.
    if (error.code !== 'unauthorized') signOut(error.message);
  }
};

addEventListener('key-refused', ({ detail: key }) => {
  // The response to a call with an earlier key does not concern the current one.
  if (key === adminKey.value) signOut(loadPoll.isRunning ? 'The key is no longer valid.' : 'The key is not valid for this server.');
});
addEventListener('hashchange', () => { if (adminKey.value) openViewOfAddress(); });

$('announce').onclick = () => announce();
$('shutdown').onclick = () => shutDownServer(rooms);
$('sign-out').onclick = () => signOut();

if (adminKey.value) start();
else signOut();
