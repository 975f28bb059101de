// The buttons that act on a resource, and what is said when one could not.

import { $, attr, el, icon, text } from './dom.js';

const Words = { start: 'Start', stop: 'Stop', restart: 'Restart' };
const ToastMilliseconds = 8000;
let toastTimer = 0;

/** Two buttons: restart, and stop or start. They stay where they are, and keep the focus, while the resource changes. */
export function commandButtons() {
  const buttons = el('div', { class: 'actions' });
  for (const slot of ['restart', 'stop']) {
    const button = el('button', { type: 'button', 'data-slot': slot }, el('span', { class: 'label' }));
    button.addEventListener('click', () => run(buttons.resource, button));
    buttons.append(button);
  }
  return buttons;
}

/** Brings the buttons up to date with their resource. */
export function updateButtons(buttons, resource) {
  buttons.resource = resource;
  for (const button of buttons.children) {
    const command = button.dataset.slot === 'stop' && resource.commands.includes('start') ? 'start' : button.dataset.slot;
    if (button.dataset.command !== command) {
      button.dataset.command = command;
      button.querySelector('svg')?.remove();
      button.prepend(icon(command));
    }
    attr(button, 'aria-disabled', resource.commands.includes(command) ? null : 'true');
    attr(button, 'title', Words[command]);
    attr(button, 'aria-label', `${Words[command]} ${resource.name}`);
    text(button.querySelector('.label'), Words[command]);
  }
}

async function run(resource, button) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  const { command } = button.dataset;
  attr(button, 'aria-disabled', 'true');
  const answer = await send(resource.name, command);
  if (answer === null) return;
  toast(`Could not ${command} ${resource.name}. ${answer}`);
  updateButtons(button.parentElement, button.parentElement.resource);
}

/** Null, or why not. */
async function send(name, command) {
  try {
    const response = await fetch(`api/resources/${encodeURIComponent(name)}/${command}`, { method: 'POST', headers: { 'X-Dashboard-Command': command } });
    if (response.ok) return null;
    const problem = await response.json().catch(() => null);
    return problem?.detail ?? `The AppHost answered ${response.status}.`;
  } catch {
    return 'The AppHost is gone.';
  }
}

function toast(message) {
  const box = $('toast');
  clearTimeout(toastTimer);
  text(box, message);
  box.hidden = false;
  toastTimer = setTimeout(() => box.hidden = true, ToastMilliseconds);
}
