// What an administrator may do to a job: plan, run, approve a held removal, pause, resume.
import { get, post, session } from '../shared/api.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { t } from '../shared/i18n.mjs';
import { ask, askAnew, askNames } from './ask.mjs';
import { counted, countWords, titleOf } from './run_words.mjs';

export class Actions {
  /** begun(run, job): a run began; read(): the jobs anew; leave(): the session is over; jobOf(name). */
  constructor({ path, begun, read, leave, jobOf }) {
    Object.assign(this, { path, begun, read, leave, jobOf });
    this.approving = null; // { name, held }: what the open dialog is about
  }

  /** The answer's body; null when the session is over. Throws ApiTrouble. */
  async send(job, what, body) {
    try {
      await session(); // the CSRF token of now
      return (await post(`${this.path}/jobs/${encodeURIComponent(job.name)}/${what}`, body)).body ?? {};
    } catch (trouble) {
      if (trouble.kind !== 'signed_out') throw trouble;
      this.leave();
      return null;
    }
  }

  /** For a dialog: '' or what is wrong. */
  async answer(job, what, body, then) {
    try {
      const got = await this.send(job, what, body);
      if (got) await then(got);
      return '';
    } catch (trouble) {
      await this.read();
      return trouble.message;
    }
  }

  async press(button, job, what, body, then) {
    await busy(button, async () => {
      const wrong = await this.answer(job, what, body, then);
      if (wrong) toast(t('spaces.failed', { why: wrong }), 'bad');
    });
  }

  plan(job, button) {
    return this.press(button, job, 'plan', {}, ({ run }) => this.begun(run, job));
  }

  resume(job, button) {
    return this.press(button, job, 'resume', {}, async () => {
      toast(t('spaces.resumed', { title: titleOf(job) }), 'good');
      await this.read();
    });
  }

  run(job) {
    return ask({
      title: t('spaces.run.ask', { title: titleOf(job) }), text: t(job.mode === 'observe' ? 'spaces.run.ask.observe' : 'spaces.run.ask.text'),
      yes: t('spaces.run.yes'), answer: () => this.answer(job, 'run', {}, ({ run }) => this.begun(run, job)),
    });
  }

  apply(run) {
    const job = this.jobOf(run.job);
    if (!job) return undefined;
    return ask({
      title: t('spaces.apply.ask', { title: titleOf(job) }), text: t('spaces.apply.text', { counts: countWords(run) }),
      yes: t('spaces.apply.yes'), answer: () => this.answer(job, 'run', { plan: run.id }, (body) => this.begun(body.run, job)),
    });
  }

  pause(job) {
    return ask({
      title: t('spaces.pause.ask', { title: titleOf(job) }), text: t('spaces.pause.text'), label: t('spaces.pause.reason'), yes: t('spaces.pause.yes'),
      answer: (reason) => (reason === '' ? t('spaces.pause.empty') : this.answer(job, 'pause', { reason }, async () => {
        toast(t('spaces.paused.now', { title: titleOf(job) }), 'good');
        await this.read();
      })),
    });
  }

  question({ name, held }) {
    const removals = held.counts?.to_remove ?? 0;
    const job = this.jobOf(name);
    return {
      title: t('spaces.approve.title', { title: titleOf(job) }), text: `${counted('spaces.approve.text', removals)} ${held.counts?.to_add > 0 ? counted('spaces.approve.adds', held.counts.to_add) : ''}`.trim(),
      said: held.hold ?? '', label: t('spaces.approve.label'), yes: counted('spaces.approve.yes', removals), danger: true, numeric: true,
      answer: (typed) => (typed === String(removals)
        ? this.answer(job, 'approve', { removals }, (body) => this.begun(body.run, job))
        : counted('spaces.approve.wrong', removals)),
    };
  }

  async approve(job) {
    this.approving = { name: job.name, held: job.held };
    const done = ask(this.question(this.approving));
    void this.showNames();
    await done;
    this.approving = null;
  }

  /** The jobs were read again while the dialog is open: it must ask about what is held now. */
  refresh() {
    const held = this.approving && this.jobOf(this.approving.name)?.held;
    if (!held || held.id === this.approving.held.id) return;
    this.approving.held = held;
    askAnew(this.question(this.approving));
    void this.showNames();
  }

  async showNames() {
    const mine = this.approving.held.id;
    const rows = [];
    try {
      for (let after = 0; after !== null && rows.length < 1000;) {
        const page = await get(`${this.path}/runs/${mine}?only=remove${after ? `&after=${after}` : ''}`, { background: true });
        rows.push(...(page.steps ?? []));
        after = page.next ?? null;
      }
    } catch {
      return; // the number and the reason stand there; the names are in the run's own view
    }
    if (this.approving?.held.id !== mine) return;
    const total = this.approving.held.counts?.to_remove ?? rows.length;
    askNames(t('spaces.approve.names'), rows, (hidden) => counted('spaces.approve.more', Math.max(hidden, total - (rows.length - hidden))));
  }
}
