import { avatar, element, hue } from './dom.js';
import { menuButton } from './menu.js';
import { dayOf, timeOf, withLinks } from './message-format.js';

/** @param first of a group: with its name, which the others tell only to those who do not see where they stand */
export function message({ user, text, time }, mine, first) {
  const who = element('span', first && !mine ? 'sender ellipsis' : 'visually-hidden', mine ? 'You' : user, element('span', 'visually-hidden', ': '));
  who.style.setProperty('--hue', hue(user));
  const row = element('li', `row${mine ? ' mine' : ''}${first ? ' first' : ''}`);
  if (first && !mine) row.append(avatar(user));
  row.append(element('div', 'bubble', who, element('span', 'text', ...withLinks(text)), clock(time)));
  return row;
}

/** @param {() => [string, () => void][]} actions called when the menu opens */
export const addActions = (row, label, actions) => row.append(Object.assign(menuButton(label, actions), { tabIndex: -1 }));

const clock = time => Object.assign(element('time', '', timeOf(new Date(time))), { dateTime: time });

export function erase(row) {
  row.classList.add('deleted');
  row.querySelector('.text').textContent = 'This message was deleted.';
  row.querySelector('.menu-button')?.remove();
}

export const announcement = ({ text, time }) =>
  element('li', 'announcement', element('strong', '', 'Announcement'), element('span', 'text', ...withLinks(text)), clock(time));
export const day = time => {
  const row = element('li', 'day', element('h2', '', dayOf(new Date(time))));
  row.dataset.time = time;
  return row;
};

/** After midnight, "Today" is yesterday. */
export function renameDays(list) {
  for (const row of list.querySelectorAll('.day')) row.firstElementChild.textContent = dayOf(new Date(row.dataset.time));
}

export const remark = text => element('li', 'note', text);
export const unreadMarker = () => element('li', 'unread-marker', 'New');
