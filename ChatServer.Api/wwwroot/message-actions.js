// The actions in the menu of a message.
import { openModerationDialog } from './dialogs.js';

/**
 * The author may delete a message; a member with the permission `moderate` may delete any, and moderate its author.
 * @param {import('./chat-client.js').ChatClient} client
 * @param {(text: string) => void} showStatus shows the result of an action
 * @returns {[string, () => void][]}
 */
export function messageActions(message, client, showStatus) {
  const isOwn = message.uid === client.uid, isModerator = client.permissions.includes('moderate');
  const deleteAction = ['Delete…', () => deleteMessage(message, client)];
  if (isOwn) return client.permissions.includes('write') ? [deleteAction] : [];
  if (!isModerator) return [];
  return message.uid ? [deleteAction, ...memberActions(message, client, showStatus)] : [deleteAction];
}

const deleteMessage = ({ seq, text }, client) => openModerationDialog({
  title: 'Delete this message?', text: `“${text}” is removed for everyone. This cannot be undone.`, action: 'Delete',
  run: () => client.delete(seq),
});

const memberActions = ({ user, uid }, client, showStatus) => [
  ['Kick…', () => openModerationDialog({
    title: `Kick ${user}?`, text: 'The user is removed from the room and can rejoin immediately.', action: 'Kick', hasReason: true,
    run: async terms => { await client.kick(uid, terms); showStatus(`${user} was removed.`); },
  })],
  ['Mute…', () => openModerationDialog({
    title: `Mute ${user}?`, text: 'The user can read messages, but not send any.', action: 'Mute', hasReason: true, hasDuration: true,
    run: async terms => { await client.mute(uid, terms); showStatus(`${user} is muted.`); },
  })],
  ['Ban…', () => openModerationDialog({
    title: `Ban ${user}?`, text: 'The user is removed and cannot join this room.', action: 'Ban', hasReason: true, hasDuration: true,
    run: async terms => { await client.ban(uid, terms); showStatus(`${user} is banned.`); },
  })],
  ['Unmute', () => showResult(client.unmute(uid), `${user} is no longer muted.`, showStatus)],
  ['Unban', () => showResult(client.unban(uid), `${user} is no longer banned.`, showStatus)],
];

const showResult = (command, text, showStatus) => command.then(() => showStatus(text), refused => showStatus(refused.message));
