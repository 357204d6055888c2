// The administrators' page about web sessions: who is logged in where, and buttons that end it.
import { get, post, session } from '../shared/api.mjs';
import { byId, setText, showOnly } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { number, t } from '../shared/i18n.mjs';
import { browserWords, sessionRow } from '../shared/session_row.mjs';
import { SessionWatch } from '../shared/session_watch.mjs';
import { showSignedIn, startLogout, startShell } from '../shared/shell.mjs';

const views = ['view-loading', 'view-signin', 'view-unreachable', 'view-sessions'];
const readAgainEvery = 20000;
const path = '/api/v1/sessions';

let person = null; // whose sessions are shown below: the last answer
let typed = '';
let round = 0; // an older answer that comes late is dropped

const roleWords = (role) => t(`role.${role}`);

function fill(list, sessions, end) {
  const now = Date.now();
  list.replaceChildren(...sessions.map((one) => sessionRow(one, {
    title: one.name || one.who || browserWords(one.browser),
    detail: one.name && one.who ? `${one.who} · ${roleWords(one.role)}` : roleWords(one.role),
    now, end,
  })));
}

function showAll(state) {
  fill(byId('admins-list'), state.sessions, endOne);
  const others = state.sessions.filter(({ here }) => !here).length;
  byId('end-others').hidden = others === 0;
  setText(byId('people-count'), t(state.location_sessions === 1 ? 'sessions.people.one' : 'sessions.people.count', { n: number(state.location_sessions) }));
  showOnly('view-sessions', views);
  showSignedIn(true);
}

function showPerson() {
  byId('found').hidden = !person;
  if (!person) return;
  setText(byId('found-name'), person.person);
  // The sessions of administrators are ended above, one by one; here is what they have as people.
  fill(byId('found-list'), person.sessions, null);
  byId('found-none').hidden = person.sessions.length > 0;
  byId('end-person').hidden = person.sessions.every(({ here }) => here);
}

function leave() {
  round += 1;
  showSignedIn(false);
  showOnly('view-signin', views);
}

function troubled(trouble) {
  if (trouble.kind === 'signed_out' || trouble.kind === 'forbidden') return leave();
  if (!byId('view-sessions').hidden) return undefined;
  setText(byId('unreachable-why'), t('dash.unreachable.text', { why: trouble.message }));
  return showOnly('view-unreachable', views);
}

/** background: the page asks by itself, which must not keep an idle session alive. */
async function read({ background = false } = {}) {
  const mine = ++round;
  try {
    const state = await get(path, { background });
    if (mine === round) showAll(state);
  } catch (trouble) {
    if (mine === round) troubled(trouble);
  }
}

async function readPerson() {
  byId('find-trouble').hidden = true;
  try {
    person = await get(`${path}?person=${encodeURIComponent(typed)}`);
  } catch (trouble) {
    person = null;
    if (trouble.kind === 'signed_out') return leave();
    setText(byId('find-trouble'), trouble.message);
    byId('find-trouble').hidden = false;
  }
  return showPerson();
}

/** Ends what `wish` names, tells it, and shows what is left. */
async function revoke(wish, button) {
  await busy(button, async () => {
    try {
      await session(); // the CSRF token of now
      const { body } = await post(`${path}/revoke`, wish);
      toast(t(body.ended === 1 ? 'sessions.ended.one' : 'sessions.ended', { n: number(body.ended) }), 'good');
    } catch (trouble) {
      if (trouble.kind === 'signed_out') return leave();
      toast(t('sessions.end.failed', { why: trouble.message }), 'bad');
    }
    await read();
    if (person) await readPerson();
    byId('admins-title').focus();
    return undefined;
  });
}

const endOne = ({ id }, button) => void revoke({ id }, button);

/** Asks in the page's own dialog; resolves to whether the answer was yes. */
function ask(text, yes) {
  const dialog = byId('ask');
  setText(byId('ask-text'), text);
  setText(byId('ask-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

function start() {
  startShell('sessions.title');
  startLogout();
  showSignedIn(false);
  byId('retry').addEventListener('click', (event) => void busy(event.currentTarget, () => read()));
  byId('end-others').addEventListener('click', async ({ currentTarget }) => {
    if (await ask(t('sessions.others.ask'), t('sessions.others.yes'))) await revoke({ others: true }, currentTarget);
  });
  byId('end-person').addEventListener('click', async ({ currentTarget }) => {
    if (!person) return;
    const { person_no: no, person: name } = person;
    if (await ask(t('sessions.person.ask', { name }), t('sessions.person.yes'))) await revoke({ person: String(no) }, currentTarget);
  });
  byId('find').addEventListener('submit', (event) => {
    event.preventDefault();
    typed = byId('find-person').value.trim();
    if (typed) void busy(byId('find-button'), readPerson);
  });
  for (const answer of ['yes', 'no']) byId(`ask-${answer}`).addEventListener('click', () => byId('ask').close(answer));
  setInterval(() => {
    const working = document.querySelector('#view-sessions [aria-busy="true"]') || document.activeElement?.closest('.session');
    if (!document.hidden && !byId('view-sessions').hidden && !working) void read({ background: true });
  }, readAgainEvery);
  new SessionWatch({
    role: 'admin', login: '/admin/login?next=/dashboard/sessions', warnBelow: 300, extend: () => get(path), onEnd: leave,
  }).start();
  void begin();
}

/** Asks who is here first, so that a visitor sees the sign-in at once. */
async function begin() {
  try {
    if (!(await session()).admin) return leave();
  } catch (trouble) {
    return troubled(trouble);
  }
  return read();
}

start();
