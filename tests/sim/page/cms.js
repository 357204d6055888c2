// Meeting servers: who is in which conference, what its screens show, and ways to bring people in.
import {ask, button, byId, element, withSmall} from '/sim.js';

const cast = [
  {what: 'A room', name: 'Boardroom 1', address: 'boardroom1@secure.acme.example', via: 'sip', kind: 'level1'},
  {what: 'Staff', name: 'Béla Őry', address: 'bela@acme.example', via: 'sip', kind: 'level2'},
  {what: 'An outsider', name: 'Pat Partner', address: 'pat@partner.example', via: 'sip', kind: 'level3'},
  {what: 'Web app', name: 'Zoë Müller', address: 'zoe.mueller@acme.example', via: 'web_app', kind: 'level3'},
  {what: 'A guest', name: 'Ann (supplier)', address: 'guest1783@meet.acme.example', via: 'guest', kind: 'level3'},
];
const kindOf = (person) => cast.find((c) => c.address === person.address && c.via === person.via)?.kind ?? '';

const join = (who, conference, bridge, state = 'connected') => ask('POST', '/sim/cms/join', {
  conference, bridge, name: who.name, address: who.address, via: who.via, state,
});
const act = (person, what, body) => ask('POST', `/sim/cms/people/${person}/${what}`, body ?? {});
const atBridge = (name, what, body) => ask('POST', `/sim/cms/bridges/${name}/${what}`, body ?? {});

function draggable(node, kind, value) {
  node.draggable = true;
  node.addEventListener('dragstart', (event) => event.dataTransfer.setData(kind, value));
  return node;
}

function showCast() {
  if (byId('cms-cast').children.length) return;
  byId('cms-cast').append(...cast.map((who, i) => {
    const chip = button(who.what, () => join(who, byId('cms-conference').value, byId('cms-bridge').value, byId('cms-state').value), show);
    chip.classList.add(who.kind);
    chip.title = `${who.name} · ${who.address} · ${who.via}: joins the conference named beside, or is dragged onto a screen`;
    return draggable(chip, 'text/cast', String(i));
  }));
}

function personChip(person, bridges) {
  const chip = element('span', null, element('b', person.name || person.address), element('small', `${person.address} · ${person.via}${
    person.state === 'connected' ? '' : ` · ${person.state}`}`));
  chip.className = `person ${kindOf(person)}`;
  draggable(chip, 'text/person', String(person.person));
  const doing = element('span');
  doing.className = 'doing';
  if (person.state === 'lobby') doing.append(button('Let in', () => act(person.person, 'admit'), show));
  if (person.state === 'ringing') doing.append(button('Answers', () => act(person.person, 'answer'), show));
  for (const bridge of bridges) {
    if (bridge.name !== person.bridge && bridge.up) doing.append(button(`To ${bridge.name}`, () => act(person.person, 'move', {bridge: bridge.name}), show));
  }
  doing.append(button('Leaves', () => act(person.person, 'leave'), show));
  chip.append(doing);
  return chip;
}

// A call as its participants see it: who is in it, and the message over the picture.
function screenOf(conference, call, bridges) {
  const people = conference.people.filter((p) => p.call === call.call);
  const screen = element('div', null, ...people.map((p) => personChip(p, bridges)));
  screen.className = 'screen';
  if (!people.length) screen.append(element('p', 'Nobody is in it here.'));
  if (call.shows) {
    const message = element('strong', call.shows);
    message.className = `overlay ${call.position}`;
    screen.append(message);
  }
  screen.addEventListener('dragover', (event) => event.preventDefault());
  screen.addEventListener('drop', async (event) => {
    event.preventDefault();
    const who = cast[event.dataTransfer.getData('text/cast')];
    const person = event.dataTransfer.getData('text/person');
    if (who) await join(who, conference.name, call.bridge);
    else if (person) await act(person, 'move', {bridge: call.bridge});
    await show();
  });
  const title = element('figcaption', `${call.bridge}: ${people.length} here, ${call.puts} messages set`);
  return element('figure', null, screen, title);
}

function conferenceCard(conference, bridges) {
  const screens = element('div', null, ...conference.calls.map((call) => screenOf(conference, call, bridges)));
  screens.className = 'screens';
  const path = `/sim/cms/conferences/${encodeURIComponent(conference.name)}`;
  const machines = conference.machines.map((m) => button(`Stop the ${m.what}`, () => ask('POST', `${path}/stop`, {machine: m.machine}), show));
  const doing = element('p', null, button('Record', () => ask('POST', `${path}/record`, {bridge: conference.calls[0].bridge}), show), ...machines,
    button('End for all', () => ask('POST', `${path}/end`, {}), show));
  return element('article', null, element('h3', conference.name), screens, doing);
}

function bridgeRow(bridge) {
  const receivers = bridge.receivers.map((r) => `${r.uri}: ${r.delivered} records taken${r.waiting ? `, ${r.waiting} waiting` : ''}${
    r.last_status !== 200 && r.posts ? `, last answer ${r.last_status || 'none'}` : ''}`).join(' · ');
  const dead = bridge.faults.dead;
  return element('tr', null,
    withSmall(bridge.name, bridge.up ? dead ? 'does not answer' : `session ${bridge.session.slice(0, 8)}` : 'down'),
    withSmall(`${bridge.calls} calls, ${bridge.legs} legs`, `${bridge.next_record} records made`),
    element('td', receivers || 'nobody gets its records'),
    element('td', null, button('Restart', () => atBridge(bridge.name, 'restart'), show),
      button(dead ? 'Answer again' : 'Stop answering', () => atBridge(bridge.name, 'faults', {dead: !dead}), show),
      button('Lose 3 records', () => atBridge(bridge.name, 'faults', {lose_records: 3}), show),
      button('Send the next twice', () => atBridge(bridge.name, 'faults', {duplicate_posts: 1}), show),
      button('Damage the next', () => atBridge(bridge.name, 'faults', {garble_posts: 1}), show),
      button('Clear messages', () => atBridge(bridge.name, 'message', {text: ''}), show),
      button('As it should be', () => atBridge(bridge.name, 'faults', {reset: true}), show)));
}

let shown = '';
let dragging = false;
/** Made anew only when something changed, and never under somebody's hand. */
async function show() {
  let state;
  try {
    state = await (await fetch('/sim/cms')).json();
  } catch {
    return;
  }
  byId('meetings').hidden = !state.bridges.length;
  const now = JSON.stringify([state.conferences, state.in_no_call, state.bridges.map(({requests, ...rest}) => rest)]);
  if (now === shown || dragging || !state.bridges.length) return;
  shown = now;
  showCast();
  const select = byId('cms-bridge');
  if (select.children.length !== state.bridges.length) {
    select.replaceChildren(...state.bridges.map((b) => Object.assign(element('option', b.name), {value: b.name})));
  }
  byId('cms-calls').replaceChildren(...state.conferences.map((c) => conferenceCard(c, state.bridges)));
  if (!state.conferences.length) byId('cms-calls').append(element('p', 'No conference is running. Bring somebody in.'));
  byId('cms-bridges').replaceChildren(...state.bridges.map(bridgeRow));
}

document.addEventListener('dragstart', () => { dragging = true; });
document.addEventListener('dragend', () => { dragging = false; });
await show();
setInterval(show, 500);
