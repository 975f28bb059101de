// The audit trail, newest entries first, with filters.
import { call } from './api.js';
import { $, counted, element } from './chat/dom.js';
import { dateOf } from './format.js';

const PAGE = 50, TYPING = 250; // rows; ms
const FILTERS = ['action', 'room', 'actor'];

let next = null, loading = 0, typing;

/** @param {string} room '': every room */
export function openAudit(room) {
  for (const name of FILTERS) $(`audit-${name}`).value = name === 'room' ? room : '';
  restart();
}

export function leaveAudit() {
  loading++;
  clearTimeout(typing);
}

function restart() {
  next = null;
  $('audit-rows').replaceChildren();
  load();
}

async function load() {
  const turn = ++loading;
  $('audit-state').textContent = 'Loading…';
  $('audit-more').hidden = true;
  try {
    const query = new URLSearchParams({ limit: PAGE, ...next && { after: next } });
    for (const name of FILTERS) query.set(name, $(`audit-${name}`).value.trim());
    const { entries, next: following } = await call('GET', `audit?${query}`);
    if (turn !== loading) return;
    next = following;
    $('audit-rows').append(...entries.map(row));
    const shown = $('audit-rows').childElementCount;
    $('audit').hidden = shown === 0;
    $('audit-more').hidden = !next;
    const older = next ? '; there are older ones' : '';
    $('audit-state').textContent = shown === 0 ? 'No entry matches.' : `${counted(shown, 'entry', 'entries')}${older}`;
  } catch (trouble) {
    if (turn === loading) $('audit-state').textContent = trouble.message;
  }
}

function row({ time, action, actor, address, target, reason, result, omitted }) {
  const of = [target?.room, target?.host, target?.uid, target?.seq && `message ${target.seq}`].filter(Boolean).join(' · ');
  const by = element('td', 'wide-only', actor, element('span', 'small muted ellipsis', address ?? ''));
  return element('tr', '',
    element('td', '', dateOf(time)), element('td', '', action), element('td', '', of || 'the server'), by,
    element('td', 'wide-only', reason ?? ''), element('td', '', omitted ? `${result} (and ${omitted} more)` : result));
}

$('audit-more').onclick = load;
$('audit-filters').onsubmit = submit => { submit.preventDefault(); restart(); };
$('audit-filters').oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(restart, TYPING);
};
