// Pure: the people of the dashboard, their counts, and who is shown for a search and a filter.

/** The order in which people need attention. */
export const standings = ['outside', 'uncertain', 'stale', 'no_fix', 'inside'];
const rank = new Map(standings.map((name, i) => [name, i]));
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export class Roster {
  constructor(language = 'en') {
    this.people = new Map();
    this.collator = new Intl.Collator(language);
    this.changes = 0;
  }

  replace(rows, now) {
    this.people.clear();
    this.update(rows, now);
  }

  /** Rows as the API gives them; `now` in ms, for the age of fixes. */
  update(rows, now) {
    for (const row of rows) {
      const name = row.name || `#${row.person_no}`;
      const known = this.people.get(row.person_no);
      const folded = known?.name === name ? known.folded : fold(name);
      this.people.set(row.person_no, { ...row, name, folded, seen: now });
    }
    this.changes += 1;
  }

  get size() {
    return this.people.size;
  }

  get(personNo) {
    return this.people.get(personNo);
  }

  values() {
    return this.people.values();
  }

  counts() {
    const counts = Object.fromEntries(standings.map((name) => [name, 0]));
    for (const { standing } of this.people.values()) counts[standing] = (counts[standing] ?? 0) + 1;
    return counts;
  }

  /** Calls going on, as the rows tell; null when they do not. */
  liveCalls() {
    let sum = null;
    for (const { live_calls: n } of this.people.values()) if (Number.isFinite(n)) sum = (sum ?? 0) + n;
    return sum;
  }

  /** Who matches, those needing attention first, then by name. */
  matching(search, standing) {
    const words = fold(search).split(/\s+/).filter(Boolean);
    const found = [];
    for (const person of this.people.values()) {
      if (standing && person.standing !== standing) continue;
      if (words.every((word) => person.folded.includes(word))) found.push(person);
    }
    const order = (p) => rank.get(p.standing) ?? rank.size;
    return found.sort((a, b) => order(a) - order(b) || this.collator.compare(a.name, b.name));
  }
}

/** Seconds since the fix, counted on from when the row came; null when there is none. */
export function fixAge(person, now) {
  return person.fix_age_s === undefined || person.fix_age_s === null
    ? null
    : person.fix_age_s + (now - person.seen) / 1000;
}

export const hasPlace = (person) =>
  Number.isFinite(person.latitude) && Number.isFinite(person.longitude) && person.standing !== 'no_fix';
