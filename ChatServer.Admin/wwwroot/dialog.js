// The dialog of the commands, and a short message about their results.
import { $ } from './chat/dom.js';

const TOAST_DURATION_MS = 6_000;

let toastTimer;

export function showToast(text) {
  clearTimeout(toastTimer);
  $('toast').textContent = text;
  toastTimer = setTimeout(() => $('toast').textContent = '', TOAST_DURATION_MS);
}

/**
 * Opens the dialog, which stays open until the command succeeds or the user cancels.
 * @param {object} options
 * @param {string} options.title @param {string} options.text @param {string} options.action label of the button
 * @param {boolean} [options.isDangerous] @param {string} [options.label] of the text field; without it, the dialog has no field
 * @param {Node[]} [options.extraFields] above the text field
 * @param {number} [options.lines] of the text field; with one line, Enter confirms
 * @param {(value: string) => string} [options.check] returns the error of the text; empty if it is valid
 * @param {(value: string) => Promise} [options.run] the command; the dialog shows its error
 * @returns {Promise<boolean>} whether the command succeeded
 */
export function openDialog(
  { title, text, action, isDangerous = false, label = '', extraFields = [], lines = 1, check = () => '', run = async () => {} }) {
  const dialog = $('dialog'), field = $('dialog-field'), confirm = $('dialog-confirm');
  const showError = text => {
    $('dialog-error').textContent = text;
    field.ariaInvalid = text !== '';
  };
  $('dialog-title').textContent = title;
  $('dialog-text').textContent = text;
  $('dialog-extra-fields').replaceChildren(...extraFields);
  $('dialog-label').textContent = label;
  $('dialog-label').hidden = field.hidden = !label;
  field.value = '';
  field.rows = lines;
  field.onkeydown = event => {
    if (lines > 1 || event.key !== 'Enter') return;
    event.preventDefault();
    $('dialog-form').requestSubmit(confirm);
  };
  confirm.textContent = action;
  confirm.classList.toggle('danger', isDangerous);
  confirm.disabled = false;
  showError('');
  dialog.showModal();
  // Without a field, the focus is on Cancel: Enter must not confirm a command that cannot be undone.
  (label ? field : $('dialog-cancel')).focus();
  return new Promise(resolve => {
    let isDone = false;
    $('dialog-cancel').onclick = () => dialog.close();
    dialog.onclose = () => resolve(isDone);
    $('dialog-form').onsubmit = async event => {
      event.preventDefault();
      const error = label ? check(field.value) : '';
      showError(error);
      if (error) return field.focus();
      confirm.disabled = true;
      try {
        await run(field.value);
        isDone = true;
        dialog.close();
      } catch (error) {
        showError(error.message);
        confirm.disabled = false;
      }
    };
  });
}
