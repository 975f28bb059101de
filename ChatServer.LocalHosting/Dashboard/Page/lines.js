// A log line as an element, with its level and its own time.

import { el } from './dom.js';
import { pieces, plain } from './ansi.js';

// .NET's console ("info: …", with a time before it or not) and its JSON.
const Levels = {
  trce: 'debug', dbug: 'debug', info: 'info', warn: 'warn', fail: 'fail', crit: 'fail',
  Trace: 'debug', Debug: 'debug', Information: 'info', Warning: 'warn', Error: 'fail', Critical: 'fail',
};
const Level = /^(?:\S+ )?(trce|dbug|info|warn|fail|crit): |^\{.{0,200}?"LogLevel":"(\w+)"/;
const OwnTime = /^(\d\d:\d\d:\d\d\.\d{3}) /;
const Colours = ['fg2', 'fg4', 'fg5', 'fg6']; // red and yellow are for levels

const previous = new Map();

/** Levels go on over lines that are indented, as of a stack trace. */
function level({ resource, stream, text }) {
  if (stream === 'runner') return 'runner';
  const [, short, long] = Level.exec(text) ?? [];
  const found = Levels[short ?? long] ?? (/^\s/.test(text) ? previous.get(resource) : null) ?? (stream === 'error' ? 'fail' : 'info');
  previous.set(resource, found);
  return found;
}

/** A colour that a name keeps, so that the eye finds it again. */
function colour(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return Colours[sum % Colours.length];
}

const clock = instant => {
  const time = new Date(instant);
  const pad = (n, width = 2) => String(n).padStart(width, '0');
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}.${pad(time.getMilliseconds(), 3)}`;
};

/** The element, and the text that a filter looks in. A line that tells its time is shown with that one instead of ours. */
export function lineElement(line) {
  const bare = plain(line.text);
  const own = OwnTime.exec(line.text)?.[1];
  const shown = own ? line.text.slice(own.length + 1) : line.text;
  const content = el('span', { class: 'text' });
  for (const piece of pieces(shown)) content.append(piece.classes ? el('span', { class: piece.classes }, piece.text) : piece.text);
  const element = el('div', { class: 'line', 'data-level': level({ ...line, text: bare }) },
    el('time', { datetime: line.time }, own ?? clock(line.time)), el('span', { class: `who ${colour(line.resource)}`, title: line.resource }, line.resource), content);
  return { element, content, searched: `${line.resource} ${bare}`.toLowerCase() };
}
