// The administrators' page about spaces: jobs, what waits for a person's word, live progress, and what runs did.
import { get, session } from '../shared/api.mjs';
import { byId, setText, showOnly } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { t } from '../shared/i18n.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';
import { showLive } from '../dashboard/header_status.mjs';
import { Head } from '../history/head.mjs';
import { Actions } from './actions.mjs';
import { closeAsk, startAsk } from './ask.mjs';
import { JobCard } from './job_card.mjs';
import { RunList } from './run_list.mjs';
import { RunPanel } from './run_panel.mjs';
import { isOver, outcomeWords } from './run_words.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-spaces'];
const path = '/api/v1/sync';
const stream = '/api/v1/journal/stream?kind=sync';
const pollEvery = 1000; // while a job runs
const readAgainAfter = 300; // ms after an entry of the journal
const readAgainEvery = 60000;

const cards = new Map(); // name → JobCard
const awaited = new Set(); // runs begun here whose end is told
let jobs = [];
let ahead = 0; // ms that the server's clock is ahead of this one's
let round = 0;
let polling = null;
let rereading = null;

const serverNow = () => Date.now() + ahead;
const jobOf = (name) => jobs.find((job) => job.name === name);

const head = new Head({
  entry: () => readAgain(),
  again: () => readAgain(),
  connected: (yes) => {
    showLive(yes);
    if (yes) readAgain();
  },
  refused: () => head.follow(stream),
});
const actions = new Actions({ path, begun, read: () => read({ background: true }), leave, jobOf });
const panel = new RunPanel({ path, apply: (run) => actions.apply(run), trouble: ofSession, now: serverNow, jobOf });
const runs = new RunList({ path, show: (id) => void panel.open(id), trouble: ofSession });
const act = {
  plan: (job, button) => actions.plan(job, button),
  run: (job) => actions.run(job),
  approve: (job) => actions.approve(job),
  pause: (job) => actions.pause(job),
  resume: (job, button) => actions.resume(job, button),
  show: (id, kind) => void panel.open(id, kind),
  history: (job) => {
    void runs.choose(job.name);
    byId('runs-title').scrollIntoView({ block: 'start' });
  },
};

function drawJobs() {
  const list = byId('jobs');
  const nodes = jobs.map((job) => {
    if (!cards.has(job.name)) cards.set(job.name, new JobCard(job, act));
    const card = cards.get(job.name);
    card.update(job, serverNow());
    return card.node;
  });
  for (const child of [...list.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  for (const name of cards.keys()) if (!jobOf(name)) cards.delete(name);
  byId('jobs-none').hidden = jobs.length > 0;
  setText(byId('jobs-none'), t('spaces.jobs.none'));
}

function takeJobs(state) {
  const at = Date.parse(state.now ?? '');
  ahead = Number.isNaN(at) ? 0 : at - Date.now();
  jobs = state.jobs ?? [];
  drawJobs();
  runs.showJobs(jobs);
  actions.refresh();
  showOnly('view-spaces', views);
  showSignedIn(true);
}

/** The jobs, then what depends on them. background: the page asks by itself, which keeps no idle session alive. */
async function read({ background = false, onlyJobs = false } = {}) {
  const mine = ++round;
  let state = null;
  try {
    state = await get(path, { background });
  } catch (trouble) {
    if (mine === round) troubled(trouble);
    return;
  }
  if (mine !== round) return;
  const busyBefore = jobs.some(({ running }) => running);
  takeJobs(state);
  await tellAwaited();
  if (mine !== round) return;
  if (!onlyJobs || (busyBefore && !jobs.some(({ running }) => running))) {
    await runs.read({ background: true });
    if (!panel.waits) await panel.refresh();
  }
  if (panel.waits) await panel.refresh();
  poll();
}

/** Looks again each second while something goes on. */
function poll() {
  clearTimeout(polling);
  polling = null;
  if (byId('view-spaces').hidden || !(awaited.size > 0 || panel.waits || jobs.some(({ running }) => running))) return;
  polling = setTimeout(() => {
    if (document.hidden) poll();
    else void read({ background: true, onlyJobs: true });
  }, pollEvery);
}

function readAgain() {
  rereading ??= setTimeout(() => {
    rereading = null;
    void read({ background: true });
  }, readAgainAfter);
}

async function begun(run, job) {
  awaited.add(run);
  toast(t('spaces.begun', { title: job.title || job.name }));
  await read({ background: true });
}

const tones = { done: 'good', planned: 'good', observed: 'good', superseded: 'plain' };

/** Says how the runs that were asked for here have ended. */
async function tellAwaited() {
  for (const id of [...awaited]) {
    if (jobs.some(({ running }) => running?.run === id)) continue;
    let run = null;
    try {
      ({ run } = await get(`${path}/runs/${encodeURIComponent(id)}`, { background: true }));
    } catch (trouble) {
      if (ofSession(trouble)) return;
      if (trouble.status !== 404) continue; // asked again with the next look
      awaited.delete(id);
      continue;
    }
    if (!isOver(run) || !awaited.delete(id)) continue;
    const why = run.state === 'held' ? run.hold : run.error;
    toast(run.state === 'held' && why ? `${run.title || run.job}: ${why}` : [outcomeWords(run), why].filter(Boolean).join(' '), (!why && tones[run.state]) || 'bad');
    if (run.state === 'planned') await panel.open(id);
  }
}

function leave() {
  round += 1;
  clearTimeout(polling);
  head.stop();
  closeAsk();
  showSignedIn(false);
  showOnly('view-signin', views);
}

function ofSession(trouble) {
  const over = trouble.kind === 'signed_out' || trouble.kind === 'forbidden';
  if (over) leave();
  return over;
}

function troubled(trouble) {
  if (ofSession(trouble)) return;
  showLive(false);
  if (byId('view-spaces').hidden) {
    setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
    showOnly('view-unreachable', views);
  }
  clearTimeout(polling);
  polling = setTimeout(() => void read({ background: true }), 5 * pollEvery);
}

function start() {
  startShell('spaces.title');
  startLogout(() => head.stop());
  showSignedIn(false);
  startAsk();
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, () => read()));
  setInterval(() => {
    if (!document.hidden && !byId('view-spaces').hidden) readAgain();
  }, readAgainEvery);
  new SessionWatch({
    role: 'admin', login: '/admin/login?next=/dashboard/spaces', warnBelow: 300, extend: () => get(path), onEnd: leave,
  }).start();
  void begin();
}

/** Asks who is here first, so that a visitor sees the sign-in at once. */
async function begin() {
  try {
    if (!(await session()).admin) return leave();
  } catch (trouble) {
    troubled(trouble);
  }
  await read();
  if (byId('view-signin').hidden) head.follow(stream);
  const wanted = new URLSearchParams(location.search).get('run');
  if (/^\d{1,15}$/.test(wanted ?? '') && !byId('view-spaces').hidden) await panel.open(Number(wanted));
  return undefined;
}

start();
