// What is told about the connection and its end.
import { counted } from './dom.js';
import { NAME_RULE } from './store.js';

/** '' when there is nothing to say. @param tries that failed since one was in the room */
export function connectionWords({ state, reason, pending }, { isFull }, tries) {
  if (state !== 'waiting' && state !== 'connecting') return '';
  const kept = pending.length > 0 ? ` ${counted(pending.length, 'message')} will be sent then.` : '';
  if (isFull) return `The room is full. You get in when somebody leaves.${kept}`;
  if (!navigator.onLine) return `You are offline until the network is back.${kept || ' What you write is sent then.'}`;
  if (tries > 12) return `The room cannot be reached, or does not let you in. Still trying…${kept}`;
  if (reason === 'flood') return `That was too much at once. One moment…${kept}`;
  if (reason === 'too-slow') return 'The connection was too slow. Catching up…';
  return tries > 0 ? `Reconnecting…${kept}` : 'Joining…';
}

const REFUSALS = {
  muted: 'You are muted.',
  'read-only': 'You may read here, and not write.',
};
export const refusalWords = ({ code, message }) => REFUSALS[code] ?? message;

// Title, text, what can be done, and what that does: `wait` looks whether the room is there by now.
const ENDINGS = {
  'room-closed': ['This room was closed.', 'If it is opened again, you are back in.', 'Look again', 'wait'],
  private: ['This room is private.', 'It takes an invitation: a link that ends with #token=…', 'Try again', 'reload'],
  token: ['Your invitation is not valid any more.', 'Ask for a new link.', 'Try again', 'reload'],
  replaced: ['You are here in another tab.', 'The conversation goes on over there.', 'Use it here', 'rejoin'],
  kicked: ['You were removed from this room.', 'An operator did that. You may come back.', 'Come back', 'rejoin'],
  banned: ['You are banned from this room.', 'An operator decided that.', 'Try again', 'rejoin'],
  'bad-name': ['That is not the name of a room.', NAME_RULE, 'Choose another', 'home'],
};

export function endingWords(reason, room) {
  if (reason === 'not-found') return {
    title: `There is no room “${room}” yet.`,
    text: 'Rooms are made by a backend that has the key. As soon as this one is there, you are in.',
    action: 'Look again', does: 'wait',
    code: `curl -X POST ${location.origin}/api/v1/room/${room} \\\n  -H "X-API-Key: $KEY"`,
  };
  const [title, text, action, does] = ENDINGS[reason]
    ?? ['The connection ended.', `The room ended it (${reason}).`, 'Connect again', 'rejoin'];
  return { title, text, action, does };
}
