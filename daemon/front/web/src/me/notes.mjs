// What the answer about oneself says beside the standing: a call that was ended, odd positions, rules being tried.
import { byId, setText } from '../shared/dom.mjs';
import { knows, moment, t, timeOfDay } from '../shared/i18n.mjs';

/** "14:03:22" today, the whole moment on any other day. */
const clockTime = (iso) => {
  const at = new Date(iso);
  return at.toDateString() === new Date().toDateString() ? timeOfDay(iso).slice(0, 5) : moment(iso);
};

/** Known reasons have a clause of their own; any other is left to the standing above. */
function because(reason) {
  const key = `ended.because.${reason}`;
  return knows(key) ? t(key) : t('ended.because.other');
}

function showEnded(me) {
  const call = me.blocked_call;
  byId('ended').hidden = !call;
  if (!call) return;
  setText(byId('ended-title'), t('ended.title', { at: clockTime(call.at) }));
  const told = call.told_at ? t('ended.told') : '';
  setText(byId('ended-text'), [because(call.reason), t(me.allowed ? 'ended.again' : `ended.still`), told].filter(Boolean).join(' '));
}

function showHints({ hints = [] }) {
  byId('hints').hidden = hints.length === 0;
  const known = hints.map((hint) => `hint.${hint}`).filter(knows).map((key) => t(key));
  setText(byId('hints-text'), [...known, t('hint.todo')].join(' '));
}

const modes = { observe: 'me.trial', off: 'me.off' };

function showTrial({ mode }) {
  const key = modes[mode];
  byId('trial').hidden = !key;
  if (key) setText(byId('trial'), t(key));
}

/** The areas of this person, and those that do not count at this hour. */
export function areasWords({ fences = [], resting = [] }) {
  const now = fences.length ? t('me.areas', { areas: fences.join(', ') }) : t(resting.length ? 'me.no_areas.now' : 'me.no_areas');
  const later = resting.map(({ name, from }) => t(from ? 'me.resting.from' : 'me.resting', { area: name, from: from ? moment(from) : '' }));
  return [now, ...later].join(' ');
}

export function showNotes(me) {
  showEnded(me);
  showHints(me);
  showTrial(me);
}
