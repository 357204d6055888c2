// The administrators' page about what happened: filters, paging, downloads, and the live head.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { filterOf, localOf, momentOf, queryOf } from '../../daemon/front/web/src/history/filter.mjs';
import { EntryLog, most } from '../../daemon/front/web/src/history/entry_log.mjs';
import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { entries, entry, hostile, page as pageOf } from './events.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

describe('filter', () => {
  test('words of an address become a filter, and come back', () => {
    const search = '?kind=call%2Calert&person=ada&since=2026-11-22T10%3A00%3A00.000Z';
    assert.deepEqual(filterOf(search), { kinds: ['call', 'alert'], person: 'ada', since: '2026-11-22T10:00:00.000Z', until: '' });
    assert.equal(queryOf(filterOf(search)), search);
    assert.equal(queryOf(filterOf('')), '');
    assert.deepEqual(filterOf('?kind=%3Cscript%3E,,call&since=never'), { kinds: ['call'], person: '', since: '', until: '' });
  });
  test('moments are told in the reader\'s own time and asked for in UTC', () => {
    assert.equal(momentOf(localOf('2026-11-22T10:00:05.000Z')), '2026-11-22T10:00:05.000Z');
    assert.equal(momentOf(''), '');
    assert.equal(localOf('x'), '');
  });
});

describe('entry log', () => {
  test('shows each entry once, newest first, and knows from where to read on', () => {
    const log = new EntryLog();
    log.replace({ entries: [entry(9), entry(8)], older: 8, newest: 9 });
    assert.equal(log.add(entry(9)), false);
    assert.equal(log.add(entry(11)), true);
    log.append({ entries: [entry(8), entry(7)] });
    assert.deepEqual(log.entries.map(({ seq }) => seq), [11, 9, 8, 7]);
    assert.equal(log.older, 0);
  });
  test('stays small however much happens', () => {
    const log = new EntryLog();
    log.replace({ entries: [entry(1)], newest: 1 });
    for (let seq = 2; seq < most + 50; seq++) log.add(entry(seq));
    assert.equal(log.entries.length, most);
    assert.equal(log.older, log.entries.at(-1).seq);
  });
});

describe('history', () => {
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
    mock.journal = () => ({ body: pageOf(entries(4990, 40)) });
  });

  const visit = (options = {}) => open(browser, mock.url, `/dashboard/history${options.search ?? ''}`, options);
  const rows = (page) => page.locator('.entry');
  const asked = async (page, n) => {
    while (mock.journalAsked.length < n) await page.evaluate(() => new Promise(requestAnimationFrame));
    return new URLSearchParams(mock.journalAsked[n - 1]);
  };

  test('times in which calls were not watched stand out, in both appearances', async () => {
    const list = [
      entry(4990, 'channel', { line: 'calls are watched again; they were not for 41.3 s, since 2026-11-22 11:48:02 UTC: xsp2.us.example.net:443: connection refused', tone: 'good' }),
      entry(4989, 'channel', { line: 'CALLS ARE NOT WATCHED since 2026-11-22 11:48:02 UTC: xsp2.us.example.net:443: connection refused', tone: 'bad' }),
      entry(4988, 'notice'), entry(4987, 'decision'),
    ];
    mock.journal = () => ({ body: pageOf(list) });
    for (const size of ['phone', 'desk'])
      for (const scheme of ['light', 'dark']) {
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await page.locator('.entry[data-tone="bad"]', { hasText: 'CALLS ARE NOT WATCHED' }).waitFor();
        await page.locator('.entry[data-tone="warning"]', { hasText: 'Caller notice' }).waitFor();
        await accessible(page);
        await shoot(page, `history-blind-${size}-${scheme}`);
        await clean(visited);
      }
  });

  test('a visitor is sent to the administrator sign-in, and back here after it', async () => {
    mock.signedIn = { person: true };
    const visited = await visit();
    await visited.page.locator('#view-signin a[href="/admin/login?next=/dashboard/history"]').waitFor();
    await accessible(visited.page);
    assert.ok(!mock.log.includes('GET /api/v1/journal'));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`every kind is composed and accessible: ${size}, ${scheme}`, async () => {
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await rows(page).nth(39).waitFor();
        await page.locator('#live[data-on="yes"]').waitFor();
        await page.getByText('the oldest is of').waitFor();
        await page.getByText('That is all there is.').waitFor();
        await accessible(page);
        await shoot(page, `history-${size}-${scheme}`);
        await clean(visited);
      });

  test('kinds, person and times are asked for, kept in the address, and belong to the downloads', async () => {
    const visited = await visit();
    const { page } = visited;
    await rows(page).first().waitFor();
    await page.getByLabel('Decision').check();
    await asked(page, 2);
    await page.getByLabel('Person').fill('ada@acme.example');
    await page.getByLabel('From').fill('2026-11-22T10:00');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    const words = await asked(page, 3);
    assert.equal(words.get('kind'), 'decision');
    assert.equal(words.get('person'), 'ada@acme.example');
    assert.equal(words.get('since'), '2026-11-22T09:00:00.000Z'); // Vienna in winter
    await page.waitForURL(/kind=decision.*person=ada/);
    const csv = await page.locator('#download-csv').getAttribute('href');
    assert.match(csv, /^\/api\/v1\/journal\/export\?kind=decision&person=ada%40acme.example&since=.*&format=csv$/);
    await page.reload();
    await page.locator('.chip input[value="decision"]:checked').waitFor();
    assert.equal(await page.getByLabel('Person').inputValue(), 'ada@acme.example');
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.waitForURL(/history$/);
    await clean(visited);
  });

  test('what is being typed stays when the list comes in anew', async () => {
    const visited = await visit();
    const { page } = visited;
    await rows(page).first().waitFor();
    let answer = null;
    mock.journal = () => new Promise((resolve) => (answer = () => resolve({ body: pageOf(entries(4990, 7)) })));
    await page.getByLabel('Decision').check();
    await asked(page, 2);
    await page.getByLabel('Person').fill('ada@acme.example');
    await page.getByLabel('From').fill('2026-11-22T10:00');
    answer();
    await page.waitForFunction(() => document.querySelectorAll('.entry').length === 7);
    assert.equal(await page.getByLabel('Person').inputValue(), 'ada@acme.example');
    assert.equal(await page.getByLabel('From').inputValue(), '2026-11-22T10:00');
    await clean(visited);
  });

  test('older entries are read when the end comes into view, until there are none', async () => {
    mock.journal = (words) => {
      const until = Number(words.get('until') ?? 4991);
      return { body: pageOf(entries(until - 1, 50), until > 4900 ? { older: until - 50 } : {}) };
    };
    const visited = await visit();
    const { page } = visited;
    const deadline = Date.now() + 30000;
    while (Date.now() < deadline && !(await page.getByText('That is all there is.').isVisible())) {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
    }
    await page.getByText('That is all there is.').waitFor();
    assert.equal(await rows(page).count(), 150);
    assert.deepEqual(mock.journalAsked.map((words) => new URLSearchParams(words).get('until')), [null, '4941', '4891']);
    const seqs = await page.locator('.entry .seq').allTextContents();
    assert.equal(new Set(seqs).size, 150);
    await clean(visited);
  });

  test('what happens shows at the top by itself, once', async () => {
    const visited = await visit();
    const { page } = visited;
    await page.locator('#live[data-on="yes"]').waitFor();
    assert.equal(new URLSearchParams(mock.streamsAsked[0]).get('since'), '4990');
    mock.emit('entry', entry(4991, 'alert'), 4991);
    mock.emit('entry', entry(4991, 'alert'), 4991);
    mock.emit('entry', entry(4992, 'of_tomorrow'), 4992);
    await page.locator('.entry', { hasText: '#4992' }).waitFor();
    assert.equal(await rows(page).count(), 42);
    assert.equal(await rows(page).first().locator('.badge').textContent(), 'of_tomorrow');
    await clean(visited);
  });

  test('after a break it goes on from the last number it saw', async () => {
    const visited = await visit({ expected: [/ERR_/] });
    const { page } = visited;
    await page.locator('#live[data-on="yes"]').waitFor();
    mock.emit('entry', entry(4991, 'alert'), 4991);
    await page.locator('.entry', { hasText: '#4991' }).waitFor();
    mock.streams.forEach((stream) => stream.end());
    while (mock.streamRequests.length < 2) await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
    assert.equal(mock.streamRequests[1], '4991');
    await page.locator('#live[data-on="yes"]').waitFor();
    await clean(visited);
  });

  test('when numbers are gone, or it is far behind, it reads the list again', async () => {
    for (const event of ['gap', 'again']) {
      const visited = await visit();
      const { page } = visited;
      await page.locator('#live[data-on="yes"]').waitFor();
      const before = mock.journalAsked.length;
      mock.journal = () => ({ body: pageOf([entry(9000, 'reload')]) });
      mock.emit(event, { from: 1, to: 8000 }, 8000);
      await asked(page, before + 1);
      await page.locator('.entry', { hasText: '#9000' }).waitFor();
      assert.equal(await rows(page).count(), 1);
      await clean(visited);
      await visited.context.close();
      await mock.quiet();
      mock.journal = () => ({ body: pageOf(entries(4990, 40)) });
    }
  });

  test('a person whom nobody knows is said beside the filter', async () => {
    mock.journal = (words) => words.get('person')
      ? { status: 404, body: { error: { code: 'not_found', message: 'nobody is called xyz' } } } : { body: pageOf(entries(4990, 5)) };
    const visited = await visit({ expected: [/404/] });
    const { page } = visited;
    await page.getByLabel('Person').fill('xyz');
    await page.getByLabel('Person').press('Enter');
    await page.getByRole('alert').getByText('nobody is called xyz').waitFor();
    assert.equal(await rows(page).count(), 0);
    await accessible(page);
    await shoot(page, 'history-unknown-person-desk');
    await page.getByRole('button', { name: 'Show everything' }).click();
    await rows(page).nth(4).waitFor();
    assert.equal(await page.locator('#filter-trouble').isVisible(), false);
    await clean(visited);
  });

  test('nothing is said to be live when the filter ends in the past', async () => {
    const visited = await visit({ search: '?until=2026-11-22T10:00:00.000Z' });
    await rows(visited.page).first().waitFor();
    await visited.page.locator('#live[data-on="no"]').waitFor();
    assert.equal(mock.streamRequests.length, 0);
    await clean(visited);
  });

  test('names, lines, calls and kinds are text, never markup', async () => {
    mock.journal = () => ({ body: pageOf([entry(5, hostile, { line: hostile, person: hostile, call: hostile, tone: hostile })], { kinds: [{ name: hostile, title: hostile, summary: hostile }] }) });
    const visited = await visit();
    await visited.page.locator('.entry', { hasText: '<img' }).waitFor();
    assert.equal(await visited.page.locator('main img').count(), 0);
    await clean(visited);
  });

  test('a session that ends leads to the sign-in', async () => {
    const visited = await visit({ expected: [/401/] });
    const { page } = visited;
    await rows(page).first().waitFor();
    mock.signedIn = {};
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.locator('#view-signin').waitFor();
    await clean(visited);
  });

  test('an empty journal says so, in German too', async () => {
    mock.journal = () => ({ body: pageOf([], { oldest_at: undefined }) });
    const visited = await visit({ locale: 'de-AT', scheme: 'dark' });
    await visited.page.getByText('Noch ist nichts geschehen.').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'history-empty-desk-de');
    await clean(visited);
  });
});
