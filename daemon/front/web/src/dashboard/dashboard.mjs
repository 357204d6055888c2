// The administrators' page: puts its parts together and feeds them from the live stream.
import { get, post, session } from '../shared/api.mjs';
import { byId, setText, showOnly } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { language, t } from '../shared/i18n.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';
import { CallLog } from './call_log.mjs';
import { CallsTable } from './calls_table.mjs';
import { showLive } from './header_status.mjs';
import { Live } from './live.mjs';
import { PeopleMap } from './map.mjs';
import { PeopleList } from './people_list.mjs';
import { PersonPanel } from './person_panel.mjs';
import { Roster } from './roster.mjs';
import { showSight } from './sight_banner.mjs';
import { showCallCounts, showHealth, showMonitoring, showPeopleCounts } from './status_bar.mjs';
import { Why } from './why.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-dashboard'];
const world = WORLD_FILE; // filled in by the build
const readAgainAfter = 1000; // ms after a change that only the whole state tells
const readAgainEvery = 60000;
const readAgainInTrouble = 5000; // while something is wrong, so that its end is seen soon

const roster = new Roster(language);
const log = new CallLog();
let map = null;
let list = null;
let table = null;
let panel = null;
let why = null;
let monitoring = {};
let rereading = null;
let nextLook = null;

function choose(personNo) {
  list.select(personNo);
  panel.show(personNo);
}

function build() {
  map = new PeopleMap(roster, choose);
  list = new PeopleList(roster, (personNo) => map.choose(personNo, true));
  panel = new PersonPanel(roster, () => map.choose(null));
  why = new Why(log);
  table = new CallsTable(log, (id) => void why.show(id));
  map.loadWorld(world).catch((error) => toast(error.message, 'bad'));
}

function takeMonitoring(now) {
  if (!now) return;
  monitoring = now;
  showMonitoring(monitoring);
  showSight(monitoring);
}

function takeWhole(state) {
  roster.replace(state.people ?? [], Date.now());
  log.replace(state.calls ?? [], state.seq);
  takeMonitoring(state.monitoring);
  showHealth(state.health ?? 'yellow', state.signs);
  const first = byId('view-dashboard').hidden;
  if (first) {
    showOnly('view-dashboard', views);
    showSignedIn(true);
  }
  if (!map) build();
  map.fences.show(state.fences ?? []);
  if (first) map.fit();
  peopleChanged();
  list.render();
  callsChanged();
  lookAgainLater();
}

function showCounts() {
  const counts = log.counts();
  showCallCounts({ ...counts, live: roster.liveCalls() ?? counts.live });
}

function peopleChanged() {
  showPeopleCounts(roster.counts());
  showCounts();
  map.changed();
  list.changed();
  panel.changed();
}

function callsChanged() {
  showCounts();
  table.changed();
}

/** Reads the whole state again soon, once for any number of reasons. */
function readAgain() {
  rereading ??= setTimeout(() => {
    rereading = null;
    void live.read();
  }, readAgainAfter);
}

function takeEvent(kind, data, seq) {
  if (kind === 'state') {
    if (data.people) {
      roster.update(data.people, Date.now());
      peopleChanged();
    }
    if (data.health) showHealth(data.health, data.signs);
    takeMonitoring(data.monitoring);
  } else if (kind === 'call' || kind === 'decision') {
    if (log.apply(data, seq)) callsChanged();
  } else readAgain();
}

/** No event tells of everything: look again now and then, and more often while calls are not watched. */
function lookAgainLater() {
  clearTimeout(nextLook);
  const { on, subscribed, channels = [] } = monitoring;
  const well = !on || (subscribed && channels.every(({ up }) => up));
  nextLook = setTimeout(() => {
    if (!document.hidden) readAgain();
    lookAgainLater();
  }, well ? readAgainEvery : readAgainInTrouble);
}

function leave() {
  clearTimeout(nextLook);
  live.stop();
  showSignedIn(false);
  showOnly('view-signin', views);
}

function troubled(trouble) {
  if (trouble.kind === 'signed_out' || trouble.kind === 'forbidden') {
    leave();
  } else if (byId('view-dashboard').hidden) {
    setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
    showOnly('view-unreachable', views);
  }
}

const live = new Live({ path: '/api/v1/dashboard', whole: takeWhole, event: takeEvent, connected: showLive, trouble: troubled });

async function switchMonitoring(button, on) {
  await busy(button, async () => {
    try {
      await session(); // the CSRF token of now
      await post('/api/v1/monitor', { on });
      takeMonitoring({ ...monitoring, on, watching: undefined });
      toast(t(on ? 'mon.started' : 'mon.stopped'), 'good');
      readAgain();
    } catch (trouble) {
      toast(t('mon.failed', { why: trouble.message }), 'bad');
    }
  });
}

function startMonitoringSwitch() {
  const ask = byId('stop-monitoring');
  const button = byId('monitoring-switch');
  button.addEventListener('click', () => {
    if (monitoring.on) ask.showModal();
    else void switchMonitoring(button, true);
  });
  byId('stop-monitoring-no').addEventListener('click', () => ask.close());
  byId('stop-monitoring-yes').addEventListener('click', () => {
    ask.close();
    void switchMonitoring(button, false);
  });
}

function start() {
  startShell('dash.title');
  startLogout(() => live.stop());
  showSignedIn(false);
  startMonitoringSwitch();
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, () => live.read()));
  new SessionWatch({
    role: 'admin', login: '/admin/login', warnBelow: 300, extend: () => get('/api/v1/dashboard'), onEnd: leave,
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
