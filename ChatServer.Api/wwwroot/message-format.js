// How what was said is shown. A member's text becomes text nodes and links; it is never parsed as markup.
const LINK = /\bhttps?:\/\/[^\s<>"“”]+/gi;

/** @returns {(string|Node)[]} */
export function withLinks(text) {
  const parts = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const address = trimmed(found);
    if (!URL.canParse(address)) continue;
    const link = document.createElement('a');
    Object.assign(link, { href: address, target: '_blank', rel: 'noopener noreferrer nofollow', textContent: address });
    parts.push(text.slice(at, index), link);
    at = index + address.length;
  }
  return [...parts, text.slice(at)];
}

// Without the punctuation of the sentence around it; a closing bracket belongs to a link that opens one.
function trimmed(address) {
  const shorter = address.replace(/[.,;:!?'’*_…]+$/, '')
    .replace(/\)$/, end => address.split('(').length < address.split(')').length ? '' : end);
  return shorter === address ? address : trimmed(shorter);
}

// Made when first needed: it takes longer than all else before one can write.
function format(options) {
  let made;
  return at => (made ??= new Intl.DateTimeFormat(undefined, options)).format(at);
}

export const timeOf = format({ hour: '2-digit', minute: '2-digit' });
const weekday = format({ weekday: 'long', day: 'numeric', month: 'long' });
const date = format({ dateStyle: 'long' });

/** The day as people call it. */
export function dayOf(at) {
  const days = Math.round((startOf(new Date()) - startOf(at)) / 86_400_000);
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : days < 300 ? weekday(at) : date(at);
}

const startOf = at => new Date(at.getFullYear(), at.getMonth(), at.getDate());
export const isSameDay = (a, b) => +startOf(new Date(a)) === +startOf(new Date(b));
