// Creates and changes the rows of a message list.
import { avatar, element, hue } from './dom.js';
import { menuButton } from './menu.js';
import { formatDay, formatTime, linkify } from './message-format.js';

/** @param isFirst the first message of a group shows the sender's name; in the other rows only screen readers get it */
export function messageRow({ user, text, time }, isOwn, isFirst) {
  const showsSender = isFirst && !isOwn;
  const sender = element(
    'span', showsSender ? 'sender ellipsis' : 'visually-hidden', isOwn ? 'You' : user, element('span', 'visually-hidden', ': '));
  sender.style.setProperty('--hue', hue(user));
  const row = element('li', `row${isOwn ? ' mine' : ''}${isFirst ? ' first' : ''}`);
  if (showsSender) row.append(avatar(user));
  row.append(element('div', 'bubble', sender, element('span', 'text', ...linkify(text)), timeOf(time)));
  return row;
}

/** @param {() => [string, () => void][]} getActions called when the menu opens */
export const addMenu = (row, label, getActions) => row.append(Object.assign(menuButton(label, getActions), { tabIndex: -1 }));

const timeOf = time => Object.assign(element('time', '', formatTime(new Date(time))), { dateTime: time });

/** Replaces the text of a deleted message. */
export function markDeleted(row) {
  row.classList.add('deleted');
  row.querySelector('.text').textContent = 'This message was deleted.';
  row.querySelector('.menu-button')?.remove();
}

export const announcementRow = ({ text, time }) =>
  element('li', 'announcement', element('strong', '', 'Announcement'), element('span', 'text', ...linkify(text)), timeOf(time));

export function dayRow(time) {
  const row = element('li', 'day', element('h2', '', formatDay(new Date(time))));
  row.dataset.time = time;
  return row;
}

/** At midnight, “Today” becomes “Yesterday”. */
export function updateDays(list) {
  for (const row of list.querySelectorAll('.day')) row.firstElementChild.textContent = formatDay(new Date(row.dataset.time));
}

export const noteRow = text => element('li', 'note', text);
export const unreadMarkerRow = () => element('li', 'unread-marker', 'New messages');
