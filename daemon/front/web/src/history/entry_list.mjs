// Draws the entries by day; a row that is there stays the same element.
import { byId, h, setText } from '../shared/dom.mjs';
import { knows, language, t } from '../shared/i18n.mjs';

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const wholeDay = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

const dayOf = (at) => {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime()) ? '' : wholeDay.format(moment);
};
const timeOf = (at) => {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime()) ? '' : clock.format(moment);
};

/** Puts `nodes` into `parent`, moving only what stands elsewhere, so that the page does not jump. */
function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
  });
}

export class EntryList {
  constructor(log) {
    this.log = log;
    this.titles = new Map(); // kind → what the server calls it
    this.rows = new Map(); // seq → element
    this.days = new Map(); // day → {node, list}
    this.frame = null;
  }

  /** A kind in the reader's language; one that a later version brings has the server's title. */
  title(kind) {
    return knows(`event.${kind}`) ? t(`event.${kind}`) : this.titles.get(kind) ?? kind;
  }

  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  render() {
    const seen = new Set(this.log.entries.map(({ seq }) => seq));
    for (const seq of [...this.rows.keys()]) if (!seen.has(seq)) this.rows.delete(seq);
    const days = this.log.days(dayOf);
    const named = new Set(days.map(({ day }) => day));
    for (const day of [...this.days.keys()]) if (!named.has(day)) this.days.delete(day);
    place(byId('entries'), days.map(({ day, entries }) => this.day(day, entries)));
  }

  day(day, entries) {
    let known = this.days.get(day);
    if (!known) {
      const id = `day-${entries.at(-1).seq}`;
      const list = h('ol', { 'aria-labelledby': id });
      known = { list, node: h('section', { class: 'day' }, h('h3', { id }, day), list) };
      this.days.set(day, known);
    }
    place(known.list, entries.map((entry) => this.row(entry)));
    return known.node;
  }

  row(entry) {
    const known = this.rows.get(entry.seq);
    if (known) return known;
    const who = entry.person ?? (entry.person_no ? t('history.person_no', { n: entry.person_no }) : '');
    const node = h('li', { class: 'entry', 'data-tone': entry.tone, 'data-kind': entry.kind },
      h('time', { datetime: entry.at }, timeOf(entry.at)),
      h('span', { class: 'badge' }, this.title(entry.kind)),
      h('span', { class: 'said', lang: 'en' },
        who && h('strong', {}, who), who && ' · ', h('span', { class: 'line' }, entry.line ?? ''),
        entry.call && h('span', { class: 'call mono' }, entry.call)),
      h('span', { class: 'seq' }, `#${entry.seq}`));
    this.rows.set(entry.seq, node);
    return node;
  }

  clear() {
    this.rows.clear();
    this.days.clear();
    setText(byId('entries'), '');
  }
}
