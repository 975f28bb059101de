// What an operator can order.
import { call } from './api.js';
import { counted } from './chat/dom.js';
import { ask, tell } from './dialog.js';

const LONGEST = 4_000; // characters
const WORD = 'shut down';

const checkText = text => text.trim() === '' ? 'Say something.' : [...text].length > LONGEST ? `At most ${LONGEST} characters.` : '';

export const announce = (room = '') => ask({
  title: room ? `Announce in ${room}` : 'Announce in every room',
  text: 'Members see it as an announcement, apart from what people say.',
  action: 'Announce', label: 'Announcement', lines: 3, check: checkText,
  run: async text => {
    const { rooms } = await call('POST', room ? `room/${room}/message` : 'message', { text });
    tell(room ? `Announced in ${room}.` : `Announced in ${counted(rooms, 'room')}.`);
  },
});

export const shutRoom = room => ask({
  title: `Shut ${room} down?`,
  text: 'Its members are told and sent out, and what was said there is deleted.',
  action: 'Shut down', isGrave: true,
  run: async () => tell(`${room}: ${(await call('DELETE', `room/${room}/shutdown`)).message}.`),
});

export const drain = host => ask({
  title: `Drain ${host}?`,
  text: 'It gets no new rooms, and those it has move to other hosts, one after another. Members lose nothing.',
  action: 'Drain',
  run: async () => tell(`${host}: ${(await call('POST', `host/${encodeURIComponent(host)}/drain`)).message}.`),
});

export const rebalance = () => ask({
  title: 'Distribute the rooms?',
  text: 'Hosts with more rooms than their share move the rest to other hosts, empty rooms first. Members lose nothing.',
  action: 'Distribute',
  run: async () => {
    const { message, rooms } = await call('POST', 'rebalance');
    tell(rooms > 0 ? `${counted(rooms, 'room')} will move.` : `${message}.`);
  },
});

export async function resume(host) {
  try {
    tell(`${host}: ${(await call('POST', `host/${encodeURIComponent(host)}/resume`)).message}.`);
  } catch (trouble) {
    tell(trouble.message);
  }
}

/** Asked twice: it ends every host and every Api. */
export async function shutServer(rooms) {
  const isMeant = await ask({
    title: 'Shut the whole server down?',
    text: `${counted(rooms, 'room')} close and keep their history. Hosts and Apis end; somebody has to start them again. This page stays.`,
    action: 'Go on…', isGrave: true,
  });
  if (!isMeant) return;
  await ask({
    title: 'Really?',
    text: `Type “${WORD}”. There is no way back from here.`,
    action: 'Shut the server down', isGrave: true, label: 'To be sure',
    check: typed => typed.trim().toLowerCase() === WORD ? '' : `Type “${WORD}”.`,
    run: async () => tell(`Shutting down: ${counted((await call('DELETE', 'shutdown')).rooms, 'room')} close.`),
  });
}
