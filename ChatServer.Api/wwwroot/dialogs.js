// What stands in the way of talking: one has no name yet, or is not in the room.
import { $ } from './dom.js';
import { checkReason, durationField, termsOf } from './sanction-terms.js';

const LONGEST = 32; // characters

/** @param present the name in use; '' on the first visit, which requires one @returns '' if it stays as it is */
export function askName(present) {
  const dialog = $('naming'), input = $('name');
  const complain = words => {
    $('naming-complaint').textContent = words;
    input.ariaInvalid = words !== '';
  };
  complain('');
  input.value = present;
  $('naming-submit').textContent = present ? 'Change name' : 'Join';
  $('naming-cancel').hidden = !present;
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
    $('naming-cancel').onclick = () => done('');
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

/**
 * Asks for confirmation, and for the terms of a kick, mute or ban. The dialog stays open until the room has carried it out.
 * @param {(terms: {seconds?: number, reason?: string}) => Promise} question.run its error is shown in the dialog
 */
export function askTerms({ title, text, action, hasDuration = false, hasReason = false, run }) {
  const dialog = $('terms'), reason = $('terms-reason'), yes = $('terms-yes'), duration = durationField();
  const complain = words => {
    $('terms-complaint').textContent = words;
    reason.ariaInvalid = words !== '';
  };
  $('terms-title').textContent = title;
  $('terms-text').textContent = text;
  $('terms-fields').replaceChildren(...hasDuration ? [duration.label, duration.select] : []);
  $('terms-reason-label').hidden = reason.hidden = !hasReason;
  reason.value = '';
  yes.textContent = action;
  yes.disabled = false;
  complain('');
  dialog.showModal();
  (hasReason ? reason : $('terms-no')).focus();
  $('terms-no').onclick = () => dialog.close();
  $('terms-form').onsubmit = async submit => {
    submit.preventDefault();
    complain(checkReason(reason.value));
    if ($('terms-complaint').textContent) return reason.focus();
    yes.disabled = true;
    try {
      await run(termsOf(hasDuration && duration.select.value, reason.value));
      dialog.close();
    } catch (refused) {
      complain(refused.message);
      yes.disabled = false;
    }
  };
}
