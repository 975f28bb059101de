// What an operator orders is asked for in one dialog, which stays open until the order was taken.
import { $ } from './chat/dom.js';

let hiding;

/** Tells what happened, for a while. */
export function tell(words) {
  clearTimeout(hiding);
  $('toast').textContent = words;
  hiding = setTimeout(() => $('toast').textContent = '', 6_000);
}

/**
 * @param {object} question
 * @param {string} question.title @param {string} question.text @param {string} question.action on the button
 * @param {boolean} [question.isGrave] @param {string} [question.label] of the field; none: no field
 * @param {Node[]} [question.extra] more fields, above this one
 * @param {number} [question.lines] of the field; Enter ends the only one
 * @param {(value: string) => string} [question.check] what is wrong with the field's value
 * @param {(value: string) => Promise} [question.run] what fails is told in the dialog
 * @returns {Promise<boolean>} whether it was done
 */
export function ask({ title, text, action, isGrave = false, label = '', extra = [], lines = 1, check = () => '', run = async () => {} }) {
  const dialog = $('dialog'), field = $('dialog-field'), yes = $('dialog-confirm');
  const complain = words => {
    $('dialog-error').textContent = words;
    field.ariaInvalid = words !== '';
  };
  $('dialog-title').textContent = title;
  $('dialog-text').textContent = text;
  $('dialog-extra-fields').replaceChildren(...extra);
  $('dialog-label').textContent = label;
  $('dialog-label').hidden = field.hidden = !label;
  field.value = '';
  field.rows = lines;
  field.onkeydown = press => {
    if (lines > 1 || press.key !== 'Enter') return;
    press.preventDefault();
    $('dialog-form').requestSubmit(yes);
  };
  yes.textContent = action;
  yes.classList.toggle('danger', isGrave);
  yes.disabled = false;
  complain('');
  dialog.showModal();
  // Enter must not do what cannot be taken back.
  (label ? field : $('dialog-cancel')).focus();
  return new Promise(resolve => {
    let done = false;
    $('dialog-cancel').onclick = () => dialog.close();
    dialog.onclose = () => resolve(done);
    $('dialog-form').onsubmit = async submit => {
      submit.preventDefault();
      const complaint = label ? check(field.value) : '';
      complain(complaint);
      if (complaint) return field.focus();
      yes.disabled = true;
      try {
        await run(field.value);
        done = true;
        dialog.close();
      } catch (trouble) {
        complain(trouble.message);
        yes.disabled = false;
      }
    };
  });
}
