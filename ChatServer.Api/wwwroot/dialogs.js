// What stands in the way of talking: one has no name yet, or is not in the room.
import { $ } from './dom.js';
import { checkReason, durationField, termsOf } from './sanction-terms.js';

const LONGEST = 32; // characters

/** @param present the name in use; '' on the first visit, which requires one @returns '' if it stays as it is */
export function askName(present) {
  const dialog = $('name-dialog'), input = $('name');
  const complain = words => {
    $('name-error').textContent = words;
    input.ariaInvalid = words !== '';
  };
  complain('');
  input.value = present;
  $('name-submit').textContent = present ? 'Change name' : 'Join';
  $('name-cancel').hidden = !present;
  dialog.showModal();
  input.select();
  return new Promise(resolve => {
    const done = name => { dialog.close(); resolve(name); };
    $('name-form').onsubmit = submit => {
      submit.preventDefault();
      const name = input.value.trim().normalize('NFC');
      const length = [...name].length, complaint = length > 0 && length <= LONGEST ? '' : `1 to ${LONGEST} characters, please.`;
      if (!complaint) return done(name);
      complain(complaint);
      input.focus();
    };
    $('name-cancel').onclick = () => done('');
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
  if (had) $('composer-text').focus();
}

/**
 * Asks for confirmation, and for the terms of a kick, mute or ban. The dialog stays open until the room has carried it out.
 * @param {(terms: {seconds?: number, reason?: string}) => Promise} question.run its error is shown in the dialog
 */
export function askTerms({ title, text, action, hasDuration = false, hasReason = false, run }) {
  const dialog = $('moderation-dialog'), reason = $('moderation-reason'), yes = $('moderation-confirm'), duration = durationField();
  const complain = words => {
    $('moderation-error').textContent = words;
    reason.ariaInvalid = words !== '';
  };
  $('moderation-title').textContent = title;
  $('moderation-text').textContent = text;
  $('moderation-fields').replaceChildren(...hasDuration ? [duration.label, duration.select] : []);
  $('moderation-reason-label').hidden = reason.hidden = !hasReason;
  reason.value = '';
  yes.textContent = action;
  yes.disabled = false;
  complain('');
  dialog.showModal();
  (hasReason ? reason : $('moderation-cancel')).focus();
  $('moderation-cancel').onclick = () => dialog.close();
  $('moderation-form').onsubmit = async submit => {
    submit.preventDefault();
    complain(checkReason(reason.value));
    if ($('moderation-error').textContent) return reason.focus();
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
