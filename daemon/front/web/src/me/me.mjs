// The page a person keeps open: notice, sharing, and in words whether calls are allowed.
import { get, post } from '../shared/api.mjs';
import { byId, setText, showOnly, standingMark } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { age, duration, knows, language, metres, t } from '../shared/i18n.mjs';
import { recall, remember } from '../shared/memory.mjs';
import { startLogout, startShell } from '../shared/shell.mjs';
import { gettingOld, secondsLeft } from './cadence.mjs';
import { areasWords, showNotes } from './notes.mjs';
import { startOwnSessions } from './own_sessions.mjs';
import { ScreenLock } from './screen_lock.mjs';
import { Sharing } from './sharing.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-me'];
const refreshEvery = 30000;
const headlineAgain = /^Your calls are (allowed|blocked): (.)/; // the headline says that already

let me = null;      // the last answer of /api/v1/me
let meAt = 0;       // when it came
let hiddenSince = null;
let hiddenFor = 0;  // seconds of the last absence that deserves a word
let screenOn = false;
let greet = false;  // the next post answers a press of the button
let freshStanding = null; // from the headers of a post, until /me was read again

const noticeVersion = () => String(me?.notice_version ?? '1');
const agreed = () => recall('notice') === noticeVersion();
const secondsSince = (at) => (Date.now() - at) / 1000;
const fixAge = () => (me?.fix ? me.fix.age_s + secondsSince(meAt) : null);

const screenLock = new ScreenLock((held) => {
  screenOn = held;
  renderFacts();
});

const sharing = new Sharing({
  geolocation: navigator.geolocation,
  send: async ({ latitude, longitude, accuracy, timestamp }) =>
    (await post('/api/v1/location', { latitude, longitude, accuracy, timestamp })).headers,
  changed: () => renderSharing(),
  sent: (headers) => {
    if (greet) toast(t('share.started'), 'good');
    greet = false;
    takeStanding(headers);
    void refresh();
  },
  signedOut: () => showSignIn(),
});

function takeStanding(headers) {
  const standing = headers.get('Wardroom-Standing');
  const calls = headers.get('Wardroom-Calls');
  if (!standing || !calls) return;
  freshStanding = { standing, allowed: calls === 'allowed' };
  renderStanding();
}

/** Our own sentence for a reason or a standing; the server's, which knows more, wins in English. */
function words({ standing, reason, allowed, words: told }) {
  if (told && language === 'en') return told.replace(headlineAgain, (_, __, first) => first.toUpperCase());
  const keys = [`me.words.${reason}`, `me.words.${standing}`].flatMap((key) => (allowed ? [`${key}.allowed`, key] : [key]));
  const key = keys.find(knows);
  if (!key) return told ?? '';
  const todo = `me.todo.${reason ?? standing}`;
  return allowed || !knows(todo) ? t(key) : `${t(key)} ${t(todo)}`;
}

function renderStanding() {
  const now = freshStanding ?? me;
  const card = byId('standing');
  const verdict = now.allowed ? 'allowed' : 'blocked';
  if (card.dataset.verdict !== verdict) byId('standing-mark').replaceChildren(standingMark(verdict));
  card.dataset.verdict = verdict;
  card.dataset.standing = now.standing;
  setText(byId('headline'), t(`me.${verdict}`));
  setText(byId('words'), words(now));
  setText(byId('areas'), areasWords(me));
}

function renderFacts() {
  if (!me) return;
  const { state } = sharing;
  const seen = fixAge();
  setText(byId('fact-last'), seen === null ? t('share.never') : age(seen));
  setText(byId('fact-accuracy'), me.fix ? t('share.accuracy.value', { far: metres(me.fix.accuracy_m) }) : '–');
  setText(byId('fact-next'), nextWords(state));
  setText(byId('fact-screen'), t(screenOn ? 'share.screen.on' : 'share.screen.off'));
  renderOld(seen);
}

function nextWords({ phase, nextAt, trouble }) {
  if (phase === 'locating') return t('share.locating');
  if (phase === 'sending') return t('share.sending');
  if (phase !== 'waiting') return t('share.next.none');
  const s = Math.max(0, Math.ceil((nextAt - Date.now()) / 1000));
  return s === 0 ? t('share.next.now') : t(trouble ? 'share.next.retry' : 'share.next.in', { s });
}

function renderOld(seen) {
  const warning = byId('warning-old');
  const old = gettingOld(seen, me.post_interval_s ?? 30, me.timeout_s);
  warning.hidden = !old;
  if (old) setText(byId('warning-old-text'), t('warn.old.text', { s: secondsLeft(seen, me.timeout_s) }));
}

function renderTrouble(trouble) {
  const box = byId('warning-trouble');
  const kind = trouble?.kind ?? '';
  if (box.dataset.kind === kind) return;
  box.dataset.kind = kind;
  box.hidden = !trouble;
  if (!trouble) return;
  setText(byId('warning-trouble-title'), t(`warn.${kind}.title`));
  setText(byId('warning-trouble-text'), t(`warn.${kind}.text`, { why: trouble.words }));
  byId('warning-trouble-retry').hidden = !['denied', 'no_position', 'refused'].includes(kind);
}

function renderSharing() {
  const { on, trouble, posted } = sharing.state;
  byId('sharing').dataset.on = on ? (trouble ? 'troubled' : 'yes') : 'no';
  setText(byId('sharing-state'), t(!on ? 'share.off' : trouble ? 'share.trying' : posted ? 'share.on' : 'share.starting'));
  byId('stop').hidden = !on;
  byId('now').hidden = !on;
  byId('start').hidden = on;
  renderTrouble(trouble);
  renderFacts();
}

function renderNotice() {
  const has = agreed();
  byId('notice').hidden = has;
  byId('sharing').hidden = !has;
  byId('notice-again').hidden = !has;
  for (const node of document.querySelectorAll('.notice-version'))
    setText(node, t('notice.version', { version: noticeVersion() }));
  if (has) setText(byId('notice-agreed'), t('notice.accepted', { version: noticeVersion() }));
}

function render() {
  setText(byId('hello'), t('me.hello', { name: me.person?.name ?? '' }));
  renderStanding();
  showNotes(me);
  renderNotice();
  renderSharing();
}

function showSignIn() {
  screenLock.want(false);
  byId('logout').hidden = true;
  showOnly('view-signin', views);
}

/** Reads the standing again; the first time it also shows the page. */
async function refresh() {
  try {
    me = await get('/api/v1/me');
  } catch (trouble) {
    if (trouble.kind === 'signed_out') {
      sharing.stop();
      showSignIn();
    } else if (!me) {
      setText(byId('unreachable-why'), t('me.unreachable.text', { why: trouble.message }));
      showOnly('view-unreachable', views);
    }
    return;
  }
  meAt = Date.now();
  freshStanding = null;
  sharing.interval = me.post_interval_s ?? 30;
  const first = byId('view-me').hidden;
  render();
  if (!first) return;
  showOnly('view-me', views);
  byId('logout').hidden = false;
  await resume();
}

/** Goes on sharing after a reload, when this person agreed here and has not stopped since. */
async function resume() {
  if (!agreed() || recall('sharing') !== 'on') return;
  startSharing();
}

function startSharing() {
  remember('sharing', 'on');
  sharing.start();
  screenLock.want(true);
}

function accept() {
  remember('notice', noticeVersion());
  greet = true;
  startSharing();
  renderNotice();
  byId('standing').focus();
}

function stop() {
  greet = false;
  remember('sharing', 'off');
  sharing.stop();
  screenLock.want(false);
  byId('start').focus();
  toast(t('share.stopped'));
}

async function tryAgain(button) {
  await busy(button, async () => {
    sharing.revive();
    await refresh();
  });
}

function onVisibility() {
  if (document.hidden) {
    hiddenSince = Date.now();
    if (sharing.state.on) document.title = t('title.background');
    return;
  }
  document.title = t('me.title');
  if (hiddenSince === null) return;
  hiddenFor = secondsSince(hiddenSince);
  hiddenSince = null;
  if (sharing.state.on && hiddenFor > 5) {
    setText(byId('warning-hidden-text'), t('warn.hidden.text', { age: duration(hiddenFor) }));
    byId('warning-hidden').hidden = false;
  }
  sharing.poke();
  void refresh();
}

function watchPermission() {
  navigator.permissions?.query({ name: 'geolocation' }).then((status) => {
    status.addEventListener('change', () => {
      if (status.state === 'granted') sharing.revive();
    });
  }, () => {}); // browsers without this question find out at the next attempt
}

function start() {
  startShell('me.title');
  startLogout(() => sharing.stop());
  startOwnSessions();
  byId('logout').hidden = true;
  byId('accept').addEventListener('click', accept);
  byId('start').addEventListener('click', () => {
    greet = true;
    startSharing();
    byId('stop').focus();
  });
  byId('stop').addEventListener('click', stop);
  byId('now').addEventListener('click', (event) => void tryAgain(event.currentTarget));
  byId('warning-trouble-retry').addEventListener('click', (event) => void tryAgain(event.currentTarget));
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, refresh));
  byId('warning-hidden-close').addEventListener('click', () => { byId('warning-hidden').hidden = true; });
  document.addEventListener('visibilitychange', onVisibility);
  addEventListener('online', () => sharing.revive());
  watchPermission();
  setInterval(renderFacts, 1000);
  setInterval(() => { if (byId('view-signin').hidden) void refresh(); }, refreshEvery);
  void refresh();
}

start();
