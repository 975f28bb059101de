// Values in localStorage. If the browser forbids it, they are in memory until the page is left.
const memory = {};

function read(key, defaultValue) {
  try {
    return JSON.parse(localStorage[key]);
  } catch {
    return memory[key] ?? defaultValue;
  }
}

function write(key, value) {
  memory[key] = value;
  try {
    localStorage[key] = JSON.stringify(value);
  } catch { /* The value is in memory. */ }
}

function remove(key) {
  delete memory[key];
  try {
    delete localStorage[key];
  } catch { /* The value was in memory only. */ }
}

const MAX_RECENT_ROOMS = 8;

export const store = {
  get name() { return read('chat.name', ''); },
  set name(name) { write('chat.name', name); },

  /** The last visited room is first. */
  get recentRooms() { return read('chat.rooms', []); },
  addRecentRoom(room) { write('chat.rooms', [room, ...this.recentRooms.filter(name => name !== room)].slice(0, MAX_RECENT_ROOMS)); },

  session: room => read(`chat.session.${room}`, null),
  saveSession: (room, session) => write(`chat.session.${room}`, session),

  draft: room => ({
    load: () => read(`chat.draft.${room}`, ''),
    save: text => text ? write(`chat.draft.${room}`, text) : remove(`chat.draft.${room}`),
  }),

  outbox: room => ({ load: () => read(`chat.outbox.${room}`, []), save: pending => write(`chat.outbox.${room}`, pending) }),
};
