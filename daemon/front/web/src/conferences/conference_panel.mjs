// One conference in full: who is in it and why they count as they do, what its screens show, how its level went.
import { get } from '../shared/api.mjs';
import { byId, h, setText } from '../shared/dom.mjs';
import { duration, moment, number, t, timeOfDay } from '../shared/i18n.mjs';
import { ago, counted, lasting, levelBadge, machineWords, said, screens, showLevel, titleOf } from './conference_words.mjs';
import { notesOf } from './conference_row.mjs';

const rowsAtOnce = 50;
const readAgainAfter = 700; // ms after a change: several come together
const groups = [
  ['external', (one) => one.counts && one.level === 3], ['internal', (one) => one.counts && one.level === 2],
  ['secure', (one) => one.counts && one.level === 1], ['others', (one) => !one.counts],
];

const fact = (name, ...value) => (value.some(Boolean) ? h('div', {}, h('dt', {}, t(name)), h('dd', {}, ...value)) : '');
const mark = (key) => h('span', { class: 'badge' }, t(key));

function personRow(one, now) {
  const who = one.name || one.address || t('conf.person.nameless');
  return h('li', { class: 'person', 'data-level': one.counts ? one.level : 0 },
    h('span', { class: 'who' }, h('strong', {}, who), one.address && one.address !== who ? h('span', { class: 'faint' }, one.address) : null),
    h('span', { class: 'why' }, one.why && !one.machine ? said(one.why) : null,
      h('span', { class: 'marks' }, one.lobby ? mark('conf.person.lobby') : null, one.ringing ? mark('conf.person.ringing') : null, one.machine ? h('span', { class: 'badge' }, machineWords(one)) : null)),
    h('span', { class: 'faint where' }, one.bridge, one.since ? ' · ' : '', ago(one.since, now)));
}

/** "shown after 0.4 s", or why not. */
function shownWords(row) {
  if (row.trouble) return said(row.trouble, 'trouble');
  if (!row.shown) return h('span', { class: 'faint' }, t('conf.history.pending'));
  const seconds = (Date.parse(row.shown) - Date.parse(row.at)) / 1000;
  return h('span', { class: 'faint' }, seconds < 1 ? t('conf.history.at_once') : t('conf.history.after', { long: duration(seconds) }));
}

const levelRow = (row) => h('li', { class: 'level-row' },
  h('time', { datetime: row.at, title: moment(row.at) }, timeOfDay(row.at)), levelBadge(row.level),
  h('span', { class: 'why' }, row.cause ? said(row.cause) : null, row.cause ? ' ' : null, shownWords(row)));

function callRow(one) {
  const text = one.trouble ? said(one.trouble, 'trouble') : null;
  const state = one.trouble ? 'conf.call.trouble' : one.settled ? 'conf.call.settled' : 'conf.call.pending';
  return h('li', { class: 'call', 'data-colour': one.trouble ? 'red' : one.settled ? 'green' : 'busy' },
    h('span', { class: 'call-head' }, h('strong', {}, one.bridge), h('span', { class: 'badge' }, t(state)), h('span', { class: 'mono faint' }, one.call)),
    h('span', { class: 'call-shown' }, one.shown ? h('q', {}, one.shown) : t(one.settled ? 'conf.call.empty' : 'conf.call.unknown')), text);
}

export class ConferencePanel {
  /** book; trouble(error): true when it was about the session; changed(): another one, or none, is open; now(): the server's. */
  constructor({ path, book, trouble, changed, now }) {
    Object.assign(this, { path, book, trouble, changed, now });
    this.id = null;
    this.round = 0;
    this.timer = null;
    this.badge = levelBadge(0);
    byId('conf-level').replaceWith(this.badge);
    byId('conf-close').addEventListener('click', () => this.close());
    document.addEventListener('keydown', ({ key, target }) => {
      if (key === 'Escape' && this.id !== null && !target.value) this.close(); // what was typed is cleared first
    });
    byId('person-text').addEventListener('input', () => this.drawPeople());
  }

  async open(id) {
    if (id !== this.id) {
      this.detail = null;
      this.over = false;
      this.shown = new Map(); // group → how many rows
      byId('person-text').value = '';
      byId('conf-body').hidden = true;
      this.complain('');
    }
    this.id = id;
    byId('conf-panel').hidden = false;
    byId('view-conferences').dataset.panel = 'open';
    setText(byId('conf-title'), t('conf.unnamed'));
    this.head(this.book.get(id));
    history.replaceState(null, '', `${location.pathname}?conference=${encodeURIComponent(id)}`);
    this.changed();
    byId('conf-title').focus({ preventScroll: true });
    byId('conf-panel').scrollIntoView({ block: 'nearest' });
    await this.read();
  }

  close() {
    const was = this.id;
    this.round += 1;
    this.id = this.detail = null;
    clearTimeout(this.timer);
    byId('conf-panel').hidden = true;
    byId('people').replaceChildren();
    byId('view-conferences').dataset.panel = 'closed';
    history.replaceState(null, '', location.pathname);
    this.changed();
    document.querySelector(`.conference[data-conference="${CSS.escape(was ?? '')}"] .open`)?.focus();
  }

  /** Conferences with these ids changed, or are over; null = everything may have. */
  heard(ids) {
    if (this.id === null || (ids && !ids.has(this.id))) return;
    const known = this.book.get(this.id);
    const same = known ?? (this.detail && this.book.holding(this.detail.conference.calls));
    if (same && same.id !== this.id) { // its id became known
      this.id = same.id;
      history.replaceState(null, '', `${location.pathname}?conference=${encodeURIComponent(same.id)}`);
      this.changed();
    }
    this.head(same);
    if (same) this.later();
    else if (this.detail) this.ended();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read({ background: true }), readAgainAfter);
  }

  ended() {
    this.over = true;
    clearTimeout(this.timer);
    this.round += 1;
    this.complain(t('conf.panel.over'));
  }

  complain(text, lang = null) {
    const node = byId('conf-trouble');
    if (lang) node.lang = lang;
    else node.removeAttribute('lang');
    setText(node, text);
    node.hidden = text === '';
  }

  async read(options) {
    const mine = ++this.round;
    try {
      const detail = await get(`${this.path}/${encodeURIComponent(this.id)}`, options);
      if (mine !== this.round) return;
      this.over = false;
      this.complain('');
      this.take(detail);
    } catch (trouble) {
      if (mine !== this.round || this.trouble(trouble)) return;
      if (trouble.status === 404) this.ended();
      else {
        this.complain(t('conf.panel.failed', { why: trouble.message }));
        this.timer = setTimeout(() => void this.read({ background: true }), 5000);
      }
    }
  }

  /** Nothing is touched when all is the same: a choice of text stays. */
  take(detail) {
    const same = JSON.stringify(detail) === JSON.stringify(this.detail);
    this.detail = detail;
    byId('conf-body').hidden = false;
    this.head(this.book.get(this.id) ?? detail.conference);
    if (same) return;
    byId('conf-calls').replaceChildren(...(detail.conference.calls ?? []).map(callRow));
    const levels = [...(detail.levels ?? [])].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    byId('conf-levels').replaceChildren(...levels.slice(0, 200).map(levelRow));
    byId('conf-levels-none').hidden = levels.length > 0;
    this.drawPeople();
  }

  head(conference) {
    if (!conference) return;
    byId('conf-panel').dataset.level = conference.level;
    setText(byId('conf-title'), titleOf(conference));
    showLevel(this.badge, conference.level);
    byId('conf-notes').replaceChildren(...notesOf(conference));
    const state = screens(conference, this.book.mode);
    byId('conf-facts').replaceChildren(
      fact('conf.fact.since', lasting(conference.since, this.now())),
      fact('conf.fact.cause', conference.cause ? said(conference.cause) : null),
      conference.evident < conference.level ? fact('conf.fact.evident', t(conference.evident > 0 ? 'conf.fact.evident.of' : 'conf.fact.evident.none', { n: conference.evident, word: t(`conf.level.${conference.evident}`) })) : '',
      fact('conf.fact.screens', state.text),
      fact('conf.fact.id', h('span', { class: 'mono' }, conference.id)),
      fact('conf.fact.space', conference.space ? h('span', { class: 'mono' }, conference.space) : null));
  }

  drawPeople() {
    const people = this.detail?.people ?? [];
    const text = byId('person-text').value.trim().toLowerCase();
    const found = text === '' ? people : people.filter((one) => [one.name, one.address, one.why, one.bridge].join(' ').toLowerCase().includes(text));
    byId('person-filter').hidden = people.length <= 8 && text === '' && !byId('person-filter').contains(document.activeElement);
    byId('people-none').hidden = found.length > 0;
    setText(byId('people-none'), t(people.length > 0 ? 'conf.people.none.filtered' : 'conf.people.none'));
    byId('people').replaceChildren(...groups.map(([key, is]) => this.group(key, found.filter(is))).filter(Boolean));
  }

  group(key, people) {
    if (people.length === 0) return null;
    const most = this.shown.get(key) ?? rowsAtOnce;
    const id = `people-${key}`;
    const more = people.length > most ? h('button', { type: 'button', class: 'small quiet', onclick: () => {
      this.shown.set(key, most + 4 * rowsAtOnce);
      this.drawPeople();
      const next = byId(id).parentElement.querySelectorAll('.person')[most];
      next?.setAttribute('tabindex', '-1');
      next?.focus();
    } }, t('people.more', { n: number(Math.min(people.length - most, 4 * rowsAtOnce)) })) : null;
    return h('section', { class: 'people-group' }, h('h4', { id }, counted(`conf.people.${key}`, people.length)),
      h('ul', { 'aria-labelledby': id }, ...people.slice(0, most).map((one) => personRow(one, this.now()))), more);
  }
}
