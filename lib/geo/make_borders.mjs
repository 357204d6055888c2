// Packs Natural Earth's countries (1:10 million, as TopoJSON of the npm package world-atlas) for the daemon:
//   node make_borders.mjs BORDERS.bin BORDERS.cpp
//
// Grammar of the packed file; numbers are LEB128 varints, those marked ± zigzag:
//   file  = "WRB1" arcs areas            arcs  = count arc*
//   arc   = count (±dx ±dy)*             the first step begins at 0,0; units of the atlas's own lattice
//   areas = count area*                  area  = iso_number(0 = none) name polygons
//   name  = length bytes                 polygons = count rings*
//   rings = count ring*                  ring  = count ±arc*     (i = arc i forwards, -i-1 = backwards)
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureModules } from '../../daemon/front/web/tools/modules.mjs';

const [packed, table] = process.argv.slice(2).map((path) => resolve(path));
if (!table) {
  process.stderr.write('usage: node make_borders.mjs BORDERS.bin BORDERS.cpp\n');
  process.exit(2);
}
await ensureModules();

const atlas = fileURLToPath(new URL('../../daemon/front/web/node_modules/world-atlas/', import.meta.url));
const source = readFileSync(`${atlas}countries-10m.json`);
const { version } = JSON.parse(readFileSync(`${atlas}package.json`));
const topology = JSON.parse(source);
const { transform: { scale, translate }, arcs, objects: { countries: { geometries } } } = topology;

const bytes = [];
function number(value) {
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return void bytes.push(rest);
    bytes.push((rest % 128) | 128);
  }
}
const signed = (value) => number(value < 0 ? -2 * value - 1 : 2 * value);
function list(items, each) {
  number(items.length);
  items.forEach(each);
}

bytes.push(...Buffer.from('WRB1'));
list(arcs, (arc) => list(arc, ([dx, dy]) => { signed(dx); signed(dy); }));
list(geometries, ({ id, type, properties: { name }, arcs: shape }) => {
  number(id ? Number.parseInt(id, 10) : 0);
  const text = Buffer.from(name);
  number(text.length);
  bytes.push(...text);
  if (type !== 'Polygon' && type !== 'MultiPolygon') throw new Error(`${name} is a ${type}`);
  list(type === 'Polygon' ? [shape] : shape, (polygon) => list(polygon, (ring) => list(ring, signed)));
});
writeFileSync(packed, Buffer.from(bytes));

// The digest also makes this file change with the embedded one, which compiler caches rely on.
const digest = createHash('sha256').update(source).digest('hex').slice(0, 12);
writeFileSync(table, `/// Made by make_borders.mjs from world-atlas; not edited by hand.
#include "geo/packed_borders.hpp"

namespace wardroom::geo {
namespace {
constexpr unsigned char bytes[] = {
#embed ${JSON.stringify(relative(dirname(table), packed))}
};
}  // namespace

PackedBorders packed_borders() {
  return {{bytes, sizeof bytes}, ${JSON.stringify(`world-atlas ${version}`)}, ${JSON.stringify(digest)},
          ${scale[0]}, ${scale[1]}, ${translate[0]}, ${translate[1]}};
}
}  // namespace wardroom::geo
`);
