// Every page that a login can end on, as the daemon writes it, in a real browser.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { accessible, clean, launch, open, shoot, sizes } from './browser.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';

const folder = process.env.WARDROOM_LOGIN_PAGES ?? fileURLToPath(new URL('../../build/dev/tests/web/login_pages', import.meta.url));
const missing = existsSync(`${folder}/statuses.json`) ? false : `${folder} is missing: login_pages_writer makes it`;
const statuses = missing ? {} : JSON.parse(readFileSync(`${folder}/statuses.json`, 'utf8'));

describe('pages of the login', { skip: missing }, () => {
  let browser, mock;
  before(async () => {
    mock = await new MockServer(pages).start();
    mock.loginPages = { folder, statuses };
    browser = await launch();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });

  const looks = [['phone', 'light'], ['phone', 'dark'], ['desk', 'light'], ['desk', 'dark']];
  for (const [name, status] of Object.entries(statuses))
    test(`${name}: title first, a remedy, a way on; composed and accessible on phone and desk, light and dark`, async () => {
      const visited = await open(browser, mock.url, `/login-pages/${name}`, { expected: [new RegExp(`\\b${status}\\b`)] });
      const { page } = visited;
      const title = await page.getByRole('heading', { level: 1 }).textContent();
      assert.equal(await page.title(), `${title} · Wardroom`);
      assert.equal(await page.locator('main > :first-child').textContent(), title);
      assert.ok((await page.locator('main p').first().textContent()).length > 20);
      assert.equal(await page.locator('header a[href="/"]').count(), 1);
      assert.equal(await page.locator('script, img').count(), 0);
      if (status >= 400 && name !== 'code-wrong') {
        await page.getByRole('heading', { name: 'What to do' }).waitFor();
        await page.getByRole('link', { name: 'Back to the overview' }).waitFor();
      }
      assert.doesNotMatch(await page.locator('body').textContent(), /`|cause-that-stays-in-the-log/);
      for (const [size, scheme] of looks) {
        await page.setViewportSize(sizes[size]);
        await page.emulateMedia({ colorScheme: scheme });
        await accessible(page);
        await shoot(page, `login-${name}-${size}-${scheme}`);
        await clean(visited);
      }
    });

  test('can be used with the keyboard alone', async () => {
    const { page } = await open(browser, mock.url, '/login-pages/wrong-person', {});
    const seen = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.getAttribute('href')));
    }
    assert.deepEqual(seen, ['/', '/admin/login', '/']);
  });
});
