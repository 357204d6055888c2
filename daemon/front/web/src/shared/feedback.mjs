// Tells what an action did: a busy button while it runs, a toast with the result.
import { h, words } from './dom.mjs';
import { t } from './i18n.mjs';

const shownFor = 8000;

/** kind: good, bad or plain. Bad ones stay until they are closed. */
export function toast(text, kind = 'plain') {
  const region = document.getElementById('toasts');
  const note = h('div', { class: `toast toast-${kind}` }, h('span', {}, ...words(text)));
  const close = h('button', { type: 'button', class: 'toast-close', 'aria-label': t('close') }, '×');
  close.addEventListener('click', () => note.remove());
  note.append(close);
  region.append(note);
  while (region.children.length > 3) region.firstElementChild.remove();
  if (kind !== 'bad') setTimeout(() => note.remove(), shownFor);
}

/** Runs `action` with the button shown as busy and not pressable meanwhile. */
export async function busy(button, action) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  button.disabled = true;
  try {
    await action();
  } finally {
    button.removeAttribute('aria-busy');
    button.disabled = false;
  }
}
