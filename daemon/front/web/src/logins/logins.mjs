// The administrators' page about logins: every identity's grant, what it lacks, and what to do about it.
import { get, post, session } from '../shared/api.mjs';
import { byId, setText, showOnly } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { language, moment, number, t } from '../shared/i18n.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';
import { Live } from '../dashboard/live.mjs';
import { showChip, showLive } from '../dashboard/header_status.mjs';
import { showAlerts } from './alerts_list.mjs';
import { inOrder } from './expiry.mjs';
import { GrantCard } from './grant_card.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-logins'];
const readAgainAfter = 500; // ms after an event that may have changed a grant
const readAgainEvery = 5 * 60000;
const tickEvery = 1000;
const peopleAtOnce = 50;

const cards = new Map(); // identity → GrantCard
let ahead = 0; // ms that the server's clock is ahead of this one's
let rereading = null;
let signsSeen = null;
let peopleShown = peopleAtOnce;
let last = [];

const serverNow = () => Date.now() + ahead;
const isPersons = ({ identity }) => identity.startsWith('person:');

function cardOf(grant) {
  let card = cards.get(grant.identity);
  if (!card) cards.set(grant.identity, card = new GrantCard(grant.identity, renew));
  card.update(grant, serverNow());
  return card.node;
}

/** Puts `nodes` into `list`, moving only what stands elsewhere: what has the focus keeps it. */
function place(list, nodes) {
  for (const child of [...list.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
}

function render() {
  const identities = last.filter((grant) => !isPersons(grant));
  const people = inOrder(last.filter(isPersons), language);
  place(byId('identities'), identities.map(cardOf));
  byId('identities-none').hidden = identities.length > 0;
  byId('people').hidden = people.length === 0;
  place(byId('people-grants'), people.slice(0, peopleShown).map(cardOf));
  const more = people.length - peopleShown;
  byId('people-more').hidden = more <= 0;
  setText(byId('people-more'), t('people.more', { n: number(Math.min(more, peopleAtOnce)) }));
  const known = new Set(last.map(({ identity }) => identity));
  for (const identity of cards.keys()) if (!known.has(identity)) cards.delete(identity);
}

const severity = ['green', 'yellow', 'red'];
function worst(grants) {
  return severity[Math.max(0, ...grants.map(({ colour }) => severity.indexOf(colour)))];
}

function takeWhole(state) {
  const at = Date.parse(state.now ?? '');
  ahead = Number.isNaN(at) ? 0 : at - Date.now();
  last = state.grants ?? [];
  render();
  showAlerts(state.alerts);
  showChip(state.health ?? worst(last));
  showOnly('view-logins', views);
  showSignedIn(true);
}

function readAgain() {
  rereading ??= setTimeout(() => {
    rereading = null;
    void live.read();
  }, readAgainAfter);
}

/** A grant that changes changes a sign of the daemon's health, or somebody has just logged in. */
function takeEvent(kind, data) {
  if (kind === 'state' && data.signs) {
    const now = JSON.stringify(data.signs);
    if (signsSeen !== now && signsSeen !== null) readAgain();
    signsSeen = now;
  } else if (kind === 'reload' || (kind === 'login' && data.as === 'administrator')) readAgain();
}

function leave() {
  live.stop();
  showSignedIn(false);
  showOnly('view-signin', views);
}

function troubled(trouble) {
  if (trouble.kind === 'signed_out' || trouble.kind === 'forbidden') {
    leave();
  } else if (byId('view-logins').hidden) {
    setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
    showOnly('view-unreachable', views);
  }
}

const live = new Live({ path: '/api/v1/logins', whole: takeWhole, event: takeEvent, connected: showLive, trouble: troubled });

async function renew(identity, card) {
  const focused = document.activeElement === card.button;
  await busy(card.button, async () => {
    try {
      await session(); // the CSRF token of now
      const { body } = await post('/api/v1/logins/refresh', { identity });
      toast(t('grant.renewed', { identity, when: moment(body.access_expires_at) }), 'good');
    } catch (trouble) {
      if (trouble.kind === 'signed_out') return leave();
      toast(t('grant.renew.failed', { why: trouble.message }), 'bad');
      if (trouble.retryAfter) card.block(trouble.retryAfter, serverNow());
    }
    await live.read();
  });
  if (focused) card.button.focus(); // a button that was disabled loses it
}

function start() {
  startShell('logins.title');
  startLogout(() => live.stop());
  showSignedIn(false);
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, () => live.read()));
  byId('people-more').addEventListener('click', () => {
    peopleShown += peopleAtOnce;
    render();
  });
  setInterval(() => cards.forEach((card) => card.tick(serverNow())), tickEvery);
  setInterval(() => {
    if (!document.hidden) readAgain();
  }, readAgainEvery);
  new SessionWatch({
    role: 'admin', login: '/admin/login?next=/dashboard/logins', warnBelow: 300, extend: () => get('/api/v1/logins'), onEnd: leave,
  }).start();
  void begin();
}

/** Asks who is here before opening the stream, so that a visitor sees the sign-in at once. */
async function begin() {
  try {
    if (!(await session()).admin) return leave();
  } catch (trouble) {
    troubled(trouble);
  }
  live.start();
}

start();
