// What this browser remembers. Where it may not, until the page is left.
const here = {};

function read(key, otherwise) {
  try {
    return JSON.parse(localStorage[key]);
  } catch {
    return here[key] ?? otherwise;
  }
}

function write(key, value) {
  here[key] = value;
  try {
    localStorage[key] = JSON.stringify(value);
  } catch { /* It is here. */ }
}

function drop(key) {
  delete here[key];
  try {
    delete localStorage[key];
  } catch { /* It was only here. */ }
}

export const store = {
  get name() { return read('chat.name', ''); },
  set name(name) { write('chat.name', name); },

  get rooms() { return read('chat.rooms', []); },
  visited(room) { write('chat.rooms', [room, ...this.rooms.filter(known => known !== room)].slice(0, 8)); },

  session: room => read(`chat.session.${room}`, null),
  keepSession: (room, session) => write(`chat.session.${room}`, session),

  draft: room => ({ load: () => read(`chat.draft.${room}`, ''), save: text => text ? write(`chat.draft.${room}`, text) : drop(`chat.draft.${room}`) }),

  outbox: room => ({ load: () => read(`chat.outbox.${room}`, []), save: pending => write(`chat.outbox.${room}`, pending) }),
};

// The address of the Api: this module is in its folder app/{version}. A proxy may serve all of it below a path of its own.
export const ROOT = new URL('../../', import.meta.url).href;

export const ROOM_NAME = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;
export const NAME_RULE = 'Letters, digits and . _ ~ - only, up to 64, a letter or digit first.';
