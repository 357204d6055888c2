// The administrators' dashboard, live.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';
import { dashboard, people } from './people.mjs';

describe('dashboard', () => {
  let browser, mock;
  before(async () => {
    mock = await new MockServer(pages).start();
    browser = await launch();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });
  beforeEach(async () => {
    await mock.quiet();
    mock.reset();
    mock.dashboard = dashboard();
  });

  const visit = (options) => open(browser, mock.url, '/dashboard', options);
  const ready = (page) => page.locator('#people-list li').first().waitFor();
  const now = () => new Date().toISOString();

  test('a visitor is sent to the administrator sign-in', async () => {
    mock.signedIn = { person: true };
    const visited = await visit({ expected: [/401/] });
    await visited.page.locator('#view-signin a[href="/admin/login"]').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'dashboard-signin-desk');
    assert.ok(!mock.log.includes('GET /api/v1/dashboard'));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`is composed and accessible: ${size}, ${scheme}`, async () => {
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await ready(page);
        await page.locator('.country-name span').first().waitFor();
        await page.locator('#live[data-on="yes"]').waitFor();
        await accessible(page);
        await shoot(page, `dashboard-${size}-${scheme}`);
        await clean(visited);
      });

  test('calls and decisions arrive live, without a reload', async () => {
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    const call = { kind: 'call', call: 'callhalf-9:0', at: now(), person_no: 3, person: 'Jonas Huber', direction: 'outgoing', remote: '+44 20 7946 0000', state: 'alerting' };
    mock.emit('call', { ...call, seq: 41 }, 41);
    const row = page.locator('.call-row', { hasText: 'Jonas Huber' });
    await row.getByText('being judged').waitFor();
    mock.emit('decision', { kind: 'decision', seq: 42, at: now(), call: call.call, person: call.person, decision: 'rejected', reason: 'outside', latency_ms: 17 }, 42);
    await row.getByText('released').first().waitFor();
    await row.getByText('17 ms').waitFor();
    assert.equal(await page.locator('#count-released').textContent(), '2');
    assert.equal(await page.locator('.call-row').first().locator('.c-person').textContent(), 'Jonas Huber');
    await clean(visited);
  });

  test('a person who moves changes in the list and in the counts', async () => {
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    const someone = mock.dashboard.people.find(({ standing }) => standing === 'inside');
    const outside = Number(await page.locator('#count-outside').textContent());
    mock.emit('state', { people: [{ ...someone, name: 'Ines Abroad', standing: 'outside', allowed: false, latitude: 47.37, longitude: 8.54 }] });
    await page.locator('.person', { hasText: 'Ines Abroad' }).getByText('outside').waitFor();
    assert.equal(Number(await page.locator('#count-outside').textContent()), outside + 1);
    await clean(visited);
  });

  test('what happens between opening the stream and reading the state is not lost, nor counted twice', async () => {
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    mock.beforeDashboard = () => held;
    const visited = await visit();
    await visited.page.waitForFunction(() => performance.getEntriesByType('resource').length > 0);
    while (mock.streams.size === 0) await visited.page.evaluate(() => new Promise(requestAnimationFrame));
    const row = (n) => ({ kind: 'decision', call: `callhalf-gap${n}`, at: now(), person: `Gap ${n}`, decision: 'rejected', reason: 'outside' });
    mock.emit('decision', row(40), 40); // the state, with seq 40, has it already in another form
    mock.emit('decision', row(41), 41);
    mock.dashboard.calls.unshift({ ...row(40), remote: '+1 555 0100', state: 'released' });
    release();
    await visited.page.locator('.call-row', { hasText: 'Gap 41' }).waitFor();
    assert.equal(await visited.page.locator('.call-row', { hasText: 'Gap 40' }).count(), 1);
    await clean(visited);
  });

  test('after a break the browser reads on from the last event', async () => {
    const visited = await visit({ expected: [/ERR_INCOMPLETE_CHUNKED_ENCODING/, /ERR_CONNECTION/] });
    const { page } = visited;
    await ready(page);
    mock.emit('call', { kind: 'call', call: 'callhalf-b:0', at: now(), person: 'Before Break', direction: 'incoming', state: 'alerting', seq: 57 }, 57);
    await page.locator('.call-row', { hasText: 'Before Break' }).waitFor();
    for (const stream of mock.streams) stream.end();
    while (mock.streamRequests.length < 2 || mock.streams.size === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(mock.streamRequests[1], '57');
    mock.emit('call', { kind: 'call', call: 'callhalf-c:0', at: now(), person: 'After Break', direction: 'incoming', state: 'alerting', seq: 58 }, 58);
    await page.locator('.call-row', { hasText: 'After Break' }).waitFor();
    await page.locator('#live[data-on="yes"]').waitFor();
    await clean(visited);
  });

  test('why: words from the row, and the whole chain when the server explains', async () => {
    mock.explanations.set('callhalf-1207:0', {
      call: 'callhalf-1207:0', sentence: 'Released: the last position, 12 s old and good to 24 m, is 4.1 km outside austria-west.',
      standing: 'outside', standing_before: 'inside', fix: { age_s: 12, accuracy_m: 24 }, fence: { name: 'austria-west' }, distance_m: 4100,
      policy: { digest: '9f2c', applied: 'none', mode: 'enforce' }, action: { end: 'done', attempts: 1, latency_ms: 31, detail: '' }, acknowledgement: { sent: true, status: 200 },
    });
    for (const size of ['phone', 'desk']) {
      const visited = await visit({ size, expected: [/404/] });
      const { page } = visited;
      await ready(page);
      await page.getByRole('button', { name: 'Why: call of Mia Berger' }).first().click();
      await page.getByText('4.1 km outside austria-west').waitFor();
      await page.getByText('4.1 km outside', { exact: true }).waitFor();
      await accessible(page);
      await shoot(page, `dashboard-why-${size}`, false);
      await page.keyboard.press('Escape');
      await page.locator('#why').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Why: call of Paul Steiner' }).click();
      await page.getByText('The call was let through: inside the permitted area.').waitFor();
      await clean(visited);
    }
  });

  test('monitoring is stopped after a question, started at once, each with the CSRF token', async () => {
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    await page.getByRole('button', { name: 'Stop monitoring' }).click();
    await shoot(page, 'dashboard-stop-desk', false);
    await page.locator('#stop-monitoring-yes').click();
    await page.getByText('Monitoring has stopped.').waitFor();
    await page.getByRole('button', { name: 'Start monitoring' }).click();
    await page.getByText('Monitoring has started.').waitFor();
    assert.deepEqual(mock.monitorPosts, [false, true]);
    await clean(visited);
  });

  test('while calls are not watched the page looks again by itself', async () => {
    const since = new Date(Date.now() - 41000).toISOString();
    const why = 'xsp1.example.com is down: connection refused';
    const { monitoring } = mock.dashboard;
    mock.dashboard.signs = [{ part: 'call_blocking.channels', colour: 'red', sentence: 'Calls are not watched.', remedy: '' }];
    mock.dashboard.monitoring = { ...monitoring, subscribed: false, watching: false, blind: { total_s: 41, times: 1, now: { from: since, seconds: 41, why } } };
    const visited = await visit({ size: 'phone', scheme: 'dark' });
    const { page } = visited;
    await page.getByText('No call events are received').waitFor();
    const banner = page.locator('#sight-banner');
    await banner.getByRole('alert').getByText('Calls are not watched since').waitFor();
    await banner.getByText(why).waitFor();
    assert.ok(await page.locator('#signs').isHidden(), 'the sign would say the same again');
    await accessible(page);
    await shoot(page, 'dashboard-blind-phone-dark');
    await page.setViewportSize({ width: 1440, height: 900 });
    await accessible(page);
    await shoot(page, 'dashboard-blind-desk-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await shoot(page, 'dashboard-blind-desk-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    mock.dashboard.signs = [];
    mock.dashboard.monitoring = { ...monitoring, watching: true, blind: { total_s: 42, times: 1, last: { from: since, to: now(), seconds: 42, why } } };
    await page.getByText('Receiving call events').waitFor();
    await banner.getByText('Calls are watched again').waitFor();
    await banner.getByText('(42 seconds)').waitFor();
    await shoot(page, 'dashboard-sight-back-desk-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await shoot(page, 'dashboard-sight-back-phone-dark');
    await clean(visited);
  });

  test('search and filter find people, without regard to case and accents', async () => {
    mock.dashboard.people.push({ person_no: 9001, name: 'Zoë Brandstätter-Őry', standing: 'stale', allowed: false });
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    await page.getByRole('searchbox', { name: 'Search people' }).fill('ory brand');
    await page.locator('#people-count', { hasText: '1 of 61 people' }).waitFor();
    await page.getByRole('button', { name: /^inside/ }).click();
    await page.getByText('Nobody matches.').waitFor();
    await clean(visited);
  });

  test('choosing a person in the list shows them on the map', async () => {
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    for (const { person_no } of mock.dashboard.people) mock.whyOf.set(person_no, { allowed: true, reason: 'inside', sentence: 'Calls are allowed.' });
    const first = page.locator('.person').first();
    const name = await first.locator('.person-name').textContent();
    await first.click();
    await page.locator('.person-card', { hasText: name }).waitFor();
    assert.equal(await first.getAttribute('aria-pressed'), 'true');
    await shoot(page, 'dashboard-person-desk');
    await accessible(page);
    await clean(visited);
  });

  for (const scheme of ['light', 'dark'])
    test(`the panel of a person says why their calls are blocked, also without a position: ${scheme}`, async () => {
      const lost = { person_no: 1, name: 'Lost Soul', standing: 'no_fix', allowed: false, live_calls: 0 };
      mock.dashboard.people[0] = lost;
      const outside = mock.dashboard.people.find(({ standing }) => standing === 'outside');
      mock.whyOf.set(lost.person_no, { person_no: lost.person_no, standing: 'no_fix', allowed: false, reason: 'no_fix', sentence: 'Calls are blocked because no position is known of this person.', policy: { applied: 'closed', mode: 'enforce' } });
      mock.whyOf.set(outside.person_no, {
        person_no: outside.person_no, standing: 'outside', allowed: false, reason: 'outside', distance_m: 4100, fix: { age_s: 12, accuracy_m: 24 },
        sentence: 'Calls are blocked because the last position is outside the permitted area.', hints: 'nobody travels that fast from the one before',
        fences: [{ name: 'austria-east', rule: 'allow', by: 'everybody' }, { name: 'airport', rule: 'deny', by: 'group' }],
        policy: { applied: 'none', mode: 'observe', configured_mode: 'enforce' }, override: { kind: 'block', reason: 'lost phone', by: 'ada', until: '2099-01-05T07:00:00.000Z' },
      });
      for (const size of ['phone', 'desk']) {
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await ready(page);
        await page.locator('#people-search').fill(lost.name);
        await page.locator('.person', { hasText: lost.name }).first().click();
        await page.locator('#person-sentence', { hasText: 'no position is known' }).waitFor();
        await page.locator('#people-search').fill(outside.name);
        await page.locator('.person').filter({ has: page.locator('[data-standing="outside"]') }).first().click();
        await page.locator('#person-sentence', { hasText: 'outside the permitted area' }).waitFor();
        const facts = await page.locator('#person-facts').textContent();
        for (const words of ['4.1 km outside', 'airport (no calls inside, by group)', 'only observed', 'lost phone', 'nobody travels']) assert.ok(facts.includes(words), facts);
        await accessible(page);
        await shoot(page, `dashboard-panel-${size}-${scheme}`);
        await page.locator('#person-close').click();
        await page.locator('#person').waitFor({ state: 'hidden' });
        assert.equal(await page.locator('.person[aria-pressed="true"]').count(), 0);
        await clean(visited);
      }
    });

  test('the panel follows its person, and says so when why cannot be told', async () => {
    const someone = mock.dashboard.people.find(({ standing }) => standing === 'inside');
    const visited = await visit({ expected: [/404/] });
    const { page } = visited;
    await ready(page);
    await page.locator('#people-search').fill(someone.name);
    await page.locator('.person').first().click();
    await page.locator('#person-sentence', { hasText: 'Nobody has this number' }).waitFor();
    mock.whyOf.set(someone.person_no, { allowed: false, reason: 'outside', sentence: 'Calls are blocked by now.' });
    mock.emit('state', { people: [{ ...someone, standing: 'outside', allowed: false }] });
    await page.locator('#person-sentence', { hasText: 'Calls are blocked by now.' }).waitFor();
    await clean(visited);
  });

  test('an area out of its hours is drawn pale and says so', async () => {
    mock.dashboard.fences[0].active = false;
    for (const scheme of ['light', 'dark']) {
      const visited = await visit({ scheme });
      const { page } = visited;
      await ready(page);
      await page.locator('.fence-name.resting', { hasText: 'austria-west · not now' }).waitFor({ state: 'attached' });
      assert.equal(await page.locator('.fence-name.resting').count(), 1);
      await accessible(page);
      await shoot(page, `dashboard-resting-desk-${scheme}`, false);
      await clean(visited);
    }
  });

  test('names from the directory are text, never markup', async () => {
    const hostile = '<img src=x onerror="document.title=1">';
    mock.dashboard.people[0].name = hostile;
    mock.dashboard.calls[0].person = hostile;
    mock.dashboard.calls[0].reason = hostile;
    mock.dashboard.fences[0] = { ...mock.dashboard.fences[0], name: hostile };
    const visited = await visit({ expected: [/404/] });
    const { page } = visited;
    await ready(page);
    await page.locator('.call-row').first().click();
    await page.locator('#why-sentence', { hasText: '<img' }).waitFor();
    assert.equal(await page.locator('img').count(), 0);
    await clean(visited);
  });

  test('P10: ten thousand people are there within a second and stay usable under updates', async () => {
    mock.dashboard.people = people(10000);
    const visited = await visit();
    const { page } = visited;
    await ready(page);
    const took = await page.evaluate(() => performance.now());
    await page.locator('#people-count', { hasText: '10,000' }).waitFor();
    for (let i = 0; i < 20; i++)
      mock.emit('state', { people: mock.dashboard.people.slice(i * 200, i * 200 + 200).map((row) => ({ ...row, fix_age_s: 0 })) });
    const longest = await page.evaluate(async () => {
      let worst = 0;
      let before = performance.now();
      const until = before + 1500;
      while (before < until) {
        await new Promise(requestAnimationFrame);
        worst = Math.max(worst, performance.now() - before);
        before = performance.now();
      }
      return worst;
    });
    process.stdout.write(`# 10,000 people: list there after ${Math.round(took)} ms, longest frame under updates ${Math.round(longest)} ms\n`);
    assert.ok(took < 5000, `${took} ms`); // generous: the machine is shared; the figure itself belongs to the bench
    assert.ok(longest < 1000, `${longest} ms`);
    await shoot(page, 'dashboard-10000-desk');
    await clean(visited);
  });

  test('the session is warned about before it ends, extended on request, and its end is told', async () => {
    mock.expires = 120;
    mock.extended = 120;
    const visited = await visit({ expected: [/401/] });
    const { page } = visited;
    await ready(page);
    await page.getByText('Your session ends in 2 minutes').waitFor();
    await shoot(page, 'dashboard-session-desk', false);
    mock.extended = 1800;
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.locator('#session-bar').waitFor({ state: 'hidden' });
    await clean(visited);
  });

  test('a quiet site says so in words', async () => {
    mock.dashboard = { people: [], calls: [], fences: [], health: 'green', signs: [], seq: 0, monitoring: { on: false, subscribed: false, channels: [] } };
    const visited = await visit();
    await visited.page.getByText('Nobody has shared a location yet.').waitFor();
    await visited.page.getByText('No calls yet.').waitFor();
    await visited.page.getByText('No call is judged while monitoring is off.').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'dashboard-empty-desk');
    await clean(visited);
  });

  test('in German', async () => {
    const visited = await visit({ size: 'desk', locale: 'de-DE', scheme: 'dark' });
    await ready(visited.page);
    await visited.page.getByRole('heading', { name: 'Anrufe und Entscheidungen' }).waitFor();
    await visited.page.locator('.country-name span', { hasText: 'Österreich' }).waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'dashboard-desk-dark-de');
    await clean(visited);
  });
});
