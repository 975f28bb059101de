// The log pane: newest at the bottom, followed until somebody scrolls up; then new lines wait until they are wanted.

import { $, attr, text } from './dom.js';
import { lineElement } from './lines.js';

const MaxLines = 2000;

const log = $('log'), filter = $('filter'), count = $('count'), follow = $('follow'), newer = $('newer'), empty = $('no-lines');
let shown = [];
let waiting = [];
let following = true;
let nothing = '';
let frame = 0;

/** New lines, in order. They are drawn once a frame, however fast they come. */
export function addLines(lines) {
  nothing ||= 'Nothing has been said yet.';
  waiting.push(...lines);
  if (waiting.length > MaxLines) waiting = waiting.slice(-MaxLines);
  frame ||= requestAnimationFrame(draw);
}

/** Begins anew: another resource, or another run of the AppHost. */
export function resetLog(one) {
  shown = [];
  waiting = [];
  nothing = '';
  log.replaceChildren();
  attr(log, 'data-one', one);
  setFollowing(true);
  tell();
}

/** After the pane was hidden, its end is out of sight. */
export function showLog() {
  if (following) log.scrollTop = log.scrollHeight;
}

function draw() {
  frame = 0;
  if (following && waiting.length > 0) {
    const added = waiting.map(lineElement);
    waiting = [];
    const needle = filter.value.trim().toLowerCase();
    for (const line of added) line.element.hidden = !line.searched.includes(needle);
    shown.push(...added);
    for (const line of shown.splice(0, Math.max(0, shown.length - MaxLines))) line.element.remove();
    log.append(...added.map(line => line.element));
  }
  tell();
  showLog();
}

function tell() {
  const needle = filter.value.trim().toLowerCase();
  const matching = shown.filter(line => !line.element.hidden);
  attr(log, 'data-none', matching.length === 0);
  text(empty, needle && shown.length > 0 ? `No line contains “${filter.value.trim()}”.` : nothing || 'Reading the log …');
  text(count, needle ? `${matching.length} of ${shown.length}` : '');
  newer.hidden = following || waiting.length === 0;
  text(newer, waiting.length >= MaxLines ? `More than ${MaxLines} new lines ↓` : `${waiting.length} new ${waiting.length === 1 ? 'line' : 'lines'} ↓`);
  highlight(needle, matching);
}

/** What the filter found is marked without touching the text. */
function highlight(needle, matching) {
  if (!window.Highlight) return;
  CSS.highlights.delete('filter');
  if (!needle) return;
  const ranges = [];
  for (const { content } of matching) {
    const nodes = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const value = node.data.toLowerCase();
      for (let at = value.indexOf(needle); at >= 0; at = value.indexOf(needle, at + needle.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, Math.min(at + needle.length, node.length));
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set('filter', new Highlight(...ranges));
}

function setFollowing(value) {
  following = value;
  attr(follow, 'aria-pressed', String(value));
  frame ||= requestAnimationFrame(draw);
}

filter.addEventListener('input', () => {
  const needle = filter.value.trim().toLowerCase();
  for (const line of shown) line.element.hidden = !line.searched.includes(needle);
  tell();
  showLog();
});
follow.addEventListener('click', () => setFollowing(!following));
newer.addEventListener('click', () => {
  setFollowing(true);
  log.focus();
});
$('clear').addEventListener('click', () => {
  shown = [];
  waiting = [];
  nothing = 'Cleared. What is said from now on appears here.';
  log.replaceChildren();
  tell();
});

// Only what a person does stops or starts the following: scrolling up, or back to the end.
let lastTop = 0;
log.addEventListener('scroll', () => {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  if (following && !atEnd && log.scrollTop < lastTop) setFollowing(false);
  else if (!following && atEnd && log.scrollTop > lastTop) setFollowing(true);
  lastTop = log.scrollTop;
});
new ResizeObserver(showLog).observe(log);
