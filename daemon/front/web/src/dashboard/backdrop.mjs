// The world behind the people: countries from our own file, drawn on a canvas. No tile server is asked.
import * as L from 'leaflet';

import { language } from '../shared/i18n.mjs';

/** Rings come as whole numbers, each the difference to the one before, in hundredths of a degree. */
function ringOf(deltas) {
  const points = new Array(deltas.length / 2);
  let lon = 0, lat = 0;
  for (let i = 0; i < deltas.length; i += 2) {
    lon += deltas[i];
    lat += deltas[i + 1];
    points[i / 2] = [lat / 100, lon / 100];
  }
  return points;
}

const lines = [];
for (let lon = -180; lon <= 180; lon += 30) lines.push([[-85, lon], [85, lon]]);
for (let lat = -60; lat <= 60; lat += 30) lines.push([[lat, -180], [lat, 180]]);

export class Backdrop {
  constructor(map, palette) {
    map.createPane('backdrop').style.zIndex = 200;
    map.createPane('names').style.zIndex = 350;
    this.map = map;
    this.palette = palette;
    this.renderer = L.canvas({ pane: 'backdrop', padding: 0.4 });
    this.names = L.layerGroup().addTo(map);
    this.countries = [];
    this.grid = L.polyline(lines, { renderer: this.renderer, interactive: false, weight: 1 }).addTo(map);
    this.land = null;
    this.restyle();
  }

  /** Throws when the file cannot be read; the map then shows people and areas on open water. */
  async load(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const { countries } = await response.json();
    const polygons = countries.flatMap(({ polygons }) => polygons.map((rings) => rings.map(ringOf)));
    this.land = L.polygon(polygons, { renderer: this.renderer, interactive: false, weight: 1, smoothFactor: 0.6, ...this.landStyle() });
    this.land.addTo(this.map);
    const named = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });
    this.countries = countries.filter(({ label }) => label)
      .map(({ code, name, label: [lon, lat, size] }) => ({ name: (code && named.of(code)) || name, at: [lat / 100, lon / 100], size }));
    this.map.on('zoomend moveend', this.nameCountries, this);
    this.nameCountries();
  }

  landStyle() {
    const { land, border } = this.palette();
    return { color: border, fillColor: land, fillOpacity: 1, opacity: 1 };
  }

  restyle() {
    this.grid.setStyle({ color: this.palette().grid, opacity: 1 });
    this.land?.setStyle(this.landStyle());
  }

  /** Names of the countries that are large enough on the screen to carry one. */
  nameCountries() {
    const zoom = this.map.getZoom();
    const view = this.map.getBounds();
    const pixelsPerDegree = (256 * 2 ** zoom) / 360;
    this.names.clearLayers();
    for (const { name, at, size } of this.countries) {
      const width = (size / 100) * pixelsPerDegree;
      if (width < name.length * 7 + 10 || width > 4000 || !view.contains(at)) continue;
      const label = document.createElement('span');
      label.textContent = name;
      const icon = L.divIcon({ className: 'country-name', html: label, iconSize: [0, 0] });
      L.marker(at, { icon, pane: 'names', interactive: false, keyboard: false }).addTo(this.names);
    }
  }
}
