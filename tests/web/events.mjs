// Journal entries as the API tells them.
import { hostile } from './grants.mjs';

export { hostile };

const names = ['call', 'decision', 'channel', 'monitor', 'login', 'logout', 'session', 'alert', 'store', 'reload', 'config', 'sync', 'level', 'notice'];
export const kinds = names.map((name) => ({ name, title: `${name[0].toUpperCase()}${name.slice(1)}s`, summary: `what is told of ${name}` }));

const told = {
  call: { line: 'outgoing call to +1 408 555 0142: alerting', person_no: 7, person: 'Grégoire Müller-Lüdenscheidt', call: 'callhalf-20450000101:0' },
  decision: { line: 'outgoing call to +1 408 555 0142 rejected: outside, after 12 ms', tone: 'warning', person_no: 7, person: 'Grégoire Müller-Lüdenscheidt', call: 'callhalf-20450000101:0' },
  channel: { line: 'event channel to xsp2.us.example.net:443 is down: the connection ended before the answer was complete', tone: 'bad' },
  monitor: { line: 'monitoring was started', tone: 'good' },
  login: { line: 'login as administrator for the identity admin, through browser', person_no: 4, person: 'Ada Lovelace' },
  logout: { line: 'logout of the identity admin, revoked at Webex', person_no: 4 },
  session: { line: 'web sessions revoked: 3f9a01c2d4e5, by root', tone: 'warning' },
  alert: { line: 'raised: store: The store takes no writes: the disk is full.', tone: 'bad' },
  store: { line: 'the store takes writes again after 12 s', tone: 'good' },
  reload: { line: 'configuration read again: changed call_blocking.timeout' },
  notice: { line: 'could not be told by message (outside): Webex answered 403; the login that sends needs the scope spark:messages_write: log in again', tone: 'warning', person_no: 7, person: 'Grégoire Müller-Lüdenscheidt' },
  of_tomorrow: { line: 'something new happened' },
};

const noon = Date.parse('2026-11-22T12:00:00.000Z');

/** One entry; every one is a minute older than the one with the next number. */
export const entry = (seq, kind = 'call', more = {}) => ({ seq, at: new Date(noon - (5000 - seq) * 60000).toISOString(), kind, ...told[kind], ...more });

/** `count` entries down from `newest`, of all kinds in turn. */
export function entries(newest, count) {
  const all = Object.keys(told);
  return Array.from({ length: count }, (_, i) => entry(newest - i, all[(newest - i) % all.length]));
}

export const page = (list, more = {}) => ({
  now: '2026-11-22T12:00:00.000Z', entries: list, newest: list[0]?.seq ?? 0, keep_s: 30 * 86400, oldest_at: '2026-10-24T08:15:00.000Z', health: 'green', kinds, ...more,
});
