// The administrators' page about what happened: filters, pages back in time, downloads, and the live head.
import { get, session } from '../shared/api.mjs';
import { byId, h, setText, showOnly } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { duration, moment, t } from '../shared/i18n.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';
import { showChip, showLive } from '../dashboard/header_status.mjs';
import { EntryList } from './entry_list.mjs';
import { EntryLog } from './entry_log.mjs';
import { filterOf, isEmpty, localOf, momentOf, queryOf } from './filter.mjs';
import { Head } from './head.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-history'];
const path = '/api/v1/journal';
const readAgainAfter = 1000;

const log = new EntryLog();
const list = new EntryList(log);
let filter = filterOf(location.search);
let round = 0; // answers to an earlier filter are not shown
let readingOlder = false;
let rereading = null;

const head = new Head({
  entry: (entry) => {
    if (log.add(entry)) shown();
  },
  again: () => readAgain(),
  connected: showLive,
  refused: () => void read(),
});

function readAgain() {
  rereading ??= setTimeout(() => {
    rereading = null;
    void read();
  }, readAgainAfter);
}

function shown() {
  list.changed();
  const none = log.entries.length === 0;
  byId('entries-none').hidden = !none;
  setText(byId('entries-none'), t(isEmpty(filter) ? 'history.none' : 'history.none.filtered'));
  byId('older').hidden = log.older === 0;
  byId('entries-end').hidden = none || log.older !== 0;
  setText(byId('entries-end'), t(isEmpty(filter) ? 'history.end' : 'history.end.filtered'));
}

function showKinds(kinds) {
  for (const { name, title } of kinds) list.titles.set(name, title);
  if (byId('kinds').children.length === kinds.length) return;
  byId('kinds').replaceChildren(...kinds.map(({ name, summary }) => h('label', { class: 'chip', title: summary },
    h('input', { type: 'checkbox', name: 'kind', value: name, checked: filter.kinds.includes(name) }),
    h('span', {}, list.title(name)))));
}

/** What the filter in force says goes into the fields: at the start and on a reset, never while somebody types. */
function showFilter() {
  for (const box of byId('kinds').querySelectorAll('input')) box.checked = filter.kinds.includes(box.value);
  byId('filter-person').value = filter.person;
  byId('filter-since').value = localOf(filter.since);
  byId('filter-until').value = localOf(filter.until);
}

function showDownloads() {
  byId('download-csv').href = `${path}/export${queryOf(filter, { format: 'csv' })}`;
  byId('download-json').href = `${path}/export${queryOf(filter, { format: 'json' })}`;
}

function showKept({ keep_s: keep, oldest_at: oldest }) {
  setText(byId('history-kept'), oldest
    ? t('history.kept.since', { keep: duration(keep), when: moment(oldest) })
    : t('history.kept', { keep: duration(keep) }));
}

function takePage(page) {
  log.replace(page);
  list.clear();
  showKinds(page.kinds ?? []);
  showKept(page);
  showChip(page.health ?? 'green');
  showDownloads();
  showOnly('view-history', views);
  showSignedIn(true);
  shown();
}

/** The newest entries that fit the filter, then what comes after them. */
async function read() {
  const mine = ++round;
  let page = null;
  try {
    page = await get(path + queryOf(filter));
  } catch (trouble) {
    if (mine === round) troubled(trouble);
    return;
  }
  if (mine !== round) return;
  complain('');
  takePage(page);
  if (filter.until) { // nothing new can fit
    head.stop();
    showLive(false);
  } else {
    head.follow(`${path}/stream${queryOf({ ...filter, since: '' }, { since: page.newest })}`);
  }
}

async function readOlder() {
  if (readingOlder || log.older === 0) return;
  readingOlder = true;
  const mine = round;
  let failed = false;
  await busy(byId('older'), async () => {
    try {
      const page = await get(path + queryOf(filter, { until: log.older }));
      if (mine === round) {
        log.append(page);
        shown();
      }
    } catch (trouble) {
      failed = true;
      if (trouble.kind === 'signed_out') leave();
      else toast(t('history.older.failed', { why: trouble.message }), 'bad');
    }
  });
  readingOlder = false;
  if (mine === round && !failed && olderInSight()) void readOlder(); // the observer tells changes only
}

const inSight = 400; // px below the window

function olderInSight() {
  return !byId('older').hidden && byId('older').getBoundingClientRect().top < innerHeight + inSight;
}

function complain(words) {
  setText(byId('filter-trouble'), words);
  byId('filter-trouble').hidden = words === '';
}

function leave() {
  round += 1;
  head.stop();
  showSignedIn(false);
  showOnly('view-signin', views);
}

function troubled(trouble) {
  if (trouble.kind === 'signed_out' || trouble.kind === 'forbidden') return leave();
  if ([400, 404, 409].includes(trouble.status)) { // the filter's fault: say so beside it
    head.stop();
    showDownloads();
    log.replace({ entries: [] });
    shown();
    byId('entries-none').hidden = true;
    showOnly('view-history', views);
    showSignedIn(true);
    return complain(trouble.message);
  }
  if (byId('view-history').hidden) {
    setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
    showOnly('view-unreachable', views);
  }
  showLive(false);
  head.later();
}

function choose(wanted) {
  filter = wanted;
  history.replaceState(null, '', location.pathname + queryOf(filter));
  return read();
}

function chosen() {
  return {
    kinds: [...byId('kinds').querySelectorAll('input:checked')].map(({ value }) => value),
    person: byId('filter-person').value.trim(),
    since: momentOf(byId('filter-since').value),
    until: momentOf(byId('filter-until').value),
  };
}

function startFilters() {
  byId('filters').addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(byId('filter-apply'), () => choose(chosen()));
  });
  byId('kinds').addEventListener('change', () => void choose(chosen()));
  byId('filter-reset').addEventListener('click', () => {
    void choose({ kinds: [], person: '', since: '', until: '' });
    showFilter();
  });
}

function start() {
  startShell('history.title');
  startLogout(() => head.stop());
  showSignedIn(false);
  startFilters();
  showFilter();
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, read));
  byId('older').addEventListener('click', () => void readOlder());
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && void readOlder(), { rootMargin: `${inSight}px` }).observe(byId('older'));
  new SessionWatch({
    role: 'admin', login: '/admin/login?next=/dashboard/history', warnBelow: 300, extend: () => get(`${path}?limit=1`), onEnd: leave,
  }).start();
  void begin();
}

/** Asks who is here before reading, so that a visitor sees the sign-in at once. */
async function begin() {
  try {
    if (!(await session()).admin) return leave();
  } catch (trouble) {
    troubled(trouble);
  }
  await read();
}

start();
