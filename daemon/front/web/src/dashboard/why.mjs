// Says in words why a call was let through or released; first from the row, then from the full explanation.
import { get } from '../shared/api.mjs';
import { byId, h, setText } from '../shared/dom.mjs';
import { age, duration, language, metres, number, t, timeOfDay, word } from '../shared/i18n.mjs';

const sentences = {
  rejected: 'release', reject_failed: 'failed', observed: 'observed', passed: 'pass', pending: 'pending',
};

/** The server's own sentence where it has one and the reader reads English; else ours from the facts. */
export function sentenceOf(call) {
  if (call.sentence && language === 'en') return call.sentence;
  return t(`why.sentence.${sentences[call.decision] ?? 'pending'}`, { reason: word('reason', call.reason) });
}

export function distanceWords(signed) {
  return t(signed < 0 ? 'why.distance.in' : 'why.distance.out', { far: metres(Math.abs(signed)) });
}

function standing({ standing: now, standing_before: before }) {
  if (!now) return '';
  const name = word('standing', now);
  return before && before !== now ? t('why.standing.before', { before: word('standing', before), now: name }) : name;
}

const yesNo = (value) => (value === undefined ? '' : t(value ? 'why.yes' : 'why.no'));

function factsOf(call) {
  const { end, detail } = call.action ?? {};
  const action = end === 'done' ? word('end', end) : [word('end', end), detail].filter(Boolean).join(': ');
  return [
    ['why.person', call.person],
    ['why.remote', [word('dir', call.direction), call.remote].filter(Boolean).join(' ')],
    ['why.time', `${timeOfDay(call.at)}${call.at ? `, ${age((Date.now() - Date.parse(call.at)) / 1000)}` : ''}`],
    ['why.standing', standing(call)],
    ['why.fence', call.fence?.name],
    ['why.distance', Number.isFinite(call.distance_m) ? distanceWords(call.distance_m) : ''],
    ['why.age', Number.isFinite(call.fix?.age_s) ? duration(call.fix.age_s) : ''],
    ['why.accuracy', Number.isFinite(call.fix?.accuracy_m) ? t('share.accuracy.value', { far: metres(call.fix.accuracy_m) }) : ''],
    ['why.policy', call.policy?.applied && call.policy.applied !== 'none' ? word('applied', call.policy.applied) : ''],
    ['why.action', action],
    ['why.latency', Number.isFinite(call.latency_ms ?? call.action?.latency_ms) ? `${number(call.latency_ms ?? call.action.latency_ms)} ms` : ''],
    ['why.answered', yesNo(call.answered_before_release)],
    ['why.ack', yesNo(call.acknowledgement?.sent)],
    ['why.call', call.call],
  ].filter(([, value]) => value);
}

export class Why {
  constructor(log) {
    this.log = log;
    this.dialog = byId('why');
    this.offered = true; // until the server says that it has no such answer
    byId('why-close').addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  async show(id) {
    const call = this.log.get(id);
    if (!call) return;
    this.fill(call);
    this.dialog.dataset.call = id;
    if (!this.dialog.open) this.dialog.showModal();
    const full = await this.explanation(id);
    if (full && this.dialog.open && this.dialog.dataset.call === id) this.fill({ ...call, ...full });
  }

  async explanation(id) {
    if (!this.offered) return null;
    try {
      return await get(`/api/v1/calls/${encodeURIComponent(id)}/why`);
    } catch (trouble) {
      if (trouble.status === 404 || trouble.status === 405) this.offered = false;
      return null; // the row's own fields are shown already
    }
  }

  fill(call) {
    const badge = byId('why-badge');
    badge.dataset.decision = call.decision;
    setText(badge, word('decision', call.decision));
    byId('why-sos').hidden = !call.emergency;
    setText(byId('why-sentence'), sentenceOf(call));
    byId('why-facts').replaceChildren(...factsOf(call).map(([key, value]) =>
      h('div', {}, h('dt', {}, t(key)), h('dd', { class: key === 'why.call' ? 'mono' : undefined }, value))));
  }
}
