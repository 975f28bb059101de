// Kicks, bans and mutes: their dialogs, and the list of those in force.
import { call } from './api.js';
import { $, element } from './chat/dom.js';
import { checkReason, durationField, termsOf } from './chat/sanction-terms.js';
import { ask, tell } from './dialog.js';
import { Keyed } from './keyed-list.js';
import { Poll } from './poll.js';
import { dateOf } from './format.js';

const EVERY = 4_000; // ms
const NONE = { bans: 'Nobody is banned.', both: 'Nobody is banned or muted.' };

/** Menu of a member. @param {{user?: string, uid: string}} who @param {() => void} done called after each change */
export const memberActions = (room, who, done) => [
  ['Kick…', () => kick(room, who).then(done)],
  ['Mute…', () => mute(room, who).then(done)],
  ['Ban…', () => ban(room, who).then(done)],
];

const nameOf = ({ user, uid }) => user ?? uid;
// By `uid`: a name may pass to another person while the dialog is open.
const targetOf = ({ uid }) => ({ uid });

const kick = (room, who) => ask({
  title: `Kick ${nameOf(who)}?`, text: 'The user is removed from the room and may return at once.', action: 'Kick',
  label: 'Reason (the user sees it)', check: checkReason,
  run: async reason => {
    await call('POST', `room/${room}/kick`, { ...targetOf(who), ...termsOf('', reason) });
    tell(`${nameOf(who)} was removed.`);
  },
});

function mute(room, who) {
  const { label, select } = durationField();
  return ask({
    title: `Mute ${nameOf(who)}?`, text: 'The user can read, and cannot send messages.', action: 'Mute', extra: [label, select],
    label: 'Reason (the user sees it)', check: checkReason,
    run: async reason => {
      await call('POST', `room/${room}/mute`, { ...targetOf(who), ...termsOf(select.value, reason) });
      tell(`${nameOf(who)} is muted.`);
    },
  });
}

function ban(room, who) {
  const { label, select } = durationField(), address = checkBox('Also the addresses of the user'), everywhere = checkBox('In every room');
  return ask({
    title: `Ban ${nameOf(who)}?`, text: 'The user is removed and cannot join. With the addresses, nobody in the same network can.',
    action: 'Ban', isGrave: true, extra: [label, select, address.label, everywhere.label],
    label: 'Reason (the user sees it)', check: checkReason,
    run: async reason => {
      const terms = { ...termsOf(select.value, reason), address: address.box.checked };
      await call('POST', everywhere.box.checked ? 'ban' : `room/${room}/ban`, { ...targetOf(who), ...terms });
      tell(`${nameOf(who)} is banned.`);
    },
  });
}

function checkBox(text) {
  const box = Object.assign(document.createElement('input'), { type: 'checkbox' });
  return { box, label: element('label', 'checkbox', box, text) };
}

/** Deletes a message. @param {{seq: number, user: string, text: string}} message */
export const deleteMessage = (room, { seq, user, text }) => ask({
  title: `Delete this message of ${user}?`, text: `“${text}” is removed from the history. This cannot be undone.`,
  action: 'Delete', isGrave: true,
  run: async () => {
    await call('DELETE', `room/${room}/messages/${seq}`);
    tell('The message was deleted.');
  },
});

/** The bans and mutes in force, each with a button that lifts it. */
export class Sanctions {
  #room = ''; #state; #rows; #poll;

  /** @param {Element} list @param {Element} state */
  constructor(list, state) {
    this.#state = state;
    this.#rows = new Keyed(list, ({ kind, uid, room }) => `${kind} ${uid} ${room}`, sanction => this.#row(sanction));
    this.#poll = new Poll(isLatest => this.#load(isLatest), EVERY);
  }

  /** @param {string} room '': the bans from every room */
  start(room = '') {
    this.#room = room;
    this.#rows.show([]);
    this.#state.textContent = 'Loading…';
    this.#poll.start();
  }

  stop() { this.#poll.stop(); }

  reload() { return this.#poll.now(); }

  async #load(isLatest) {
    try {
      const { bans, mutes } = await call('GET', `bans${this.#room && `?room=${this.#room}`}`);
      if (!isLatest()) return;
      const all = [...bans.map(ban => ({ ...ban, kind: 'ban' })), ...mutes.map(mute => ({ ...mute, kind: 'mute' }))];
      this.#rows.show(all);
      this.#state.textContent = all.length > 0 ? '' : this.#room ? NONE.both : NONE.bans;
    } catch (trouble) {
      if (isLatest()) this.#state.textContent = trouble.message;
    }
  }

  #row({ kind, uid, user, room }) {
    const words = element('span', 'small'), lift = element('button', 'button secondary', kind === 'ban' ? 'Lift ban' : 'Lift mute');
    lift.setAttribute('aria-label', `${lift.textContent} of ${user ?? uid}${room ? '' : ' in every room'}`);
    lift.onclick = () => this.#lift(kind, uid, room, lift);
    return {
      node: element('li', 'sanction', words, lift),
      update: sanction => words.replaceChildren(element('strong', '', user ?? uid), ` ${describe(sanction)}`),
    };
  }

  async #lift(kind, uid, room, button) {
    button.disabled = true;
    try {
      await call('POST', `${room ? `room/${room}/` : ''}un${kind}`, { uid });
      tell(kind === 'ban' ? 'The ban was lifted.' : 'The mute was lifted.');
      await this.reload();
    } catch (trouble) {
      tell(trouble.message);
      button.disabled = false;
    }
  }
}

const describe = ({ kind, room, address, reason, expiresAt }) => [
  `${kind === 'ban' ? 'banned' : 'muted'}${room ? '' : ' in every room'}${address ? ', with addresses' : ''}`,
  expiresAt ? `until ${dateOf(expiresAt)}` : 'until it is lifted',
  reason ?? '',
].filter(Boolean).join(' · ');
