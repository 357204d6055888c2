// Conferences and bridges as the server told them last; which fit a filter, and in which order. Pure.
export const shows = ['all', '3', '2', '1', 'look'];

const fold = (text) => String(text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a person should look at it: what is shown is not certain, or not what is wanted. */
export const needsLook = (conference) => Boolean(conference.doubt) || (conference.calls ?? []).some(({ trouble }) => trouble);

/** A bridge that cannot be relied on at the moment. */
export const bridgeTrouble = (bridge) => Boolean(bridge.silent_since) || Boolean(bridge.doubt) || Boolean(bridge.trouble) || bridge.registration === 'missing' || bridge.registration === 'full';

const fits = (conference, show) => show === 'all' || (show === 'look' ? needsLook(conference) : conference.level === Number(show));

/** The highest level first, then the newest. */
function before(a, b) {
  return b.level - a.level || Date.parse(b.since) - Date.parse(a.since) || (a.id < b.id ? -1 : 1);
}

const wordsOf = (one) => fold([one.name, one.id, one.space, ...(one.calls ?? []).flatMap(({ bridge, call }) => [bridge, call])].join(' '));

export class ConferenceBook {
  constructor() {
    this.replace({});
  }

  /** The whole state. */
  replace({ conferences = [], bridges = [], mode = 'enforce', more = 0 }) {
    this.conferences = new Map(conferences.map((one) => [one.id, { ...one, words: wordsOf(one) }]));
    this.bridges = bridges;
    this.mode = mode;
    this.more = more;
  }

  /** What has changed since; answers the ids of conferences that differ now. */
  apply({ conferences = [], gone = [], bridges = [], mode = this.mode }) {
    for (const id of gone) this.conferences.delete(id);
    for (const one of conferences) this.conferences.set(one.id, { ...one, words: wordsOf(one) });
    for (const bridge of bridges) {
      const at = this.bridges.findIndex(({ name }) => name === bridge.name);
      this.bridges = at < 0 ? [...this.bridges, bridge] : this.bridges.map((one, i) => (i === at ? bridge : one));
    }
    this.mode = mode;
    return new Set([...gone, ...conferences.map(({ id }) => id)]);
  }

  get(id) {
    return this.conferences.get(id);
  }

  /** The conference that has one of these calls: its id may have become known meanwhile. */
  holding(calls) {
    const keys = new Set((calls ?? []).map(({ bridge, call }) => `${bridge} ${call}`));
    return [...this.conferences.values()].find((one) => (one.calls ?? []).some(({ bridge, call }) => keys.has(`${bridge} ${call}`)));
  }

  bridge(name) {
    return this.bridges.find((one) => one.name === name);
  }

  count(show) {
    return [...this.conferences.values()].filter((one) => fits(one, show)).length;
  }

  find(text, show) {
    const wanted = fold(text).split(/\s+/).filter(Boolean);
    return [...this.conferences.values()].filter((one) => fits(one, show) && wanted.every((word) => one.words.includes(word))).sort(before);
  }
}
