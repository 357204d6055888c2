// The list of people: search, filter by standing, the first hundred of whoever matches.
import { byId, h, setText, standingMark } from '../shared/dom.mjs';
import { number, shortAge, t } from '../shared/i18n.mjs';
import { fixAge, standings } from './roster.mjs';

const page = 100;
const renderEvery = 400;

export class PeopleList {
  /** chosen(personNo) is called when a row is pressed. */
  constructor(roster, chosen) {
    this.roster = roster;
    this.chosen = chosen;
    this.limit = page;
    this.standing = '';
    this.selected = null;
    this.rows = new Map(); // personNo → { node, parts }
    this.due = null;
    this.chips = new Map();
    byId('people-search').addEventListener('input', () => this.reset());
    byId('people-more').addEventListener('click', () => {
      this.limit += page;
      this.render();
    });
    this.buildChips();
    setInterval(() => this.ages(), 5000);
  }

  buildChips() {
    const chip = (value, label) => {
      const count = h('span', { class: 'chip-count' });
      const button = h('button', { type: 'button', class: 'chip', 'aria-pressed': value === '' },
        value ? standingMark(value) : null, h('span', {}, label), count);
      button.addEventListener('click', () => {
        this.standing = value;
        for (const [other, { button: each }] of this.chips) each.setAttribute('aria-pressed', String(other === value));
        this.reset();
      });
      this.chips.set(value, { button, count });
      return button;
    };
    byId('people-filter').append(chip('', t('people.all')), ...standings.map((s) => chip(s, t(`standing.${s}`))));
  }

  reset() {
    this.limit = page;
    this.render();
  }

  /** Soon: many changes within a moment cost one rendering. */
  changed() {
    this.due ??= setTimeout(() => {
      this.due = null;
      this.render();
    }, renderEvery);
  }

  select(personNo) {
    this.selected = personNo;
    for (const [no, { node }] of this.rows) node.firstElementChild.setAttribute('aria-pressed', String(no === personNo));
  }

  render() {
    const found = this.roster.matching(byId('people-search').value, this.standing);
    const shown = found.slice(0, this.limit);
    const now = Date.now();
    const nodes = shown.map((person) => this.row(person, now));
    const keep = new Set(shown.map((person) => person.person_no));
    for (const no of [...this.rows.keys()]) if (!keep.has(no)) this.rows.delete(no);
    this.place(nodes);
    setText(byId('people-count'), t('people.count', { shown: number(shown.length), total: number(this.roster.size) }));
    const more = Math.min(page, found.length - shown.length);
    byId('people-more').hidden = more <= 0;
    setText(byId('people-more'), t('people.more', { n: more }));
    byId('people-none').hidden = found.length > 0;
    setText(byId('people-none'), t(this.roster.size ? 'people.none' : 'people.empty'));
    this.counts();
  }

  /** Touches only what is out of place, so that focus and scrolling stay. */
  place(nodes) {
    const list = byId('people-list');
    nodes.forEach((node, i) => {
      if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
    });
    while (list.children.length > nodes.length) list.lastElementChild.remove();
  }

  counts() {
    const counts = this.roster.counts();
    for (const [value, { count }] of this.chips) setText(count, number(value ? counts[value] ?? 0 : this.roster.size));
  }

  row(person, now) {
    let row = this.rows.get(person.person_no);
    if (!row) {
      row = this.newRow(person.person_no);
      this.rows.set(person.person_no, row);
    }
    const { parts } = row;
    setText(parts.name, person.name);
    if (parts.standing.dataset.standing !== person.standing) {
      parts.standing.dataset.standing = person.standing;
      parts.mark.replaceChildren(standingMark(person.standing));
    }
    setText(parts.standing, t(`standing.${person.standing}`));
    const calls = t(person.allowed ? 'people.allowed' : 'people.blocked');
    setText(parts.calls, calls);
    parts.calls.dataset.allowed = person.allowed ? 'yes' : 'no';
    parts.live.hidden = !person.live_calls;
    const seen = fixAge(person, now);
    setText(parts.age, seen === null ? '–' : shortAge(seen));
    return row.node;
  }

  newRow(personNo) {
    const part = (name, extra = {}) => h('span', { class: `person-${name}`, ...extra });
    const parts = { mark: part('mark'), name: part('name'), standing: part('standing'), calls: part('calls'), age: part('age'),
      live: h('span', { class: 'person-live', hidden: true }, t('people.on_call')) };
    const button = h('button', { type: 'button', class: 'person', 'aria-pressed': personNo === this.selected },
      parts.mark, parts.name, parts.age, h('span', { class: 'person-line' }, parts.standing, parts.calls, parts.live));
    button.addEventListener('click', () => this.chosen(personNo));
    return { node: h('li', {}, button), parts };
  }

  ages() {
    const now = Date.now();
    for (const [no, { parts }] of this.rows) {
      const seen = fixAge(this.roster.get(no) ?? {}, now);
      setText(parts.age, seen === null ? '–' : shortAge(seen));
    }
  }
}
