// Which resource is looked at is in the address (#api, #api/environment, #logs); everything else comes from the stream.

import { $, text } from './dom.js';
import { Stream } from './stream.js';
import { showChosen, showResources, tick as tickRows } from './resources.js';
import { showDetail, tick as tickDetail } from './detail.js';
import { addLines, resetLog, showLog } from './log.js';
import { StateWords, isValue } from './words.js';

const Gone = 'The AppHost is gone. What you see is how it was; this page comes back by itself when it does.';
const Everything = 'logs';

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
  const [name, view] = location.hash.slice(1).split('/').map(decodeURIComponent);
  return { name: name && name !== Everything ? name : null, view: view ?? 'log', isDetail: name !== '' };
}

function navigate() {
  const before = route;
  route = readRoute();
  if (before === null || before.name !== route.name) {
    resetLog(route.name !== null);
    stream.show(route.name);
  }
  showRoute();
  if (before !== null && before.isDetail !== route.isDetail) (route.isDetail ? $('detail-title') : $('list-title')).focus?.();
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
  for (const [state, n] of troubled) {
    const bold = document.createElement('b');
    bold.textContent = `${n} ${state}`;
    summary.append(' · ', bold);
  }
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
  tickRows();
  tickDetail();
}, 1000);
addEventListener('hashchange', navigate);
navigate();
