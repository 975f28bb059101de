// Texts about the connection, refused messages, and the end of the connection.
import { pluralize } from './dom.js';
import { ROOM_NAME_RULE, roomApiUrl } from './room-address.js';

export const JOINING_TEXT = 'Joining…';
export const READ_ONLY_TEXT = 'You can read messages here, but not write.';

const UNREACHABLE_AFTER_ATTEMPTS = 12;

/** Empty while the client is connected. @param failedAttempts since the client was connected */
export function connectionText({ state, reason, pending }, { isFull }, failedAttempts) {
  if (state === 'online' && navigator.onLine || state === 'idle' || state === 'closed') return '';
  const pendingText = pending.length > 0 ? ` ${pluralize(pending.length, 'message')} will be sent then.` : '';
  if (isFull) return `The room is full. You join as soon as someone leaves.${pendingText}`;
  if (!navigator.onLine) return `You are offline until the network is back.${pendingText || ' Your messages will be sent then.'}`;
  if (failedAttempts > UNREACHABLE_AFTER_ATTEMPTS)
    return `The room is unreachable or refuses the connection. Still trying…${pendingText}`;
  if (reason === 'flood') return `You sent too many messages at once. Reconnecting shortly…${pendingText}`;
  if (reason === 'too-slow') return 'The connection was too slow. Catching up…';
  return failedAttempts > 0 ? `Reconnecting…${pendingText}` : JOINING_TEXT;
}

/** The room's message for a mute states the reason and the remaining seconds. */
export const refusalText = ({ code, message }) => code === 'read-only' ? READ_ONLY_TEXT
  : message.replace(/(?<=^You are muted for )\d+ s/, seconds => durationText(parseInt(seconds, 10)));

/** Why a message is delayed; empty for a short delay. */
export const delayText = ({ code, retryAfterMs }) =>
  code === 'slow-mode' ? `Slow mode: sent in ${durationText(retryAfterMs / 1_000)}.` : '';

/** @param {number} seconds */
function durationText(seconds) {
  const [minutes, hours, days] = [60, 3_600, 86_400].map(unit => Math.round(seconds / unit));
  if (seconds < 90) return pluralize(Math.ceil(seconds), 'second');
  return minutes < 60 ? pluralize(minutes, 'minute') : hours < 48 ? pluralize(hours, 'hour') : pluralize(days, 'day');
}

// By reason: title, text, label of the button, and its action.
const ENDINGS = {
  'room-closed': ['This room was closed.', 'You rejoin automatically if it opens again.', 'Check again', 'check'],
  private: ['This room is private.', 'To join, you need an invitation: a link that ends with #token=…', 'Try again', 'reload'],
  token: ['Your invitation is no longer valid.', 'Ask for a new link.', 'Try again', 'reload'],
  replaced: ['This room is open in another tab.', 'You can continue there, or here.', 'Use it here', 'rejoin'],
  kicked: ['You were removed from this room.', 'A moderator removed you. You can rejoin.', 'Rejoin', 'rejoin'],
  banned: ['You are banned from this room.', 'A moderator banned you.', 'Try again', 'rejoin'],
  name: ['The room does not accept your name.', 'Names that imitate another name, or are reserved for operators, are not accepted.',
    'Choose another', 'rename'],
  'bad-name': ['This is not a valid room name.', ROOM_NAME_RULE, 'Choose another', 'home'],
};

// Codes in a `closing` frame that come with the close code of a ban: the room became private, or the token expired or was refused.
const CLOSING_CODES = { private: 'private', 'token-expired': 'token', 'token-refused': 'token' };

/**
 * @typedef {'check'|'reload'|'rejoin'|'rename'|'home'} EndAction `check` rejoins if the room is open
 * @param {string} reason of the client, or `bad-name`
 * @param {string} [closingReason] of the `closing` frame: a code, or the reason that a moderator entered
 * @param {?import('./room-lookup.js').Ban} [ban] after a refused handshake
 * @returns {{title: string, text: string, buttonLabel: string, action: EndAction, code?: string}} for `showEndNotice`
 */
export function endNotice(reason, room, closingReason = '', ban = null) {
  if (reason === 'not-found') return {
    title: `There is no room “${room}” yet.`,
    text: 'Rooms are created through the API. You join automatically as soon as this room exists.',
    buttonLabel: 'Check again', action: 'check',
    code: `curl -X POST ${roomApiUrl(room)} \\\n  -H "X-API-Key: $KEY"`,
  };
  if (reason === 'banned' && CLOSING_CODES[closingReason]) return endNotice(CLOSING_CODES[closingReason], room);
  const [title, text, buttonLabel, action] = ENDINGS[reason]
    ?? ['The connection ended.', `The room closed it (${reason}).`, 'Connect again', 'rejoin'];
  return { title, text: [text, ...moderationTexts(reason, closingReason, ban)].join(' '), buttonLabel, action };
}

function moderationTexts(reason, closingReason, ban) {
  if (reason === 'banned' && ban) return [
    ban.seconds ? `The ban ends in ${durationText(ban.seconds)}.` : 'The ban lasts until a moderator lifts it.',
    ban.reason ? `Reason: ${ban.reason}` : '',
  ];
  const isStated = (reason === 'kicked' || reason === 'banned') && closingReason && closingReason !== reason;
  return isStated ? [`Reason: ${closingReason}`] : [];
}
