// The table of resources. Rows are kept and brought up to date, so that the focus and a screen reader stay where they are.

import { $, attr, el, endpoint, since, text } from './dom.js';
import { commandButtons, updateButtons } from './commands.js';
import { isValue, stateText } from './words.js';

const rows = new Map();

export function showResources(resources, chosen) {
  for (const [name, row] of rows) {
    if (resources.some(resource => resource.name === name)) continue;
    row.element.remove();
    rows.delete(name);
  }
  const ordered = [...resources.filter(resource => !isValue(resource)), ...resources.filter(isValue)];
  ordered.forEach((resource, index) => {
    const row = rows.get(resource.name) ?? create(resource);
    update(row, resource);
    if ($('rows').children[index] !== row.element) $('rows').insertBefore(row.element, $('rows').children[index] ?? null);
  });
  showChosen(chosen);
  $('resources').hidden = resources.length === 0;
  $('no-resources').hidden = resources.length > 0;
  text($('no-resources'), 'No resources yet. They appear as the AppHost adds them.');
}

export function showChosen(chosen) {
  for (const [name, { element, link }] of rows) {
    element.classList.toggle('chosen', name === chosen);
    attr(link, 'aria-current', name === chosen ? 'true' : null);
  }
}

/** Time passes without the AppHost saying so. */
export function tick() {
  for (const { up, resource } of rows.values()) text(up, resource.startedAt ? since(resource.startedAt) : '');
}

function create({ name }) {
  const link = el('a', { href: `#${encodeURIComponent(name)}` }, name);
  const word = el('span', { class: 'word' });
  const state = el('div', { class: 'resource' }, el('span', { class: 'dot' }), link, word);
  const up = el('td', { role: 'cell', class: 'up' });
  const restarts = el('td', { role: 'cell', class: 'restarts' });
  const endpoints = el('td', { role: 'cell', class: 'endpoints' });
  const buttons = commandButtons();
  const element = el('tr', { role: 'row' }, el('td', { role: 'cell', class: 'name-cell' }, state), up, restarts, endpoints, el('td', { role: 'cell', class: 'actions-cell' }, buttons));
  const row = { element, link, word, state, up, restarts, endpoints, buttons, urls: '' };
  rows.set(name, row);
  return row;
}

function update(row, resource) {
  row.resource = resource;
  attr(row.state, 'data-state', resource.state);
  attr(row.state, 'data-value', isValue(resource));
  text(row.word, stateText(resource));
  text(row.up, resource.startedAt ? since(resource.startedAt) : '');
  text(row.restarts, isValue(resource) ? '' : String(resource.restarts));
  attr(row.restarts, 'data-some', resource.restarts > 0);
  row.buttons.hidden = isValue(resource);
  updateButtons(row.buttons, resource);
  const urls = JSON.stringify(resource.endpoints);
  if (row.urls === urls) return;
  row.urls = urls;
  row.endpoints.replaceChildren(...resource.endpoints.map(endpoint));
}
