// The runs of all jobs or of one, newest first, page by page.
import { get } from '../shared/api.mjs';
import { byId, h, setText } from '../shared/dom.mjs';
import { busy } from '../shared/feedback.mjs';
import { moment, t, timeOfDay, word } from '../shared/i18n.mjs';
import { titleOf, colourOf, countWords, took, whoAsked } from './run_words.mjs';

export class RunList {
  /** show(id): open one; trouble(error): true when it was about the session. */
  constructor({ path, show, trouble }) {
    Object.assign(this, { path, show, trouble });
    this.job = '';
    this.runs = new Map();
    this.nodes = new Map();
    this.older = null;
    this.round = 0;
    byId('runs-job').addEventListener('change', ({ target }) => void this.choose(target.value));
    byId('runs-older').addEventListener('click', (event) => void busy(event.currentTarget, () => this.readOlder()));
  }

  choose(job) {
    this.job = job;
    byId('runs-job').value = job;
    this.runs.clear();
    this.older = null;
    return this.read();
  }

  showJobs(jobs) {
    const names = jobs.map(({ name }) => name);
    const told = JSON.stringify(jobs.map((job) => [job.name, titleOf(job)]));
    if (this.told === told) return;
    this.told = told;
    byId('runs-job').replaceChildren(h('option', { value: '' }, t('spaces.runs.all')), ...jobs.map((job) => h('option', { value: job.name }, titleOf(job))));
    if (!names.includes(this.job)) this.job = '';
    byId('runs-job').value = this.job;
    byId('runs-job').disabled = names.length < 2;
  }

  query(before) {
    const words = new URLSearchParams();
    if (this.job) words.set('job', this.job);
    if (before) words.set('before', before);
    return words.size > 0 ? `?${words}` : '';
  }

  /** The newest page; what was read of older ones stays. */
  read(options) {
    return this.fetch(null, options);
  }

  readOlder() {
    return this.fetch(this.older);
  }

  async fetch(before, options) {
    const mine = ++this.round;
    try {
      const page = await get(`${this.path}/runs${this.query(before)}`, options);
      if (mine !== this.round) return;
      const first = this.runs.size === 0;
      for (const run of page.runs ?? []) this.runs.set(run.id, run);
      if (before || first) this.older = page.older ?? null;
      this.complain('');
      this.draw();
    } catch (trouble) {
      if (mine === this.round && !this.trouble(trouble)) this.complain(t('spaces.runs.failed', { why: trouble.message }));
    }
  }

  complain(text) {
    setText(byId('runs-trouble'), text);
    byId('runs-trouble').hidden = text === '';
  }

  draw() {
    const list = [...this.runs.values()].sort((a, b) => b.id - a.id);
    const rows = list.map((run) => this.row(run));
    const had = document.activeElement;
    byId('runs').replaceChildren(...rows);
    if (had?.isConnected && document.activeElement !== had) had.focus();
    byId('runs-none').hidden = list.length > 0;
    byId('runs-older').hidden = !this.older;
  }

  row(run) {
    const told = JSON.stringify(run);
    const known = this.nodes.get(run.id);
    if (known?.told === told) return known.node;
    const title = run.title || run.job;
    const node = h('li', { class: 'run', 'data-colour': colourOf(run.state), 'data-run': run.id },
      h('time', { datetime: run.began, title: moment(run.began) }, timeOfDay(run.began)),
      h('span', { class: 'badge' }, word('spaces.state', run.state)),
      h('span', { class: 'run-told' }, h('strong', {}, title), h('span', {}, run.undoes ? t('spaces.kind.undo', { n: run.undoes }) : null, run.undoes ? ': ' : null, countWords(run)),
        h('span', { class: 'faint' }, [whoAsked(run), took(run)].filter(Boolean).join(' · '))),
      h('button', { type: 'button', class: 'small quiet', 'aria-label': t('spaces.runs.show.of', { n: run.id, title }), onclick: () => this.show(run.id) }, t('spaces.runs.show')));
    this.nodes.set(run.id, { told, node });
    return node;
  }
}
