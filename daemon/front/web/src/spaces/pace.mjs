// How fast a running job goes, and how long it will take: from what was seen of it. Pure.
const lookBack = 20000; // ms: older samples say little about now

export class Pace {
  constructor() {
    this.clear();
  }

  clear() {
    this.stage = null;
    this.samples = [];
  }

  /** What was seen at `now` (ms). Another run or stage begins anew. */
  see({ run, stage, done }, now) {
    const of = `${run} ${stage}`;
    if (of !== this.stage || done < (this.samples.at(-1)?.done ?? 0)) {
      this.clear();
      this.stage = of;
    }
    this.samples.push({ done, now });
    while (this.samples.length > 2 && now - this.samples[0].now > lookBack) this.samples.shift();
  }

  /** Per second; null until it can be told. */
  rate() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    const seconds = first && last ? (last.now - first.now) / 1000 : 0;
    const done = seconds >= 0.5 ? last.done - first.done : 0;
    return done > 0 ? done / seconds : null;
  }

  /** Seconds left of the stage; null when nobody knows. */
  left(total) {
    const rate = this.rate();
    const done = this.samples.at(-1)?.done ?? 0;
    return rate === null || !(total > done) ? null : Math.ceil((total - done) / rate);
  }
}
