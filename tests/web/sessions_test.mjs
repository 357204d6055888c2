// The administrators' page about sessions, and the part of /me about one's own.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

const ago = (minutes) => new Date(Date.now() - minutes * 60000).toISOString();
const own = (more) => ({
  id: '3f9a01c2d4e5', role: 'administrator', name: 'Ada Novak', who: 'ada@acme.example', person_no: 4, since: ago(25), last_seen: ago(0),
  ends: ago(-30), browser: 'Firefox on Linux', network: 'IPv6', here: true, ...more,
});
const other = (more) => ({ ...own(), id: '77b1aa90c3d2', name: 'Béla Nagy', who: 'bela@acme.example', browser: 'Edge on Windows', network: 'IPv4', since: ago(190), last_seen: ago(12), here: undefined, ...more });
const phone = (more) => ({ id: 'e1d2c3b4a596', role: 'person', since: ago(60 * 24 * 18), last_used: ago(500), ends: ago(-60 * 24 * 30), browser: 'Safari on iPhone', network: 'IPv4', ...more });
const hostile = '<img src=x onerror=alert(1)>';

describe('sessions', () => {
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
    mock.sessions = {
      sessions: [own(), other(), other({ id: '0c0c0c0c0c0c', name: '', who: 'f5b36187-c8dd-4727-8b2f-f9c447f29046', browser: undefined, network: undefined })],
      location_sessions: 1234,
    };
    mock.people.set('mia', { person_no: 7, person: 'Mia Berger', sessions: [phone(), phone({ id: '5a5a5a5a5a5a', browser: 'another program', network: 'this machine', last_used: ago(60 * 24 * 9) })] });
  });

  const visit = (options) => open(browser, mock.url, '/dashboard/sessions', options);
  const row = (page, id) => page.locator(`.session[data-id="${id}"]`);

  test('a visitor is sent to the administrator sign-in, and back here after it', async () => {
    mock.signedIn = { person: true };
    const visited = await visit({ expected: [/401/] });
    await visited.page.locator('#view-signin a[href="/admin/login?next=/dashboard/sessions"]').waitFor();
    await accessible(visited.page);
    assert.ok(!mock.log.includes('GET /api/v1/sessions'));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`the lists are composed and accessible: ${size}, ${scheme}`, async () => {
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await row(page, '77b1aa90c3d2').getByText('Béla Nagy').waitFor();
        await page.getByLabel('Whose sessions').fill('mia');
        await page.getByRole('button', { name: 'Show' }).click();
        await row(page, 'e1d2c3b4a596').getByText('Safari on iPhone').waitFor();
        await accessible(page);
        await shoot(page, `sessions-${size}-${scheme}`);
        await clean(visited);
      });

  test('in German every text is German', async () => {
    const visited = await visit({ locale: 'de-AT' });
    const { page } = visited;
    await page.getByRole('heading', { name: 'Sitzungen' }).waitFor();
    await row(page, '77b1aa90c3d2').getByText('Edge auf Windows').waitFor();
    await page.getByText('Personen teilen ihren Standort in 1.234 Browsern.').waitFor();
    await accessible(page);
    await shoot(page, 'sessions-desk-de');
    await clean(visited);
  });

  test('one\'s own is marked and has no button; another is ended with the token, and goes', async () => {
    const visited = await visit();
    const { page } = visited;
    await row(page, '3f9a01c2d4e5').getByText('this one').waitFor();
    assert.equal(await row(page, '3f9a01c2d4e5').getByRole('button').count(), 0);
    await row(page, '77b1aa90c3d2').getByRole('button').click();
    await page.getByText('The session was ended.').waitFor();
    await row(page, '77b1aa90c3d2').waitFor({ state: 'detached' });
    assert.deepEqual(mock.revokePosts, [{ id: '77b1aa90c3d2' }]);
    await clean(visited);
  });

  test('ending all others is asked about first', async () => {
    const visited = await visit();
    const { page } = visited;
    await page.getByRole('button', { name: 'End all others' }).click();
    await accessible(page);
    await shoot(page, 'sessions-ask-desk', false);
    await page.getByRole('button', { name: 'Keep them' }).click();
    assert.deepEqual(mock.revokePosts, []);
    await page.getByRole('button', { name: 'End all others' }).click();
    await page.locator('#ask').getByRole('button', { name: 'End all others' }).click();
    await page.getByText('2 sessions were ended.').waitFor();
    assert.deepEqual(mock.revokePosts, [{ others: true }]);
    assert.equal(await page.getByRole('button', { name: 'End all others' }).count(), 0);
    await clean(visited);
  });

  test('somebody\'s sessions are found and ended together; who is not found is told', async () => {
    const visited = await visit({ expected: [/404/] });
    const { page } = visited;
    await page.getByLabel('Whose sessions').fill('zoe');
    await page.getByLabel('Whose sessions').press('Enter');
    await page.getByText("nobody fits 'zoe'").waitFor();
    await page.getByLabel('Whose sessions').fill('mia');
    await page.getByLabel('Whose sessions').press('Enter');
    await page.getByRole('heading', { name: 'Mia Berger' }).waitFor();
    await page.getByText('in the last day').waitFor();
    await page.getByRole('button', { name: 'End all of them' }).click();
    await page.locator('#ask').getByRole('button', { name: 'End all' }).click();
    await page.getByText('Signed in nowhere.').waitFor();
    assert.deepEqual(mock.revokePosts, [{ person: '7' }]);
    await clean(visited);
  });

  test('W1 names and addresses are text, whatever they hold', async () => {
    mock.sessions.sessions = [own(), other({ name: hostile, who: hostile, browser: `${hostile} on ${hostile}`, network: hostile })];
    const visited = await visit();
    await visited.page.getByText(hostile).first().waitFor();
    assert.equal(await visited.page.locator('main img').count(), 0);
    await clean(visited);
  });

  test('what the page asks by itself says so, and keeps no idle session alive', async () => {
    const visited = await visit();
    const { page } = visited;
    await page.clock.install();
    await page.reload();
    await row(page, '77b1aa90c3d2').waitFor();
    assert.equal(mock.backgroundReads, 0);
    await page.clock.runFor(21000);
    while (mock.backgroundReads === 0) await page.evaluate(() => new Promise((resolve) => { const c = new MessageChannel(); c.port1.onmessage = resolve; c.port2.postMessage(0); }));
    await clean(visited);
  });

  test('a session that was ended meanwhile leads to the sign-in', async () => {
    const visited = await visit({ expected: [/401/] });
    const { page } = visited;
    await row(page, '77b1aa90c3d2').waitFor();
    mock.signedIn = {};
    await row(page, '77b1aa90c3d2').getByRole('button').click();
    await page.locator('#view-signin').waitFor();
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    test(`a person sees and ends their own on their page: ${size}`, async () => {
      mock.signedIn = { person: true };
      mock.mySessions = [phone({ here: true, last_used: ago(1), browser: 'Chrome on Android' }), phone(), phone({ id: '5a5a5a5a5a5a', browser: 'Firefox on Windows' })];
      const visited = await open(browser, mock.url, '/me', { size });
      const { page } = visited;
      await page.getByText('Where you are signed in').click();
      await row(page, '5a5a5a5a5a5a').waitFor();
      await accessible(page);
      await shoot(page, `me-sessions-${size}`);
      await row(page, '5a5a5a5a5a5a').getByRole('button').click();
      await row(page, '5a5a5a5a5a5a').waitFor({ state: 'detached' });
      await row(page, 'e1d2c3b4a596').getByRole('button').click();
      await page.getByText('Only here.').waitFor();
      assert.deepEqual(mock.revokePosts, [{ id: '5a5a5a5a5a5a' }, { id: 'e1d2c3b4a596' }]);
      await clean(visited);
    });
});
