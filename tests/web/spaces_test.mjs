// The administrators' page about spaces: jobs, live progress, approvals, plans, runs and their people.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Pace } from '../../daemon/front/web/src/spaces/pace.mjs';
import { StepBook, most } from '../../daemon/front/web/src/spaces/step_book.mjs';
import { accessible, clean, launch, open, shoot } from './browser.mjs';
import { entry } from './events.mjs';
import { MockServer } from './mock_server.mjs';
import { pages } from './pages.mjs';
import { at, held, hostile, job, run, spared, step } from './sync_mock.mjs';

describe('pace', () => {
  test('rate and time left follow from what was seen of a stage, and begin anew with the next', () => {
    const pace = new Pace();
    assert.equal(pace.rate(), null);
    pace.see({ run: 1, stage: 'adding', done: 0 }, 0);
    assert.equal(pace.left(100), null);
    pace.see({ run: 1, stage: 'adding', done: 20 }, 2000);
    assert.equal(pace.rate(), 10);
    assert.equal(pace.left(100), 8);
    assert.equal(pace.left(20), null);
    pace.see({ run: 1, stage: 'removing', done: 3 }, 3000);
    assert.equal(pace.rate(), null);
  });
  test('what was long ago says nothing about now', () => {
    const pace = new Pace();
    for (let s = 0; s <= 60; s++) pace.see({ run: 1, stage: 'adding', done: s < 30 ? s * 100 : 3000 + (s - 30) }, s * 1000);
    assert.ok(pace.rate() < 2, `${pace.rate()}`);
    assert.equal(new Pace().left(10), null);
  });
});

describe('step book', () => {
  test('failures come first, then the plan in its order, then who is spared', () => {
    const book = new StepBook();
    book.add([step(1), step(2, 'remove', { state: 'failed' }), step(3)], [spared(1)]);
    book.add([step(3), step(4, 'add', { state: 'failed' })]);
    assert.deepEqual(book.all().map(({ n, spared: yes }) => (yes ? 'spared' : n)), [2, 4, 1, 3, 'spared']);
    assert.deepEqual(['all', 'add', 'remove', 'failed', 'spared'].map((kind) => book.count(kind)), [5, 3, 1, 2, 1]);
  });
  test('every word must occur, in any spelling', () => {
    const book = new StepBook();
    book.add([step(1, 'add', { name: 'Zoë Müller', why: 'include domain' }), step(2, 'add', { name: 'Zoe Nagy', why: 'listed' })]);
    assert.deepEqual(book.find('zoe muller', 'all').map(({ n }) => n), [1]);
    assert.deepEqual(book.find(' ZOE ', 'add').map(({ n }) => n), [1, 2]);
    assert.deepEqual(book.find('zoe', 'remove'), []);
  });
  test('stays small however many there are', () => {
    const book = new StepBook();
    book.add(Array.from({ length: most + 5 }, (_, i) => step(i + 1)));
    assert.equal(book.all().length, most);
    assert.ok(book.full);
  });
});

describe('spaces', () => {
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

  const visit = (options = {}) => open(browser, mock.url, `/dashboard/spaces${options.search ?? ''}`, options);
  const card = (page, name = 'all-hands') => page.locator(`.job[data-job="${name}"]`);
  const toasts = (page) => page.locator('#toasts');
  const removals = (n, from = 1) => Array.from({ length: n }, (_, i) => step(from + i, 'remove'));

  /** One of each: held, running, failed, paused, observed, new. */
  function everything() {
    const waits = mock.sync.keep(held(39), [step(1), step(2), ...removals(37, 3)], [spared(1)]);
    const failed = mock.sync.keep(run(36, { job: 'vienna', title: 'Vienna office', state: 'failed', error: 'webex: the login of ada@acme.example is no moderator of this space, which is locked; make it one in Webex, then run again', counts: { people: 0, members: 0 } }));
    const partly = mock.sync.keep(run(35, { job: 'sales', title: 'Sales', state: 'partly', counts: { to_add: 40, to_remove: 2, added: 39, removed: 2, failed: 1 }, error: '1 of 42 steps failed' }),
      [step(1, 'add', { state: 'done', at: at(-60) }), step(2, 'add', { state: 'failed', outcome: 'Webex answered 403: the person does not accept messages', at: at(-60) }), ...removals(2, 3).map((each) => ({ ...each, state: 'done', at: at(-59) }))], [spared(1), spared(2, 'left', { rule: 'include domain: acme.example' }), spared(3, 'unknown')]);
    mock.sync.keep(run(38, { counts: { to_add: 3, to_remove: 1, added: 3, removed: 1 } }), [step(1, 'add', { state: 'done', at: at(-60) })]);
    mock.sync.keep(run(37, { kind: 'undo', undoes: 34, cause: 'operator', by: 'ada@acme.example', counts: { to_add: 0, to_remove: 3, removed: 3 } }));
    mock.sync.jobs = [
      job('all-hands', { held: waits }),
      job('sales', { title: 'Sales', last: partly, running: { run: 40, stage: 'adding', done: 412, total: 1730, failed: 2, waiting_for: 'Webex asks for 12 s of quiet' } }),
      job('vienna', { title: 'Vienna office', last: failed, schedule: null, next: [] }),
      job('project', { title: '', paused: { by: 'bela@acme.example', reason: 'The directory is being moved until Monday', at: at(-300) } }),
      job('trial', { title: 'Trial of everybody in the whole organisation, wherever they are', mode: 'observe', last: run(33, { job: 'trial', state: 'observed', counts: { to_add: 12, to_remove: 0 } }) }),
      job('brand-new', { title: '', last: null, rules: { include: ['all'], exclude: [] } }),
    ];
  }

  test('a visitor is sent to the administrator sign-in, and back here after it', async () => {
    mock.signedIn = { person: true };
    const visited = await visit();
    await visited.page.locator('#view-signin a[href="/admin/login?next=/dashboard/spaces"]').waitFor();
    await accessible(visited.page);
    assert.ok(!mock.log.some((line) => line.includes('/api/v1/sync')));
    await clean(visited);
  });

  for (const size of ['phone', 'desk'])
    for (const scheme of ['light', 'dark'])
      test(`every standing is composed and accessible: ${size}, ${scheme}`, async () => {
        everything();
        const visited = await visit({ size, scheme, search: '?run=35' });
        const { page } = visited;
        await card(page).getByText('37 people would be removed. 2 would be added.').waitFor();
        await card(page, 'sales').getByText('412 of 1,730').waitFor();
        await card(page, 'vienna').getByText('no moderator of this space').waitFor();
        await card(page, 'project').getByText('The directory is being moved until Monday').waitFor();
        await card(page, 'trial').getByText('observes, changes nothing').waitFor();
        await card(page, 'brand-new').getByText('has not run yet').waitFor();
        await page.locator('.change').nth(6).waitFor();
        await page.locator('.run').nth(4).waitFor();
        await page.locator('#live[data-on="yes"]').waitFor();
        await card(page).getByText('The next five runs').click();
        await card(page).getByText('Who belongs here').click();
        await page.evaluate(() => scrollTo(0, 0)); // else the header hides parts of buttons
        await accessible(page);
        await shoot(page, `spaces-${size}-${scheme}`);
        await clean(visited);
      });

  test('in German every text is German', async () => {
    everything();
    const visited = await visit({ locale: 'de-AT', search: '?run=35' });
    const { page } = visited;
    await page.getByRole('heading', { name: 'Bereiche' }).waitFor();
    await card(page).getByText('37 Personen würden entfernt. 2 würden hinzugefügt.').waitFor();
    await card(page, 'sales').getByText('412 von 1.730').waitFor();
    await page.locator('.change', { hasText: 'nicht wieder hinzugefügt' }).waitFor();
    const texts = await page.locator('main').innerText();
    assert.ok(!/spaces\.\w/.test(texts), texts);
    await page.evaluate(() => scrollTo(0, 0)); // else the header hides parts of buttons
    await accessible(page);
    await shoot(page, 'spaces-desk-de');
    await clean(visited);
  });

  test('without jobs and runs it says what to do', async () => {
    const visited = await visit({ scheme: 'dark' });
    await visited.page.getByText('Describe one under “space_sync” in wardroom.yaml.').waitFor();
    await visited.page.getByText('Nothing has run yet.').waitFor();
    await accessible(visited.page);
    await shoot(visited.page, 'spaces-empty-desk');
    await clean(visited);
  });

  test('a running job tells how far it is, each second, with rate and time left, until it ends', async () => {
    const running = { run: 40, stage: 'adding', done: 10, total: 100000, failed: 0, waiting_for: null };
    mock.sync.jobs = [job('all-hands', { running })];
    mock.sync.keep(run(40, { state: 'applying', ended: null, took_s: null }));
    const read = mock.sync.read.bind(mock.sync);
    mock.sync.read = (path, words) => { // with each look some more are done
      if (path === '/api/v1/sync') running.done += 10;
      return read(path, words);
    };
    const visited = await visit();
    const { page } = visited;
    const bar = card(page).getByRole('progressbar');
    await bar.waitFor();
    assert.equal(await card(page).getByRole('button', { name: 'Run now' }).isVisible(), false);
    await card(page).getByText(/\d of 100,000 · [\d.,]+ a second · \d+ \w+ left/).waitFor();
    running.failed = 1;
    await card(page).getByText('1 failed').waitFor();
    assert.ok(Number(await bar.getAttribute('value')) >= 20);
    running.waiting_for = 'Webex asks for 12 s of quiet';
    await card(page).getByText('Webex asks for 12 s of quiet').waitFor();
    await accessible(page);
    mock.sync.end('all-hands', { state: 'done', counts: { to_add: 400, added: 399, failed: 0, already: 1 } });
    await card(page).getByText('399 added, 1 was so already').first().waitFor();
    await bar.waitFor({ state: 'hidden' });
    await page.locator('.run[data-run="40"]', { hasText: '399 added' }).waitFor();
    assert.ok(mock.sync.background > 0, 'looks of the page by itself keep no idle session alive');
    await clean(visited);
  });

  test('what the journal tells of syncs is shown at once', async () => {
    mock.sync.jobs = [job()];
    const visited = await visit();
    const { page } = visited;
    await page.locator('#live[data-on="yes"]').waitFor();
    assert.equal(mock.streamsAsked[0], 'kind=sync');
    await card(page).getByText('in order').waitFor();
    mock.sync.jobs = [job('all-hands', { held: mock.sync.keep(held(39)) })];
    mock.emit('entry', entry(5001, 'sync', { line: 'all-hands: run 39 HELD' }), 5001);
    await card(page).getByText('waits for you').waitFor();
    await page.locator('.run[data-run="39"]').waitFor();
    await clean(visited);
  });

  test('S3 a held removal is approved only by typing its number, and what becomes of it is told', async () => {
    everything();
    mock.sync.jobs[1].running = null;
    const visited = await visit();
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('37 people lose their place in this space').waitFor();
    await dialog.locator('.ask-names li').nth(36).waitFor();
    assert.equal(await dialog.locator('.ask-names li').count(), 37);
    assert.ok(mock.sync.asked.includes('/api/v1/sync/runs/39?only=remove'));
    await accessible(page);
    await shoot(page, 'spaces-approve-desk', false);
    for (const wrong of ['', '36', '370', 'all', '-37', '37.0']) {
      await dialog.getByLabel('type how many people are removed').fill(wrong);
      await dialog.getByRole('button', { name: 'Remove 37 people' }).click();
      await dialog.getByRole('alert').getByText('That is not the number. This run would remove 37 people.').waitFor();
    }
    assert.deepEqual(mock.sync.posts, []);
    await dialog.getByLabel('type how many people are removed').fill('37');
    await dialog.getByLabel('type how many people are removed').press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(mock.sync.posts, [{ job: 'all-hands', verb: 'approve', body: { removals: 37 } }]);
    await card(page).getByText('Reading the directory').waitFor();
    mock.sync.end('all-hands', { state: 'done', approved_removals: 37, counts: { to_add: 2, to_remove: 37, added: 2, removed: 37 } });
    await toasts(page).getByText('All Hands is equal to the directory: 2 added, 37 removed.').waitFor();
    await card(page).getByText('in order').waitFor();
    await clean(visited);
  });

  test('S3 an approval that came too late says what changed, keeps what was typed, and asks about what is held now', async () => {
    everything();
    mock.sync.jobs[1].running = null;
    mock.sync.answers.approve = () => {
      mock.sync.jobs[0].held = mock.sync.keep(held(41, { counts: { to_add: 0, to_remove: 41 } }), removals(41));
      return { status: 409, body: { error: { code: 'conflict', message: 'Run 41 would remove 41 people, not 37.', remedy: 'look at what is held now' } } };
    };
    const visited = await visit({ expected: [/409/] });
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('type how many').fill('37');
    await dialog.getByRole('button', { name: 'Remove 37 people' }).click();
    await dialog.getByRole('alert').getByText('Run 41 would remove 41 people, not 37.').waitFor();
    await dialog.getByText('41 people lose their place').waitFor();
    await dialog.locator('.ask-names li').nth(40).waitFor();
    assert.equal(await dialog.getByLabel('type how many').inputValue(), '37');
    delete mock.sync.answers.approve;
    await dialog.getByRole('button', { name: 'Remove 41 people' }).click();
    await dialog.getByRole('alert').getByText('This run would remove 41 people').waitFor();
    await dialog.getByLabel('type how many').fill('41');
    await dialog.getByRole('button', { name: 'Remove 41 people' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(mock.sync.posts.map(({ body }) => body.removals), [37, 41]);
    // Read anew it is different once more: what was found is a plan to be looked at, and nothing was done.
    mock.sync.jobs[0].held = null;
    mock.sync.end('all-hands', { state: 'planned', error: '41 removals were approved, but 44 are found now; nothing was changed', counts: { to_remove: 44 } }, removals(44));
    await toasts(page).locator('.toast-bad', { hasText: '44 are found now' }).waitFor();
    await page.locator('#run-said').getByText('44 are found now').waitFor();
    await page.locator('.change').nth(43).waitFor();
    await clean(visited);
  });

  test('a plan is made, shown with names and reasons, and applied only as it was shown', async () => {
    mock.sync.jobs = [job()];
    const visited = await visit();
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Plan now' }).click();
    await card(page).getByText('Reading the directory').waitFor();
    mock.sync.end('all-hands', { state: 'planned', expires: at(15), ended: null, counts: { to_add: 2, to_remove: 1, spared: 2 } }, [step(1), step(2), step(3, 'remove')], [spared(1), spared(2, 'bot')]);
    await toasts(page).getByText('Plan for All Hands: 2 to add, 1 to remove').waitFor();
    await page.getByRole('heading', { name: 'Run 100: All Hands' }).waitFor();
    await page.waitForURL(/run=100/);
    await page.locator('.change', { hasText: 'exclude department_contains: Contractor' }).waitFor();
    await page.locator('.change', { hasText: 'stays: bot' }).waitFor();
    await accessible(page);
    await shoot(page, 'spaces-plan-desk');
    await page.getByRole('button', { name: 'Apply this plan …' }).click();
    await page.getByRole('dialog').getByText('2 to add, 1 to remove').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.deepEqual(mock.sync.posts.map(({ verb, body }) => [verb, body]), [['plan', {}], ['run', { plan: 100 }]]);
    mock.sync.end('all-hands', { state: 'failed', error: 'the plan no longer fits: Zoë Nowak belongs here now', counts: {} });
    await toasts(page).getByText('the plan no longer fits').waitFor();
    await clean(visited);
  });

  test('run now is asked about first; what stands against it is told in the dialog', async () => {
    mock.sync.jobs = [job()];
    mock.sync.answers.run = () => ({ status: 409, body: { error: { code: 'unauthorized', message: 'Nobody has logged in for space_sync.', remedy: 'log in first: `wardroomctl login`' } } });
    const visited = await visit({ expected: [/409/] });
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(mock.sync.posts, []);
    await card(page).getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('alert').getByText('Nobody has logged in for space_sync.').waitFor();
    delete mock.sync.answers.run;
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await card(page).getByText('Reading the directory').waitFor();
    await clean(visited);
  });

  test('pausing needs a reason that others see; what is typed survives a reload of the list; resuming ends it', async () => {
    mock.sync.jobs = [job()];
    const visited = await visit();
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Pause …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByRole('alert').getByText('Write a reason').waitFor();
    await dialog.getByLabel('Why?').fill('moving the directory');
    await page.locator('#live[data-on="yes"]').waitFor();
    mock.sync.jobs = [job('all-hands', { title: 'All Hands 2' })];
    mock.emit('entry', entry(5001, 'sync'), 5001);
    await page.locator('.job h3', { hasText: 'All Hands 2' }).waitFor({ state: 'attached' });
    assert.equal(await dialog.getByLabel('Why?').inputValue(), 'moving the directory');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await card(page).getByText('Paused by ada@acme.example').waitFor();
    await card(page).getByText('moving the directory').waitFor();
    await card(page).getByText('none while it is paused').waitFor();
    await card(page).getByRole('button', { name: 'Resume' }).click();
    await toasts(page).getByText('All Hands 2 runs by its schedule again.').waitFor();
    await card(page).getByRole('button', { name: 'Pause …' }).waitFor();
    assert.deepEqual(mock.sync.posts.map(({ verb, body }) => [verb, body]), [['pause', { reason: 'moving the directory' }], ['resume', {}]]);
    await clean(visited);
  });

  test('runs are paged and chosen by job; one is opened with its failures first', async () => {
    everything();
    mock.sync.jobs[1].running = null;
    for (let id = 200; id < 320; id++) mock.sync.keep(run(id, { job: id % 2 ? 'all-hands' : 'sales', title: id % 2 ? 'All Hands' : 'Sales' }));
    const visited = await visit();
    const { page } = visited;
    await page.locator('.run').nth(49).waitFor();
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await page.locator('.run').nth(99).waitFor();
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await page.locator('.run').nth(124).waitFor();
    assert.equal(await page.locator('.run').count(), 125);
    assert.equal(await page.getByRole('button', { name: 'Show older runs' }).isVisible(), false);
    await page.getByLabel('Runs of which job').selectOption({ label: 'Vienna office' });
    await page.waitForFunction(() => document.querySelectorAll('.run').length === 1);
    await page.getByLabel('Runs of which job').selectOption({ label: 'All jobs' });
    await page.locator('.run').nth(49).waitFor();
    await card(page, 'sales').getByRole('button', { name: /partly done/ }).click();
    await page.getByRole('heading', { name: 'Run 35: Sales' }).waitFor();
    await page.locator('.change').first().getByText('Webex answered 403').waitFor();
    await page.getByText('wardroomctl sync undo 35').waitFor();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.locator('#run-panel').waitFor({ state: 'hidden' });
    await page.waitForURL(/spaces$/);
    await clean(visited);
  });

  test('10,000 people of a plan stay usable, and who is looked for is found while the list comes in anew', async () => {
    const steps = Array.from({ length: 10000 }, (_, i) => step(i + 1, i < 9000 ? 'add' : 'remove', i === 9500 ? { name: 'Quentin Unique', state: 'failed' } : {}));
    mock.sync.jobs = [job()];
    mock.sync.keep(run(50, { state: 'partly', counts: { to_add: 9000, to_remove: 1000, added: 9000, removed: 999, failed: 1 } }), steps);
    const visited = await visit({ search: '?run=50' });
    const { page } = visited;
    await page.getByText('10,000 of 10,000 people').waitFor({ timeout: 60000 });
    await page.locator('.change').first().getByText('Quentin Unique').waitFor();
    assert.ok(await page.locator('.change').count() <= 100);
    assert.equal(mock.sync.asked.filter((line) => line.startsWith('/api/v1/sync/runs/50?after')).length, 9);
    await page.getByLabel('Find people').fill('unique quentin');
    await page.getByText('1 of 10,000 people').waitFor();
    await page.locator('#live[data-on="yes"]').waitFor();
    const before = mock.sync.asked.length;
    mock.emit('entry', entry(5001, 'sync'), 5001);
    const deadline = Date.now() + 60000;
    while (mock.sync.asked.length < before + 3 && Date.now() < deadline) await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.getByText('1 of 10,000 people').waitFor({ timeout: 60000 });
    assert.equal(await page.getByLabel('Find people').inputValue(), 'unique quentin');
    await page.getByLabel('Find people').fill('');
    await page.locator('#step-kinds').getByLabel('Removals').check();
    await page.getByText('1,000 of 10,000 people').waitFor();
    await page.getByRole('button', { name: 'Show 200 more' }).click();
    await page.locator('.change').nth(299).waitFor();
    await accessible(page);
    await clean(visited);
  });

  test('names, titles, rules and what the server says are text, never markup', async () => {
    const waits = mock.sync.keep(held(39, { title: hostile, hold: hostile, by: hostile, counts: { to_remove: 1 } }), [step(1, 'remove', { name: hostile, email: hostile, why: hostile, outcome: hostile })], [spared(1, hostile, { name: hostile, rule: hostile })]);
    mock.sync.jobs = [job(hostile, { title: hostile, schedule: hostile, held: waits, paused: { by: hostile, reason: hostile, at: at(-5) }, last: { ...waits, state: 'failed', error: hostile }, rules: { include: [hostile], exclude: [hostile] } })];
    const visited = await visit({ search: '?run=39' });
    const { page } = visited;
    await page.locator('.change').nth(1).waitFor();
    await page.getByRole('button', { name: 'Approve …' }).click();
    await page.locator('.ask-names li').first().waitFor();
    assert.equal(await page.locator('main img, dialog img').count(), 0);
    await page.locator('#ask-input').fill('1');
    await page.locator('#ask-yes').click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.equal(mock.sync.posts[0].job, hostile);
    await clean(visited);
  });

  test('the dialog fits a phone', async () => {
    everything();
    const visited = await visit({ size: 'phone', scheme: 'dark' });
    const { page } = visited;
    await card(page).getByRole('button', { name: 'Approve …' }).click();
    await page.locator('.ask-names li').nth(36).waitFor();
    await accessible(page);
    await shoot(page, 'spaces-approve-phone-dark', false);
    await clean(visited);
  });

  test('a run that is not there is said; a session that ends leads to the sign-in', async () => {
    mock.sync.jobs = [job()];
    const visited = await visit({ search: '?run=777', expected: [/404/, /401/] });
    const { page } = visited;
    await page.locator('#run-trouble').getByText('There is no such run.').waitFor();
    await accessible(page);
    mock.sync.answers.plan = () => ({ status: 401, body: { error: { code: 'denied', message: 'You are not signed in.' } } });
    await card(page).getByRole('button', { name: 'Plan now' }).click();
    await page.locator('#view-signin').waitFor();
    await clean(visited);
  });

  test('a server that is away is said, and the page comes back by itself', async () => {
    mock.sync.jobs = [job()];
    const read = mock.sync.read.bind(mock.sync);
    mock.sync.read = () => ({ status: 503, body: { error: { code: 'unavailable', message: 'The store takes no reads.', remedy: 'see wardroomctl health' } } });
    const visited = await visit({ expected: [/503/] });
    const { page } = visited;
    await page.locator('#view-unreachable').getByText('The store takes no reads.').waitFor();
    await accessible(page);
    mock.sync.read = read;
    await card(page).waitFor({ timeout: 30000 });
    await clean(visited);
  });
});
