// Figures as people read them.
const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const count = value => number.format(value);
export const rate = value => value < 10 ? precise.format(value) : number.format(value);
export const percent = share => `${rate(100 * share)} %`;
export const timeNow = () => clock.format(new Date());
export const dateOf = time => moment.format(new Date(time));

export function bytes(value) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, value)) / Math.log(1024)));
  return `${rate(value / 1024 ** unit)} ${units[unit]}`;
}

/** @param {number} seconds */
export function since(seconds) {
  const days = Math.floor(seconds / 86_400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
