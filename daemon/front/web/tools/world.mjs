// Makes the map's backdrop from Natural Earth's countries: rings cut at the antimeridian, in hundredths of a degree.
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const require = createRequire(import.meta.url);
const speck = 0.003; // square degrees; smaller islands are not drawn
const polarCap = -90;

/** "040" → "AT": browsers name regions in any language by their two letters. */
const lettersOf = (digits) => (digits ? new Intl.Locale(`und-${digits}`).region : undefined);

/** Longitudes without jumps: a step over the antimeridian goes on beyond 180 degrees. */
function unwrap(ring) {
  const out = [];
  let turn = 0;
  ring.forEach(([lon, lat], i) => {
    if (i > 0) {
      const step = lon - ring[i - 1][0];
      if (step > 180) turn -= 360;
      else if (step < -180) turn += 360;
    }
    out.push([lon + turn, lat]);
  });
  return out;
}

/** A ring around the pole ends a whole turn from where it began: close it along the pole. */
function closePole(ring) {
  const first = ring[0];
  const last = ring.at(-1);
  if (Math.abs(last[0] - first[0]) < 180) return ring;
  return [...ring, [last[0], polarCap], [first[0], polarCap], first];
}

/** The part of a ring west (side -1) or east (side +1) of a meridian. */
function clip(ring, meridian, side) {
  const inside = ([lon]) => (lon - meridian) * side >= 0;
  const cut = ([x1, y1], [x2, y2]) => [meridian, y1 + ((meridian - x1) / (x2 - x1)) * (y2 - y1)];
  const out = [];
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i];
    const b = ring[(i + 1) % ring.length];
    if (inside(a)) out.push(a);
    if (inside(a) !== inside(b)) out.push(cut(a, b));
  }
  return out;
}

/** One to three rings, all within 180 degrees of the prime meridian. */
function flatten(ring) {
  const whole = closePole(unwrap(ring));
  const lons = whole.map(([lon]) => lon);
  if (Math.min(...lons) >= -180 && Math.max(...lons) <= 180) return [whole];
  return [-360, 0, 360]
    .map((shift) => clip(clip(whole.map(([lon, lat]) => [lon + shift, lat]), -180, 1), 180, -1))
    .filter((part) => part.length > 3);
}

function area(ring) {
  let sum = 0;
  ring.forEach(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length];
    sum += x * nextY - nextX * y;
  });
  return Math.abs(sum) / 2;
}

const rounded = (ring) => {
  const points = ring.map(([lon, lat]) => [Math.round(lon * 100), Math.round(Math.max(-85.05, Math.min(85.05, lat)) * 100)]);
  return points.filter(([x, y], i) => i === 0 || x !== points[i - 1][0] || y !== points[i - 1][1]);
};

function deltas(ring) {
  let before = [0, 0];
  return ring.flatMap((point) => {
    const step = [point[0] - before[0], point[1] - before[1]];
    before = point;
    return step;
  });
}

/** Where the name goes: the middle of the widest stretch of land within the largest ring; and how wide that is. */
function labelOf(ring) {
  const lats = ring.map(([, lat]) => lat);
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  let best = [0, 0, 0];
  for (let step = 3; step <= 7; step++) {
    const lat = south + ((north - south) * step) / 10;
    const crossings = [];
    ring.forEach(([x1, y1], i) => {
      const [x2, y2] = ring[(i + 1) % ring.length];
      if (y1 > lat !== y2 > lat) crossings.push(x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1));
    });
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const width = crossings[i + 1] - crossings[i];
      if (width > best[2]) best = [(crossings[i] + crossings[i + 1]) / 2, lat, width];
    }
  }
  return best.map((value) => Math.round(value * 100));
}

function country({ id, properties, geometry }) {
  const source = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  const drawn = [];
  let largest = null;
  for (const [outer, ...holes] of source) {
    for (const ring of flatten(outer)) {
      if (area(ring) < speck) continue;
      if (!largest || area(ring) > area(largest)) largest = ring;
      drawn.push([ring, ...holes.filter((hole) => area(hole) >= speck)].map((each) => deltas(rounded(each))));
    }
  }
  if (!largest) return null;
  return { code: lettersOf(id) ?? null, name: properties.name, label: labelOf(largest), polygons: drawn };
}

export function world() {
  const topology = require('world-atlas/countries-50m.json');
  const countries = feature(topology, topology.objects.countries).features.map(country).filter(Boolean);
  return JSON.stringify({ source: 'Natural Earth, public domain', countries });
}
