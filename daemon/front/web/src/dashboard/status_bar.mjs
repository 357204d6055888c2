// Health, monitoring, channels and counts at the top of the dashboard.
import { byId, h, setText } from '../shared/dom.mjs';
import { duration, number, t } from '../shared/i18n.mjs';

export function showHealth(health, signs = []) {
  const chip = byId('health');
  chip.dataset.colour = health;
  setText(byId('health-word'), t(`health.${health}`));
  const wanting = signs.filter((sign) => sign.colour !== 'green');
  byId('signs').hidden = wanting.length === 0;
  const key = JSON.stringify(wanting);
  if (byId('signs').dataset.key === key) return;
  byId('signs').dataset.key = key;
  byId('signs-list').replaceChildren(...wanting.map((sign) =>
    h('li', { 'data-colour': sign.colour }, h('strong', {}, sign.part), ' ', sign.sentence,
      sign.remedy ? h('span', { class: 'remedy' }, sign.remedy) : null)));
}

export function showLive(yes) {
  const chip = byId('live');
  chip.dataset.on = yes ? 'yes' : 'no';
  setText(byId('live-word'), t(yes ? 'live.on' : 'live.off'));
}

function monitoringWords({ on, subscribed, protection_down: down }) {
  if (!on) return t('mon.off.text');
  if (down) return String(down);
  return t(subscribed ? 'mon.subscribed' : 'mon.unsubscribed');
}

export function showMonitoring(monitoring) {
  const { on, subscribed, channels = [] } = monitoring;
  const card = byId('monitoring');
  card.dataset.state = !on ? 'off' : subscribed && !monitoring.protection_down ? 'on' : 'troubled';
  setText(byId('monitoring-state'), t(on ? 'mon.on' : 'mon.off'));
  setText(byId('monitoring-words'), monitoringWords(monitoring));
  const button = byId('monitoring-switch');
  button.hidden = false;
  button.dataset.on = on ? 'yes' : 'no';
  button.classList.toggle('quiet', Boolean(on));
  setText(button, t(on ? 'mon.stop' : 'mon.start'));
  showChannels(channels);
}

function showChannels(channels) {
  byId('channels-none').hidden = channels.length > 0;
  byId('channels').replaceChildren(...channels.map((channel) => {
    const since = channel.since ? t('chan.since', { age: duration((Date.now() - Date.parse(channel.since)) / 1000) }) : '';
    const words = [channel.up ? t('chan.up') : channel.last_error || t('chan.down'), since].filter(Boolean).join(' ');
    return h('li', { 'data-up': channel.up ? 'yes' : 'no' }, h('span', { class: 'dot', 'aria-hidden': 'true' }),
      h('span', { class: 'host' }, channel.host), h('span', { class: 'faint' }, words));
  }));
}

export function showPeopleCounts(counts) {
  for (const [standing, n] of Object.entries(counts)) {
    const node = byId(`count-${standing}`);
    if (node) setText(node, number(n));
  }
}

export function showCallCounts(counts) {
  for (const [name, n] of Object.entries(counts)) setText(byId(`count-${name}`), number(n));
}

