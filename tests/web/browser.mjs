// Chromium for the tests: one browser, a fresh context a test, and an ear for everything that should not happen.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(new URL('../../daemon/front/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const screens = process.env.WARDROOM_SCREENS ?? fileURLToPath(new URL('../../build/screens/', import.meta.url));
export const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };
export const vienna = { latitude: 48.2082, longitude: 16.3738, accuracy: 18 };
export const zurich = { latitude: 47.3769, longitude: 8.5417, accuracy: 24 };

const executablePath = process.env.WARDROOM_CHROMIUM ?? '/usr/bin/chromium';

export async function launch() {
  assert.ok(existsSync(executablePath), `${executablePath} is missing: apt-get install chromium`);
  const scratch = mkdtempSync(join(tmpdir(), 'wardroom-web-'));
  const browser = await chromium.launch({
    executablePath, headless: true,
    env: { ...process.env, HOME: scratch, XDG_CONFIG_HOME: scratch, XDG_CACHE_HOME: scratch },
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    ],
  });
  browser.on('disconnected', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
  return browser;
}

/**
 * A page in a context of its own. `faults` gathers policy violations, script errors and requests that leave
 * the origin (or `alsoAllowed` ones); `expected` are patterns of console errors that a test provokes on purpose.
 */
export async function open(browser, base, path, { size = 'desk', scheme = 'light', locale = 'en-GB', position = null, expected = [], alsoAllowed = [] } = {}) {
  const context = await browser.newContext({
    viewport: sizes[size], colorScheme: scheme, locale, timezoneId: 'Europe/Vienna', reducedMotion: 'reduce',
    geolocation: position ?? undefined, permissions: position ? ['geolocation'] : [],
  });
  context.setDefaultTimeout(10000);
  const faults = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !expected.some((each) => each.test(text))) faults.push(`console: ${text}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.stack}`));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && ![base, ...alsoAllowed].includes(origin)) faults.push(`leaves the origin: ${request.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(base + path);
  return { page, context, faults };
}

export async function clean({ page, faults }) {
  assert.deepEqual(faults, []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the window`);
}

/** Accessibility: WCAG 2.2 AA and best practice, nothing left over. */
export async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
  assert.deepEqual(told, []);
}

export async function shoot(page, name, fullPage = true) {
  mkdirSync(screens, { recursive: true });
  if (fullPage) await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(screens, `${name}.png`), fullPage });
}
