// The administrators' page about logins, and the banner on the dashboard.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { admin, alerts, everyState, guests, host, hostile, inDays, logins, revoked } from './grants.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';
import { dashboard } from './people.mjs';

describe('logins', () => {
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
    mock.logins = everyState();
    mock.dashboard = dashboard();
  });

  const visit = (options) => open(browser, mock.url, '/dashboard/logins', options);
  const card = (page, name) => page.getByRole('article', { name });
  const posted = async (page, n) => {
    while (mock.refreshPosts.length < n) await page.evaluate(() => new Promise(requestAnimationFrame));
  };

  test('a visitor is sent to the administrator sign-in, and back here after it', async () => {
    mock.signedIn = { person: true };
    const visited = await visit({ expected: [/401/] });
    await visited.page.locator('#view-signin a[href="/admin/login?next=/dashboard/logins"]').waitFor();
    await accessible(visited.page);
    assert.ok(!mock.log.includes('GET /api/v1/logins'));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`every state is composed and accessible: ${size}, ${scheme}`, async () => {
        mock.logins.alerts = alerts();
        const visited = await visit({ size, scheme });
        const { page } = visited;
        await card(page, 'admin').getByText('spark-admin:telephony_config_write').waitFor();
        await page.getByText('connection refused').waitFor();
        await page.locator('#live[data-on="yes"]').waitFor();
        await accessible(page);
        await shoot(page, `logins-${size}-${scheme}`);
        await card(page, 'admin').getByText('Scopes granted (6) and ids').click();
        await card(page, 'admin').getByText('spark-admin:xsi').waitFor();
        await accessible(page);
        await clean(visited);
      });

  test('R12 who logged in, what is missing and for which feature, and the ends of the tokens are told', async () => {
    const visited = await visit();
    const { page } = visited;
    const ada = card(page, 'admin');
    await ada.getByText('Ada Novak', { exact: true }).waitFor();
    await ada.getByText('ada@acme.example').waitFor();
    await ada.locator('summary').click();
    await ada.getByText('Y2lzY29zcGFyazovL3VzL1BFT1BMRS9mNWIzNjE4Ny1jOGRkLTQ3MjctOGIyZg').waitFor();
    await ada.getByText('needed by call blocking, alerts').waitFor();
    await ada.getByText('in 13 days').waitFor();
    await ada.getByText('in 61 days').waitFor();
    await card(page, 'guests').getByText('Service app').waitFor();
    await card(page, 'issuer').getByText('signs by itself', { exact: true }).waitFor();
    assert.equal(await card(page, 'issuer').getByRole('button').count(), 0);
    await card(page, 'reports').getByText('no login yet').waitFor();
    assert.equal(await card(page, 'reports').locator('code').textContent(), 'wardroomctl login --identity reports');
    await card(page, 'Host 2').getByText('ended 4 hours ago').waitFor();
    assert.equal(await page.locator('#people-grants h3').first().textContent(), 'Host 2'); // who needs somebody comes first
    assert.equal(await ada.getByRole('button', { name: 'Log in again' }).getAttribute('href'), '/admin/login?next=/dashboard/logins');
    await clean(visited);
  });

  test('R8 the end of a login is coloured at 14, 7 and 1 days, also when this clock is wrong', async () => {
    const skew = 400 * 86400_000; // the server is more than a year ahead
    const now = Date.now() + skew;
    const near = [[15.5, ''], [13.5, 'fortnight'], [6.5, 'week'], [0.6, 'day'], [-1, 'ended']];
    mock.logins = logins(near.map(([days], i) => ({ ...guests({ refresh_expires_at: inDays(days, now), access_expires_at: inDays(9, now) }), identity: `app${i}` })));
    mock.logins.now = new Date(now).toISOString();
    const visited = await visit();
    for (const [i, [, wanted]] of near.entries())
      await card(visited.page, `app${i}`).locator(`.ending[data-near="${wanted}"]`).last().waitFor();
    await card(visited.page, 'app2').getByText('in 6 days').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'logins-ends-desk');
    await clean(visited);
  });

  test('renewing asks once with the CSRF token, however often the button is pressed', async () => {
    let release;
    mock.refreshAnswer = () => new Promise((resolve) => { release = () => resolve(null); });
    const visited = await visit();
    const { page } = visited;
    const button = card(page, 'admin').getByRole('button', { name: 'Renew now' });
    await button.dblclick();
    await button.dispatchEvent('click');
    await posted(page, 1);
    mock.logins = logins([admin({ access_expires_at: inDays(14.2) })]);
    release();
    await page.getByText('admin was renewed.').waitFor();
    await card(page, 'admin').getByText('in 14 days').waitFor();
    assert.deepEqual(mock.refreshPosts, ['admin']);
    await clean(visited);
  });

  test('when the server asks for patience the page says for how long, and does not ask again meanwhile', async () => {
    mock.refreshAnswer = () => ({ status: 429, headers: { 'Retry-After': '42' }, body: { error: { code: 'throttled', message: 'admin: renewed just now; the next try is in 42 s' } } });
    const visited = await visit({ expected: [/429/] });
    const { page } = visited;
    const button = card(page, 'admin').locator('button');
    await button.click();
    await page.getByText('Renewing did not work: admin: renewed just now; the next try is in 42 s').waitFor();
    await card(page, 'admin').getByText(/Renew again in 4\d s/).waitFor();
    for (let i = 0; i < 2; i++) await button.click({ force: true });
    assert.deepEqual(mock.refreshPosts, ['admin']);
    await accessible(page);
    await shoot(page, 'logins-throttled-desk', false);
    await clean(visited);
  });

  test('a grant that needs a login cannot be renewed, and says how to log in', async () => {
    mock.logins = logins([revoked()]);
    const visited = await visit({ size: 'phone' });
    const { page } = visited;
    await card(page, 'admin').getByText('needs login').waitFor();
    assert.equal(await card(page, 'admin').getByText('Renew now').isVisible(), false);
    assert.equal(await card(page, 'admin').locator('.ending').count(), 0);
    assert.equal(await card(page, 'admin').locator('.grant-remedy code').textContent(), 'wardroomctl login');
    await card(page, 'admin').getByRole('button', { name: 'Log in again' }).waitFor();
    await accessible(page);
    await shoot(page, 'logins-revoked-phone-light');
    await clean(visited);
  });

  test('can be used with the keyboard alone, and the focus stays where it was', async () => {
    const visited = await visit();
    const { page } = visited;
    await card(page, 'admin').waitFor();
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    const tabTo = async (wanted) => {
      for (let i = 0; i < 40 && (await focused()) !== wanted; i++) await page.keyboard.press('Tab');
      assert.equal(await focused(), wanted);
    };
    await tabTo('Logins');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-current')), 'page');
    await tabTo('Scopes granted (6) and ids');
    await page.keyboard.press('Enter');
    await card(page, 'admin').getByText('spark-admin:xsi').waitFor();
    await tabTo('Renew now');
    await page.keyboard.press('Space');
    await page.getByText('admin was renewed.').waitFor();
    await page.waitForFunction(() => document.activeElement.textContent === 'Renew now');
    assert.ok(await card(page, 'admin').getByText('spark-admin:xsi').isVisible(), 'what was unfolded stays so');
    assert.deepEqual(mock.refreshPosts, ['admin']);
    await clean(visited);
  });

  test('names, ids, scopes, sentences and alerts are text, never markup', async () => {
    const told = alerts();
    Object.assign(told.open[0], { part: hostile, sentence: hostile, remedy: `${hostile} \`${hostile}\``, deliveries: [{ channel: hostile, to: hostile, state: hostile, detail: hostile }] });
    const grant = admin({
      person: hostile, who: hostile, person_id: hostile, org_id: hostile, sentence: hostile, remedy: `run \`${hostile}\``, state: hostile, kind: hostile,
      scopes: [hostile], missing_scopes: [{ scope: hostile, needed_by: hostile }],
    });
    mock.logins = { ...logins([{ ...grant, identity: hostile }, host(1, { person: hostile })]), alerts: told };
    const visited = await visit();
    const { page } = visited;
    await page.locator('.alerts', { hasText: '<img' }).waitFor();
    await page.locator('#identities summary').click();
    await page.locator('.scopes code', { hasText: '<img' }).waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.notEqual(await page.title(), '1');
    assert.equal(await page.locator('#people-grants h3').textContent(), hostile);
    await clean(visited);
  });

  test('before anything is configured the page says so, without alerts that nobody sends', async () => {
    mock.logins = { now: new Date().toISOString(), grants: [] };
    const visited = await visit();
    await visited.page.getByText('No identity is configured yet.').waitFor();
    assert.equal(await visited.page.locator('#alerts').isVisible(), false);
    assert.equal(await visited.page.locator('#people').isVisible(), false);
    await accessible(visited.page);
    await shoot(visited.page, 'logins-empty-desk');
    await clean(visited);
  });

  test('when nobody is configured to be told of alerts, the page says so', async () => {
    mock.logins.alerts = { open: [], recent: [], message: `Nobody is told: add \`alerts.mail\` ${hostile}` };
    const visited = await visit();
    await visited.page.getByText('No alert is open.').waitFor();
    assert.equal(await visited.page.locator('#alerts-message code').textContent(), 'alerts.mail');
    assert.equal(await visited.page.locator('img').count(), 0);
    await accessible(visited.page);
    await clean(visited);
  });

  test('on a fresh site the first login is one button away', async () => {
    mock.logins = logins([{ identity: 'admin', kind: 'integration', state: 'missing', colour: 'red', sentence: 'admin: nobody has logged in yet', remedy: 'run `wardroomctl login`', scopes: [], missing_scopes: [] }]);
    const visited = await visit();
    await card(visited.page, 'admin').getByRole('button', { name: 'Log in', exact: true }).waitFor();
    assert.equal(await card(visited.page, 'admin').locator('.facts').first().isVisible(), false);
    await accessible(visited.page);
    await clean(visited);
  });

  test('a revoked grant shows here without a reload', async () => {
    mock.logins = logins([admin()]);
    const visited = await visit();
    const { page } = visited;
    await card(page, 'admin').getByText('valid', { exact: true }).waitFor();
    await page.locator('#live[data-on="yes"]').waitFor();
    const sign = { part: 'login.admin', colour: 'green', sentence: 'admin: logged in as Ada Novak' };
    mock.emit('state', { health: 'green', signs: [sign] });
    mock.logins = logins([revoked()]);
    mock.emit('state', { health: 'red', signs: [{ ...sign, colour: 'red', sentence: 'revoked' }] });
    await card(page, 'admin').getByText('needs login').waitFor();
    await page.getByText('Action needed').waitFor();
    await clean(visited);
  });

  test('many hosts come in portions, those first who need somebody', async () => {
    const hosts = Array.from({ length: 120 }, (_, i) => host(i, i === 77 ? { state: 'needs_login', colour: 'red' } : {}));
    mock.logins = logins([admin(), ...hosts]);
    const visited = await visit();
    const { page } = visited;
    await page.locator('#people-grants article').first().waitFor();
    assert.equal(await page.locator('#people-grants article').count(), 50);
    assert.equal(await page.locator('#people-grants h3').first().textContent(), 'Host 77');
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await page.getByRole('button', { name: 'Show 20 more' }).click();
    assert.equal(await page.locator('#people-grants article').count(), 120);
    await clean(visited);
  });

  test('in German', async () => {
    const visited = await visit({ locale: 'de-AT', scheme: 'dark' });
    await card(visited.page, 'admin').getByText('gebraucht von: Anrufregeln, Meldungen').waitFor();
    await card(visited.page, 'admin').getByText('in 13 Tagen').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'logins-desk-dark-de');
    await clean(visited);
  });

  describe('on the dashboard', () => {
    const board = (options) => open(browser, mock.url, '/dashboard', options);
    const sign = { part: 'login.admin', colour: 'red', sentence: 'admin: Webex does not take the refresh token any more', remedy: 'run `wardroomctl login` and open the URL it prints' };

    test('a revoked grant stands out as soon as it is told, with what to do and the way to the page', async () => {
      mock.dashboard = { ...dashboard(), health: 'green', signs: [] };
      const visited = await board();
      const { page } = visited;
      await page.locator('#people-list li').first().waitFor();
      assert.equal(await page.locator('#login-banner').isVisible(), false);
      mock.emit('state', { health: 'red', signs: [sign, { part: 'store', colour: 'yellow', sentence: 'The disk is nearly full.', remedy: 'Make room.' }] });
      await page.getByRole('heading', { name: 'A login is needed' }).waitFor();
      await page.getByRole('alert').getByText('admin: Webex does not take').waitFor();
      assert.equal(await page.locator('#login-banner code').textContent(), 'wardroomctl login');
      assert.equal(await page.locator('#signs li').count(), 1); // said once
      await page.getByRole('button', { name: 'Open logins' }).click();
      await page.waitForURL('**/dashboard/logins');
      await clean(visited);
    });

    for (const [size, scheme] of [['phone', 'light'], ['phone', 'dark'], ['desk', 'light'], ['desk', 'dark']])
      test(`the banner is composed and accessible: ${size}, ${scheme}`, async () => {
        mock.dashboard = { ...dashboard(), health: 'red', signs: [sign, { ...sign, part: 'login.guests', colour: 'yellow', sentence: 'guests: the refresh token ends within 7 d', remedy: 'run `wardroomctl login --identity guests`' }] };
        const visited = await board({ size, scheme });
        await visited.page.locator('#people-list li').first().waitFor();
        await visited.page.locator('#login-banner').waitFor();
        await accessible(visited.page);
        await shoot(visited.page, `dashboard-login-${size}-${scheme}`);
        await clean(visited);
      });

    test('what only needs attention soon says so', async () => {
      mock.dashboard = { ...dashboard(), health: 'yellow', signs: [{ ...sign, colour: 'yellow' }] };
      const visited = await board();
      await visited.page.getByRole('heading', { name: 'A login needs attention soon' }).waitFor();
      await clean(visited);
    });
  });
});
