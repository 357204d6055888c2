// The panel about the chosen person: whether their calls go through right now, and why, in words and facts.
import { get } from '../shared/api.mjs';
import { byId, h, setText, standingMark } from '../shared/dom.mjs';
import { duration, language, metres, moment, t, word } from '../shared/i18n.mjs';
import { distanceWords } from './why.mjs';

const wide = new Set(['why.fence', 'person.hints', 'person.override', 'why.policy']);
const askAgainAfter = 2000; // ms; somebody who moves changes often

/** The server's own sentence for English readers; else ours from its facts. */
function sentence(why) {
  if (why.sentence && language === 'en') return why.sentence;
  return t(why.allowed ? 'person.allowed' : 'person.blocked', { reason: word('reason', why.reason) });
}

function fenceWords({ name, rule, by }) {
  return `${name} (${[t(`person.rule.${rule === 'deny' ? 'deny' : 'allow'}`), word('person.by', by)].filter(Boolean).join(', ')})`;
}

function overrideWords(override) {
  if (!override) return '';
  const until = override.until ? t('person.until', { when: moment(override.until) }) : '';
  return [word('person.override', override.kind), until, override.reason].filter(Boolean).join(' · ');
}

function factsOf(why) {
  const known = (value, words) => (Number.isFinite(value) ? words(value) : '');
  return [
    ['why.fence', (why.fences ?? []).map(fenceWords).join(', ') || why.fence?.name],
    ['why.distance', known(why.distance_m, distanceWords)],
    ['why.age', known(why.fix?.age_s, duration)],
    ['why.accuracy', known(why.fix?.accuracy_m, (m) => t('share.accuracy.value', { far: metres(m) }))],
    ['person.hints', why.hints],
    ['why.policy', why.policy?.applied && why.policy.applied !== 'none' ? word('applied', why.policy.applied) : ''],
    ['person.mode', why.policy?.mode && why.policy.mode !== 'enforce' ? word('person.mode', why.policy.mode) : ''],
    ['person.override', overrideWords(why.override)],
  ].filter(([, value]) => value);
}

export class PersonPanel {
  /** closed() is called when the reader closes it. */
  constructor(roster, closed) {
    this.roster = roster;
    this.person = null; // whose number is shown
    this.shown = '';    // of the row that was explained
    this.askedAt = 0;
    this.later = null;
    byId('person-close').addEventListener('click', () => {
      this.show(null);
      closed();
    });
  }

  show(personNo) {
    clearTimeout(this.later);
    this.later = null;
    this.person = personNo;
    byId('person').hidden = personNo === null;
    if (personNo === null) return;
    byId('person-facts').replaceChildren();
    this.head();
    setText(byId('person-sentence'), '');
    void this.ask();
  }

  /** Rows have changed: explained anew when this person stands otherwise than before. */
  changed() {
    if (this.person === null || this.later !== null) return;
    if (this.stateOf() === this.shown) return;
    this.head();
    this.later = setTimeout(() => {
      this.later = null;
      void this.ask();
    }, Math.max(0, this.askedAt + askAgainAfter - Date.now()));
  }

  stateOf() {
    const row = this.roster.get(this.person);
    return row ? `${row.standing} ${row.allowed} ${row.latitude} ${row.longitude}` : '';
  }

  head() {
    const row = this.roster.get(this.person);
    setText(byId('person-name'), row?.name ?? `#${this.person}`);
    byId('person-standing').replaceChildren(...(row
      ? [standingMark(row.standing), `${t(`standing.${row.standing}`)} · ${t(row.allowed ? 'people.allowed' : 'people.blocked')}`] : []));
    byId('person-standing').className = `standing-word standing-${row?.standing ?? 'no_fix'}`;
  }

  async ask() {
    const personNo = this.person;
    this.shown = this.stateOf();
    this.askedAt = Date.now();
    try {
      const why = await get(`/api/v1/people/${personNo}/why`);
      if (personNo === this.person) this.fill(why);
    } catch (trouble) {
      if (personNo === this.person) setText(byId('person-sentence'), t('person.unknown', { why: trouble.message }));
    }
  }

  fill(why) {
    setText(byId('person-sentence'), sentence(why));
    byId('person-facts').replaceChildren(...factsOf(why).map(([key, value]) =>
      h('div', { class: wide.has(key) ? 'wide' : undefined }, h('dt', {}, t(key)), h('dd', {}, value))));
  }
}
