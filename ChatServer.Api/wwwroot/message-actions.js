// What a member may do with a message and its sender: delete one's own; with the permission `moderate`, also kick, mute and ban.
import { askTerms } from './dialogs.js';

/**
 * @param {import('./chat-client.js').ChatClient} client
 * @param {(words: string) => void} tell what happened
 * @returns {[string, () => void][]}
 */
export function messageActions(message, client, tell) {
  const isOwn = message.uid === client.uid, isModerator = client.permissions.includes('moderate');
  const remove = ['Delete…', () => removeMessage(message, client)];
  if (isOwn) return client.permissions.includes('write') ? [remove] : [];
  if (!isModerator) return [];
  return message.uid ? [remove, ...memberActions(message, client, tell)] : [remove];
}

const removeMessage = ({ seq, text }, client) => askTerms({
  title: 'Delete this message?', text: `“${text}” is removed for everybody. This cannot be undone.`, action: 'Delete',
  run: () => client.delete(seq),
});

const memberActions = ({ user, uid }, client, tell) => [
  ['Kick…', () => askTerms({
    title: `Kick ${user}?`, text: 'The user is removed from the room and may return at once.', action: 'Kick', hasReason: true,
    run: async terms => { await client.kick(uid, terms); tell(`${user} was removed.`); },
  })],
  ['Mute…', () => askTerms({
    title: `Mute ${user}?`, text: 'The user can read, and cannot send messages.', action: 'Mute', hasReason: true, hasDuration: true,
    run: async terms => { await client.mute(uid, terms); tell(`${user} is muted.`); },
  })],
  ['Ban…', () => askTerms({
    title: `Ban ${user}?`, text: 'The user is removed and cannot join this room.', action: 'Ban', hasReason: true, hasDuration: true,
    run: async terms => { await client.ban(uid, terms); tell(`${user} is banned.`); },
  })],
  ['Unmute', () => lift(client.unmute(uid), `${user} is not muted any more.`, tell)],
  ['Unban', () => lift(client.unban(uid), `${user} is not banned any more.`, tell)],
];

const lift = (done, words, tell) => done.then(() => tell(words), refused => tell(refused.message));
