// Made-up people and calls for the dashboard; the same seed gives the same ones.

const given = ['Ada', 'Mia', 'Jonas', 'Lena', 'Paul', 'Sofie', 'Emil', 'Nora', 'Felix', 'Clara', 'Theo', 'Ines', 'Oskar', 'Rosa', 'Levi', 'Zoé'];
const family = ['Novak', 'Berger', 'Huber', 'Wagner', 'Steiner', 'Moser', 'Brandstätter', 'Leitner', 'Fuchs', 'Eder', 'Fischer', 'Schmid', 'Öztürk', 'Kovács', 'O’Neill', 'Weiß'];

/** mulberry32 */
export function randomness(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

const towns = [[48.2082, 16.3738], [47.0707, 15.4395], [48.3069, 14.2858], [47.2692, 11.4041], [46.6247, 14.3053], [47.8095, 13.055]];
const abroad = [[48.1374, 11.5755], [47.3769, 8.5417], [46.0569, 14.5058], [50.0755, 14.4378], [45.4642, 9.19]];

export function people(count, seed = 7) {
  const random = randomness(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  return Array.from({ length: count }, (_, i) => {
    const draw = random();
    const standing = draw < 0.82 ? 'inside' : draw < 0.9 ? 'outside' : draw < 0.94 ? 'uncertain' : draw < 0.98 ? 'stale' : 'no_fix';
    const [lat, lon] = pick(standing === 'outside' ? abroad : towns);
    const row = { person_no: i + 1, name: `${pick(given)} ${pick(family)}`, standing, allowed: standing === 'inside', live_calls: random() < 0.1 ? 1 : 0 };
    if (standing === 'no_fix') return row;
    const spread = 0.35;
    return {
      ...row, latitude: lat + (random() - 0.5) * spread, longitude: lon + (random() - 0.5) * spread,
      accuracy_m: 8 + Math.floor(random() * 60), fix_age_s: standing === 'stale' ? 400 + Math.floor(random() * 900) : Math.floor(random() * 30),
    };
  });
}

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export const calls = () => [
  { call: 'callhalf-1207:0', at: ago(14), person_no: 2, person: 'Mia Berger', direction: 'outgoing', remote: '+43 1 589 330', state: 'released', decision: 'rejected', reason: 'outside', emergency: false, latency_ms: 31, answered_before_release: false },
  { call: 'callhalf-1203:0', at: ago(49), person_no: 5, person: 'Paul Steiner', direction: 'incoming', remote: '+43 664 1234567', state: 'active', decision: 'passed', reason: 'inside', emergency: false },
  { call: 'callhalf-1199:0', at: ago(95), person_no: 2, person: 'Mia Berger', direction: 'outgoing', remote: '112', state: 'active', decision: 'passed', reason: 'emergency', emergency: true },
  { call: 'callhalf-1192:0', at: ago(310), person_no: 9, person: 'Felix Brandstätter', direction: 'click_to_dial', remote: '+49 89 4522 100', state: 'released', decision: 'observed', reason: 'stale', emergency: false },
  { call: 'callhalf-1188:0', at: ago(1260), person_no: 7, person: 'Emil Öztürk', direction: 'incoming', remote: '2041', state: 'released', decision: 'reject_failed', reason: 'no_fix', emergency: false, latency_ms: 3020 },
];

export const fences = [
  { name: 'austria-west', kind: 'box', deny: false, box: { south: 46.6, north: 47.75, west: 9.6, east: 13.0 } },
  { name: 'austria-east', kind: 'box', deny: false, box: { south: 46.4, north: 48.95, west: 13.0, east: 17.1 } },
  { name: 'airport', kind: 'circle', deny: true, circle: { at: [48.1103, 16.5697], radius_m: 9000 } },
];

export const dashboard = (count = 60) => ({
  people: people(count), calls: calls(), fences: structuredClone(fences), health: 'yellow', seq: 40,
  signs: [{ part: 'oauth', colour: 'yellow', sentence: 'The admin grant ends in 12 days.', remedy: 'Sign in again: wardroomctl login.' }],
  monitoring: {
    on: true, subscribed: true, blind_s: 0, events: 18231, acks: 18231, reconnects: 1,
    channels: [
      { host: 'xsp1.example.com', up: true, state: 'streaming', since: ago(7400), last_error: '' },
      { host: 'xsp2.example.com', up: false, state: 'waiting', since: ago(42), last_error: 'connection refused' },
    ],
  },
});
