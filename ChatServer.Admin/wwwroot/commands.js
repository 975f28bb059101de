// Commands to rooms, hosts and the server, most of them with a dialog.
import { callApi } from './api.js';
import { pluralize } from './chat/dom.js';
import { openDialog, showToast } from './dialog.js';

const MAX_TEXT_LENGTH = 4_000; // characters
const SHUTDOWN_PHRASE = 'shut down';

const checkText = text => text.trim() === '' ? 'Enter an announcement.'
  : [...text].length > MAX_TEXT_LENGTH ? `Enter at most ${MAX_TEXT_LENGTH} characters.` : '';

/** @param {string} room empty: all rooms */
export const announce = (room = '') => openDialog({
  title: room ? `Announce in ${room}` : 'Announce in all rooms',
  text: 'The room shows it as an announcement, not as a message of a member.',
  action: 'Announce', label: 'Announcement', lines: 3, check: checkText,
  run: async text => {
    const { rooms } = await callApi('POST', room ? `room/${room}/message` : 'message', { text });
    showToast(room ? `Announced in ${room}.` : `Announced in ${pluralize(rooms, 'room')}.`);
  },
});

export const shutDownRoom = room => openDialog({
  title: `Shut down ${room}?`,
  text: 'Its members are notified and disconnected, and its messages are deleted.',
  action: 'Shut down', isDangerous: true,
  run: async () => showToast(`${room}: ${(await callApi('DELETE', `room/${room}/shutdown`)).message}.`),
});

export const drainHost = host => openDialog({
  title: `Drain ${host}?`,
  text: 'The host gets no new rooms, and its rooms move to other hosts, one after another. No messages are lost.',
  action: 'Drain',
  run: async () => showToast(`${host}: ${(await callApi('POST', `host/${encodeURIComponent(host)}/drain`)).message}.`),
});

export const rebalance = () => openDialog({
  title: 'Distribute the rooms?',
  text: 'Hosts with more rooms than their share move the surplus to other hosts, empty rooms first. No messages are lost.',
  action: 'Distribute',
  run: async () => {
    const { message, rooms } = await callApi('POST', 'rebalance');
    showToast(rooms > 0 ? `${pluralize(rooms, 'room')} will move.` : `${message}.`);
  },
});

export async function resumeHost(host) {
  try {
    showToast(`${host}: ${(await callApi('POST', `host/${encodeURIComponent(host)}/resume`)).message}.`);
  } catch (error) {
    showToast(error.message);
  }
}

/** Asks for confirmation twice: the command stops every host and every Api. @param {number} rooms number of rooms */
export async function shutDownServer(rooms) {
  const isConfirmed = await openDialog({
    title: 'Shut down the entire server?',
    text: `${pluralize(rooms, 'room')} will be closed; the histories are kept. `
      + 'All RoomHosts and Apis stop and have to be started again. This page stays available.',
    action: 'Continue…', isDangerous: true,
  });
  if (!isConfirmed) return;
  await openDialog({
    title: 'Confirm the shutdown',
    text: `Type “${SHUTDOWN_PHRASE}”. This cannot be undone.`,
    action: 'Shut down the server', isDangerous: true, label: 'Confirmation',
    check: text => text.trim().toLowerCase() === SHUTDOWN_PHRASE ? '' : `Type “${SHUTDOWN_PHRASE}”.`,
    run: async () => showToast(`Shutting down. Closing ${pluralize((await callApi('DELETE', 'shutdown')).rooms, 'room')}.`),
  });
}
