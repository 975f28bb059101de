// The room page: joins the room in the page's address, and connects the client to the parts of the page.
import { store } from './browser-store.js';
import { ChatClient, randomId } from './chat-client.js';
import { Composer } from './composer.js';
import { JOINING_TEXT, connectionText, delayText, endNotice, refusalText } from './connection-texts.js';
import { askName, hideEndNotice, showEndNotice } from './dialogs.js';
import { $, avatar, pluralize } from './dom.js';
import { MemberList } from './member-list.js';
import { messageActions } from './message-actions.js';
import { MessageList } from './message-list.js';
import { ROOM_NAME, ROOT_URL, reloadOnNewToken, roomNameOfPage, takeToken } from './room-address.js';
import { RoomLookup, describeRoom } from './room-lookup.js';
import { UnreadCounter } from './unread-counter.js';

const ROOM_CHECK_INTERVAL_MS = 2_000; // while the room does not exist
const STATUS_DURATION_MS = 3_500;
const TYPING_DURATION_MS = 4_000; // after the last `typing` event
const JOINING_DELAY_MS = 500; // a faster join shows no banner
const TICK_INTERVAL_MS = 2_000, SLEEP_THRESHOLD_MS = 10_000; // a longer interval between ticks means that the machine slept

const room = roomNameOfPage();
const token = takeToken();
const lookup = new RoomLookup(room, token, () => store.session(room));
const memberList = new MemberList();
const unreadCounter = new UnreadCounter(room);
const self = () => ({ user: client.user || store.name, uid: client.uid });
const messageList = new MessageList($('scroller'), $('message-list'), self, message => messageActions(message, client, showStatus));
const composer = new Composer(store.draft(room));
let client, failedAttempts = 0, closingReason = '';
let unreadAfterSeq = Infinity, isNewRoom = false, hadGap = false;
let status = { text: '', until: 0 }, typingUser;
let joiningTimer, typingTimer, roomCheckTimer;

$('title').textContent = room;
if (!ROOM_NAME.test(room)) showEndNotice(endNotice('bad-name'), { home: () => location.assign(ROOT_URL) });
else if (store.name) start();
else askName('').then(name => { store.name = name; start(); });

function start() {
  const session = store.session(room) ?? randomId();
  store.saveSession(room, session);
  client = new ChatClient({
    url: failures => lookup.findUrls(failures), user: store.name, token, session, outbox: store.outbox(room),
  });
  listen();
  client.pending.forEach(pending => messageList.addPending(pending));
  showSelf();
  client.connect();
  if (matchMedia('(pointer: fine)').matches) $('composer-text').focus();
  performance.mark('composer'); // from here on, the page keeps what the user enters
}

function listen() {
  const on = (type, handler) => client.addEventListener(type, event => handler(event.detail));

  on('state', ({ state, reason }) => {
    if (state === 'waiting') failedAttempts++;
    $('main').dataset.state = state;
    updateBanner();
    if (state === 'closed') showEnd(reason);
  });
  on('welcome', onWelcome);
  on('room', ({ title }) => { if (title !== undefined) showTitle(title); });
  on('reset', () => {
    unreadAfterSeq = 0;
    messageList.clear();
    messageList.addNote('Earlier messages were lost. The room starts a new history.');
  });
  on('gap', ({ after, before }) => {
    hadGap = true;
    const missed = pluralize(before - after - 1, 'message was', 'messages were');
    messageList.addNote(`${missed} sent while you were away, and can no longer be loaded.`);
  });
  for (const type of ['message', 'announcement', 'deleted']) on(type, onLogEvent);
  on('pending', pending => { messageList.removeUnreadMarker(); messageList.addPending(pending); updateBanner(); updateListEdges(); });
  on('settled', event => { messageList.removePending(event.id); updateBanner(); });
  on('refused', refusal =>
    messageList.refusePending(refusal.pending.id, refusalText(refusal), () => composer.edit(refusal.pending.text)));
  on('delayed', delay => messageList.delayPending(delay.id, delayText(delay) || 'Sending…'));
  on('error', error => {
    showStatus(refusalText(error));
    // A note, because a mute lasts longer than the banner.
    if (error.code === 'muted') messageList.addNote(refusalText(error));
  });
  on('closing', ({ reason }) => closingReason = reason);
  on('presence', presence => memberList.update(presence));
  on('typing', ({ users }) => showTyping(users.filter(user => user !== client.user)));
}

function onWelcome(welcome) {
  if (welcome.again && failedAttempts > 0)
    showStatus(welcome.resumed && !hadGap ? 'Reconnected. No messages were missed.' : 'Reconnected.');
  if (!welcome.again) {
    performance.mark('joined');
    unreadAfterSeq = welcome.seq;
  }
  isNewRoom = welcome.seq === 0;
  hadGap = false;
  failedAttempts = 0;
  closingReason = '';
  lookup.ban = null;
  store.addRecentRoom(room);
  hideEndNotice();
  showTitle(welcome.title);
  memberList.welcome(welcome);
  composer.setMaxLength(welcome.limits.maxTextLength);
  composer.setWritable(client.permissions.includes('write'));
  showSelf();
  updateListEdges();
}

function onLogEvent(event) {
  messageList.removePending(event.id);
  const isUnread = event.seq > unreadAfterSeq && event.type !== 'deleted' && event.uid !== client.uid;
  messageList.append(event, isUnread && !unreadCounter.isPageActive);
  updateListEdges();
  if (isUnread) unreadCounter.add(event, messageList.isAtEnd);
  if (event.user === typingUser) showTyping([]);
}

function showTitle(title) {
  unreadCounter.title = $('title').textContent = title;
}

/** Shows the state of the connection; if there is nothing to report, the last status until it expires. */
function updateBanner() {
  const text = connectionText(client, lookup, failedAttempts);
  clearTimeout(joiningTimer);
  if (text === JOINING_TEXT) joiningTimer = setTimeout(() => $('banner').textContent = text, JOINING_DELAY_MS);
  else $('banner').textContent = text || (Date.now() < status.until ? status.text : '');
}

function showStatus(text) {
  status = { text, until: Date.now() + STATUS_DURATION_MS };
  updateBanner();
  setTimeout(updateBanner, STATUS_DURATION_MS + 1);
}

function showTyping(users) {
  typingUser = users[0];
  clearTimeout(typingTimer);
  if (users.length > 0) typingTimer = setTimeout(showTyping, TYPING_DURATION_MS, []);
  const names = users.length > 3 ? 'Several people' : users.join(', ');
  $('typing').textContent = users.length === 0 ? '' : `${names} ${users.length === 1 ? 'is' : 'are'} typing…`;
}

function showSelf() {
  const name = client.user || store.name;
  $('me').hidden = false;
  $('me-name').textContent = name;
  $('me').firstElementChild.replaceWith(avatar(name));
}

/** What the list shows above its first message, or without messages. */
function updateListEdges() {
  $('no-messages').hidden = !isNewRoom || !messageList.isEmpty;
  $('load-older').hidden = !client.hasMore;
  $('history-start').hidden = client.hasMore || messageList.isEmpty;
  $('history-start').textContent =
    client.oldest === 1 ? `This is the beginning of ${$('title').textContent}.` : 'Older messages can no longer be loaded.';
}

function showEnd(reason) {
  clearInterval(roomCheckTimer);
  const notice = endNotice(reason, room, closingReason, lookup.ban);
  showEndNotice(notice, { rejoin: () => client.connect(), reload: () => location.reload(), rename, check: rejoinIfRoomExists });
  if (notice.action === 'check') roomCheckTimer = setInterval(() => document.hidden || rejoinIfRoomExists(), ROOM_CHECK_INTERVAL_MS);
}

async function rejoinIfRoomExists() {
  if (client.state !== 'closed' || !await describeRoom(room, token).catch(() => null)) return;
  clearInterval(roomCheckTimer);
  client.connect();
}

async function loadOlder() {
  const page = await client.loadOlder().catch(() => null);
  if (page) messageList.prepend(page.events);
  updateListEdges();
}

async function rename() {
  if (client.pending.length > 0 && client.state !== 'closed')
    return showStatus('Wait until your messages are sent. They still have your current name.');
  // The room may have assigned another name than the stored one.
  const currentName = client.user || store.name;
  const name = await askName(currentName);
  if (!name || name === currentName) return;
  // A session keeps its name, so a new name needs a new session.
  store.name = name;
  store.saveSession(room, randomId());
  location.reload();
}

composer.addEventListener('send', ({ detail }) => client?.send(detail).catch(() => {}));
composer.addEventListener('typing', () => client?.typing());
messageList.addEventListener('load-older', loadOlder);
messageList.addEventListener('scrolled', () => { if (messageList.isAtEnd) unreadCounter.reachedEnd(); });
$('load-older').onclick = loadOlder;
$('jump-to-end').onclick = () => { messageList.scrollToEnd(); $('composer-text').focus(); };
$('me').onclick = rename;
reloadOnNewToken();

// Checks the connection at once when the network, the page or the machine changes its state, instead of at the next timer.
function wake() {
  if (!client) return;
  client.wake();
  messageList.updateDays();
  updateBanner();
}
addEventListener('online', wake);
addEventListener('offline', wake);
addEventListener('pageshow', ({ persisted }) => persisted && wake());
document.addEventListener('resume', wake);
document.addEventListener('visibilitychange', () => document.hidden || wake());
// No event reports that the machine slept, or that midnight has passed.
let lastTick = new Date();
setInterval(() => {
  const now = new Date();
  if (now - lastTick > SLEEP_THRESHOLD_MS) wake();
  else if (now.getDate() !== lastTick.getDate()) messageList.updateDays();
  lastTick = now;
}, TICK_INTERVAL_MS);
