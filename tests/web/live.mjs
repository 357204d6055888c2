// The whole journey in a real browser against a running daemon and its simulator:
//   WARDROOM_URL=http://127.0.0.1:8480 WARDROOM_SIM=http://127.0.0.1:8481 node tests/web/live.mjs
// A person logs in, reads the notice, shares, may call; moves outside, may not, and their call is released while the
// administrator watches. WARDROOM_ADMIN and WARDROOM_PERSON name other people than the demo's; WARDROOM_CODE is the
// one-time code of a site without administrators; WARDROOM_INSIDE and WARDROOM_OUTSIDE are "latitude,longitude".
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { accessible, clean, launch, open, shoot } from './browser.mjs';

const env = (name, fallback) => process.env[name] ?? fallback;
const daemon = env('WARDROOM_URL', 'http://127.0.0.1:8480').replace(/\/$/, '');
const sim = env('WARDROOM_SIM', 'http://127.0.0.1:8481').replace(/\/$/, '');
const admin = env('WARDROOM_ADMIN', 'ada@acme.example');
const code = env('WARDROOM_CODE', '');
const place = (text) => {
  const [latitude, longitude] = text.split(',').map(Number);
  return { latitude, longitude, accuracy: 15 };
};
const inside = place(env('WARDROOM_INSIDE', '48.2082,16.3738'));
const outside = place(env('WARDROOM_OUTSIDE', '47.3769,8.5417'));

async function simulator(path, body) {
  const response = await fetch(sim + path, {
    method: body ? 'POST' : 'GET', signal: AbortSignal.timeout(10000),
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Somebody who is not the administrator, and somebody for them to call. */
async function cast() {
  const { people } = await simulator('/sim/state');
  const others = people.map(({ email }) => email).filter((email) => email !== admin);
  const person = env('WARDROOM_PERSON', others[0]);
  return { person, friend: others.find((email) => email !== person) };
}

/** The simulator's login page stands on another origin, which is right for a login and for nothing else. */
const visit = (browser, path, options) => open(browser, daemon, path, { ...options, alsoAllowed: [sim], expected: [/\b401\b/, /\b404\b/] });

const pick = (page, email) => page.getByRole('button', { name: email }).or(page.getByRole('link', { name: email })).first().click();

describe('live', () => {
  let browser, person, friend;
  before(async () => {
    ({ person, friend } = await cast());
    browser = await launch();
  });
  after(() => browser?.close());

  test('login, notice, shared, allowed; moved outside, blocked; the call is released and the dashboard says why', async () => {
    // the administrator first: monitoring needs their grant
    const board = await visit(browser, `/admin/login${code ? `?code=${encodeURIComponent(code)}` : ''}`, { size: 'desk' });
    await pick(board.page, admin);
    await board.page.waitForURL(`${daemon}/dashboard`);
    await board.page.locator('#live[data-on="yes"]').waitFor();
    await board.page.locator('#monitoring[data-state="on"]').waitFor({ timeout: 20000 });

    const me = await visit(browser, '/me', { size: 'phone', position: inside });
    await me.page.locator('#signin').click();
    await pick(me.page, person);
    await me.page.waitForURL(`${daemon}/me`);
    await me.page.locator('#notice').waitFor();
    await shoot(me.page, 'live-me-notice-phone');
    await me.page.locator('#accept').click();
    // coming back from outside takes two positions in a row
    await me.page.locator('#standing[data-verdict="allowed"]').waitFor({ timeout: 60000 });
    await shoot(me.page, 'live-me-allowed-phone');
    await accessible(me.page);

    await me.context.setGeolocation(outside);
    await me.page.locator('#standing[data-verdict="blocked"]').waitFor({ timeout: 20000 });
    await me.page.locator('#words', { hasText: 'outside' }).waitFor();
    await shoot(me.page, 'live-me-blocked-phone');
    await me.page.setViewportSize({ width: 1440, height: 900 });
    await shoot(me.page, 'live-me-blocked-desk');

    const name = (await me.page.locator('#hello').textContent()).replace('Signed in as ', '');
    const before = await board.page.locator('.call-row', { hasText: name }).count();
    await simulator('/sim/calls', { from: person, to: friend, answer_after_s: 5 });
    const row = board.page.locator('.call-row', { hasText: name }).filter({ has: board.page.locator('[data-decision="rejected"]') }).first();
    await row.waitFor();
    assert.ok(await board.page.locator('.call-row', { hasText: name }).count() > before, 'the call arrived live');
    await shoot(board.page, 'live-dashboard-desk');
    await accessible(board.page);
    await row.getByRole('button').click();
    await board.page.locator('#why-sentence', { hasText: 'outside the permitted area' }).waitFor();
    await shoot(board.page, 'live-why-desk', false);
    await board.page.keyboard.press('Escape');
    await board.page.setViewportSize({ width: 390, height: 844 });
    await shoot(board.page, 'live-dashboard-phone');
    await clean(me);
    await clean(board);
  });

  test('R8 a revoked grant: the banner comes without a reload, says what to do, and goes after a login', async () => {
    const board = await visit(browser, `/admin/login?next=/dashboard${code ? `&code=${encodeURIComponent(code)}` : ''}`, { expected: [] });
    await pick(board.page, admin);
    await board.page.locator('#live[data-on="yes"]').waitFor();
    const logins = await board.context.newPage();
    await logins.goto(`${daemon}/dashboard/logins`);
    const card = logins.locator('article.grant').filter({ has: logins.getByRole('heading', { name: 'admin', exact: true }) });
    await card.getByText('valid', { exact: true }).waitFor();
    await accessible(logins);
    await shoot(logins, 'live-logins-desk');

    await simulator('/sim/faults', { revoke_grants: true });
    await card.getByRole('button', { name: 'Renew now' }).click();
    await card.getByText('needs login').waitFor({ timeout: 60000 });
    await shoot(logins, 'live-logins-revoked-desk');
    const banner = board.page.locator('#login-banner');
    await banner.waitFor({ timeout: 10000 });
    await banner.locator('code').first().waitFor();
    await accessible(board.page);
    await shoot(board.page, 'live-dashboard-revoked-desk');
    const stranger = await visit(browser, '/', { size: 'phone' });
    await stranger.page.locator('#needs-login').waitFor();
    assert.ok(!(await stranger.page.locator('body').textContent()).includes(admin));
    await clean(stranger);

    await card.getByRole('button', { name: 'Log in again' }).click();
    await pick(logins, admin);
    await logins.waitForURL(`${daemon}/dashboard/logins`);
    await card.getByText('valid', { exact: true }).waitFor();
    await banner.waitFor({ state: 'hidden', timeout: 10000 });
    await clean(board);
  });
});
