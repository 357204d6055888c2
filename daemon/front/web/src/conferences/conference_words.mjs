// What a conference and a bridge are at, in the reader's words.
import { h, setText } from '../shared/dom.mjs';
import { age, duration, knows, moment, number, t, word } from '../shared/i18n.mjs';

/** "1 participant", "4 participants": texts with a form for one. */
export const counted = (key, n, more = {}) => t(n === 1 ? `${key}.one` : key, { n: number(n), ...more });

export const titleOf = (conference) => conference.name || t('conf.unnamed');

const levelWord = (level) => t(`conf.level.${level}`);

/** The number and its word: colour never tells alone. */
export function levelBadge(level) {
  const badge = h('span', { class: 'level' }, h('b', {}), h('span', {}));
  showLevel(badge, level);
  return badge;
}

export function showLevel(badge, level) {
  badge.dataset.level = level;
  setText(badge.firstElementChild, level > 0 ? String(level) : '–');
  setText(badge.lastElementChild, levelWord(level));
}

/** "1 external, 4 internal, 2 secure" */
export function companyWords({ participants = {}, machines = 0 }) {
  const told = ['external', 'internal', 'secure'].filter((name) => participants[name] > 0).map((name) => t(`conf.company.${name}`, { n: number(participants[name]) }));
  if (machines > 0) told.push(counted('conf.company.machines', machines));
  return told.length > 0 ? told.join(', ') : t('conf.company.none');
}

/** What its screens show: { key, colour, text }. */
export function screens(conference, mode) {
  const calls = conference.calls ?? [];
  const failed = calls.filter(({ trouble }) => trouble);
  if (mode === 'off') return { key: 'off', colour: 'none', text: t('conf.screens.off') };
  if (conference.observed || mode === 'observe') return { key: 'observed', colour: 'none', text: t('conf.screens.observed') };
  if (failed.length > 0) return { key: 'trouble', colour: 'red', text: t('conf.screens.trouble', { bridges: [...new Set(failed.map(({ bridge }) => bridge))].join(', ') }) };
  if (!conference.settled) return { key: 'pending', colour: 'busy', text: t('conf.screens.pending') };
  if (conference.level === 0) return { key: 'empty', colour: 'none', text: t('conf.screens.empty') };
  return { key: 'shown', colour: 'green', text: counted('conf.screens.shown', calls.length) };
}

/** What a fall waits for: two words of the server are known, everything else is its own sentence. */
export function waitWords(waits) {
  if (!waits) return h('span', {}, t('conf.lowering'));
  if (knows(`conf.waits.${waits}`)) return h('span', {}, t('conf.lowering.for', { what: t(`conf.waits.${waits}`) }));
  return h('span', {}, t('conf.lowering.for', { what: '' }).replace(/[ .]+$/, ' '), h('span', { lang: 'en' }, waits));
}

/** "12 seconds ago", with the moment itself as its title. */
export const ago = (iso, now) => (iso ? h('time', { datetime: iso, title: moment(iso), 'data-ago': '' }, age((now - Date.parse(iso)) / 1000)) : null);

const forHowLong = (iso, now) => t('conf.for', { long: duration((now - Date.parse(iso)) / 1000) });

/** "for 12 seconds", likewise. */
export const lasting = (iso, now) => (iso ? h('time', { datetime: iso, title: moment(iso), 'data-for': '' }, forHowLong(iso, now)) : null);

/** All relative times of the page go on. */
export function tick(root, now) {
  for (const node of root.querySelectorAll('time[data-ago]')) setText(node, age((now - Date.parse(node.dateTime)) / 1000));
  for (const node of root.querySelectorAll('time[data-for]')) setText(node, forHowLong(node.dateTime, now));
}

/** A sentence of the server, which stays English. */
export const said = (text, style = '') => h('span', { lang: 'en', class: style || null }, text);

/** Where a bridge stands: { key, colour }. */
export function bridgeStanding(bridge) {
  if (!bridge.last_answer && !bridge.silent_since) return { key: bridge.resyncing ? 'reading' : 'new', colour: bridge.resyncing ? 'busy' : 'none' };
  if (bridge.up === false) return { key: 'away', colour: 'red' };
  if (bridge.doubt) return { key: 'doubt', colour: 'red' };
  if (bridge.registration === 'missing') return { key: 'missing', colour: 'red' };
  if (bridge.registration === 'full') return { key: 'full', colour: 'red' };
  if (bridge.resyncing) return { key: 'reading', colour: 'busy' };
  if (bridge.behind > 0) return { key: 'behind', colour: 'yellow' };
  if (bridge.trouble) return { key: 'trouble', colour: 'yellow' };
  return { key: 'good', colour: 'green' };
}

/** Why somebody has their level, or a machine does not count. */
export const machineWords = (person) => word('conf.machine', person.machine);
