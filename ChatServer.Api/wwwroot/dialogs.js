// The dialogs of the room page, and the notice that replaces the composer after the end of the connection.
import { $ } from './dom.js';
import { checkReason, durationField, sanctionTerms } from './sanction-terms.js';

const MAX_NAME_LENGTH = 32; // characters

/**
 * @param currentName empty on the first visit; then the dialog cannot be cancelled
 * @returns {Promise<string>} the name; empty if the user cancelled
 */
export function askName(currentName) {
  const dialog = $('name-dialog'), input = $('name');
  const showError = text => {
    $('name-error').textContent = text;
    input.ariaInvalid = text !== '';
  };
  showError('');
  input.value = currentName;
  $('name-submit').textContent = currentName ? 'Change name' : 'Join';
  $('name-cancel').hidden = !currentName;
  dialog.showModal();
  input.select();
  return new Promise(resolve => {
    const close = name => { dialog.close(); resolve(name); };
    $('name-form').onsubmit = event => {
      event.preventDefault();
      const name = input.value.trim().normalize('NFC'), length = [...name].length;
      if (length > 0 && length <= MAX_NAME_LENGTH) return close(name);
      showError(`Enter 1 to ${MAX_NAME_LENGTH} characters.`);
      input.focus();
    };
    $('name-cancel').onclick = () => close('');
    dialog.oncancel = event => { event.preventDefault(); if (currentName) close(''); };
  });
}

/**
 * Shows the notice in place of the composer.
 * @param {ReturnType<typeof import('./connection-texts.js').endNotice>} notice
 * @param {Object<string, () => void>} handlers by `EndAction`
 */
export function showEndNotice({ title, text, buttonLabel, action, code = '' }, handlers) {
  $('notice-title').textContent = title;
  $('notice-text').textContent = text;
  $('notice-code').textContent = code;
  $('notice-code').hidden = !code;
  $('notice-action').textContent = buttonLabel;
  $('notice-action').onclick = handlers[action];
  $('notice').hidden = false;
  document.body.classList.add('ended');
  $('notice').focus();
}

export function hideEndNotice() {
  const hadFocus = $('notice').contains(document.activeElement);
  $('notice').hidden = true;
  document.body.classList.remove('ended');
  if (hadFocus) $('composer-text').focus();
}

/**
 * Asks for confirmation, and for the terms of a kick, mute or ban. The dialog stays open until the room has carried out the command.
 * @param {(terms: {seconds?: number, reason?: string}) => Promise} options.run sends the command; the dialog shows its error
 */
export function openModerationDialog({ title, text, action, hasDuration = false, hasReason = false, run }) {
  const dialog = $('moderation-dialog'), reason = $('moderation-reason'), confirm = $('moderation-confirm'), duration = durationField();
  const showError = text => {
    $('moderation-error').textContent = text;
    reason.ariaInvalid = text !== '';
  };
  $('moderation-title').textContent = title;
  $('moderation-text').textContent = text;
  $('moderation-fields').replaceChildren(...hasDuration ? [duration.label, duration.select] : []);
  $('moderation-reason-label').hidden = reason.hidden = !hasReason;
  reason.value = '';
  confirm.textContent = action;
  confirm.disabled = false;
  showError('');
  dialog.showModal();
  (hasReason ? reason : $('moderation-cancel')).focus();
  $('moderation-cancel').onclick = () => dialog.close();
  $('moderation-form').onsubmit = async event => {
    event.preventDefault();
    const error = checkReason(reason.value);
    showError(error);
    if (error) return reason.focus();
    confirm.disabled = true;
    try {
      await run(sanctionTerms(hasDuration && duration.select.value, reason.value));
      dialog.close();
    } catch (refused) {
      showError(refused.message);
      confirm.disabled = false;
    }
  };
}
