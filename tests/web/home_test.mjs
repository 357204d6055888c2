// The overview and the error page: looks, languages, appearance; and texts that are complete.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

const web = new URL('../../daemon/front/web/', import.meta.url);

describe('overview', () => {
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

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`is composed and accessible: ${size}, ${scheme}`, async () => {
        const visited = await open(browser, mock.url, '/', { size, scheme });
        await visited.page.getByRole('button', { name: 'Share my location' }).waitFor();
        await accessible(visited.page);
        await shoot(visited.page, `home-${size}-${scheme}`);
        await clean(visited);
      });

  test('asks the API only whether somebody must log in, and leads to both logins', async () => {
    mock.log.length = 0;
    const visited = await open(browser, mock.url, '/', {});
    await visited.page.getByRole('heading', { name: 'How it works' }).waitFor();
    assert.equal(await visited.page.locator('a[href="/user/login"]').count(), 1);
    assert.equal(await visited.page.locator('a[href="/admin/login"]').count(), 1);
    await visited.page.waitForLoadState('networkidle');
    assert.deepEqual(mock.log.filter((line) => line.includes('/api/')), ['GET /api/v1/overview']);
    assert.equal(await visited.page.locator('#needs-login').isVisible(), false);
    await clean(visited);
  });

  test('says that an administrator must sign in, and nothing more about it', async () => {
    mock.needsLogin = true;
    for (const [size, scheme] of [['phone', 'dark'], ['desk', 'light']]) {
      const visited = await open(browser, mock.url, '/', { size, scheme });
      await visited.page.getByText('An administrator of this site must sign in').waitFor();
      await accessible(visited.page);
      await shoot(visited.page, `home-needs-login-${size}-${scheme}`);
      await clean(visited);
    }
    mock.needsLogin = false;
  });

  test('is whole without the API', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route('**/api/**', (route) => route.abort());
    await page.goto(mock.url);
    await page.getByRole('button', { name: 'Share my location' }).waitFor();
    assert.equal(await page.locator('#needs-login').isVisible(), false);
  });

  test('the appearance follows the system until somebody chooses', async () => {
    const visited = await open(browser, mock.url, '/', { scheme: 'dark' });
    const { page } = visited;
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.getByRole('button', { name: 'Appearance: Automatic' }).click();
    const light = await background();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await background(), light);
    await page.getByRole('button', { name: 'Appearance: Light' }).waitFor();
    await clean(visited);
  });

  test('can be used with the keyboard alone', async () => {
    const visited = await open(browser, mock.url, '/', {});
    const { page } = visited;
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
    const seen = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.getAttribute('href')));
    }
    assert.ok(seen.includes('/user/login') && seen.includes('/admin/login'), seen.join());
  });

  test('in German', async () => {
    const visited = await open(browser, mock.url, '/', { size: 'desk', locale: 'de-AT' });
    await visited.page.getByRole('button', { name: 'Meinen Standort teilen' }).waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'home-desk-de');
    await clean(visited);
  });

  test('pages of the login, which have no script, share the look in light and dark', async () => {
    for (const scheme of ['light', 'dark']) {
      const visited = await open(browser, mock.url, '/oauth/callback', { size: 'phone', scheme, expected: [/400/] });
      await visited.page.getByRole('button', { name: 'Try again' }).waitFor();
      const background = await visited.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(background, scheme === 'dark' ? 'rgb(10, 19, 30)' : 'rgb(243, 245, 248)');
      await accessible(visited.page);
      await shoot(visited.page, `login-refused-phone-${scheme}`);
      await clean(visited);
    }
  });

  test('every text is there in English and in German, with the same blanks', async () => {
    const [{ default: en }, { default: de }] = await Promise.all(['en', 'de'].map((name) => import(new URL(`src/texts/${name}.mjs`, web))));
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
    const blanks = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const key of Object.keys(en)) assert.deepEqual(blanks(de[key]), blanks(en[key]), key);
  });

  test('no page has inline script, inline style or an address elsewhere', async () => {
    for (const name of readdirSync(pages).filter((file) => file.endsWith('.html'))) {
      const html = readFileSync(`${pages}/${name}`, 'utf8');
      assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|https?:\/\/(?!www\.w3\.org)|javascript:/, name);
      for (const [, attributes, body] of html.matchAll(/<script([^>]*)>([^<]*)</g)) {
        assert.match(attributes, /src="\/assets\//);
        assert.equal(body, '');
      }
    }
  });
});
