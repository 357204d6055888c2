// Jobs and runs as the API tells them, and a server's side that runs them as a test says.
const minute = 60000;
export const at = (minutes) => new Date(Date.now() + minutes * minute).toISOString();

const person = (n) => `f5b36187-c8dd-4727-8b2f-${String(n).padStart(12, '0')}`;
const names = ['Grégoire Müller-Lüdenscheidt', 'Zoë Nowak', 'Béla Nagy', 'Ada Novak', 'Łukasz Wiśniewski', 'Mia Berger', 'Søren Østergård', 'Ines Pereira'];
const counts = (more) => ({ people: 1204, members: 1198, to_add: 0, to_remove: 0, added: 0, removed: 0, already: 0, spared: 0, failed: 0, skipped: 0, calls: 14, ...more });

export const run = (id, more = {}) => ({
  id, job: 'all-hands', space: 'Y2lzY29zcGFyazovL3VzL1JPT00vYmJjZWIxYWQ', title: 'All Hands', kind: 'sync', cause: 'schedule', state: 'done', by: '',
  began: at(-60 * (40 - id % 40) - 5), planned: at(-60 * (40 - id % 40) - 4), expires: null, ended: at(-60 * (40 - id % 40) - 3), took_s: 31, digest: '9f2c41d07be3', hold: null, error: null,
  approved_removals: null, undoes: null, ...more, counts: counts(more.counts),
});

export const step = (n, act = 'add', more = {}) => ({
  n, act, person: person(n), name: `${names[n % names.length]}${n >= names.length ? ` ${n}` : ''}`, email: `person${n}@acme.example`,
  why: act === 'add' ? 'include domain: acme.example' : 'exclude department_contains: Contractor', state: 'planned', outcome: '', at: null, ...more,
});

export const spared = (n, why = 'moderator', more = {}) => ({ person: person(900000 + n), name: `${names[n % names.length]} ${why}`, email: `stays${n}@acme.example`, why, rule: why === 'unknown' ? 'the entry was damaged' : 'no include fits', ...more });

export const held = (id, more = {}) => run(id, {
  state: 'held', counts: { to_add: 2, to_remove: 37, spared: 1 }, ended: null, took_s: 4.2,
  hold: '37 of 1,150 members that are not protected would be removed, which is more than 5 and more than 2 %; look at it with `wardroomctl sync plan all-hands`.', ...more,
});

export const job = (name = 'all-hands', more = {}) => ({
  name, space: 'Y2lzY29zcGFyazovL3VzL1JPT00vYmJjZWIxYWQ', title: 'All Hands', mode: 'enforce', schedule: 'every day at 02:30 Europe/Vienna',
  next: [1, 2, 3, 4, 5].map((day) => at(day * 24 * 60)), paused: null, last: run(38, { job: name, counts: { to_add: 3, to_remove: 1, added: 3, removed: 1 } }), held: null, running: null,
  rules: { include: ['domain: acme.example'], exclude: ['department_contains: Contractor', 'invite_pending', 'email: from lists/excluded.txt (12)'] }, ...more,
});

export const hostile = '<img src=x onerror="document.title=1">';
const stepsAPage = 1000;
const runsAPage = 50;

export class SyncMock {
  constructor() {
    this.jobs = [];
    this.runs = new Map(); // id → { run, steps, spared }
    this.posts = [];       // { job, verb, body }
    this.answers = {};     // verb → (job, body) → { status, body }, maybe later: instead of the usual one
    this.asked = [];       // path and query of each read
    this.background = 0;   // reads that the page made by itself
    this.nextRun = 100;
  }

  job(name) {
    return this.jobs.find((one) => one.name === name);
  }

  keep(one, steps = [], others = []) {
    this.runs.set(one.id, { run: one, steps, spared: others });
    return one;
  }

  /** { status, body } of a read. */
  read(path, words) {
    this.asked.push(`${path}${words.size > 0 ? `?${words}` : ''}`);
    const now = new Date().toISOString();
    if (path === '/api/v1/sync') return { status: 200, body: { now, jobs: this.jobs } };
    if (path === '/api/v1/sync/runs') return { status: 200, body: { now, ...this.page(words) } };
    const found = this.runs.get(Number(path.split('/').at(-1)));
    if (!found) return { status: 404, body: { error: { code: 'not_found', message: 'There is no such run.' } } };
    return { status: 200, body: { now, ...this.steps(found, words) } };
  }

  page(words) {
    const before = Number(words.get('before') ?? Infinity);
    const fit = [...this.runs.values()].map((one) => one.run).filter(({ id, job: name }) => id < before && (!words.get('job') || name === words.get('job'))).sort((a, b) => b.id - a.id);
    return { runs: fit.slice(0, runsAPage), ...(fit.length > runsAPage && { older: fit[runsAPage - 1].id }) };
  }

  steps({ run: one, steps, spared: others }, words) {
    const after = Number(words.get('after') ?? 0);
    const only = words.get('only');
    const fits = { add: ({ act }) => act === 'add', remove: ({ act }) => act === 'remove', failed: ({ state }) => state === 'failed' || state === 'begun' }[only] ?? (() => true);
    const fit = steps.filter((each) => each.n > after && fits(each));
    return { run: one, steps: fit.slice(0, stepsAPage), ...(fit.length > stepsAPage && { next: fit[stepsAPage - 1].n }), ...(!only && after === 0 && { spared: others }) };
  }

  async post(name, verb, body) {
    this.posts.push({ job: name, verb, body });
    const other = await this.answers[verb]?.(name, body);
    if (other) return other;
    const one = this.job(name);
    if (!one) return { status: 404, body: { error: { code: 'not_found', message: `There is no job '${name}'.` } } };
    if (verb === 'pause' || verb === 'resume') {
      one.paused = verb === 'pause' ? { by: 'ada@acme.example', reason: body.reason, at: at(0) } : null;
      return { status: 200, body: { job: one } };
    }
    const id = this.nextRun++;
    this.keep(run(id, { job: name, title: one.title, state: 'reading', cause: 'operator', by: 'ada@acme.example', began: at(0), ended: null, took_s: null }));
    one.running = { run: id, stage: 'reading_people', done: 0, total: 0, failed: 0, waiting_for: null };
    return { status: 202, body: { run: id } };
  }

  /** The run under way ends as `more` says, with these people. */
  end(name, more, steps = [], others = []) {
    const one = this.job(name);
    const ended = this.keep({ ...this.runs.get(one.running.run).run, took_s: 12, planned: at(0), ended: at(0), ...more, counts: counts(more.counts) }, steps, others);
    one.running = null;
    if (ended.state === 'held') one.held = ended;
    else if (ended.state !== 'planned') [one.last, one.held] = [ended, null];
    return ended;
  }
}
