// The permitted and denied areas as shapes on the map.
import * as L from 'leaflet';

import { t } from '../shared/i18n.mjs';

/** A box that crosses the antimeridian is drawn in one piece, its eastern end beyond 180 degrees. */
export function boxBounds({ south, north, west, east }) {
  return [[south, west], [north, east < west ? east + 360 : east]];
}

function shapeOf(fence, style) {
  if (fence.box) return L.rectangle(boxBounds(fence.box), style);
  if (fence.circle) return L.circle(fence.circle.at, { ...style, radius: fence.circle.radius_m });
  // Polygons with holes; longitudes go on beyond 180 degrees where one crosses the antimeridian.
  if (fence.outline?.length) return L.polygon(fence.outline, style);
  return null;
}

/** Out of its hours a fence is as if it were not there: it is drawn pale. */
export const isResting = ({ active }) => active === false;

export class Fences {
  constructor(map, palette) {
    map.createPane('fences').style.zIndex = 300;
    this.map = map;
    this.palette = palette;
    this.group = L.featureGroup().addTo(map);
    this.labels = L.layerGroup().addTo(map);
    this.drawn = '';
    this.list = [];
  }

  styleOf(fence) {
    const { allow, deny } = this.palette();
    const colour = fence.deny ? deny : allow;
    const resting = isResting(fence);
    return {
      pane: 'fences', color: colour, weight: resting ? 1.5 : 2, opacity: resting ? 0.4 : 1, fillColor: colour, fillOpacity: resting ? 0.03 : 0.1,
      dashArray: fence.deny ? '6 5' : undefined, interactive: false,
    };
  }

  show(fences) {
    this.list = fences;
    const key = JSON.stringify(fences);
    if (key === this.drawn) return;
    this.drawn = key;
    this.restyle();
  }

  restyle() {
    this.group.clearLayers();
    this.labels.clearLayers();
    for (const fence of this.list) {
      const shape = shapeOf(fence, this.styleOf(fence));
      if (!shape) continue;
      shape.addTo(this.map); // a circle knows its bounds only on a map
      this.group.addLayer(shape);
      this.labels.addLayer(this.label(fence, shape.getBounds()));
    }
  }

  /** In the corner of a box, above a circle: away from where countries carry their names. */
  label(fence, bounds) {
    const place = fence.box ? 'corner' : 'above';
    const className = `fence-name fence-name-${place}${fence.deny ? ' denied' : ''}${isResting(fence) ? ' resting' : ''}`;
    const at = fence.box ? bounds.getNorthWest() : [bounds.getNorth(), bounds.getCenter().lng];
    const text = document.createElement('span');
    text.textContent = isResting(fence) ? t('map.resting', { name: fence.name }) : fence.name;
    const icon = L.divIcon({ className, html: text, iconSize: [0, 0] });
    return L.marker(at, { icon, pane: 'names', interactive: false, keyboard: false });
  }

  bounds() {
    return this.group.getBounds();
  }
}
