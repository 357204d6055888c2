// What was told to the administrators and is not over yet; absent when the daemon sends no alerts.
import { byId, h, words } from '../shared/dom.mjs';
import { moment, t, word } from '../shared/i18n.mjs';

function delivery({ channel, to, state, detail }) {
  const line = t('alert.delivery', { channel: word('alert.channel', channel), to: to ?? '', state: word('alert.state', state) });
  return h('li', {}, detail ? `${line}: ${detail}` : line);
}

function row({ part, colour, sentence, remedy, since, deliveries = [] }) {
  return h('li', { 'data-colour': colour },
    h('p', { lang: 'en' }, h('strong', {}, part), ' ', ...words(sentence ?? '')),
    remedy ? h('p', { class: 'remedy', lang: 'en' }, ...words(remedy)) : null,
    since ? h('p', { class: 'faint' }, t('alert.since', { when: moment(since) })) : null,
    deliveries.length ? h('ul', { class: 'deliveries' }, ...deliveries.map(delivery)) : null);
}

/** alerts: as `alerts list` answers; undefined = not told. */
export function showAlerts(alerts) {
  const open = alerts?.open ?? [];
  byId('alerts').hidden = !alerts;
  byId('alerts-message').hidden = !alerts?.message; // that nobody is configured to be told
  byId('alerts-message').replaceChildren(...words(alerts?.message ?? ''));
  byId('alerts-none').hidden = open.length > 0;
  byId('alerts-list').replaceChildren(...open.map(row));
}
