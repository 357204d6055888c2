// What is known of a run's steps and of those it spared: gathered page by page, found by text and kind. Pure.
export const kinds = ['all', 'add', 'remove', 'failed', 'spared'];
export const most = 20000; // rows kept in the page

const fold = (text) => String(text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const isFailed = ({ state }) => state === 'failed' || state === 'begun';
/** What went wrong first, then in the order of the plan. */
const weight = (row) => (isFailed(row) ? 0 : row.spared ? 2 : 1);

export class StepBook {
  constructor() {
    this.rows = new Map(); // key → row
    this.sorted = null;
    this.complete = false;
  }

  add(steps, spared = []) {
    for (const step of steps) this.put(`s${step.n}`, step);
    spared.forEach((one, i) => this.put(`p${one.person ?? i}`, { ...one, spared: true, n: i }));
    this.sorted = null;
  }

  put(key, row) {
    if (!this.rows.has(key) && this.rows.size >= most) return;
    this.rows.set(key, { ...row, key, words: fold(`${row.name} ${row.email} ${row.why} ${row.rule ?? ''} ${row.outcome ?? ''}`) });
  }

  get full() {
    return this.rows.size >= most;
  }

  all() {
    this.sorted ??= [...this.rows.values()].sort((a, b) => weight(a) - weight(b) || a.n - b.n);
    return this.sorted;
  }

  static fits(kind, row) {
    if (kind === 'all') return true;
    if (kind === 'failed') return !row.spared && isFailed(row);
    if (kind === 'spared') return Boolean(row.spared) || row.state === 'spared';
    return !row.spared && row.act === kind;
  }

  /** Rows of a kind in which every word of `text` occurs. */
  find(text, kind) {
    const wanted = fold(text).split(/\s+/).filter(Boolean);
    return this.all().filter((row) => StepBook.fits(kind, row) && wanted.every((word) => row.words.includes(word)));
  }

  count(kind) {
    return this.all().reduce((sum, row) => sum + (StepBook.fits(kind, row) ? 1 : 0), 0);
  }
}
