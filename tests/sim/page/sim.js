// Shows the simulator's state once a second and moves people, calls and switches by /sim/.
export const byId = (id) => document.getElementById(id);
const pageWays = ['good', 'foreign', 'other_path', 'loop', 'null_max', 'empty_last', 'lost_filter', 'duplicate', 'page_again',
  'skip_page', 'same_cursor', 'odd_cursor', 'ends_early'];
const words = {
  people_next: pageWays,
  people_shown: ['all', 'half', 'none'],
  member_next: pageWays,
  members_shown: ['all', 'half', 'none'],
  group_pages: ['good', 'repeat', 'duplicate', 'short', 'total_grows', 'no_total'],
  refresh_mode: ['same', 'rotate', 'rotate_grace', 'noop'],
  token_fields: ['all', 'no_scope', 'no_refresh', 'bare'],
  device_pending: ['428_empty', '428_json', '400'],
  smtp_refuse: ['none', 'rcpt_4xx', 'rcpt_5xx', 'data_4xx', 'hang', 'cut_after_data'],
  server_heartbeats: ['timer', 'echo', 'none'],
  stream_cut_how: ['clean', 'fin', 'reset', 'silence'],
  document_style: ['plain', 'no_declaration', 'prefixes', 'latin1', 'spaced'],
  gone_subscription: ['403', '404'],
  heartbeat_style: ['plain', 'declared', 'pair', 'prefixed', 'attributes', 'spaced'],
  directory_pages: ['good', 'total_grows', 'total_shrinks', 'no_total', 'repeat', 'duplicate', 'short', 'too_many', 'empty_last'],
  emergency_label: ['all', 'none'],
};
const namings = ['answer', 'empty', 'nxdomain', 'servfail', 'refused', 'silent', 'truncated', 'garbage', 'wrong_id'];
const garbage = ['text', 'half_tag', 'nul', 'doctype', 'unknown', 'foreign', 'error_event', 'no_event_id', 'broken_event',
  'huge', 'deep', 'comment', 'bom'];
const commands = [
  ['Cut streams (FIN)', {cut_streams: 'fin'}], ['Cut streams (RST)', {cut_streams: 'reset'}],
  ['Silence streams', {cut_streams: 'silence'}],
  ['Cut in a document', {cut_streams: {how: 'fin', truncated: true}}], ['Stall XSP 1', {xsp_stall: 1}], ['Stall none', {xsp_stall: 0}],
  ['Displace the channel set', {displace_sets: true}], ['User deleted', {terminate_channels: 'UserDeleted'}],
  ['Non-responsive', {terminate_channels: 'NonResponsiveChannel'}], ['Resync event', {send_resync: true}],
  ['Numbers wrap', {set_sequence: 2147483640}], ['Numbers from 1', {set_sequence: 0}],
  ['Expire tokens', {expire_tokens: true}],
  ['Revoke grants', {revoke_grants: true}], ['Drop subscriptions', {drop_subscriptions: true}],
  ['XSP 1 down', {xsp_down: 1}], ['XSP 2 down', {xsp_down: 2}], ['All XSPs down', {xsp_down: 255}], ['XSPs up', {xsp_down: 0}],
  ['Half the directory', {people_shown: 'half'}], ['Empty directory', {people_shown: 'none'}], ['The whole directory', {people_shown: 'all'}],
  ['REST: every 40th 429', {answers: [{door: 'rest', status: 429, every: 40, count: -1, retry_after: '1'}]}],
  ['REST: 3 × 429', {answers: [{door: 'rest', status: 429, count: 3, retry_after: '2'}]}],
  ['XSI: 3 × 503', {answers: [{door: 'actions', status: 503, count: 3, body: 'html'}]}],
  ['Tokens: 3 × 503', {answers: [{door: 'token', status: 503, count: 3, body: 'html'}]}],
  ['Tokens: lose one answer', {answers: [{door: 'token', wire: 'lost'}]}],
  ['Everything as it should be', {reset: true}],
];
let standard = null;

function tell(problem) {
  byId('problem').hidden = !problem;
  byId('problem').textContent = problem ?? '';
}

export async function ask(method, path, body) {
  try {
    const answer = await fetch(path, {
      method,
      headers: body ? {'Content-Type': 'application/json'} : {},
      body: body ? JSON.stringify(body) : undefined,
    });
    const told = await answer.json();
    tell(answer.ok ? told.trouble : told.error);
    return told;
  } catch {
    tell('The simulator does not answer.');
    return null;
  }
}

export function element(tag, text, ...children) {
  const out = document.createElement(tag);
  if (text !== undefined && text !== null) out.textContent = text;
  out.append(...children);
  return out;
}

export function button(text, act, then = refresh) {
  const out = element('button', text);
  out.type = 'button';
  out.addEventListener('click', async () => {
    out.disabled = true;
    await act();
    out.disabled = false;
    await then();
  });
  return out;
}

export function withSmall(text, small) {
  const cell = element('td', text);
  if (small) cell.append(element('small', small));
  return cell;
}

function nearest(place, places) {
  if (!place) return 'not known';
  const distance = (p) => Math.hypot(p.latitude - place.latitude, p.longitude - place.longitude);
  const best = [...places].sort((a, b) => distance(a) - distance(b))[0];
  return distance(best) < 0.3 ? best.name : `${place.latitude.toFixed(3)}, ${place.longitude.toFixed(3)}`;
}

// Rows are made once and then only updated, so that buttons keep focus and clicks.
const rows = new Map();
function personRow(person, state) {
  const path = `/sim/people/${encodeURIComponent(person.email)}`;
  const move = (name) => button(name, () => {
    const {latitude, longitude} = state.places.find((p) => p.name === name);
    return ask('POST', `${path}/location`, {latitude, longitude});
  });
  const row = {where: element('td'), browser: element('td')};
  row.line = element('tr', null, withSmall(person.name, `${person.email} · ${person.extension || person.number}`),
    row.where, row.browser, element('td', null,
      button('Open browser', () => ask('POST', `${path}/browser`, {daemon: byId('daemon').value})),
      move('Vienna'), move('Paris'),
      button('Call', () => ask('POST', '/sim/calls', {
        from: person.email, to: byId('number').value, answer_after_s: Number(byId('answer').value), hang_up_after_s: 30,
      }))));
  return row;
}

function showPeople(state) {
  for (const person of state.people) {
    let row = rows.get(person.email);
    if (!row) {
      row = personRow(person, state);
      rows.set(person.email, row);
      byId('people').append(row.line);
      byId('numbers').append(Object.assign(element('option', person.name), {value: person.email}));
    }
    row.where.textContent = nearest(person.location, state.places);
    const b = person.browser;
    row.browser.replaceChildren(b ? `${b.accepted} of ${b.posts} posts` : 'closed',
      ...(b?.standing ? [element('small', `${b.standing}, calls ${b.calls}`)] : []),
      ...(b?.trouble ? [Object.assign(element('small', b.trouble), {className: 'bad'})] : []));
  }
}

function happened(call) {
  if (call.live) return [call.answered_at ? 'talking' : 'ringing', ''];
  const ms = call.released_after_ms;
  const after = `after ${ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`}${call.answered_before_release ? ', answered' : ', not answered'}`;
  if (call.released_by === 'api') return [`released by the API ${after}`, 'bad'];
  return [`ended by the ${call.released_by} ${after}`, 'good'];
}

const short = (party) => party.replace('@acme.example', '');

function showCalls(calls) {
  byId('calls').replaceChildren(...calls.slice(0, 30).map((call) => {
    const [text, kind] = happened(call);
    const what = element('td', text);
    what.className = kind;
    const act = element('td');
    if (call.live) act.append(button('Hang up', () => ask('DELETE', `/sim/calls/${call.call}`)));
    return element('tr', null, withSmall(call.call, call.emergency ? 'emergency' : ''), element('td', short(call.from)),
      element('td', short(call.to)), what, act);
  }));
  if (!calls.length) byId('calls').append(element('tr', null, Object.assign(element('td', 'No calls yet.'), {colSpan: 5})));
}

// A choice is filled anew only when its words changed, and keeps what was chosen.
function fill(id, choices) {
  const select = byId(id);
  const now = JSON.stringify(choices);
  if (select.dataset.shown === now) return;
  select.dataset.shown = now;
  const chosen = select.value;
  select.replaceChildren(...choices.map(([value, text]) => Object.assign(element('option', text), {value})));
  if (choices.some(([value]) => value === chosen)) select.value = chosen;
}

function showMoves(state) {
  const live = state.calls.filter((c) => c.live).slice(0, 50).map((c) => [c.call, `${c.call}: ${short(c.from)} → ${short(c.to)}`]);
  fill('act-call', live.length ? live : [['', 'no call now']]);
  fill('act-other', [['', 'none'], ...live]);
  fill('act-name', state.acts.map((a) => [a, a.replaceAll('_', ' ')]));
  fill('dns', namings.map((n) => [n, n]));
  fill('garbage', garbage.map((g) => [g, g.replaceAll('_', ' ')]));
  if (byId('dns') !== document.activeElement) byId('dns').value = state.dns.mode;
  const l = state.load;
  byId('loaded').textContent = l.placed ? `${l.placed} calls placed${l.running ? ', going on' : ''} · ` +
    `to be blocked: ${l.blocked.placed}, released ${l.blocked.released} (p99 ${Math.round(l.blocked.p99_ms)} ms), ` +
    `missed ${l.blocked.missed} · others released: ${l.allowed.released}` : '';
}

function showChannels(state) {
  byId('channels').replaceChildren(...state.channels.map((c) => element('tr', null,
    element('td', `XSP ${c.xsp + 1}${c.silent ? ' (silent)' : ''}`), element('td', c.application || 'no name'),
    element('td', c.events), element('td', c.client_heartbeats ? `${c.heard_s_ago.toFixed(0)} s ago` : 'none yet'),
    element('td', `in ${Math.round(c.expires_in_s / 60)} min`))));
  const x = state.counters.xsi;
  byId('xsi').textContent = `Subscriptions: ${state.subscriptions.length} · ${x.events} events · ${x.acks} acknowledged ` +
    `(p99 ${x.ack_latency_ms.p99.toFixed(0)} ms) · ${x.events_lost} lost`;
}

const days = (s) => s >= 172800 ? `${Math.floor(s / 86400)} days` : s >= 7200 ? `${Math.floor(s / 3600)} h` : `${Math.round(s)} s`;

// Made anew only when something changed, so that buttons keep focus and clicks.
let grantsShown = '', attemptsShown = '';
function showGrants(state) {
  const grants = state.grants.filter((g) => g.kind !== 'bot').reverse().slice(0, 20);
  const now = JSON.stringify(grants.map((g) => ({...g, refresh_left_s: days(g.refresh_left_s)})));
  if (now !== grantsShown) {
    grantsShown = now;
    byId('grants').replaceChildren(...grants.map((g) => {
      const act = element('td');
      if (!g.revoked) act.append(button('Revoke', () => ask('POST', '/sim/faults', {revoke_grant: g.id})));
      return element('tr', null, withSmall(g.id, g.person), withSmall(g.client, `${g.kind}, scopes: ${g.scopes.length}`),
        element('td', `${g.tokens_live} live`),
        Object.assign(element('td', g.revoked ? 'revoked' : `${days(g.refresh_left_s)} left`), {className: g.revoked ? 'bad' : ''}), act);
    }));
  }
  const o = state.counters.oauth;
  byId('oauth').textContent = `Refreshed ${o.refreshed} times · ${o.refused} requests refused · ` +
    `${o.refresh_overlaps} overlapping · ${o.refresh_reuses} with a spent token`;
  byId('oauth').className = o.refresh_overlaps ? 'bad' : '';
}

function showAttempts(state) {
  const attempts = state.device_attempts.toReversed().slice(0, 5);
  byId('devices').hidden = !attempts.length;
  const now = JSON.stringify(attempts.map((a) => [a.user_code, a.state, a.polls]));
  if (now === attemptsShown) return;
  attemptsShown = now;
  byId('attempts').replaceChildren(...attempts.map((a) => {
    const act = element('td');
    if (a.state === 'pending') {
      act.append(button('Ada approves', () => ask('POST', '/sim/device', {user_code: a.user_code, email: state.people[0].email})),
        button('Decline', () => ask('POST', '/sim/device', {user_code: a.user_code, deny: true})));
    }
    return element('tr', null, withSmall(a.user_code, a.client), withSmall(a.state, a.person), element('td', a.polls), act);
  }));
}

let roomsShown = '';
function showRooms(rooms) {
  const now = JSON.stringify(rooms);
  if (now === roomsShown) return;
  roomsShown = now;
  byId('rooms').replaceChildren(...rooms.filter((r) => r.type === 'group').map((r) => {
    const kind = [r.moderated && 'moderated', r.team && 'of a team', r.restricted && 'own organisation only', r.read_only && 'read only'];
    const who = r.members.map((m) => short(m) + (r.moderators.includes(m) ? ' (moderator)' : '')).join(', ');
    const change = (what) => button(what === 'add' ? 'Add' : 'Remove', () =>
      ask('POST', `/sim/rooms/${encodeURIComponent(r.id)}`, {[what]: [byId('number').value]}));
    const act = element('td', null, change('add'), change('remove'));
    act.title = 'whom "Call" above names by an address';
    return element('tr', null, withSmall(r.title, kind.filter(Boolean).join(', ')), element('td', r.size),
      messageCell(who + (r.size > r.members.length ? ', …' : '')), act);
  }));
}

let messagesShown = -1;
/** The last ten that somebody posted; asked for when there are others than before. */
async function showMessages(count) {
  if (count === messagesShown) return;
  messagesShown = count;
  const {messages} = await (await fetch('/sim/messages')).json();
  byId('messages-title').textContent = `Messages (${messages.length})`;
  byId('messages-none').hidden = messages.length > 0;
  byId('messages-table').hidden = messages.length === 0;
  byId('messages').replaceChildren(...messages.slice(-10).toReversed().map((m) =>
    element('tr', null, element('td', m.at.slice(11, 19)), element('td', m.from), element('td', m.to ?? m.room), messageCell(m.text || m.markdown))));
}

function messageCell(text) {
  const cell = element('td', text);
  cell.className = 'message';
  return cell;
}

function switchFor(name, value) {
  let input;
  if (typeof value === 'boolean') input = Object.assign(document.createElement('input'), {type: 'checkbox', checked: value});
  else if (words[name]) {
    input = document.createElement('select');
    input.append(...words[name].map((w) => element('option', w)));
    input.value = value;
  } else input = Object.assign(document.createElement('input'), {type: typeof value === 'string' ? 'text' : 'number', value});
  if (input.type === 'text') input.setAttribute('list', 'numbers');
  input.addEventListener('change', () => ask('POST', '/sim/faults', {
    [name]: input.type === 'checkbox' ? input.checked : input.type === 'number' ? Number(input.value) : input.value,
  }).then(refresh));
  input.name = name;
  return element('label', null, element('span', name.replaceAll('_', ' ')), input);
}

function showFaults(faults) {
  const form = byId('faults');
  standard ??= structuredClone(faults);
  if (!form.children.length) {
    form.append(...Object.entries(faults).filter(([name]) => name !== 'answers').map(([n, v]) => switchFor(n, v)));
    byId('commands').append(...commands.map(([text, wish]) => button(text, () => ask('POST', '/sim/faults', wish))));
  }
  for (const input of form.elements) {
    if (input !== document.activeElement) {
      if (input.type === 'checkbox') input.checked = faults[input.name];
      else input.value = faults[input.name];
    }
    input.parentElement.classList.toggle('changed', faults[input.name] !== standard[input.name]);
  }
}

async function refresh() {
  let state;
  try {
    state = await (await fetch('/sim/state')).json();
  } catch {
    tell('The simulator does not answer.');
    return;
  }
  if (byId('problem').textContent === 'The simulator does not answer.') tell(null);
  const v = state.violations.length;
  byId('summary').textContent = `${state.organisation.name} · ${state.organisation.people} people · ` +
    `${state.channels.length} channels · ${state.counters.calls.live} calls now` +
    (v ? ` · ${v} EMERGENCY CALLS TOUCHED` : '');
  byId('summary').className = v ? 'bad' : '';
  showPeople(state);
  showCalls(state.calls);
  showMoves(state);
  showChannels(state);
  showGrants(state);
  showRooms(state.rooms);
  showAttempts(state);
  byId('mail').textContent = state.mails ? `Mail (${state.mails})` : 'Mail';
  showFaults(state.faults);
  await showMessages(state.messages);
}

byId('faults').addEventListener('submit', (event) => event.preventDefault());
byId('act').addEventListener('submit', async (event) => {
  event.preventDefault();
  const {call, act, type, ...rest} = Object.fromEntries(new FormData(event.target));
  if (!call) return tell('There is no call in progress: place one above.');
  const body = Object.fromEntries(Object.entries(rest).filter(([, value]) => value));
  if (type) body[act === 'conference' ? 'mode' : 'type'] = type;
  await ask('POST', `/sim/calls/${call}/${act}`, body);
  await refresh();
});
byId('load').addEventListener('submit', async (event) => {
  event.preventDefault();
  await ask('POST', '/sim/load', Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, Number(value)])));
  await refresh();
});
byId('load-stop').addEventListener('click', () => ask('POST', '/sim/load', {stop: true}).then(refresh));
byId('dns').addEventListener('change', () => ask('POST', '/sim/dns', {mode: byId('dns').value}).then(refresh));
byId('inject').addEventListener('click', () => ask('POST', '/sim/faults', {inject: byId('garbage').value}).then(refresh));
await refresh();
setInterval(refresh, 1000);
