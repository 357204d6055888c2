// One session as a row: where it was opened, since when, and a button that ends it.
import { h } from './dom.mjs';
import { age, knows, moment, t } from './i18n.mjs';

const day = 86400;
const secondsSince = (iso, now) => Math.max(0, (now - Date.parse(iso)) / 1000);

/** "Firefox on Linux" in the reader's language. */
export function browserWords(browser) {
  if (!browser) return t('sessions.from.unknown');
  if (browser === 'another program') return t('sessions.from.other');
  const [name, system] = browser.split(' on ');
  return system ? t('sessions.from', { browser: name, system }) : name;
}

function networkWords(network) {
  return knows(`network.${network}`) ? t(`network.${network}`) : network;
}

/** People's sessions are written down once a day: their last use is known to the day. */
function seenWords(session, now) {
  if (session.last_seen) return age(secondsSince(session.last_seen, now));
  const since = secondsSince(session.last_used, now);
  return since < day ? t('sessions.seen.day') : age(since);
}

const fact = (name, ...value) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, ...value));
const when = (iso, now) => h('time', { datetime: iso, title: moment(iso) }, age(secondsSince(iso, now)));

/** title: who or where; end(session, button) is called by the button; without it there is none. */
export function sessionRow(session, { title, detail = null, now, end }) {
  const from = browserWords(session.browser);
  const facts = h('dl', { class: 'facts' },
    title === from ? null : fact('sessions.browser', from),
    session.network ? fact('sessions.network', networkWords(session.network)) : null,
    fact('sessions.since', when(session.since, now)),
    fact('sessions.seen', seenWords(session, now)));
  const row = h('li', { class: 'session', 'data-id': session.id, 'data-here': session.here ? 'yes' : null },
    h('div', { class: 'session-head' },
      h('strong', { class: 'session-title' }, title),
      detail ? h('span', { class: 'faint' }, detail) : null,
      session.here ? h('span', { class: 'badge' }, t('sessions.here')) : null),
    facts);
  if (session.here || !end) return row;
  const button = h('button', { type: 'button', class: 'small quiet danger', 'aria-label': t('sessions.end.of', { what: `${title}, ${from}` }) }, t('sessions.end'));
  button.addEventListener('click', () => end(session, button));
  row.append(button);
  return row;
}
