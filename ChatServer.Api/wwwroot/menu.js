// A button that opens a menu of actions. Arrow keys move in the menu, Escape closes it, and the focus returns to the button.
import { element } from './dom.js';

const GAP = 4; // pixels

/**
 * @param {string} label for screen readers
 * @param {() => [name: string, run: () => void][]} actions called when the menu opens
 */
export function menuButton(label, actions) {
  const button = element('button', 'menu-button', '⋯');
  Object.assign(button, { type: 'button', ariaLabel: label, ariaHasPopup: 'menu', ariaExpanded: 'false' });
  button.onclick = () => openMenu(button, actions());
  return button;
}

function openMenu(button, actions) {
  const items = actions.map(([name, run]) => {
    const item = Object.assign(element('button', 'menu-item', name), { type: 'button', role: 'menuitem', tabIndex: -1 });
    // The menu first returns the focus; the action may then move it into a dialog.
    item.onclick = () => { menu.hidePopover(); run(); };
    return item;
  });
  const menu = Object.assign(element('div', 'menu', ...items), { popover: 'auto', role: 'menu', ariaLabel: button.ariaLabel });
  menu.onkeydown = press => moveFocus(press, items, () => menu.hidePopover());
  menu.onbeforetoggle = ({ newState }) => { if (newState === 'closed' && menu.contains(document.activeElement)) button.focus(); };
  menu.ontoggle = ({ newState }) => {
    button.ariaExpanded = `${newState === 'open'}`;
    if (newState === 'closed') menu.remove();
  };
  (button.closest('main') ?? document.body).append(menu);
  menu.showPopover();
  place(menu, button.getBoundingClientRect());
  items[0].focus();
}

function moveFocus(press, items, close) {
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[press.key];
  if (press.key === 'Tab') close();
  if (next === undefined) return;
  press.preventDefault();
  items.at(next % items.length).focus();
}

function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const below = anchor.bottom + GAP, isBelow = below + height <= innerHeight;
  menu.style.left = `${Math.max(GAP, Math.min(anchor.right, innerWidth - GAP) - width)}px`;
  menu.style.top = `${isBelow ? below : Math.max(GAP, anchor.top - GAP - height)}px`;
}
