// Which resource is looked at is in the address (#api, #api/environment, #log); everything else comes from the stream.

import { $, el, text } from './dom.js';
import { Stream } from './stream.js';
import { showChosen, showResources, tick as tickRows } from './resources.js';
import { showDetail, tick as tickDetail } from './detail.js';
import { addLines, resetLog, showLog } from './log.js';
import { StateWords, isValue } from './words.js';

const Gone = 'The AppHost is gone. What you see is how it was; this page comes back by itself when it does.';
const Everything = 'log';

let resources = null;
let route = null;

const stream = new Stream({
  connection(state) {
    document.body.dataset.connection = state;
    text($('connection'), { live: 'Live', gone: 'Disconnected' }[state]);
    $('gone').hidden = state !== 'gone';
    text($('gone'), state === 'gone' ? Gone : '');
    if (state === 'gone') document.title = 'Gone · ChatServer';
  },
  hello({ resumed }) {
    if (!resumed) resetLog(route.name !== null);
  },
  resources(next) {
    announce(resources, next);
    resources = next;
    showResources(next, route.name);
    showSummary(next);
    showRoute();
  },
  lines: addLines,
});

function readRoute() {
  const [name, view] = location.hash.slice(1).split('/').map(decode);
  return { name: name && name !== Everything ? name : null, view: view ?? 'log', isDetail: name !== '' };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand
  }
}

const isSeen = id => $(id).checkVisibility();

function navigate() {
  const before = route;
  route = readRoute();
  if (before === null || before.name !== route.name) {
    resetLog(route.name !== null);
    stream.show(route.name);
  }
  showRoute();
  // On a phone, where only one of the two is to be seen, the focus follows.
  if (before === null || before.isDetail === route.isDetail) return;
  if (!isSeen(route.isDetail ? 'list-title' : 'detail-title')) $(route.isDetail ? 'detail-title' : 'list-title').focus();
}

function showRoute() {
  document.body.dataset.view = route.isDetail ? 'detail' : 'list';
  showChosen(route.name);
  showDetail(resources?.find(({ name }) => name === route.name), route.name, route.view);
  showLog();
}

function showSummary(all) {
  const processes = all.filter(resource => !isValue(resource));
  const running = processes.filter(({ state }) => state === 'running').length;
  const troubled = ['failed', 'unhealthy'].map(state => [state, processes.filter(resource => resource.state === state).length]).filter(([, n]) => n > 0);
  const summary = $('summary');
  summary.replaceChildren(processes.length > 0 ? `${running} of ${processes.length} running` : '');
  for (const [state, n] of troubled) summary.append(' · ', el('b', { class: state }, `${n} ${state}`));
  document.title = `${troubled.length > 0 ? '▲ ' : ''}${running}/${processes.length} · ChatServer`;
}

/** Changes of state, for those who hear the page. Not what is there at first. */
function announce(before, after) {
  if (before === null) return;
  const said = after.filter(({ name, state }) => before.some(old => old.name === name && old.state !== state))
    .map(({ name, state }) => `${name}: ${StateWords[state]}.`);
  if (said.length > 0) $('announcer').textContent = said.join(' ');
}

setInterval(() => {
  // What is shown of an AppHost that is gone is how it was, uptimes too.
  if (document.body.dataset.connection !== 'live') return;
  tickRows();
  tickDetail();
}, 1000);
$('skip').addEventListener('click', event => {
  if (!isSeen('log')) return;
  event.preventDefault();
  $('log').focus();
});
addEventListener('hashchange', navigate);
navigate();
