// One run in full: how it went, and everybody it concerned, found by text and kind.
import { get } from '../shared/api.mjs';
import { byId, h, setText, words } from '../shared/dom.mjs';
import { moment, number, t, timeOfDay, word } from '../shared/i18n.mjs';
import { colourOf, countWords, counted, isOver, outcomeWords, say, stepColour, stepWords, took, whoAsked } from './run_words.mjs';
import { StepBook, kinds } from './step_book.mjs';

const rowsAtOnce = 100;
const undoFor = 30 * 86400000;

const fact = (name, value) => (value ? h('div', {}, h('dt', {}, t(name)), h('dd', {}, value)) : '');
const shownAt = (iso) => (iso ? h('time', { datetime: iso }, moment(iso)) : '');

function stepRow(row) {
  const who = row.name || row.email || row.person;
  return h('li', { class: 'change', 'data-colour': stepColour(row) },
    h('span', { class: 'badge' }, stepWords(row)),
    h('span', { class: 'who' }, h('strong', {}, who), row.email && row.email !== who ? h('span', { class: 'faint' }, row.email) : null),
    h('span', { class: 'why', lang: 'en' }, row.why && !row.spared ? h('span', {}, row.why) : null, row.rule ? h('span', {}, row.rule) : null, row.outcome && row.state !== 'done' ? h('span', { class: 'outcome' }, row.outcome) : null),
    row.at ? h('time', { class: 'faint', datetime: row.at, title: moment(row.at) }, timeOfDay(row.at)) : null);
}

export class RunPanel {
  /** apply(run): carry a plan out; trouble(error): true when it was about the session; now(): the server's. */
  constructor({ path, apply, trouble, now, jobOf }) {
    Object.assign(this, { path, apply, trouble, now, jobOf });
    this.id = null;
    this.run = null;
    this.round = 0;
    this.loading = false;
    this.gone = false;
    this.kind = 'all';
    this.frame = null;
    byId('run-close').addEventListener('click', () => this.close());
    byId('run-apply').addEventListener('click', (event) => this.apply(this.run, event.currentTarget));
    byId('step-filter').addEventListener('submit', (event) => event.preventDefault());
    byId('step-text').addEventListener('input', () => this.filtered());
    byId('step-kinds').addEventListener('change', ({ target }) => {
      this.kind = target.value;
      this.filtered();
    });
    byId('steps-more').addEventListener('click', () => {
      const first = this.shown;
      this.shown += 2 * rowsAtOnce;
      this.draw();
      byId('steps').children[first]?.setAttribute('tabindex', '-1');
      byId('steps').children[first]?.focus();
    });
  }

  /** Shows a run, with those of one kind first in sight. */
  async open(id, kind = 'all') {
    if (this.id !== id) {
      this.book = new StepBook();
      this.run = null;
      this.gone = false;
      byId('step-text').value = '';
      byId('run-body').hidden = true;
    }
    this.id = id;
    this.kind = kinds.includes(kind) ? kind : 'all';
    this.shown = rowsAtOnce;
    byId('run-panel').hidden = false;
    setText(byId('run-title'), t('spaces.run.title', { n: id }));
    byId('run-title').focus();
    byId('run-panel').scrollIntoView({ block: 'start' });
    history.replaceState(null, '', `${location.pathname}?run=${encodeURIComponent(id)}`);
    await this.read();
  }

  close() {
    this.round += 1;
    this.id = this.run = null;
    byId('run-panel').hidden = true;
    history.replaceState(null, '', location.pathname);
    byId('runs-title').scrollIntoView({ block: 'nearest' });
  }

  /** Whether what is shown may still change by itself. */
  get waits() {
    return this.id !== null && !this.gone && (this.run === null || !isOver(this.run));
  }

  async page(query) {
    return get(`${this.path}/runs/${encodeURIComponent(this.id)}${query}`, { background: this.run !== null });
  }

  /** Only what is new of it. */
  async refresh() {
    if (this.id !== null && !this.loading) await this.read({ again: true });
  }

  /** The run anew; its steps to their end once it has no more to do. */
  async read({ again = false } = {}) {
    if (this.id === null) return;
    const mine = ++this.round;
    this.loading = true;
    try {
      await this.readPages(again, () => mine !== this.round);
    } catch (trouble) {
      if (mine !== this.round || this.trouble(trouble)) return;
      this.gone = trouble.status === 404;
      say(byId('run-trouble'), trouble.message);
      byId('run-trouble').hidden = false;
    } finally {
      if (mine === this.round) this.loading = false;
    }
  }

  async readPages(again, late) {
    let page = await this.page('');
    if (late()) return;
    if (again && this.book.complete && JSON.stringify(this.run) === JSON.stringify(page.run)) {
      this.showActions();
      return;
    }
    const fresh = new StepBook();
    fresh.add(page.steps ?? [], page.spared ?? []);
    this.take(page.run, fresh);
    if (!isOver(page.run)) return;
    if (page.next && page.run.counts?.failed > 0) { // what went wrong first, wherever it stands
      const failed = await this.page('?only=failed');
      if (late()) return;
      fresh.add(failed.steps ?? []);
      this.changed();
    }
    while (page.next && !fresh.full) {
      page = await this.page(`?after=${page.next}`);
      if (late()) return;
      fresh.add(page.steps ?? []);
      this.changed();
    }
    fresh.complete = true;
    this.changed();
  }

  take(run, book) {
    this.run = run;
    this.book = book;
    byId('run-trouble').hidden = true;
    byId('run-body').hidden = false;
    byId('run-panel').dataset.colour = colourOf(run.state);
    setText(byId('run-title'), t('spaces.run.title.of', { n: run.id, title: run.title || run.job }));
    setText(byId('run-sentence'), isOver(run) ? outcomeWords(run) : word('spaces.state', run.state));
    const said = run.state === 'held' ? run.hold : run.error;
    say(byId('run-said'), said ?? '');
    byId('run-said').hidden = !said;
    byId('run-facts').replaceChildren(
      fact('spaces.run.kind', t(run.undoes ? 'spaces.kind.undo' : 'spaces.kind.sync', { n: run.undoes })),
      fact('spaces.run.cause', whoAsked(run)),
      fact('spaces.run.began', shownAt(run.began)),
      fact('spaces.run.took', took(run)),
      fact('spaces.run.expires', run.state === 'planned' ? shownAt(run.expires) : ''),
      fact('spaces.run.counts', countWords(run)),
      fact('spaces.sizes', t('spaces.sizes.of', { people: number(run.counts?.people ?? 0), members: number(run.counts?.members ?? 0) })),
      fact('spaces.run.calls', run.counts?.calls > 0 ? number(run.counts.calls) : ''),
      fact('spaces.run.approved', Number.isFinite(run.approved_removals) && run.approved_removals !== null ? counted('spaces.run.approved.of', run.approved_removals) : ''),
      fact('spaces.run.digest', run.digest ? h('span', { class: 'mono' }, run.digest) : ''));
    this.showActions();
    this.changed();
  }

  showActions() {
    const { run } = this;
    const some = run.counts?.to_add > 0 || run.counts?.to_remove > 0;
    const job = this.jobOf(run.job);
    byId('run-apply').hidden = !(run.state === 'planned' && run.kind !== 'undo' && some && Date.parse(run.expires) > this.now() && job && !job.running && job.mode !== 'off');
    const undo = ['done', 'partly'].includes(run.state) && (run.counts?.added > 0 || run.counts?.removed > 0) && this.now() - Date.parse(run.began) < undoFor;
    byId('run-hint').hidden = !undo;
    byId('run-hint').replaceChildren(...words(t('spaces.run.undo', { n: run.id })));
  }

  filtered() {
    this.shown = rowsAtOnce;
    this.changed();
  }

  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.run) this.draw();
    });
  }

  draw() {
    const found = this.book.find(byId('step-text').value, this.kind);
    this.drawKinds();
    const total = this.book.all().length;
    byId('steps').replaceChildren(...found.slice(0, this.shown).map(stepRow));
    const left = found.length - this.shown;
    byId('steps-more').hidden = left <= 0;
    setText(byId('steps-more'), t('people.more', { n: number(Math.min(left, 2 * rowsAtOnce)) }));
    byId('step-filter').hidden = total === 0;
    byId('steps-none').hidden = found.length > 0 || !isOver(this.run);
    setText(byId('steps-none'), t(total > 0 ? 'spaces.steps.none.filtered' : 'spaces.steps.none'));
    setText(byId('steps-count'), total === 0 ? '' : t('people.count', { shown: number(found.length), total: number(total) }) + (this.book.full ? ` ${t('spaces.steps.cut', { n: this.id })}` : ''));
  }

  drawKinds() {
    const labels = kinds.map((kind) => [kind, this.book.count(kind)]).filter(([kind, n]) => n > 0 || kind === 'all' || kind === this.kind);
    const told = JSON.stringify([labels, this.kind]);
    if (this.told === told) return;
    this.told = told;
    const had = byId('step-kinds').contains(document.activeElement);
    byId('step-kinds').replaceChildren(...labels.map(([kind, n]) => h('label', { class: 'chip' },
      h('input', { type: 'radio', name: 'step-kind', value: kind, checked: kind === this.kind }),
      h('span', {}, `${t(`spaces.steps.${kind}`)} ${number(n)}`))));
    if (had) byId('step-kinds').querySelector('input:checked')?.focus();
  }
}
