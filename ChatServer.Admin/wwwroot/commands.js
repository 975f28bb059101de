// Commands to rooms, hosts and the server, most of them with a dialog.
import { callApi } from './api.js';
import { pluralize } from './chat/dom.js';
import { openDialog, showToast } from './dialog.js';

const MAX_TEXT_LENGTH = 4_000; // characters
const SHUTDOWN_PHRASE = 'shut down';

const checkText = text => text.trim() === '' ? 'Say something.'
  : [...text].length > MAX_TEXT_LENGTH ? `At most ${MAX_TEXT_LENGTH} characters.` : '';

/** @param {string} room empty: all rooms */
export const announce = (room = '') => openDialog({
  title: room ? `Announce in ${room}` : 'Announce in every room',
  text: 'Members see it as an announcement, apart from what people say.',
  action: 'Announce', label: 'Announcement', lines: 3, check: checkText,
  run: async text => {
    const { rooms } = await callApi('POST', room ? `room/${room}/message` : 'message', { text });
    showToast(room ? `Announced in ${room}.` : `Announced in ${pluralize(rooms, 'room')}.`);
  },
});

export const shutDownRoom = room => openDialog({
  title: `Shut ${room} down?`,
  text: 'Its members are told and sent out, and what was said there is deleted.',
  action: 'Shut down', isDangerous: true,
  run: async () => showToast(`${room}: ${(await callApi('DELETE', `room/${room}/shutdown`)).message}.`),
});

export const drainHost = host => openDialog({
  title: `Drain ${host}?`,
  text: 'It gets no new rooms, and those it has move to other hosts, one after another. Members lose nothing.',
  action: 'Drain',
  run: async () => showToast(`${host}: ${(await callApi('POST', `host/${encodeURIComponent(host)}/drain`)).message}.`),
});

export const rebalance = () => openDialog({
  title: 'Distribute the rooms?',
  text: 'Hosts with more rooms than their share move the rest to other hosts, empty rooms first. Members lose nothing.',
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
    title: 'Shut the whole server down?',
    text: `${pluralize(rooms, 'room')} close and keep their history. Hosts and Apis end; somebody has to start them again. This page stays.`,
    action: 'Go on…', isDangerous: true,
  });
  if (!isConfirmed) return;
  await openDialog({
    title: 'Really?',
    text: `Type “${SHUTDOWN_PHRASE}”. There is no way back from here.`,
    action: 'Shut the server down', isDangerous: true, label: 'To be sure',
    check: text => text.trim().toLowerCase() === SHUTDOWN_PHRASE ? '' : `Type “${SHUTDOWN_PHRASE}”.`,
    run: async () => showToast(`Shutting down: ${pluralize((await callApi('DELETE', 'shutdown')).rooms, 'room')} close.`),
  });
}
