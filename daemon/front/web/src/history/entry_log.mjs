// Pure: the entries that are shown, newest first, each once, and from where older ones are read.

export const most = 2000; // more would make the page slow; what falls out is read again when asked for

export class EntryLog {
  constructor() {
    this.entries = [];
    this.older = 0; // the number to read on before; 0 = that was all
    this.newest = 0;
  }

  /** The first page. */
  replace({ entries, older, newest }) {
    this.entries = entries.filter(({ seq }) => Number.isFinite(seq));
    this.older = older ?? 0;
    this.newest = newest ?? 0;
  }

  /** The next page back. */
  append({ entries, older }) {
    const last = this.entries.at(-1)?.seq ?? Infinity;
    this.entries.push(...entries.filter(({ seq }) => seq < last));
    this.older = older ?? 0;
  }

  /** A live one; false when it is there already. */
  add(entry) {
    if (!Number.isFinite(entry.seq) || entry.seq <= this.newest) return false;
    this.newest = entry.seq;
    this.entries.unshift(entry);
    if (this.entries.length > most) {
      this.entries.length = most;
      this.older = this.entries.at(-1).seq;
    }
    return true;
  }

  /** [{day, entries}] in the order shown; `dayOf` names the day of an entry. */
  days(dayOf) {
    const days = [];
    for (const entry of this.entries) {
      const day = dayOf(entry.at);
      if (days.at(-1)?.day !== day) days.push({ day, entries: [] });
      days.at(-1).entries.push(entry);
    }
    return days;
  }
}
