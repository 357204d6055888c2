// One job as a card: where it stands, its schedule, its last result, what waits, and its buttons.
import { h, setText } from '../shared/dom.mjs';
import { fromNow, moment, number, t, word } from '../shared/i18n.mjs';
import { ProgressView } from './progress_view.mjs';
import { countWords, counted, say, standing, titleOf } from './run_words.mjs';

const fact = (name, ...value) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, ...value));

/** "4 Dec 2026, 14:03 CET (in 2 hours)" */
function when(iso, now) {
  const seconds = (Date.parse(iso) - now) / 1000;
  return h('span', {}, h('time', { datetime: iso }, moment(iso)), ' ', h('span', { class: 'faint ago' }, `(${fromNow(seconds)})`));
}

export class JobCard {
  /** act: { plan, run, approve, pause, resume, show }, each called with the job. */
  constructor(job, act) {
    this.job = job;
    this.act = act;
    this.seen = {};
    const id = `job-${job.name}`;
    const button = (key, does, style = 'small quiet') => h('button', { type: 'button', class: style, onclick: (event) => act[does](this.job, event.currentTarget) }, t(key));
    this.title = h('h3', { id });
    this.badge = h('span', { class: 'badge state-badge' });
    this.mode = h('span', { class: 'badge', hidden: true });
    this.name = h('span', { class: 'faint job-name' });
    this.progress = new ProgressView(titleOf(job));
    this.holdSaid = h('p', { lang: 'en' });
    this.holdCount = h('h4');
    this.hold = h('div', { class: 'hold', hidden: true }, this.holdCount, this.holdSaid,
      h('div', { class: 'actions' }, button('spaces.approve', 'approve', 'small danger-solid'),
        h('button', { type: 'button', class: 'small quiet', onclick: () => act.show(this.job.held.id, 'remove') }, t('spaces.held.who'))));
    this.troubleSaid = h('p', { lang: 'en' });
    this.trouble = h('div', { class: 'job-trouble', hidden: true }, this.troubleSaid);
    this.pausedWords = h('p');
    this.pausedReason = h('p', { class: 'pause-reason' });
    this.paused = h('div', { class: 'paused', hidden: true }, this.pausedWords, this.pausedReason);
    this.facts = h('dl', { class: 'facts' });
    this.next = h('ol');
    this.nextPart = h('details', { hidden: true }, h('summary', {}, t('spaces.next.more')), this.next);
    this.rules = h('div', { class: 'rules' });
    this.rulesPart = h('details', {}, h('summary', {}, t('spaces.rules')), this.rules);
    this.planButton = button('spaces.plan', 'plan');
    this.runButton = button('spaces.run', 'run');
    this.pauseButton = button('spaces.pause', 'pause');
    this.resumeButton = button('spaces.resume', 'resume');
    this.historyButton = button('spaces.history', 'history');
    this.node = h('article', { class: 'card job', 'aria-labelledby': id, 'data-job': job.name },
      h('header', {}, this.title, this.name, h('span', { class: 'badges' }, this.mode, this.badge)),
      this.progress.node, this.hold, this.trouble, this.paused, this.facts, h('div', { class: 'job-more' }, this.nextPart, this.rulesPart),
      h('div', { class: 'actions' }, this.planButton, this.runButton, this.pauseButton, this.resumeButton, this.historyButton));
  }

  update(job, now) {
    this.job = job;
    const at = standing(job);
    this.node.dataset.colour = at.colour;
    setText(this.title, titleOf(job));
    setText(this.name, job.name);
    this.name.hidden = titleOf(job) === job.name;
    this.badge.dataset.colour = at.colour;
    setText(this.badge, t(`spaces.standing.${at.word}`));
    this.mode.hidden = job.mode !== 'observe';
    setText(this.mode, t('spaces.mode.observe'));
    this.progress.update(job.running, now);
    this.showHold(job);
    this.showTrouble(job);
    this.showPaused(job);
    this.showFacts(job, now);
    this.showNext(job, now);
    this.showRules(job);
    const resting = job.mode === 'off' || Boolean(job.running);
    this.planButton.hidden = this.runButton.hidden = resting;
    this.pauseButton.hidden = Boolean(job.paused);
    this.resumeButton.hidden = !job.paused;
  }

  showHold({ held, running }) {
    this.hold.hidden = !held || Boolean(running);
    if (!held) return;
    const { to_remove: removals = 0, to_add: adds = 0 } = held.counts ?? {};
    setText(this.holdCount, `${counted('spaces.held', removals)} ${adds > 0 ? counted('spaces.held.adds', adds) : ''}`.trim());
    say(this.holdSaid, held.hold || t('spaces.held.text'));
  }

  showTrouble({ last, running }) {
    const said = last && ['failed', 'partly'].includes(last.state) ? last.error : '';
    this.trouble.hidden = !said || Boolean(running);
    say(this.troubleSaid, said ?? '');
  }

  showPaused({ paused }) {
    this.paused.hidden = !paused;
    if (!paused) return;
    setText(this.pausedWords, t(paused.by ? 'spaces.paused.by' : 'spaces.paused', { by: paused.by, when: moment(paused.at) }));
    setText(this.pausedReason, paused.reason ?? '');
  }

  showFacts(job, now) {
    const next = job.next?.[0];
    const nextWords = job.paused ? [t('spaces.next.paused')] : next ? [when(next, now)] : [t('spaces.next.none')];
    const last = job.last
      ? [h('button', { type: 'button', class: 'as-link', onclick: () => this.act.show(job.last.id) }, `${word('spaces.state', job.last.state)}: ${countWords(job.last)}`), h('br'), when(job.last.ended ?? job.last.began, now)]
      : [t('spaces.last.none')];
    this.change('facts', [job.schedule, job.paused, next, job.last, Math.floor(now / 30000)], () => this.facts.replaceChildren(
      fact('spaces.schedule', job.schedule ? h('span', { lang: 'en' }, job.schedule) : t('spaces.schedule.none')),
      fact('spaces.next', ...nextWords),
      fact('spaces.last', ...last),
      job.last?.counts ? fact('spaces.sizes', t('spaces.sizes.of', { people: number(job.last.counts.people ?? 0), members: number(job.last.counts.members ?? 0) })) : ''));
  }

  showNext({ next, paused }, now) {
    this.nextPart.hidden = !(next?.length > 1) || Boolean(paused);
    this.change('next', [next, Math.floor(now / 30000)], () => this.next.replaceChildren(...(next ?? []).map((iso) => h('li', {}, when(iso, now)))));
  }

  showRules({ rules }) {
    const list = (key, texts) => (texts?.length > 0 ? [h('p', {}, t(key)), h('ul', {}, ...texts.map((text) => h('li', { lang: 'en' }, text)))] : []);
    this.rulesPart.hidden = !(rules?.include?.length > 0 || rules?.exclude?.length > 0);
    this.change('rules', rules, () => this.rules.replaceChildren(...list('spaces.rules.include', rules?.include), ...list('spaces.rules.exclude', rules?.exclude)));
  }

  /** Draws anew only what says something new: what is held with the mouse or has the focus stays. */
  change(part, value, draw) {
    const now = JSON.stringify(value ?? null);
    if (this.seen[part] === now) return;
    const had = this[part]?.contains(document.activeElement);
    this.seen[part] = now;
    draw();
    if (had) this[part].querySelector('button')?.focus();
  }
}
