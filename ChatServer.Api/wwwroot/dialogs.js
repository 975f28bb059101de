// What stands in the way of talking: one has no name yet, or is not in the room.
import { $ } from './dom.js';

const LONGEST = 32; // characters

/** @param present '' on the first visit, which takes one @returns '' if it stays as it is */
export function askName(present) {
  const dialog = $('naming'), input = $('name');
  const complain = words => {
    $('naming-complaint').textContent = words;
    input.ariaInvalid = words !== '';
  };
  complain('');
  input.value = present;
  dialog.showModal();
  input.select();
  return new Promise(resolve => {
    const done = name => { dialog.close(); resolve(name); };
    $('naming-form').onsubmit = submit => {
      submit.preventDefault();
      const name = input.value.trim().normalize('NFC');
      const length = [...name].length, complaint = length > 0 && length <= LONGEST ? '' : `1 to ${LONGEST} characters, please.`;
      if (!complaint) return done(name);
      complain(complaint);
      input.focus();
    };
    dialog.oncancel = cancel => { cancel.preventDefault(); if (present) done(''); };
  });
}

/** Takes the composer's place. @param actions by what the ending `does` */
export function showEnding({ title, text, action, does, code = '' }, actions) {
  $('notice-title').textContent = title;
  $('notice-text').textContent = text;
  $('notice-code').textContent = code;
  $('notice-code').hidden = !code;
  const button = $('notice-action');
  button.textContent = action;
  button.onclick = actions[does];
  $('notice').hidden = false;
  document.body.classList.add('ended');
  $('notice').focus();
}

export function hideEnding() {
  const had = $('notice').contains(document.activeElement);
  $('notice').hidden = true;
  document.body.classList.remove('ended');
  if (had) $('text').focus();
}
