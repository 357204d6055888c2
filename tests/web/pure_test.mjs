// The pure parts of the pages: when to post, how long to wait, how calls and people are folded.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

const web = new URL('../../daemon/front/web/src/', import.meta.url);
const { distance, gettingOld, waitAfterTrouble, worthPosting } = await import(new URL('me/cadence.mjs', web));
const { CallLog } = await import(new URL('dashboard/call_log.mjs', web));
const { sightOf } = await import(new URL('dashboard/sight.mjs', web));
const { Roster, fixAge } = await import(new URL('dashboard/roster.mjs', web));
const { cluster } = await import(new URL('dashboard/clusters.mjs', web));

describe('cadence', () => {
  const here = { latitude: 48.2, longitude: 16.37, accuracy: 40 };

  test('a degree of latitude is 111.2 km, also over the antimeridian in longitude', () => {
    assert.ok(Math.abs(distance({ latitude: 0, longitude: 0 }, { latitude: 1, longitude: 0 }) - 111195) < 1);
    assert.ok(Math.abs(distance({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 }) - 111195) < 1);
  });

  test('worth posting: the first, a movement of more than 25 m, a fix twice as precise', () => {
    assert.ok(worthPosting(null, here));
    assert.ok(!worthPosting(here, { ...here, latitude: 48.2002 }));
    assert.ok(worthPosting(here, { ...here, latitude: 48.2003 }));
    assert.ok(!worthPosting(here, { ...here, accuracy: 21 }));
    assert.ok(worthPosting(here, { ...here, accuracy: 20 }));
  });

  test('waits double up to half a minute or the interval, unless the server names a time', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6].map((n) => waitAfterTrouble(n, null, 60)), [2, 4, 8, 16, 30, 30]);
    assert.equal(waitAfterTrouble(6, null, 10), 10);
    assert.equal(waitAfterTrouble(1, 45, 30), 45);
    assert.equal(waitAfterTrouble(1, 0, 30), 1);
  });

  test('a fix is old from half the time it counts, and no longer "getting" old after it', () => {
    assert.deepEqual([149, 151, 299, 301].map((age) => gettingOld(age, 30, 300)), [false, true, true, false]);
    assert.ok(!gettingOld(null, 30, 300));
  });
});

describe('sight', () => {
  const at = Date.parse('2026-11-22T12:00:00Z');
  const last = { from: '2026-11-22T11:50:00Z', to: '2026-11-22T11:51:00Z', seconds: 60, why: 'reset' };

  test('a loss is told while it lasts, its end for ten minutes, a blink never', () => {
    const blind = sightOf({ on: true, watching: false, blind: { now: { from: '2026-11-22T11:59:19Z', why: 'refused' } } }, at);
    assert.deepEqual([blind.state, blind.seconds, blind.why], ['blind', 41, 'refused']);
    assert.equal(sightOf({ on: true, watching: true, blind: { last } }, at).state, 'back');
    assert.equal(sightOf({ on: true, watching: true, blind: { last } }, at + 120000), null);
    assert.equal(sightOf({ on: true, watching: true, blind: { last: { ...last, seconds: 1 } } }, at), null);
  });

  test('monitoring that is off, and a daemon that does not say, give no banner', () => {
    assert.equal(sightOf({ on: false, watching: false, blind: {} }, at), null);
    assert.equal(sightOf({ on: true, subscribed: true }, at), null);
    assert.equal(sightOf({ on: true, watching: false, protection_down: 'no login' }, at).why, 'no login');
  });
});

describe('call log', () => {
  test('folds call and decision into one row and ignores what was seen before', () => {
    const log = new CallLog();
    log.replace([{ call: 'a', at: '2026-01-01T10:00:00.000Z', decision: 'passed' }], 5);
    assert.equal(log.apply({ call: 'a', decision: 'rejected' }, 5), false);
    assert.equal(log.apply({ call: 'b', at: '2026-01-01T10:00:01.000Z', state: 'alerting' }, 6), true);
    assert.equal(log.apply({ call: 'b', at: '2026-01-01T10:00:09.000Z', decision: 'rejected', remote: null }, 7), true);
    assert.deepEqual(log.list().map(({ call, decision }) => [call, decision]), [['b', 'rejected'], ['a', 'passed']]);
    assert.equal(log.get('b').at, '2026-01-01T10:00:01.000Z');
    assert.deepEqual(log.list('rejected').map(({ call }) => call), ['b']);
  });

  test('keeps a bounded number, the newest', () => {
    const log = new CallLog();
    for (let i = 0; i < 400; i++) log.apply({ call: `c${i}`, at: new Date(i * 1000).toISOString() }, i + 1);
    assert.equal(log.list().length, 300);
    assert.equal(log.list().at(-1).call, 'c100');
  });
});

describe('roster', () => {
  test('puts those first who need attention, then sorts by name as the language does', () => {
    const roster = new Roster('de');
    roster.replace([
      { person_no: 1, name: 'Zita', standing: 'inside' }, { person_no: 2, name: 'Özlem', standing: 'inside' },
      { person_no: 3, name: 'Paul', standing: 'outside' },
    ], 0);
    assert.deepEqual(roster.matching('', '').map(({ name }) => name), ['Paul', 'Özlem', 'Zita']);
    assert.deepEqual(roster.matching('oz', '').map(({ name }) => name), ['Özlem']);
  });

  test('ages go on from when the row came', () => {
    const roster = new Roster();
    roster.update([{ person_no: 1, name: 'A', standing: 'inside', fix_age_s: 10 }], 1000);
    assert.equal(fixAge(roster.get(1), 6000), 15);
    assert.equal(fixAge({ seen: 0 }, 6000), null);
  });
});

describe('clusters', () => {
  test('loses nobody and shows the standing that needs attention most', () => {
    const points = Array.from({ length: 900 }, (_, i) => ({ person: { person_no: i, standing: i === 450 ? 'outside' : 'inside' }, x: (i % 30) * 3, y: Math.floor(i / 30) * 3 }));
    const { single, groups } = cluster(points);
    assert.equal(single.length + groups.reduce((sum, { count }) => sum + count, 0), 900);
    assert.equal(groups.filter(({ standing }) => standing === 'outside').length, 1);
  });
});
