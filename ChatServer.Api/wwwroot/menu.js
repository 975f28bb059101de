// A button that opens a menu of actions. Arrow keys move the focus in the menu, Escape closes it, and the button gets the focus back.
import { element } from './dom.js';

const MARGIN_PX = 4; // between the menu and the button or the edge of the window

/**
 * @param {string} label for screen readers
 * @param {() => [name: string, run: () => void][]} getActions called when the menu opens
 */
export function menuButton(label, getActions) {
  const button = element('button', 'menu-button', '⋯');
  Object.assign(button, { type: 'button', ariaLabel: label, ariaHasPopup: 'menu', ariaExpanded: 'false' });
  button.onclick = () => openMenu(button, getActions());
  return button;
}

function openMenu(button, actions) {
  const items = actions.map(([name, run]) => {
    const item = Object.assign(element('button', 'menu-item', name), { type: 'button', role: 'menuitem', tabIndex: -1 });
    // First the focus returns to the button: the action can move it into a dialog.
    item.onclick = () => { menu.hidePopover(); run(); };
    return item;
  });
  const menu = Object.assign(element('div', 'menu', ...items), { popover: 'auto', role: 'menu', ariaLabel: button.ariaLabel });
  menu.onkeydown = event => moveFocus(event, items, () => menu.hidePopover());
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

function moveFocus(event, items, close) {
  const index = items.indexOf(document.activeElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
  if (event.key === 'Tab') close();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length).focus();
}

/** Places the menu below the button, or above it if the window has no space below. */
function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const below = anchor.bottom + MARGIN_PX, fitsBelow = below + height <= innerHeight;
  menu.style.left = `${Math.max(MARGIN_PX, Math.min(anchor.right, innerWidth - MARGIN_PX) - width)}px`;
  menu.style.top = `${fitsBelow ? below : Math.max(MARGIN_PX, anchor.top - MARGIN_PX - height)}px`;
}
