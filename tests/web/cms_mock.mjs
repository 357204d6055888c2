// Conferences and bridges as the API tells them, and a server's side that a test changes.
export const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

const guid = (n) => `0b8f7c5e-21a4-4a55-8d5c-${String(n).padStart(12, '0')}`;

export const call = (bridge, n, more = {}) => ({ bridge, call: guid(1000 + n), shown: 'EXTERNAL participants are in this meeting', settled: true, trouble: null, ...more });

export const conference = (n, level, more = {}) => ({
  id: guid(n), name: `Board ${n}`, space: guid(500 + n), level, level_name: ['none', 'secure', 'internal', 'external'][level], since: ago(n * 60),
  evident: level, cause: level === 3 ? `leg 1e60…${n} (sip, partner.example.net)` : `leg 1e60…${n} (sip, acme.example)`, doubt: null, lowering: false, waits_for: null, settled: true,
  observed: false, calls: [call('cms1', n)], participants: { secure: level > 0 ? 2 : 0, internal: level > 1 ? 3 : 0, external: level > 2 ? 1 : 0 }, machines: 0, ...more,
});

export const person = (n, level, more = {}) => ({
  bridge: 'cms1', leg: guid(2000 + n), name: `Person ${n}`, address: `person${n}@${['', 'secure.acme.example', 'acme.example', 'partner.example.net'][level]}`, domain: 'acme.example',
  level, level_name: ['none', 'secure', 'internal', 'external'][level], why: level === 3 ? 'not in a listed domain' : level === 2 ? 'internal_domains: acme.example' : 'secure_domains: secure.acme.example',
  machine: '', counts: true, lobby: false, ringing: false, since: ago(300 + n), ...more,
});

export const bridge = (name, more = {}) => ({
  name, api: `https://${name}.acme.example:445/api/v1`, up: true, trouble: null, doubt: null, resyncing: false, version: '3.9', clustered: true, session: guid(9), last_post: ago(4),
  last_answer: ago(20), silent_since: null, behind: 0, registration: 'registered', receivers: ['https://wardroom.acme.example/cdr/…'], calls: 14, legs: 92, counters: {}, ...more,
});

export const hostile = '<img src=x onerror="document.title=1">';

export class CmsMock {
  constructor() {
    this.mode = 'enforce';
    this.conferences = [];
    this.bridges = [];
    this.more = 0;
    this.details = new Map(); // id → { people, levels }
    this.resyncs = [];
    this.resyncAnswer = null; // (name) → { status, body }, maybe later: instead of the usual one
    this.asked = [];
    this.background = 0;
  }

  state() {
    return { now: new Date().toISOString(), mode: this.mode, conferences: this.conferences, bridges: this.bridges, more: this.more };
  }

  detail(id) {
    const found = this.conferences.find((one) => one.id === id);
    if (!found) return { status: 404, body: { error: { code: 'not_found', message: 'No such conference is running.' } } };
    return { status: 200, body: { conference: found, people: [], levels: [], ...this.details.get(id) } };
  }

  /** { status, body } of a request. */
  async answer(method, path, background) {
    this.asked.push(`${method} ${path}`);
    if (background) this.background += 1;
    const rest = decodeURIComponent(path.slice('/api/v1/conferences'.length).replace(/^\//, ''));
    if (method === 'GET') return rest === '' ? { status: 200, body: this.state() } : this.detail(rest);
    const name = rest.match(/^bridges\/(.+)\/resync$/)?.[1];
    this.resyncs.push(name);
    const other = await this.resyncAnswer?.(name);
    if (other) return other;
    return { status: 200, body: { bridge: this.bridges.find((one) => one.name === name) } };
  }
}
