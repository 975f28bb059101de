// The terms of a kick, ban or mute: how long, and why.
import { element } from './dom.js';

const HOUR = 3_600; // s
const DURATIONS = [['10 minutes', HOUR / 6], ['1 hour', HOUR], ['1 day', 24 * HOUR], ['1 week', 7 * 24 * HOUR], ['Until it is lifted', '']];

const LONGEST_REASON = 200; // characters

export function checkReason(reason) {
  if ([...reason.trim()].length > LONGEST_REASON) return `At most ${LONGEST_REASON} characters.`;
  return /\p{Cc}/u.test(reason.trim()) ? 'One line, please.' : '';
}

/** A field that chooses a duration; its value is a number of seconds, or '' for no end. */
export function durationField() {
  const select = element('select', 'field', ...DURATIONS.map(([name, seconds]) => Object.assign(element('option', '', name), { value: seconds })));
  select.id = 'sanction-duration';
  return { label: Object.assign(element('label', '', 'How long'), { htmlFor: select.id }), select };
}

/** Body of the call or frame; members that are not stated are absent. */
export const termsOf = (seconds, reason) => ({
  ...seconds && { seconds: Number(seconds) },
  ...reason.trim() && { reason: reason.trim() },
});
