// The page's one dialog: a question, perhaps something to be typed, and an answer that may be refused.
import { byId, h, setText } from '../shared/dom.mjs';
import { busy } from '../shared/feedback.mjs';
import { say } from './run_words.mjs';

const namesAtOnce = 200;
let current = null;

function complain(text) {
  say(byId('ask-trouble'), text);
  byId('ask-trouble').hidden = text === '';
}

function fill({ title, text, said = '', label = null, yes, danger = false, numeric = false }) {
  setText(byId('ask-title'), title);
  setText(byId('ask-text'), text);
  say(byId('ask-said'), said);
  byId('ask-said').hidden = said === '';
  byId('ask-field').hidden = label === null;
  setText(byId('ask-label'), label ?? '');
  byId('ask-input').inputMode = numeric ? 'numeric' : 'text';
  setText(byId('ask-yes'), yes);
  byId('ask-yes').classList.toggle('danger-solid', danger);
}

/**
 * answer(typed, button) does it and returns '' or what is wrong, which is shown; the dialog then stays open, and what
 * was typed with it. Resolves to whether it was answered.
 */
export function ask(question) {
  const dialog = byId('ask');
  current = question;
  complain('');
  byId('ask-input').value = '';
  byId('ask-names-part').hidden = true;
  fill(question);
  dialog.showModal();
  if (question.label) byId('ask-input').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      current = null;
      resolve(dialog.returnValue === 'yes');
    }, { once: true });
    dialog.returnValue = '';
  });
}

/** While it is open: other words, not what was typed. */
export function askAnew(question) {
  if (!current) return;
  current = question;
  fill(question);
}

export const closeAsk = () => byId('ask').open && byId('ask').close('no');

/** rows of { name, email, why } */
export function askNames(title, rows, more) {
  if (!current) return;
  byId('ask-names-part').hidden = rows.length === 0;
  setText(byId('ask-names-title'), title);
  byId('ask-names').replaceChildren(...rows.slice(0, namesAtOnce).map(({ name, email, why }) => h('li', {},
    h('strong', {}, name || email || '?'), name && email ? h('span', { class: 'faint' }, ` ${email}`) : '',
    why ? h('span', { class: 'why', lang: 'en' }, why) : '')));
  byId('ask-names-more').hidden = rows.length <= namesAtOnce;
  setText(byId('ask-names-more'), rows.length > namesAtOnce ? more(rows.length - namesAtOnce) : '');
}

export function startAsk() {
  byId('ask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const mine = current;
    void busy(byId('ask-yes'), async () => {
      complain('');
      const wrong = await mine.answer(byId('ask-input').value.trim());
      if (current === null) return;
      if (wrong === '') byId('ask').close('yes');
      else complain(wrong);
    });
  });
  byId('ask-no').addEventListener('click', () => byId('ask').close('no'));
}
