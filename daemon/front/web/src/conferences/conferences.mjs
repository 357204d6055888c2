// The administrators' page about conferences: who is in which, what their screens show, and how the bridges are.
import { get, session } from '../shared/api.mjs';
import { byId, setText, showOnly } from '../shared/dom.mjs';
import { busy } from '../shared/feedback.mjs';
import { t } from '../shared/i18n.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';
import { showLive } from '../dashboard/header_status.mjs';
import { Live } from '../dashboard/live.mjs';
import { BridgesStrip } from './bridges_strip.mjs';
import { bridgeTrouble, ConferenceBook } from './conference_book.mjs';
import { ConferenceList } from './conference_list.mjs';
import { ConferencePanel } from './conference_panel.mjs';
import { tick } from './conference_words.mjs';
import { startReport } from './report_form.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-conferences'];
const path = '/api/v1/conferences';
const tickEvery = 1000;

const book = new ConferenceBook();
let ahead = 0; // ms that the server's clock is ahead of this one's
const now = () => Date.now() + ahead;

const panel = new ConferencePanel({ path, book, trouble: ofSession, changed: () => list.changed(), now });
const list = new ConferenceList(book, { open: (id) => void panel.open(id), opened: () => panel.id, now });
const strip = new BridgesStrip({ path, book, leave, now });
const live = new Live({
  stream: `${path}/live`, path, whole: takeWhole, connected: showLive, trouble: troubled,
  event: (kind, data) => {
    if (kind !== 'state') return void live.read();
    const ids = book.apply(data);
    draw();
    panel.heard(ids);
    return undefined;
  },
});

function takeWhole(state) {
  const at = Date.parse(state.now ?? '');
  ahead = Number.isNaN(at) ? 0 : at - Date.now();
  book.replace(state);
  showOnly('view-conferences', views);
  showSignedIn(true);
  draw();
  panel.heard(null);
  openWanted();
}

function draw() {
  list.changed();
  strip.draw();
  byId('conf-mode').hidden = book.mode === 'enforce';
  setText(byId('conf-mode'), t(book.mode === 'off' ? 'conf.mode.off' : 'conf.mode.observe'));
  const bad = book.bridges.filter(bridgeTrouble);
  byId('bridges-alert').hidden = bad.length === 0;
  setText(byId('bridges-alert'), bad.length === 0 ? '' : t('conf.bridges.alert', { names: bad.map(({ name }) => name).join(', ') }));
}

let wanted = new URLSearchParams(location.search).get('conference');

/** The one that the page's address names. */
function openWanted() {
  const id = wanted;
  wanted = null;
  if (id && id.length <= 200) void panel.open(id);
}

function leave() {
  live.stop();
  panel.close();
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
  if (!byId('view-conferences').hidden) return;
  setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
  showOnly('view-unreachable', views);
}

function start() {
  startShell('conf.title');
  startLogout(() => live.stop());
  showSignedIn(false);
  startReport(path, now);
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, begin));
  setInterval(() => {
    if (!document.hidden && !byId('view-conferences').hidden) tick(byId('view-conferences'), now());
  }, tickEvery);
  new SessionWatch({
    role: 'admin', login: '/admin/login?next=/dashboard/conferences', warnBelow: 300, extend: () => get(path), onEnd: leave,
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
  return live.start();
}

start();
