// The terms of a kick, ban or mute: duration and reason.
import { element } from './dom.js';

const HOUR = 3_600; // seconds
const DURATIONS = [['10 minutes', HOUR / 6], ['1 hour', HOUR], ['1 day', 24 * HOUR], ['1 week', 7 * 24 * HOUR], ['Until it is lifted', '']];

const MAX_REASON_LENGTH = 200; // characters

/** @returns {string} the error; empty if the reason is valid */
export function checkReason(reason) {
  if ([...reason.trim()].length > MAX_REASON_LENGTH) return `Enter at most ${MAX_REASON_LENGTH} characters.`;
  return /\p{Cc}/u.test(reason.trim()) ? 'Enter a single line.' : '';
}

/** The value of `select` is a number of seconds; empty: without an end. */
export function durationField() {
  const options = DURATIONS.map(([name, seconds]) => Object.assign(element('option', '', name), { value: seconds }));
  const select = Object.assign(element('select', 'field', ...options), { id: 'sanction-duration' });
  return { label: Object.assign(element('label', '', 'Duration'), { htmlFor: select.id }), select };
}

/** Members of the call or the frame; empty terms are omitted. */
export const sanctionTerms = (seconds, reason) => ({
  ...seconds && { seconds: Number(seconds) },
  ...reason.trim() && { reason: reason.trim() },
});
