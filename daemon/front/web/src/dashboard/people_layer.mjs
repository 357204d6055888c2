// One canvas on the map that draws all people: thousands cost a frame, not a page.
import * as L from 'leaflet';

import { cluster } from './clusters.mjs';
import { hasPlace } from './roster.mjs';
import { drawCluster, drawMark } from './shapes.mjs';

const reach = 12; // pixels around a mark that still hit it
const margin = 0.15; // of the view, drawn beyond its edges so that dragging shows no gap

export const PeopleLayer = L.Layer.extend({
  /** people: () → iterable of rows; palette: () → colours by standing. */
  initialize(people, palette) {
    this._people = people;
    this._palette = palette;
    this._drawn = { single: [], groups: [] };
    this._selected = null;
  },

  onAdd(map) {
    this._canvas = L.DomUtil.create('canvas', 'people-canvas leaflet-zoom-hide', map.getPanes().overlayPane);
    map.on('moveend zoomend viewreset resize', this.redraw, this);
    this.redraw();
  },

  onRemove(map) {
    map.off('moveend zoomend viewreset resize', this.redraw, this);
    this._canvas.remove();
  },

  select(personNo) {
    this._selected = personNo;
    this.redraw();
  },

  /** Draws at the next frame, however often it is asked before. */
  redraw() {
    if (this._frame) return this;
    this._frame = requestAnimationFrame(() => {
      this._frame = null;
      if (this._map) this._draw();
    });
    return this;
  },

  /** What is at this point of the map container: { person }, { people } or null. */
  hit(containerPoint) {
    const { x, y } = containerPoint;
    const group = this._drawn.groups.find((g) => Math.hypot(g.x - x, g.y - y) < g.r);
    let best = null;
    let nearest = reach;
    for (const point of this._drawn.single) {
      const away = Math.hypot(point.x - x, point.y - y);
      if (away < nearest) [best, nearest] = [point, away];
    }
    if (best) return { person: best.person };
    return group ? { people: group.people } : null;
  },

  _place() {
    const size = this._map.getSize();
    const pad = size.multiplyBy(margin).round();
    const all = size.add(pad).add(pad);
    const scale = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._canvas, this._map.containerPointToLayerPoint([0, 0]).subtract(pad));
    if (this._canvas.width !== all.x * scale || this._canvas.height !== all.y * scale) {
      this._canvas.width = all.x * scale;
      this._canvas.height = all.y * scale;
      this._canvas.style.width = `${all.x}px`;
      this._canvas.style.height = `${all.y}px`;
    }
    const c = this._canvas.getContext('2d');
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, all.x, all.y);
    c.translate(pad.x, pad.y);
    return { c, pad, size };
  },

  _inView({ pad, size }) {
    const points = [];
    const map = this._map;
    const world = map.getZoomScale(map.getZoom(), 0) * 256; // the world repeats after so many pixels
    for (const person of this._people()) {
      if (!hasPlace(person)) continue;
      let { x, y } = map.latLngToContainerPoint([person.latitude, person.longitude]);
      if (x < -pad.x) x += world;
      else if (x > size.x + pad.x) x -= world;
      if (x > -pad.x && y > -pad.y && x < size.x + pad.x && y < size.y + pad.y) points.push({ person, x, y });
    }
    return points;
  },

  _draw() {
    const place = this._place();
    const colours = this._palette();
    const of = (standing) => ({ ...colours, fill: colours[standing] ?? colours.stale });
    this._drawn = cluster(this._inView(place));
    // those who need attention are drawn last, above the others
    const order = { inside: 0, stale: 1, uncertain: 2, outside: 3 };
    this._drawn.single.sort((a, b) => (order[a.person.standing] ?? 1) - (order[b.person.standing] ?? 1));
    for (const group of this._drawn.groups) drawCluster(place.c, group, of(group.standing));
    for (const { person, x, y } of this._drawn.single) drawMark(place.c, person.standing, x, y, 6, of(person.standing));
    const chosen = this._drawn.single.find(({ person }) => person.person_no === this._selected);
    if (chosen) this._ring(place.c, chosen, colours);
  },

  _ring(c, { x, y }, colours) {
    c.beginPath();
    c.arc(x, y, 13, 0, 2 * Math.PI);
    c.lineWidth = 2.5;
    c.strokeStyle = colours.text;
    c.stroke();
  },
});
