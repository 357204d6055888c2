// The administrators' page about conferences: levels, what screens show, who is in, bridges, the report.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { ConferenceBook } from '../../daemon/front/web/src/conferences/conference_book.mjs';
import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { ago, bridge, call, conference, hostile, person } from './cms_mock.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

describe('conference book', () => {
  const book = new ConferenceBook();
  const ids = (list) => list.map(({ name }) => name);

  test('the highest level comes first, then the newest', () => {
    book.replace({ conferences: [conference(1, 1), conference(9, 3), conference(2, 3), conference(3, 2), conference(4, 0)] });
    assert.deepEqual(ids(book.find('', 'all')), ['Board 2', 'Board 9', 'Board 3', 'Board 1', 'Board 4']);
    assert.deepEqual(['all', '3', '2', '1', 'look'].map((show) => book.count(show)), [5, 2, 1, 1, 0]);
  });
  test('changes replace what they name, and nothing else', () => {
    const changed = book.apply({ conferences: [conference(1, 3, { doubt: 'records were lost', name: 'Zoë Straße' })], gone: [conference(9, 3).id], bridges: [bridge('cms2')] });
    assert.equal(changed.size, 2);
    assert.deepEqual(ids(book.find('', 'look')), ['Zoë Straße']);
    assert.deepEqual(ids(book.find('zoe', '3')), ['Zoë Straße']);
    assert.deepEqual(ids(book.find('cms1 board', 'all')), ['Board 2', 'Board 3', 'Board 4']);
    book.apply({ bridges: [bridge('cms2', { up: false, silent_since: ago(9) }), bridge('cms3')] });
    assert.deepEqual(book.bridges.map(({ name, up }) => [name, up]), [['cms2', false], ['cms3', true]]);
  });
  test('a conference whose id became known is found by its calls', () => {
    book.apply({ gone: [conference(2, 3).id], conferences: [conference(77, 3, { calls: [call('cms1', 2)] })] });
    assert.equal(book.holding(conference(2, 3).calls).name, 'Board 77');
    assert.equal(book.holding([call('cms4', 2)]), undefined);
  });
});

describe('conferences', () => {
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
  });

  const visit = (options = {}) => open(browser, mock.url, `/dashboard/conferences${options.search ?? ''}`, options);
  const row = (page, name) => page.locator('.conference', { has: page.getByRole('button', { name, exact: true }) });
  const card = (page, name) => page.locator('.bridge', { has: page.getByRole('heading', { name, exact: true }) });
  const toasts = (page) => page.locator('#toasts');
  const names = (page) => page.locator('.conference .open').allTextContents();
  const isLive = (page) => page.locator('#live[data-on="yes"]').waitFor();

  const board = () => conference(1, 3, {
    name: 'Board of directors', calls: [call('cms1', 1), call('cms2', 1, { settled: false, shown: 'Internal participants only', trouble: 'the bridge refused: 503' })], settled: false, machines: 2,
  });
  const detail = {
    people: [
      person(1, 3, { name: 'Mallory O’Neil', bridge: 'cms2', lobby: true }), person(2, 3, { name: '', address: '', why: 'no address yet', ringing: true }),
      ...[3, 4, 5].map((n) => person(n, 2)), person(6, 1), person(7, 1), person(8, 0, { name: 'Recorder', address: '', counts: false, machine: 'recorder', why: '' }),
      person(9, 0, { name: '', address: 'ca11000a@cms2.acme.example', counts: false, machine: 'link', why: '' }),
    ],
    levels: [
      { at: ago(900), level: 1, level_name: 'secure', cause: 'leg 1e60…6 (sip, secure.acme.example)', shown: ago(899.6), trouble: '' },
      { at: ago(600), level: 2, level_name: 'internal', cause: 'leg 1e60…3 (sip, acme.example)', shown: ago(595), trouble: '' },
      { at: ago(60), level: 3, level_name: 'external', cause: 'leg 1e60…1 (sip, partner.example.net)', shown: null, trouble: 'cms2: the bridge refused: 503' },
    ],
  };

  /** One of each. */
  function everything() {
    mock.cms.bridges = [
      bridge('cms1'), bridge('cms2', { doubt: '4 records were lost before 2294', resyncing: true, behind: 3 }),
      bridge('cms3', { up: false, silent_since: ago(190), trouble: 'connection refused', last_post: ago(7200) }),
      bridge('cms4', { registration: 'missing', last_post: null, calls: 0, legs: 0 }), bridge('cms5', { registration: 'full', calls: 1, legs: 1 }),
      bridge('cms6-with-a-very-long-name-in-the-configuration', { version: '', up: false, last_answer: null, last_post: null, calls: 0, legs: 0 }),
    ];
    mock.cms.conferences = [
      conference(5, 2), conference(6, 2, { name: '' }), conference(7, 1, { calls: [call('cms1', 7), call('cms2', 70)], machines: 1 }), board(),
      conference(2, 3, { evident: 2, doubt: 'cms2: 4 records were lost', name: 'Weekly sync of the whole department with partners, suppliers and their guests' }),
      conference(3, 3, { evident: 1, lowering: true, waits_for: 'calm', participants: { secure: 2, internal: 0, external: 0 } }),
      conference(4, 3, { evident: 1, lowering: true, waits_for: 'cms3: no answer for 190 s' }), conference(8, 1, { settled: false }),
      conference(9, 0, { participants: { secure: 0, internal: 0, external: 0 }, calls: [call('cms1', 9, { shown: null })] }),
    ];
    mock.cms.details.set(board().id, detail);
  }

  test('a visitor is sent to the administrator sign-in, and back here after it', async () => {
    mock.signedIn = { person: true };
    const visited = await visit();
    await visited.page.locator('#view-signin a[href="/admin/login?next=/dashboard/conferences"]').waitFor();
    await accessible(visited.page);
    assert.ok(!mock.log.some((line) => line.includes('/api/v1/conferences')));
    await clean(visited);
  });

  for (const [size, scheme] of [['phone', 'light'], ['phone', 'dark'], ['desk', 'light'], ['desk', 'dark']])
    test(`every standing is composed and accessible: ${size}, ${scheme}`, async () => {
      everything();
      const visited = await visit({ size, scheme });
      const { page } = visited;
      await isLive(page);
      await row(page, 'Board of directors').getByText('not on the screens of cms2').waitFor();
      assert.equal(await row(page, 'Board of directors').locator('.level').textContent(), '3external');
      await row(page, 'Board 3').getByText('waits for two quiet seconds').waitFor();
      await card(page, 'cms4').getByText('wardroomctl cms register cms4').waitFor();
      await shoot(page, `conferences-${size}-${scheme}`);
      await row(page, 'Board of directors').getByRole('button').click();
      await page.locator('.person').nth(8).waitFor();
      await page.evaluate(() => scrollTo(0, 0)); // else the header hides parts of buttons
      await accessible(page);
      await shoot(page, `conferences-open-${size}-${scheme}`);
      await clean(visited);
    });

  test('in German every text is German', async () => {
    everything();
    mock.cms.mode = 'observe';
    const visited = await visit({ locale: 'de-AT', search: `?conference=${board().id}` });
    const { page } = visited;
    await page.getByRole('heading', { name: 'Konferenzen', exact: true }).waitFor();
    await page.locator('.person').nth(8).waitFor();
    await page.getByText('Wardroom beobachtet nur').waitFor();
    const texts = await page.locator('main').innerText();
    assert.ok(!/conf\.\w/.test(texts), texts);
    assert.equal(await page.locator('.site-nav [aria-current]').innerText(), 'Konferenzen');
    await accessible(page);
    await shoot(page, 'conferences-desk-de');
    await clean(visited);
  });

  test('without bridges, without conferences and switched off it says what to do', async () => {
    const visited = await visit({ scheme: 'dark' });
    const { page } = visited;
    await page.getByText('Name one under “security_notices” in wardroom.yaml').waitFor();
    await accessible(page);
    await shoot(page, 'conferences-empty-desk');
    await isLive(page);
    mock.emit('state', { bridges: [bridge('cms1')] });
    await page.getByText('No conference is running. The next one shows up here').waitFor();
    mock.emit('state', { mode: 'off' });
    await page.getByText('Set a mode under “security_notices”').waitFor();
    await clean(visited);
  });

  test('B1 a level that rises is shown at once with its word, sorted to the top; one that is over goes', async () => {
    mock.cms.bridges = [bridge('cms1')];
    mock.cms.conferences = [conference(1, 2), conference(2, 1), conference(3, 1)];
    const visited = await visit();
    const { page } = visited;
    await isLive(page);
    await row(page, 'Board 3').waitFor();
    assert.deepEqual(await names(page), ['Board 1', 'Board 2', 'Board 3']);
    mock.emit('state', { conferences: [conference(3, 3, { settled: false, since: ago(0) })], gone: [], bridges: [] });
    await row(page, 'Board 3').locator('.level[data-level="3"]', { hasText: 'external' }).waitFor();
    await row(page, 'Board 3').getByText('being put on the screens').waitFor();
    assert.deepEqual(await names(page), ['Board 3', 'Board 1', 'Board 2']);
    mock.emit('state', { conferences: [conference(3, 3, { doubt: 'cms1 was restarted' })], gone: [conference(1, 2).id], bridges: [bridge('cms1', { doubt: 'cms1 was restarted' })] });
    await row(page, 'Board 3').getByText('Not certain who is in: cms1 was restarted').waitFor();
    await row(page, 'Board 1').waitFor({ state: 'detached' });
    await page.locator('#bridges-alert').getByText('Not everything is known from cms1').waitFor();
    await card(page, 'cms1').getByText('in doubt').waitFor();
    await clean(visited);
  });

  test('what is typed and chosen stays while the list changes, and so does the focus', async () => {
    everything();
    const visited = await visit({ expected: [/ERR_/] });
    const { page } = visited;
    await isLive(page);
    await row(page, 'Board 5').waitFor();
    await page.getByLabel('Find a conference').fill('board');
    await page.locator('#conf-shows').getByLabel('External').check();
    await page.getByText('3 of 9 conferences').waitFor();
    await row(page, 'Board 4').getByRole('button').focus();
    mock.emit('state', { conferences: [conference(20, 3, { since: ago(0) }), conference(21, 1)], gone: [], bridges: [] });
    await page.getByText('4 of 11 conferences').waitFor();
    assert.deepEqual(await names(page), ['Board 20', 'Board of directors', 'Board 3', 'Board 4']);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Board 4');
    assert.equal(await page.getByLabel('Find a conference').inputValue(), 'board');
    // A break: the whole state is read anew, and the filter still holds.
    for (const stream of mock.streams) stream.destroy();
    await page.getByText('3 of 9 conferences').waitFor();
    await isLive(page);
    assert.ok(mock.cms.background > 0, 'looks of the page by itself keep no idle session alive');
    await page.locator('#conf-shows').getByLabel('Needs a look').check();
    await page.getByLabel('Find a conference').fill('');
    await page.getByText('2 of 9 conferences').waitFor();
    await clean(visited);
  });

  test('one in full: people by class with the reason, what each call shows, the history; it follows live and says when it is over', async () => {
    everything();
    const visited = await visit();
    const { page } = visited;
    const panel = page.locator('#conf-panel');
    await isLive(page);
    await row(page, 'Board of directors').getByRole('button').press('Enter');
    await panel.getByRole('heading', { name: '2 external' }).waitFor();
    await panel.locator('.person', { hasText: 'Mallory' }).getByText('in the lobby').waitFor();
    await panel.locator('.person', { hasText: 'no name and no address yet' }).getByText('is being called').waitFor();
    await panel.getByRole('heading', { name: '2 do not count' }).waitFor();
    await panel.getByText('link between bridges').waitFor();
    await panel.locator('.call', { hasText: 'cms2' }).getByText('the bridge refused: 503').waitFor();
    await panel.locator('.level-row').nth(1).getByText('shown after 5 seconds').waitFor();
    await page.getByLabel('Find people').fill('partner.example');
    await panel.locator('.person').nth(1).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => location.search), `?conference=${board().id}`);
    // Its id becomes known, Mallory leaves.
    const renamed = { ...board(), id: 'c0441e1a-0000-4000-8000-000000000001', level: 2, settled: true, calls: [call('cms1', 1), call('cms2', 1)] };
    mock.cms.conferences = [renamed];
    mock.cms.details.set(renamed.id, { ...detail, people: detail.people.slice(2) });
    mock.emit('state', { conferences: [renamed], gone: [board().id], bridges: [] });
    await panel.getByText('Nobody matches.').waitFor();
    await page.getByLabel('Find people').fill('');
    await panel.getByRole('heading', { name: '3 internal' }).waitFor();
    assert.equal(await panel.locator('.person', { hasText: 'Mallory' }).count(), 0);
    await panel.locator('.panel-state .level[data-level="2"]').waitFor();
    mock.emit('state', { conferences: [], gone: [renamed.id], bridges: [] });
    await panel.getByRole('alert').getByText('This conference is over.').waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    await page.waitForURL(/conferences$/);
    await clean(visited);
  });

  test('a conference of an address that is not running any more is said to be over', async () => {
    mock.cms.bridges = [bridge('cms1')];
    const visited = await visit({ search: '?conference=none-such', expected: [/404/] });
    await visited.page.locator('#conf-panel').getByRole('alert').getByText('This conference is over.').waitFor();
    await accessible(visited.page);
    await clean(visited);
  });

  test('reading a bridge again tells how it went: done, refused, and when it takes long', async () => {
    mock.cms.bridges = [bridge('cms1'), bridge('cms2')];
    const visited = await visit({ expected: [/503/] });
    const { page } = visited;
    await isLive(page);
    await card(page, 'cms2').getByRole('button', { name: 'Read the bridge cms2 again' }).click();
    await toasts(page).locator('.toast-good', { hasText: 'cms2 was read: 14 calls, 92 connections.' }).waitFor();
    assert.deepEqual(mock.cms.resyncs, ['cms2']);
    mock.cms.resyncAnswer = () => ({ status: 503, body: { error: { code: 'unavailable', message: 'cms1 does not answer.', remedy: 'look at its API' } } });
    await card(page, 'cms1').getByRole('button').click();
    await toasts(page).locator('.toast-bad', { hasText: 'cms1 could not be read: cms1 does not answer. look at its API' }).waitFor();
    mock.cms.resyncAnswer = (name) => ({ status: 202, body: { bridge: bridge(name, { resyncing: true }) } });
    await card(page, 'cms1').getByRole('button').click();
    await card(page, 'cms1').getByText('is being read').waitFor();
    mock.emit('state', { conferences: [], gone: [], bridges: [bridge('cms1', { calls: 1, legs: 7 })] });
    await toasts(page).getByText('cms1 was read: 1 call, 7 connections.').waitFor();
    await clean(visited);
  });

  test('the report is a plain link of this site with the chosen time, and nothing secret in any address', async () => {
    everything();
    const visited = await visit();
    const { page } = visited;
    const link = page.getByRole('button', { name: 'Download CSV' });
    await link.waitFor();
    await page.getByLabel('From').fill('2026-11-20T10:00');
    await page.getByLabel('Until').fill('2026-11-20T12:30');
    assert.equal(await link.getAttribute('href'), '/api/v1/conferences/report.csv?since=2026-11-20T09%3A00%3A00.000Z&until=2026-11-20T11%3A30%3A00.000Z');
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.equal(file.suggestedFilename(), 'wardroom-conferences.csv');
    await page.getByLabel('Until').fill('2026-11-19T12:30');
    await page.getByText('The end must be later than the beginning.').waitFor();
    assert.equal(await link.getAttribute('href'), null);
    await page.evaluate(() => scrollTo(0, 0)); // else the header hides parts of buttons
    await accessible(page);
    await card(page, 'cms1').getByRole('button').click();
    await toasts(page).getByText('cms1 was read').waitFor();
    assert.ok(!mock.log.some((line) => /csrf|token|session=/i.test(line)), mock.log.join('\n'));
    await clean(visited);
  });

  test('300 conferences and 2,000 people stay usable', async () => {
    mock.cms.bridges = [bridge('cms1')];
    mock.cms.conferences = Array.from({ length: 300 }, (_, i) => conference(i + 1, 1 + (i % 3)));
    mock.cms.more = 12;
    mock.cms.details.set(conference(3, 3).id, { people: Array.from({ length: 2000 }, (_, i) => person(i + 1, 3)) });
    const visited = await visit({ search: `?conference=${conference(3, 3).id}` });
    const { page } = visited;
    await page.getByText('300 of 300 conferences').waitFor();
    await page.getByText('12 more conferences with a lower level').waitFor();
    await page.getByRole('heading', { name: '2,000 external' }).waitFor();
    assert.equal(await page.locator('.person').count(), 50);
    await page.getByRole('button', { name: 'Show 200 more' }).nth(1).click();
    await page.locator('.person').nth(249).waitFor();
    await page.getByLabel('Find people').fill('Person 1999');
    await page.getByRole('heading', { name: '1 external' }).waitFor();
    await page.locator('#conf-more').click();
    await page.locator('.conference').nth(299).waitFor();
    await clean(visited);
  });

  test('names and what the server says are text, never markup', async () => {
    mock.cms.bridges = [bridge('cms1', { doubt: hostile, trouble: hostile, version: hostile })];
    mock.cms.conferences = [conference(1, 3, { name: hostile, doubt: hostile, lowering: true, waits_for: hostile, cause: hostile, calls: [call('cms1', 1, { shown: hostile, trouble: hostile })] })];
    mock.cms.details.set(conference(1, 3).id, { people: [person(1, 3, { name: hostile, address: hostile, why: hostile, machine: hostile })], levels: [{ at: ago(5), level: 3, cause: hostile, shown: null, trouble: hostile }] });
    const visited = await visit({ search: `?conference=${conference(1, 3).id}` });
    const { page } = visited;
    await page.locator('.level-row').waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await clean(visited);
  });

  test('a session that ends leads to the sign-in and takes what was shown away; a server that is away is said', async () => {
    everything();
    const visited = await visit({ expected: [/401/, /ERR_/] });
    const { page } = visited;
    await isLive(page);
    await row(page, 'Board of directors').getByRole('button').click();
    await page.locator('.person').nth(8).waitFor();
    mock.signedIn = {};
    for (const stream of mock.streams) stream.destroy();
    await page.locator('#view-signin').waitFor();
    assert.equal(await page.getByText('Mallory').isVisible(), false);
    await clean(visited);
  });
});
