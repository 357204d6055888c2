// Health, monitoring, channels and counts at the top of the dashboard.
import { byId, h, setText, words } from '../shared/dom.mjs';
import { duration, number, t } from '../shared/i18n.mjs';
import { showChip } from './header_status.mjs';
import { saysChannels } from './sight_banner.mjs';

const isLogin = ({ part }) => part.startsWith('login.');

/** Each list anew only when it differs: screen readers are not told twice, and a choice of text stays. */
function showSigns(id, signs, row) {
  const section = byId(id);
  section.hidden = signs.length === 0;
  const key = JSON.stringify(signs);
  if (section.dataset.key === key) return;
  section.dataset.key = key;
  byId(`${id}-list`).replaceChildren(...signs.map(row));
}

const signRow = (sign) => h('li', { 'data-colour': sign.colour, lang: 'en' }, h('strong', {}, sign.part), ' ', ...words(sign.sentence),
  sign.remedy ? h('span', { class: 'remedy' }, ...words(sign.remedy)) : null);
const loginRow = (sign) => h('li', { 'data-colour': sign.colour, lang: 'en' }, ...words(sign.sentence),
  sign.remedy ? h('span', { class: 'remedy' }, ...words(sign.remedy)) : null);

/** Signs about logins stand out by themselves: nothing else works for long without them. */
export function showHealth(health, signs = []) {
  showChip(health);
  const wanting = signs.filter((sign) => sign.colour !== 'green');
  const logins = wanting.filter(isLogin);
  setText(byId('login-banner-title'), t(logins.some(({ colour }) => colour === 'red') ? 'banner.red' : 'banner.yellow'));
  showSigns('login-banner', logins, loginRow);
  const said = ({ part, colour }) => part === 'call_blocking.channels' && colour === 'red' && saysChannels();
  showSigns('signs', wanting.filter((sign) => !isLogin(sign) && !said(sign)), signRow);
}

function monitoringWords({ on, subscribed }) {
  if (!on) return t('mon.off.text');
  return t(subscribed ? 'mon.subscribed' : 'mon.unsubscribed');
}

export function showMonitoring(monitoring) {
  const { on, subscribed, channels = [] } = monitoring;
  const card = byId('monitoring');
  card.dataset.state = !on ? 'off' : (monitoring.watching ?? (subscribed && !monitoring.protection_down)) ? 'on' : 'troubled';
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
    const words = [channel.up ? t('chan.up') : channel.trouble || channel.last_error || t('chan.down'), since].filter(Boolean).join(' ');
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

