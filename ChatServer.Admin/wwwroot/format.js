// Formats numbers, times and durations in the language of the browser.
const wholeNumber = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const formatCount = value => wholeNumber.format(value);
/** One decimal below 10. */
export const formatDecimal = value => value < 10 ? oneDecimal.format(value) : wholeNumber.format(value);
/** @param {number} share 1 is 100 % */
export const formatPercent = share => `${formatDecimal(100 * share)} %`;
export const formatTimeNow = () => time.format(new Date());
export const formatDateTime = value => dateTime.format(new Date(value));

export function formatBytes(value) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, value)) / Math.log(1024)));
  return `${formatDecimal(value / 1024 ** unit)} ${units[unit]}`;
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  const days = Math.floor(seconds / 86_400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
