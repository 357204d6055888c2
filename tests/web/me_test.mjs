// The page a person keeps open, as that person meets it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot, vienna, zurich } from './browser.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

describe('my location', () => {
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
  beforeEach(() => mock.reset());

  const visit = (options) => open(browser, mock.url, '/me', options);
  const headline = (page, words) => page.locator('#headline', { hasText: words }).waitFor();
  const noticeAnd = async (page) => {
    await page.locator('#notice').waitFor();
    await page.locator('#accept').click();
  };

  test('a visitor is asked to sign in', async () => {
    mock.signedIn = {};
    const visit1 = await visit({ size: 'phone', expected: [/401/] });
    await visit1.page.getByRole('button', { name: 'Sign in with Webex' }).waitFor();
    assert.equal(await visit1.page.locator('#signin').getAttribute('href'), '/user/login?next=/me');
    await accessible(visit1.page);
    await shoot(visit1.page, 'me-signin-phone');
    await clean(visit1);
  });

  test('notice first, then shared, then calls are allowed; outside it says why not', async () => {
    for (const size of ['phone', 'desk']) {
      mock.reset();
      const visited = await visit({ size, position: vienna });
      const { page, context } = visited;
      await page.locator('#notice').waitFor();
      assert.equal(mock.posts.length, 0, 'nothing is posted before the notice was agreed to');
      assert.ok(await page.locator('#sharing').isHidden());
      await shoot(page, `me-notice-${size}`);
      await accessible(page);

      await page.locator('#accept').click();
      await headline(page, 'Calls are allowed');
      await page.locator('#words', { hasText: 'You are inside austria' }).waitFor();
      await page.locator('#fact-accuracy', { hasText: '18 m' }).waitFor();
      const [{ latitude, longitude, accuracy }] = mock.posts;
      assert.deepEqual({ latitude, longitude, accuracy }, vienna);
      await shoot(page, `me-allowed-${size}`);
      await accessible(page);

      await context.setGeolocation(zurich);
      await headline(page, 'Calls are blocked');
      await page.locator('#words', { hasText: 'outside austria' }).waitFor();
      await shoot(page, `me-blocked-${size}`);
      await clean(visited);
    }
  });

  test('a small step is not posted at once, a movement is', async () => {
    const visited = await visit({ position: vienna });
    await noticeAnd(visited.page);
    await headline(visited.page, 'Calls are allowed');
    await visited.context.setGeolocation({ ...vienna, latitude: vienna.latitude + 0.0001 }); // 11 m
    await visited.page.locator('#fact-next', { hasText: 'or when you move' }).waitFor();
    assert.equal(mock.posts.length, 1);
    await visited.context.setGeolocation({ ...vienna, latitude: vienna.latitude + 0.001 }); // 111 m
    await visited.page.waitForResponse(/location/);
    assert.equal(mock.posts.length, 2);
    assert.ok(mock.posts[1].received - mock.posts[0].received >= 2900, 'posts keep a gap');
    await clean(visited);
  });

  test('posts again every interval', async () => {
    mock.interval = 1;
    const visited = await visit({ position: vienna });
    await noticeAnd(visited.page);
    for (let i = 0; i < 3; i++) await visited.page.waitForResponse(/location/);
    assert.ok(mock.posts.length >= 3);
    await clean(visited);
  });

  test('a denied permission is told with the remedy, and granting it is enough', async () => {
    const visited = await visit({ size: 'phone' });
    const { page, context } = visited;
    const session = await context.newCDPSession(page);
    await session.send('Browser.setPermission', { permission: { name: 'geolocation' }, setting: 'denied', origin: mock.url });
    await noticeAnd(page);
    await page.getByText('Your browser does not allow this page to see your location').waitFor();
    assert.equal(mock.posts.length, 0);
    await page.getByRole('heading', { name: 'Trying to share' }).waitFor();
    assert.equal(await page.locator('.toast').count(), 0, 'nothing is shared yet, so nothing says so');
    await shoot(page, 'me-denied-phone');
    await accessible(page);
    await context.setGeolocation(vienna);
    await context.grantPermissions(['geolocation']);
    await headline(page, 'Calls are allowed');
    await page.locator('#warning-trouble').waitFor({ state: 'hidden' });
    await clean(visited);
  });

  test('offline is told, and the position is sent when the connection is back', async () => {
    mock.interval = 1;
    const visited = await visit({ position: vienna, expected: [/ERR_INTERNET_DISCONNECTED/] });
    const { page, context } = visited;
    await noticeAnd(page);
    await headline(page, 'Calls are allowed');
    await context.setOffline(true);
    await page.getByText('No connection to Wardroom').waitFor();
    await shoot(page, 'me-offline-desk');
    const before = mock.posts.length;
    await context.setOffline(false);
    await page.locator('#warning-trouble').waitFor({ state: 'hidden' });
    assert.ok(mock.posts.length > before);
    await clean(visited);
  });

  test('429 waits as long as the server asks', async () => {
    let asked = 0;
    mock.postAnswer = () => (asked++ === 0 ? { status: 429, headers: { 'Retry-After': '2' } } : null);
    const visited = await visit({ position: vienna, expected: [/429/] });
    await noticeAnd(visited.page);
    await visited.page.getByText('Wardroom asks this page to slow down').waitFor();
    await visited.context.setGeolocation({ ...vienna, latitude: 48.3 }); // moving does not shorten the wait
    await headline(visited.page, 'Calls are allowed');
    assert.ok(mock.posts[1].received - mock.posts[0].received >= 1900);
    await clean(visited);
  });

  test('503 still tells the standing, and the page goes on trying', async () => {
    let left = 2;
    mock.postAnswer = () => (left-- > 0 ? { status: 503, headers: { 'Retry-After': '1', 'Wardroom-Standing': 'inside', 'Wardroom-Calls': 'allowed' } } : null);
    const visited = await visit({ position: vienna, expected: [/503/] });
    await noticeAnd(visited.page);
    await visited.page.getByText('Wardroom cannot store positions for the moment').waitFor();
    await headline(visited.page, 'Calls are allowed');
    await visited.page.locator('#warning-trouble').waitFor({ state: 'hidden' });
    assert.equal(mock.posts.length, 3);
    await clean(visited);
  });

  test('a position that the server refuses is told in its words', async () => {
    mock.postAnswer = () => ({ status: 422, body: { error: { code: 'malformed', message: 'The accuracy <b>is</b> negative.' } } });
    const visited = await visit({ position: vienna, expected: [/422/] });
    await noticeAnd(visited.page);
    await visited.page.getByText('The accuracy <b>is</b> negative.').waitFor();
    await clean(visited);
  });

  test('sharing goes on after a reload, and stays off once stopped', async () => {
    const visited = await visit({ position: vienna });
    const { page } = visited;
    await noticeAnd(page);
    await headline(page, 'Calls are allowed');
    await page.reload();
    await page.waitForResponse(/location/);
    await page.locator('#stop').click();
    await page.locator('#sharing-state', { hasText: 'Sharing is off' }).waitFor();
    const before = mock.posts.length;
    await page.reload();
    await page.locator('#start').waitFor();
    assert.equal(mock.posts.length, before);
    await page.locator('#start').click();
    await page.locator('#sharing-state', { hasText: 'Sharing is on' }).waitFor();
    await clean(visited);
  });

  test('a new version of the notice is shown again', async () => {
    const visited = await visit({ position: vienna });
    await noticeAnd(visited.page);
    await headline(visited.page, 'Calls are allowed');
    mock.noticeVersion = '2026-2';
    await visited.page.reload();
    await visited.page.locator('#notice').waitFor();
    assert.ok(await visited.page.locator('#sharing').isHidden());
    await clean(visited);
  });

  test('an old position is warned about before it stops counting', async () => {
    mock.fix = { ...vienna, age: 240 };
    const visited = await visit({ size: 'phone' });
    await visited.page.getByText('Your position is getting old').waitFor();
    await clean(visited);
  });

  test('a session that ends while sharing leads back to the sign-in', async () => {
    mock.interval = 1;
    const visited = await visit({ position: vienna, expected: [/401/] });
    await noticeAnd(visited.page);
    await headline(visited.page, 'Calls are allowed');
    mock.signedIn = {};
    await visited.page.getByRole('button', { name: 'Sign in with Webex' }).waitFor();
    await clean(visited);
  });

  test('logging out ends the session on the server', async () => {
    const visited = await visit({ position: vienna });
    await visited.page.locator('#logout').click();
    await visited.page.waitForURL(`${mock.url}/`);
    assert.deepEqual(mock.signedIn, {});
    await clean(visited);
  });

  test('each post says when the position was taken', async () => {
    const visited = await visit({ position: vienna });
    await noticeAnd(visited.page);
    await headline(visited.page, 'Calls are allowed');
    const [{ timestamp, received }] = mock.posts;
    assert.ok(Number.isInteger(timestamp) && Math.abs(received - timestamp) < 60000, String(timestamp));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`R133 a call that was ended is told, with why and what to do: ${size}, ${scheme}`, async () => {
        const at = new Date(Date.now() - 90000).toISOString();
        mock.meMore = { mode: 'enforce', blocked_call: { at, reason: 'outside', told_at: at } };
        const visited = await visit({ size, scheme, position: zurich });
        const { page } = visited;
        await noticeAnd(page);
        await headline(page, 'Calls are blocked');
        const hour = new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Europe/Vienna', hour: '2-digit', minute: '2-digit' });
        await page.getByText(`A call of yours was ended at ${hour}`).waitFor();
        const text = await page.locator('#ended-text').textContent();
        for (const words of ['outside the permitted area', 'What to do is said above', 'Webex message']) assert.ok(text.includes(words), text);
        await page.locator('#sharing-state', { hasText: 'Sharing is on' }).waitFor();
        await accessible(page);
        await shoot(page, `me-ended-${size}-${scheme}`);
        mock.meMore = { mode: 'enforce' };
        await page.locator('#now').click();
        await page.locator('#ended').waitFor({ state: 'hidden' });
        await clean(visited);
      });

  test('odd positions are told with what to do, in both appearances', async () => {
    for (const scheme of ['light', 'dark']) {
      mock.reset();
      mock.meMore = { hints: ['impossible_travel', 'too_exact', 'something_new'] };
      const visited = await visit({ size: 'phone', scheme, position: vienna });
      await noticeAnd(visited.page);
      await visited.page.getByText('position looks implausible').waitFor();
      const text = await visited.page.locator('#hints-text').textContent();
      for (const words of ['Nobody travels as fast', 'accurate to a metre', 'VPN']) assert.ok(text.includes(words), text);
      assert.ok(!text.includes('something'), 'a hint of a newer version is left to the general words');
      await accessible(visited.page);
      await shoot(visited.page, `me-hints-phone-${scheme}`);
      await clean(visited);
    }
  });

  test('rules that are only tried out, and an area out of its hours, are said', async () => {
    for (const size of ['phone', 'desk']) {
      mock.reset();
      mock.meMore = { mode: 'observe', allowed: true, fences: [], resting: [{ name: 'office', hours: 'Mon..Fri 08:00-18:00 Europe/Vienna', from: '2099-01-05T07:00:00.000Z' }] };
      const visited = await visit({ size, scheme: 'dark', position: zurich });
      const { page } = visited;
      await noticeAnd(page);
      await page.getByText('only being tried out on you').waitFor();
      await page.getByText('No area restricts your calls at this hour. office is not in force at this hour; it is again from 5 Jan 2099').waitFor();
      await accessible(page);
      await shoot(page, `me-trial-${size}-dark`);
      await clean(visited);
    }
  });

  test('in German the page says in its own words what to do', async () => {
    const at = new Date(Date.now() - 90000).toISOString();
    mock.meMore = { blocked_call: { at, reason: 'blocked_by_override' } };
    const visited = await visit({ size: 'phone', locale: 'de-AT', position: zurich });
    const { page } = visited;
    await page.locator('#accept').click();
    await headline(page, 'Anrufe sind gesperrt');
    await page.locator('#words', { hasText: 'sobald Ihre Positionen klar im Gebiet liegen' }).waitFor();
    await page.getByText('wurde ein Anruf von Ihnen beendet').waitFor();
    await page.locator('#ended-text', { hasText: 'Ein Administrator hat Ihre Anrufe gesperrt.' }).waitFor();
    await accessible(page);
    await shoot(page, 'me-ended-phone-de');
    await clean(visited);
  });

  test('German readers get German, and may choose English', async () => {
    mock.interval = 30;
    const visited = await visit({ size: 'phone', locale: 'de-AT', scheme: 'dark', position: vienna });
    const { page } = visited;
    await page.getByRole('heading', { name: 'Bevor Sie teilen' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await shoot(page, 'me-notice-phone-dark-de');
    await accessible(page);
    await page.locator('#accept').click();
    await headline(page, 'Anrufe sind erlaubt');
    await shoot(page, 'me-allowed-phone-dark-de');
    await accessible(page);
    await page.getByRole('button', { name: 'English' }).click();
    await headline(page, 'Calls are allowed');
    await clean(visited);
  });
});
