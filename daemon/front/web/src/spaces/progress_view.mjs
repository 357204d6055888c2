// The bar of a running job: stage, how far, how fast, how long still.
import { h, setText } from '../shared/dom.mjs';
import { duration, number, t, word } from '../shared/i18n.mjs';
import { Pace } from './pace.mjs';
import { counted } from './run_words.mjs';

const perSecond = (rate) => number(rate < 10 ? Math.round(rate * 10) / 10 : rate);

export class ProgressView {
  constructor(title) {
    this.pace = new Pace();
    this.bar = h('progress', { 'aria-label': t('spaces.progress.label', { title }) });
    this.stage = h('strong');
    this.told = h('span', { class: 'progress-told' });
    this.waiting = h('p', { class: 'faint', lang: 'en', hidden: true });
    this.node = h('div', { class: 'progress', hidden: true }, h('p', { class: 'progress-line' }, this.stage, this.told), this.bar, this.waiting);
  }

  update(running, now) {
    this.node.hidden = !running;
    if (!running) {
      this.pace.clear();
      return;
    }
    const { stage, done = 0, total = 0, failed = 0, waiting_for: waiting } = running;
    this.pace.see(running, now);
    setText(this.stage, word('spaces.stage', stage));
    setText(this.told, this.words(done, total, failed).join(' · '));
    if (total > 0) {
      this.bar.max = total;
      this.bar.value = Math.min(done, total);
    } else {
      this.bar.removeAttribute('value');
    }
    this.waiting.hidden = !waiting;
    setText(this.waiting, waiting ?? '');
  }

  words(done, total, failed) {
    const rate = this.pace.rate();
    const left = this.pace.left(total);
    return [
      total > 0 ? t('spaces.progress.of', { done: number(done), total: number(total) }) : done > 0 ? number(done) : '',
      rate === null ? '' : t('spaces.progress.rate', { rate: perSecond(rate) }),
      left === null ? '' : t('spaces.progress.left', { long: duration(left) }),
      failed > 0 ? counted('spaces.count.failed', failed) : '',
    ].filter(Boolean);
  }
}
