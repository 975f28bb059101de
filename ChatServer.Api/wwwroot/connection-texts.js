// What is told about the connection and its end.
import { counted } from './dom.js';
import { NAME_RULE, ROOT } from './browser-store.js';

/** '' when there is nothing to say. @param tries that failed since one was in the room */
export function connectionWords({ state, reason, pending }, { isFull }, tries) {
  if (state === 'online' && navigator.onLine || state === 'idle' || state === 'closed') return '';
  const kept = pending.length > 0 ? ` ${counted(pending.length, 'message')} will be sent then.` : '';
  if (isFull) return `The room is full. You get in when somebody leaves.${kept}`;
  if (!navigator.onLine) return `You are offline until the network is back.${kept || ' What you write is sent then.'}`;
  if (tries > 12) return `The room cannot be reached, or does not let you in. Still trying…${kept}`;
  if (reason === 'flood') return `That was too much at once. One moment…${kept}`;
  if (reason === 'too-slow') return 'The connection was too slow. Catching up…';
  return tries > 0 ? `Reconnecting…${kept}` : 'Joining…';
}

const REFUSALS = {
  'read-only': 'You may read here, and not write.',
};
/** The room's own words for a mute have its reason, and its remaining time in seconds. */
export const refusalWords = ({ code, message }) =>
  REFUSALS[code] ?? message.replace(/(?<=^You are muted for )\d+ s/, time => lengthOf(parseInt(time, 10)));

/** Why a message waits. '' if there is nothing to say */
export const delayWords = ({ code, retryAfterMs }) =>
  code === 'slow-mode' ? `Slow mode: sent in ${lengthOf(retryAfterMs / 1_000)}.` : '';

/** @param {number} seconds */
function lengthOf(seconds) {
  const [minutes, hours, days] = [60, 3_600, 86_400].map(unit => Math.round(seconds / unit));
  if (seconds < 90) return counted(Math.ceil(seconds), 'second');
  return minutes < 60 ? counted(minutes, 'minute') : hours < 48 ? counted(hours, 'hour') : counted(days, 'day');
}

// Title, text, what can be done, and what that does: `wait` looks whether the room is there by now.
const ENDINGS = {
  'room-closed': ['This room was closed.', 'If it is opened again, you are back in.', 'Look again', 'wait'],
  private: ['This room is private.', 'It takes an invitation: a link that ends with #token=…', 'Try again', 'reload'],
  token: ['Your invitation is not valid any more.', 'Ask for a new link.', 'Try again', 'reload'],
  replaced: ['You are here in another tab.', 'The conversation goes on over there.', 'Use it here', 'rejoin'],
  kicked: ['You were removed from this room.', 'A moderator did that. You may come back.', 'Come back', 'rejoin'],
  banned: ['You are banned from this room.', 'A moderator decided that.', 'Try again', 'rejoin'],
  name: ['The room does not accept your name.', 'Names that imitate another, or belong to the operators, are not accepted.', 'Choose another', 'rename'],
  'bad-name': ['That is not the name of a room.', NAME_RULE, 'Choose another', 'home'],
};

/**
 * @param {string} [stated] the reason in the room's last frame: a code, or the words of a moderator
 * @param {?import('./room-lookup.js').Ban} [ban] after a refused handshake
 */
export function endingWords(reason, room, stated = '', ban = null) {
  if (reason === 'not-found') return {
    title: `There is no room “${room}” yet.`,
    text: 'Rooms are made by a backend that has the key. As soon as this one is there, you are in.',
    action: 'Look again', does: 'wait',
    code: `curl -X POST ${ROOT}api/v1/room/${room} \\\n  -H "X-API-Key: $KEY"`,
  };
  // A room that became private, and a token that expired or was refused, close with the code of a ban.
  const cause = { private: 'private', 'token-expired': 'token', 'token-refused': 'token' }[stated];
  if (reason === 'banned' && cause) return endingWords(cause, room);
  const [title, text, action, does] = ENDINGS[reason]
    ?? ['The connection ended.', `The room ended it (${reason}).`, 'Connect again', 'rejoin'];
  return { title, text: [text, ...moderationWords(reason, stated, ban)].join(' '), action, does };
}

function moderationWords(reason, stated, ban) {
  if (reason === 'banned' && ban) return [
    ban.seconds ? `The ban ends in ${lengthOf(ban.seconds)}.` : 'It has no end until a moderator lifts it.',
    ban.reason ? `Reason: ${ban.reason}` : '',
  ];
  return (reason === 'kicked' || reason === 'banned') && stated && stated !== reason ? [`Reason: ${stated}`] : [];
}
