// The audit trail, newest entries first, with filters.
import { callApi } from './api.js';
import { $, element, pluralize } from './chat/dom.js';
import { formatDateTime } from './format.js';

const ENTRIES_PER_PAGE = 50;
const FILTER_DELAY_MS = 250; // after the last input
const FILTERS = ['action', 'room', 'actor'];

let next = null; // start of the next page
let latestLoad = 0, filterTimer;

/** @param {string} room empty: all rooms */
export function openAudit(room) {
  for (const name of FILTERS) $(`audit-${name}`).value = name === 'room' ? room : '';
  reload();
}

export function closeAudit() {
  latestLoad++; // discards the response of a pending call
  clearTimeout(filterTimer);
}

function reload() {
  next = null;
  $('audit-rows').replaceChildren();
  loadPage();
}

async function loadPage() {
  const load = ++latestLoad;
  $('audit-state').textContent = 'Loading…';
  $('audit-more').hidden = true;
  try {
    const query = new URLSearchParams({ limit: ENTRIES_PER_PAGE, ...next && { after: next } });
    for (const name of FILTERS) query.set(name, $(`audit-${name}`).value.trim());
    const page = await callApi('GET', `audit?${query}`);
    if (load !== latestLoad) return;
    next = page.next;
    $('audit-rows').append(...page.entries.map(createRow));
    const entries = $('audit-rows').childElementCount;
    $('audit').hidden = entries === 0;
    $('audit-more').hidden = !next;
    const more = next ? '; older entries exist' : '';
    $('audit-state').textContent = entries === 0 ? 'No entry matches.' : `${pluralize(entries, 'entry', 'entries')}${more}`;
  } catch (error) {
    if (load === latestLoad) $('audit-state').textContent = error.message;
  }
}

function createRow({ time, action, actor, address, target, reason, result, omitted }) {
  const targetText = [target?.room, target?.host, target?.uid, target?.seq && `message ${target.seq}`].filter(Boolean).join(' · ');
  const actorCell = element('td', 'wide-only', actor, element('span', 'small muted ellipsis', address ?? ''));
  return element('tr', '',
    element('td', '', formatDateTime(time)), element('td', '', action), element('td', '', targetText || 'server'), actorCell,
    element('td', 'wide-only', reason ?? ''), element('td', '', omitted ? `${result} (and ${omitted} more)` : result));
}

$('audit-more').onclick = loadPage;
$('audit-filters').onsubmit = event => { event.preventDefault(); reload(); };
$('audit-filters').oninput = () => {
  clearTimeout(filterTimer);
  filterTimer = setTimeout(reload, FILTER_DELAY_MS);
};
