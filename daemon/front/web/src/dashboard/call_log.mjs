// Pure: calls and what was decided about them, folded from the first answer and the journal's rows.

const kept = 300;
const ended = new Set(['released', 'idle']);

export class CallLog {
  constructor() {
    this.calls = new Map();
    this.newest = 0; // highest sequence seen
  }

  /** The first answer: rows as `calls list`, and the sequence it reflects. */
  replace(rows, seq) {
    this.calls.clear();
    for (const row of rows) this.merge(row);
    this.newest = seq ?? 0;
  }

  /** A journal row; false when it was in the first answer already or came twice. */
  apply(row, seq) {
    if (Number.isFinite(seq)) {
      if (seq <= this.newest) return false;
      this.newest = seq;
    }
    if (!row.call) return false;
    this.merge(row);
    return true;
  }

  merge(row) {
    const known = this.calls.get(row.call);
    const told = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
    this.calls.set(row.call, { decision: 'pending', ...known, ...told, at: known?.at ?? row.at });
    if (this.calls.size > kept) this.forgetOldest();
  }

  forgetOldest() {
    let oldest = null;
    for (const call of this.calls.values()) if (!oldest || call.at < oldest.at) oldest = call;
    this.calls.delete(oldest.call);
  }

  get(id) {
    return this.calls.get(id);
  }

  /** Newest first. which: all, rejected, passed or emergency. */
  list(which = 'all') {
    const wanted = {
      all: () => true,
      rejected: (c) => c.decision === 'rejected' || c.decision === 'reject_failed' || c.decision === 'observed',
      passed: (c) => c.decision === 'passed',
      emergency: (c) => c.emergency === true,
    }[which];
    return [...this.calls.values()].filter(wanted).sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  }

  counts() {
    const counts = { live: 0, released: 0, passed: 0, emergency: 0 };
    for (const call of this.calls.values()) {
      if (call.state && !ended.has(call.state) && call.decision !== 'rejected') counts.live += 1;
      if (call.decision === 'rejected') counts.released += 1;
      if (call.decision === 'passed') counts.passed += 1;
      if (call.emergency) counts.emergency += 1;
    }
    return counts;
  }
}
