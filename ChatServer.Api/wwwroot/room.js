import { ChatClient, randomId } from './chat-client.js';
import { Composer } from './composer.js';
import { askName, hideEnding, showEnding } from './dialogs.js';
import { $, avatar, counted } from './dom.js';
import { MessageList } from './message-list.js';
import { messageActions } from './message-actions.js';
import { People } from './member-list.js';
import { ROOM_NAME, ROOT, store } from './browser-store.js';
import { Unread } from './unread-counter.js';
import { describe, whereabouts } from './room-lookup.js';
import { connectionWords, delayWords, endingWords, refusalWords } from './connection-texts.js';

const LOOK = 2_000, TOLD = 3_500, TYPING = 4_000; // ms
const TICK = 2_000, SLEPT = 10_000; // ms: between two ticks, and what between them means that the machine slept

const room = nameIn(location.pathname);
const token = takeToken();
const where = whereabouts(room, token, () => store.session(room));
const people = new People();
const unread = new Unread(room);
const me = () => ({ user: client.user || store.name, uid: client.uid });
const list = new MessageList($('scroller'), $('message-list'), me, message => messageActions(message, client, tell));
const composer = new Composer(store.draft(room));
let client, tries = 0, newsAfter = Infinity, isNew = false, gapped = false, joining, typing, looking, typist;
let told = { words: '', until: 0 }, closing = '';

$('title').textContent = room;
if (!ROOM_NAME.test(room)) showEnding(endingWords('bad-name'), { home: () => location.assign(ROOT) });
else if (store.name) enter();
else askName('').then(name => { store.name = name; enter(); });

function enter() {
  const session = store.session(room) ?? randomId();
  store.keepSession(room, session);
  client = new ChatClient({ url: failures => where.find(failures), user: store.name, token, session, outbox: store.outbox(room) });
  listen();
  client.pending.forEach(said => list.addPending(said));
  showMe();
  client.connect();
  if (matchMedia('(pointer: fine)').matches) $('composer-text').focus();
  performance.mark('composer'); // what is said from now on is kept
}

function listen() {
  const on = (type, handler) => client.addEventListener(type, event => handler(event.detail));

  on('state', ({ state, reason }) => {
    if (state === 'waiting') tries++;
    $('main').dataset.state = state;
    tellConnection();
    if (state === 'closed') ended(reason);
  });
  on('welcome', welcome => {
    if (welcome.again && tries > 0) tell(welcome.resumed && !gapped ? 'Back. You missed nothing.' : 'Back in the room.');
    if (!welcome.again) {
      performance.mark('joined');
      newsAfter = welcome.seq;
    }
    isNew = welcome.seq === 0;
    gapped = false;
    tries = 0;
    store.visited(room);
    hideEnding();
    showTitle(welcome.title);
    people.welcome(welcome);
    composer.limitTo(welcome.limits.maxTextLength);
    composer.allow(client.permissions.includes('write'));
    closing = '';
    where.ban = null;
    showMe();
    showEdges();
  });
  on('room', ({ title }) => { if (title !== undefined) showTitle(title); });
  on('reset', () => {
    newsAfter = 0;
    list.clear();
    list.note('What was said here before is gone. The conversation begins anew.');
  });
  on('gap', ({ after, before }) => {
    gapped = true;
    list.note(`${counted(before - after - 1, 'message')} went by while you were away, and are not kept.`);
  });
  for (const type of ['message', 'announcement', 'deleted']) on(type, heard);
  on('pending', said => { list.unmark(); list.addPending(said); tellConnection(); showEdges(); });
  on('settled', said => { list.dropPending(said.id); tellConnection(); });
  on('refused', refused => list.refusePending(refused.pending.id, refusalWords(refused), () => composer.edit(refused.pending.text)));
  on('delayed', delayed => list.delayPending(delayed.id, delayWords(delayed) || 'Sending…'));
  on('error', error => {
    tell(refusalWords(error));
    // It lasts longer than the banner.
    if (error.code === 'muted') list.note(refusalWords(error));
  });
  on('closing', ({ reason }) => closing = reason);
  on('presence', presence => people.change(presence));
  on('typing', ({ users }) => showTyping(users.filter(user => user !== client.user)));
}

function showTitle(title) {
  unread.title = $('title').textContent = title;
}

function heard(event) {
  list.dropPending(event.id);
  const isNews = event.seq > newsAfter && event.type !== 'deleted' && event.uid !== client.uid;
  list.append(event, isNews && !unread.isSeen);
  showEdges();
  if (isNews) unread.heard(event, list.atEnd);
  if (event.user === typist) showTyping([]);
}

function tellConnection() {
  const words = connectionWords(client, where, tries);
  clearTimeout(joining);
  if (words === 'Joining…') joining = setTimeout(() => $('banner').textContent = words, 500);
  else $('banner').textContent = words || (Date.now() < told.until ? told.words : '');
}

function tell(words) {
  told = { words, until: Date.now() + TOLD };
  tellConnection();
  setTimeout(tellConnection, TOLD + 1);
}

function showTyping(users) {
  typist = users[0];
  clearTimeout(typing);
  if (users.length > 0) typing = setTimeout(showTyping, TYPING, []);
  $('typing').textContent = users.length === 0 ? '' : `${users.length > 3 ? 'Several people' : users.join(', ')} ${users.length === 1 ? 'is' : 'are'} typing…`;
}

function showMe() {
  const name = client.user || store.name;
  $('me').hidden = false;
  $('me-name').textContent = name;
  $('me').firstElementChild.replaceWith(avatar(name));
}

function showEdges() {
  $('no-messages').hidden = !isNew || !list.isEmpty;
  $('load-older').hidden = !client.hasMore;
  $('history-start').hidden = client.hasMore || list.isEmpty;
  $('history-start').textContent = client.oldest === 1 ? `This is the beginning of ${$('title').textContent}.` : 'Older messages are not kept.';
}

function ended(reason) {
  clearInterval(looking);
  const ending = endingWords(reason, room, closing, where.ban);
  showEnding(ending, { rejoin: () => client.connect(), reload: () => location.reload(), rename, wait: look });
  if (ending.does === 'wait') looking = setInterval(() => document.hidden || look(), LOOK);
}

async function look() {
  if (client.state !== 'closed' || !await describe(room, token).catch(() => null)) return;
  clearInterval(looking);
  client.connect();
}

async function older() {
  const page = await client.loadOlder().catch(() => null);
  if (page) list.prepend(page.events);
  showEdges();
}

composer.addEventListener('say', ({ detail }) => client?.send(detail).catch(() => {}));
composer.addEventListener('typing', () => client?.typing());
list.addEventListener('early', older);
list.addEventListener('moved', () => { if (list.atEnd) unread.reachedEnd(); });
$('load-older').onclick = older;
$('jump-to-end').onclick = () => { list.toEnd(); $('composer-text').focus(); };

$('me').onclick = rename;

async function rename() {
  if (client.pending.length > 0 && client.state !== 'closed') return tell('Let your messages arrive first: they are sent under your present name.');
  // The name that the room gave, which may not be the one that was asked for.
  const present = client.user || store.name;
  const name = await askName(present);
  if (!name || name === present) return;
  // A session has one name: this is another member now.
  store.name = name;
  store.keepSession(room, randomId());
  location.reload();
}

// The network, the page or the machine is back, or gone: look now, not when the next timer fires.
function wake() {
  if (!client) return;
  client.wake();
  list.renameDays();
  tellConnection();
}
addEventListener('online', wake);
addEventListener('offline', wake);
addEventListener('pageshow', ({ persisted }) => persisted && wake());
document.addEventListener('resume', wake);
document.addEventListener('visibilitychange', () => document.hidden || wake());
// No event tells of a machine that slept. A tick also sees midnight.
let ticked = new Date();
setInterval(() => {
  const now = new Date();
  if (now - ticked > SLEPT) wake();
  else if (now.getDate() !== ticked.getDate()) list.renameDays();
  ticked = now;
}, TICK);
// An invitation that was pasted into the address bar of this page.
addEventListener('hashchange', () => new URLSearchParams(location.hash.slice(1)).has('token') && location.reload());

function nameIn(path) {
  const name = /\/room\/([^/]*)\/?$/.exec(path)?.[1] ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Out of the address bar, so that it is not shared by accident; a reload still has it. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) history.replaceState(given, '', location.pathname);
  return history.state ?? '';
}
