// The banner that says since when calls are not watched, and for a while after how long they were not.
import { byId, setText } from '../shared/dom.mjs';
import { duration, t, timeOfDay } from '../shared/i18n.mjs';
import { sightOf } from './sight.mjs';

let shown = {};
let timer = null;

function render() {
  const section = byId('sight-banner');
  const sight = sightOf(shown, Date.now());
  section.hidden = sight === null;
  section.dataset.state = sight?.state ?? '';
  clearTimeout(timer);
  if (!sight) return;
  section.dataset.colour = sight.state === 'blind' ? 'red' : 'yellow';
  const since = { from: timeOfDay(sight.from), to: timeOfDay(sight.to) };
  const key = sight.state === 'back' ? 'sight.back' : sight.from ? 'sight.blind' : 'sight.blind.now';
  setText(byId('sight-title'), t(key, since));
  setText(byId('sight-why'), sight.why);
  const long = sight.seconds === null ? '' : duration(sight.seconds);
  setText(byId('sight-text'), t(sight.state === 'back' ? 'sight.back.text' : 'sight.blind.text', { ...since, long }));
  timer = setTimeout(render, sight.state === 'blind' ? 1000 : 30000);
}

export function showSight(monitoring) {
  shown = monitoring;
  render();
}

/** The red sign of the channels says the same. */
export const saysChannels = () => byId('sight-banner').dataset.state === 'blind';
