// Formats the text and the time of a message. A text becomes text nodes and links and is never parsed as markup.
const LINK = /\bhttps?:\/\/[^\s<>"“”]+/gi;

/** @returns {(string|Node)[]} */
export function linkify(text) {
  const parts = [];
  let at = 0;
  for (const { 0: match, index } of text.matchAll(LINK)) {
    const url = trimUrl(match);
    if (!URL.canParse(url)) continue;
    const link = document.createElement('a');
    Object.assign(link, { href: url, target: '_blank', rel: 'noopener noreferrer nofollow', textContent: url });
    parts.push(text.slice(at, index), link);
    at = index + url.length;
  }
  return [...parts, text.slice(at)];
}

// Removes the punctuation of the sentence. A closing bracket belongs to the URL if the URL contains the opening one.
function trimUrl(url) {
  const shorter = url.replace(/[.,;:!?'’*_…]+$/, '')
    .replace(/\)$/, end => url.split('(').length < url.split(')').length ? '' : end);
  return shorter === url ? url : trimUrl(shorter);
}

// Created at the first use: a DateTimeFormat takes longer than all other work before the composer is usable.
function lazyFormat(options) {
  let format;
  return date => (format ??= new Intl.DateTimeFormat(undefined, options)).format(date);
}

export const formatTime = lazyFormat({ hour: '2-digit', minute: '2-digit' });
const formatWeekday = lazyFormat({ weekday: 'long', day: 'numeric', month: 'long' });
const formatDate = lazyFormat({ dateStyle: 'long' });

/** “Today”, “Yesterday”, or the date. */
export function formatDay(date) {
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : days < 300 ? formatWeekday(date) : formatDate(date);
}

const startOfDay = date => new Date(date.getFullYear(), date.getMonth(), date.getDate());
export const isSameDay = (a, b) => +startOfDay(new Date(a)) === +startOfDay(new Date(b));
