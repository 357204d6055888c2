// Pure: people on the screen, and groups of those that would cover each other.

const cell = 44; // pixels
export const groupRadius = (count) => 11 + Math.min(10, Math.log10(count) * 4);
export const clusterAbove = 300; // people in view; fewer are all drawn

const worse = ['outside', 'uncertain', 'stale', 'inside'];
const badness = new Map(worse.map((name, i) => [name, i]));

/**
 * points: [{ person, x, y }] in pixels → { single: [point], groups: [{ x, y, r, count, standing, people }] }.
 * A group stands at the middle of its people and shows the standing that needs attention most.
 */
export function cluster(points) {
  if (points.length <= clusterAbove) return { single: points, groups: [] };
  const cells = new Map();
  for (const point of points) {
    const key = `${Math.floor(point.x / cell)},${Math.floor(point.y / cell)}`;
    const members = cells.get(key);
    if (members) members.push(point);
    else cells.set(key, [point]);
  }
  const groups = [];
  let rest = [];
  for (const members of cells.values()) {
    if (members.length < 4) rest.push(...members);
    else groups.push(groupOf(members));
  }
  const merged = merge(groups);
  rest = rest.filter((point) => {
    const host = merged.find((group) => Math.hypot(group.x - point.x, group.y - point.y) < group.r + 4);
    if (host) join(host, groupOf([point]), false);
    return !host;
  });
  return { single: rest, groups: merged };
}

const worseOf = (a, b) => ((badness.get(a) ?? 9) <= (badness.get(b) ?? 9) ? a : b);

/** `move`: the middle follows the people; not for stragglers, which would make it wander. */
function join(host, guest, move) {
  const count = host.count + guest.count;
  if (move) {
    host.x = (host.x * host.count + guest.x * guest.count) / count;
    host.y = (host.y * host.count + guest.y * guest.count) / count;
  }
  host.count = count;
  host.r = groupRadius(count);
  host.standing = worseOf(host.standing, guest.standing);
  host.people.push(...guest.people);
}

/** Neighbouring cells may hold the two halves of one town: what would overlap becomes one. */
function merge(groups) {
  const out = [];
  for (const group of groups.sort((a, b) => b.count - a.count)) {
    const host = out.find((other) => Math.hypot(other.x - group.x, other.y - group.y) < other.r + group.r + 2);
    if (host) join(host, group, true);
    else out.push(group);
  }
  return out;
}

function groupOf(members) {
  let x = 0, y = 0, standing = members[0].person.standing;
  for (const point of members) {
    x += point.x / members.length;
    y += point.y / members.length;
    standing = worseOf(standing, point.person.standing);
  }
  return { x, y, count: members.length, r: groupRadius(members.length), standing, people: members.map((point) => point.person) };
}
