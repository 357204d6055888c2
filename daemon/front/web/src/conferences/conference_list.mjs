// The running conferences: filtered by what was typed and chosen, which no refresh overwrites.
import { byId, h, setText } from '../shared/dom.mjs';
import { number, t } from '../shared/i18n.mjs';
import { shows } from './conference_book.mjs';
import { ConferenceRow } from './conference_row.mjs';

const rowsAtOnce = 100;

/** Puts `nodes` into `parent`, moving only what stands elsewhere; who has the focus keeps it. */
export function place(parent, nodes) {
  const focused = document.activeElement;
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
  });
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

export class ConferenceList {
  /** open(id); opened(): the id of the one in the panel; now(): the server's. */
  constructor(book, { open, opened, now }) {
    Object.assign(this, { book, open, opened, now });
    this.rows = new Map(); // id → ConferenceRow
    this.counts = new Map(); // what is shown → its number's element
    this.most = rowsAtOnce;
    this.frame = null;
    byId('conf-shows').replaceChildren(...shows.map((show) => this.chip(show)));
    byId('conf-filter').addEventListener('submit', (event) => event.preventDefault());
    byId('conf-text').addEventListener('input', () => this.filtered());
    byId('conf-shows').addEventListener('change', () => this.filtered());
    byId('conf-more').addEventListener('click', () => this.showMore());
  }

  chip(show) {
    const count = h('span', { class: 'count' });
    this.counts.set(show, count);
    return h('label', { class: 'chip' }, h('input', { type: 'radio', name: 'conf-show', value: show, checked: show === 'all' }),
      h('span', {}, t(`conf.show.${show}`), ' ', count));
  }

  get show() {
    return byId('conf-shows').querySelector('input:checked')?.value ?? 'all';
  }

  filtered() {
    this.most = rowsAtOnce;
    this.draw();
  }

  showMore() {
    const first = this.most;
    this.most += 2 * rowsAtOnce;
    this.draw();
    byId('conferences').children[first]?.querySelector('button')?.focus();
  }

  /** Many changes of one moment are drawn once. */
  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const { book } = this;
    const found = book.find(byId('conf-text').value, this.show);
    for (const id of [...this.rows.keys()]) if (!book.get(id)) this.rows.delete(id);
    const at = { mode: book.mode, now: this.now() };
    place(byId('conferences'), found.slice(0, this.most).map((one) => {
      if (!this.rows.has(one.id)) this.rows.set(one.id, new ConferenceRow(this.open));
      const row = this.rows.get(one.id);
      row.update(one, { ...at, open: this.opened() === one.id });
      return row.node;
    }));
    for (const [show, node] of this.counts) setText(node, number(book.count(show)));
    const left = found.length - this.most;
    byId('conf-more').hidden = left <= 0;
    setText(byId('conf-more'), t('people.more', { n: number(Math.min(Math.max(left, 0), 2 * rowsAtOnce)) }));
    this.tell(found.length);
  }

  tell(found) {
    const { book } = this;
    const total = book.conferences.size;
    const none = byId('conf-none');
    byId('conf-filter').hidden = total === 0;
    none.hidden = found > 0;
    setText(none, t(book.mode === 'off' ? 'conf.none.off' : book.bridges.length === 0 ? 'conf.none.bridges' : total > 0 ? 'conf.none.filtered' : 'conf.none'));
    setText(byId('conf-count'), total === 0 ? '' : t('conf.count', { shown: number(found), total: number(total) }));
    byId('conf-cut').hidden = book.more <= 0;
    setText(byId('conf-cut'), t('conf.cut', { n: number(book.more) }));
  }
}
