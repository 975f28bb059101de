// Kicks, bans and mutes: their dialogs, and the list of those in force. Also deletes messages.
import { callApi } from './api.js';
import { $, element } from './chat/dom.js';
import { checkReason, durationField, sanctionTerms } from './chat/sanction-terms.js';
import { openDialog, showToast } from './dialog.js';
import { formatDateTime } from './format.js';
import { KeyedList } from './keyed-list.js';
import { Poll } from './poll.js';

const POLL_INTERVAL_MS = 4_000;
const EMPTY_TEXTS = { bans: 'Nobody is banned.', bansAndMutes: 'Nobody is banned or muted.' };
const REASON_FIELD = { label: 'Reason (the user sees it)', check: checkReason };

/** @typedef {{user?: string, uid: string}} Member */

/** The menu of a member. @param {Member} member @param {() => void} onChanged called after each dialog */
export const memberActions = (room, member, onChanged) => [
  ['Kick…', () => kick(room, member).then(onChanged)],
  ['Mute…', () => mute(room, member).then(onChanged)],
  ['Ban…', () => ban(room, member).then(onChanged)],
];

// Calls name the member by `uid`: the name can pass to another person while the dialog is open.
const nameOf = ({ user, uid }) => user ?? uid;

const kick = (room, member) => openDialog({
  title: `Kick ${nameOf(member)}?`, text: 'The user is removed from the room and can rejoin immediately.', action: 'Kick',
  ...REASON_FIELD,
  run: async reason => {
    await callApi('POST', `room/${room}/kick`, { uid: member.uid, ...sanctionTerms('', reason) });
    showToast(`${nameOf(member)} was removed.`);
  },
});

function mute(room, member) {
  const { label, select } = durationField();
  return openDialog({
    title: `Mute ${nameOf(member)}?`, text: 'The user can read messages, but not send any.', action: 'Mute',
    extraFields: [label, select], ...REASON_FIELD,
    run: async reason => {
      await callApi('POST', `room/${room}/mute`, { uid: member.uid, ...sanctionTerms(select.value, reason) });
      showToast(`${nameOf(member)} is muted.`);
    },
  });
}

function ban(room, member) {
  const { label, select } = durationField();
  const addresses = checkbox('Include the addresses of the user'), everywhere = checkbox('In every room');
  return openDialog({
    title: `Ban ${nameOf(member)}?`,
    text: 'The user is removed and cannot join. Including the addresses bans all users of the same network.',
    action: 'Ban', isDangerous: true, extraFields: [label, select, addresses.label, everywhere.label], ...REASON_FIELD,
    run: async reason => {
      const terms = { ...sanctionTerms(select.value, reason), address: addresses.input.checked };
      await callApi('POST', everywhere.input.checked ? 'ban' : `room/${room}/ban`, { uid: member.uid, ...terms });
      showToast(`${nameOf(member)} is banned.`);
    },
  });
}

function checkbox(text) {
  const input = Object.assign(document.createElement('input'), { type: 'checkbox' });
  return { input, label: element('label', 'checkbox', input, text) };
}

/** @param {{seq: number, user: string, text: string}} message */
export const deleteMessage = (room, { seq, user, text }) => openDialog({
  title: `Delete this message by ${user}?`, text: `“${text}” is removed from the history. This cannot be undone.`,
  action: 'Delete', isDangerous: true,
  run: async () => {
    await callApi('DELETE', `room/${room}/messages/${seq}`);
    showToast('The message was deleted.');
  },
});

/** The bans and mutes in force, each with a button that lifts it. */
export class SanctionList {
  #room = ''; #state; #list; #poll;

  /** @param {Element} list @param {Element} state shows an error or that there are no sanctions */
  constructor(list, state) {
    this.#state = state;
    this.#list = new KeyedList(list, ({ kind, uid, room }) => `${kind} ${uid} ${room}`, sanction => this.#createRow(sanction));
    this.#poll = new Poll(isLatest => this.#load(isLatest), POLL_INTERVAL_MS);
  }

  /** @param {string} room empty: the bans that apply to all rooms */
  start(room = '') {
    this.#room = room;
    this.#list.show([]);
    this.#state.textContent = 'Loading…';
    this.#poll.start();
  }

  stop() { this.#poll.stop(); }

  reload() { return this.#poll.runNow(); }

  async #load(isLatest) {
    try {
      const { bans, mutes } = await callApi('GET', `bans${this.#room && `?room=${this.#room}`}`);
      if (!isLatest()) return;
      const sanctions = [...bans.map(ban => ({ ...ban, kind: 'ban' })), ...mutes.map(mute => ({ ...mute, kind: 'mute' }))];
      this.#list.show(sanctions);
      this.#state.textContent = sanctions.length > 0 ? '' : this.#room ? EMPTY_TEXTS.bansAndMutes : EMPTY_TEXTS.bans;
    } catch (error) {
      if (isLatest()) this.#state.textContent = error.message;
    }
  }

  #createRow({ kind, uid, user, room }) {
    const text = element('span', 'small'), button = element('button', 'button secondary', kind === 'ban' ? 'Lift ban' : 'Lift mute');
    button.setAttribute('aria-label', `${button.textContent} of ${user ?? uid}${room ? '' : ' in every room'}`);
    button.onclick = () => this.#lift(kind, uid, room, button);
    return {
      node: element('li', 'sanction', text, button),
      update: sanction => text.replaceChildren(element('strong', '', user ?? uid), ` ${describe(sanction)}`),
    };
  }

  async #lift(kind, uid, room, button) {
    button.disabled = true;
    try {
      await callApi('POST', `${room ? `room/${room}/` : ''}un${kind}`, { uid });
      showToast(kind === 'ban' ? 'The ban was lifted.' : 'The mute was lifted.');
      await this.reload();
    } catch (error) {
      showToast(error.message);
      button.disabled = false;
    }
  }
}

const describe = ({ kind, room, address, reason, expiresAt }) => [
  `${kind === 'ban' ? 'banned' : 'muted'}${room ? '' : ' in every room'}${address ? ', including addresses' : ''}`,
  expiresAt ? `until ${formatDateTime(expiresAt)}` : 'until it is lifted',
  reason ?? '',
].filter(Boolean).join(' · ');
