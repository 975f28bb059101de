// What is known of one resource: its facts, and its environment.

import { $, attr, el, endpoint, since, text } from './dom.js';
import { commandButtons, updateButtons } from './commands.js';
import { KindWords, isValue, stateText } from './words.js';

const buttons = commandButtons();
buttons.classList.add('wide');
buttons.id = 'detail-actions';
$('detail-actions').replaceWith(buttons);
let drawn = '';

/** Shows a resource, or the log of all where there is none. */
export function showDetail(resource, name, view) {
  text($('detail-title'), name ?? 'All logs');
  const values = resource !== undefined && isValue(resource);
  $('tabs').hidden = resource === undefined || values;
  $('facts').hidden = resource === undefined;
  buttons.hidden = resource === undefined || values;
  const environment = resource !== undefined && (values || view === 'environment');
  $('environment').hidden = !environment;
  $('log-pane').hidden = environment;
  if (resource === undefined) return;

  const href = `#${encodeURIComponent(resource.name)}`;
  for (const [id, target, current] of [['tab-log', href, !environment], ['tab-environment', `${href}/environment`, environment]]) {
    attr($(id), 'href', target);
    attr($(id), 'aria-current', current ? 'page' : null);
  }
  updateButtons(buttons, resource);
  // A link that has the focus, or text that is being selected, survives whatever does not change it.
  const now = JSON.stringify(resource);
  if (now === drawn) return;
  drawn = now;
  showFacts(resource);
  showEnvironment(resource);
}

/** Time passes without the AppHost saying so. */
export function tick() {
  const up = $('fact-up');
  if (up) text(up, since(up.dataset.since));
}

function showFacts(resource) {
  const facts = [
    isValue(resource) && resource.state === 'running' ? null : ['State', el('span', { 'data-state': resource.state, class: 'state' }, el('span', { class: 'dot' }), ' ', el('span', { class: 'word' }, stateText(resource)))],
    ['Kind', KindWords[resource.kind]],
    resource.processId === null ? null : ['Process', String(resource.processId)],
    resource.startedAt === null ? null : ['Up', el('span', { id: 'fact-up', 'data-since': resource.startedAt, title: new Date(resource.startedAt).toLocaleString() }, since(resource.startedAt))],
    isValue(resource) ? null : ['Restarts', String(resource.restarts)],
    resource.exitCode === null ? null : ['Last exit code', String(resource.exitCode)],
    resource.endpoints.length === 0 ? null : ['Endpoints', ...resource.endpoints.map(endpoint)],
  ];
  $('facts').replaceChildren(...facts.filter(Boolean).map(([name, ...values]) => el('div', {}, el('dt', {}, name), el('dd', {}, ...values))));
}

function showEnvironment({ environment }) {
  const rows = [...environment].sort((a, b) => a.name.localeCompare(b.name)).map(({ name, value, isSecret }) => el('tr', {},
    el('td', {}, name),
    el('td', {}, value === '' ? el('span', { class: 'missing' }, 'empty') : value, isSecret ? el('span', { class: 'tag' }, 'secret') : null)));
  $('environment').replaceChildren(rows.length > 0
    ? el('table', {}, el('caption', { class: 'sr' }, 'Environment'), el('tbody', {}, ...rows))
    : el('p', { class: 'empty' }, 'Nothing is set for it.'));
}
