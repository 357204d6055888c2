// The two chips in the administrators' header: health, and whether the page is live.
import { byId, setText } from '../shared/dom.mjs';
import { t } from '../shared/i18n.mjs';

export function showChip(health) {
  byId('health').dataset.colour = health;
  setText(byId('health-word'), t(`health.${health}`));
}

export function showLive(yes) {
  byId('live').dataset.on = yes ? 'yes' : 'no';
  setText(byId('live-word'), t(yes ? 'live.on' : 'live.off'));
}
