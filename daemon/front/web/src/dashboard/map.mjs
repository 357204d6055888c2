// The map: our own world, the areas, the people; click or list choose a person.
import * as L from 'leaflet';

import { byId, h, standingMark } from '../shared/dom.mjs';
import { age, metres, t } from '../shared/i18n.mjs';
import { onThemeChange } from '../shared/shell.mjs';
import { Backdrop } from './backdrop.mjs';
import { Fences } from './fences.mjs';
import { PeopleLayer } from './people_layer.mjs';
import { fixAge, hasPlace } from './roster.mjs';

const followEvery = 1000; // ms

const names = {
  inside: '--inside', outside: '--outside', uncertain: '--uncertain', stale: '--stale', edge: '--mark-edge',
  text: '--text', surface: '--surface', land: '--map-land', border: '--map-border', grid: '--map-grid',
  allow: '--map-allow', deny: '--outside',
};

export class PeopleMap {
  /** chosen(personNo or null) is called when a person is picked on the map. */
  constructor(roster, chosen) {
    this.roster = roster;
    this.chosen = chosen;
    this.colours = null;
    const palette = () => (this.colours ??= this.readColours());
    this.map = L.map(byId('map'), {
      zoomControl: false, minZoom: 1, maxZoom: 16, worldCopyJump: true, zoomSnap: 0.5,
      maxBounds: [[-85, -240], [85, 400]], attributionControl: false, center: [30, 10], zoom: 2,
    });
    L.control.zoom({ zoomInTitle: t('map.zoom_in'), zoomOutTitle: t('map.zoom_out') }).addTo(this.map);
    L.control.scale({ imperial: false }).addTo(this.map);
    L.control.attribution({ prefix: false }).addAttribution(t('map.source')).addTo(this.map);
    this.backdrop = new Backdrop(this.map, palette);
    this.fences = new Fences(this.map, palette);
    this.people = new PeopleLayer(() => roster.values(), palette).addTo(this.map);
    this.accuracy = null;
    this.selected = null;
    this.popup = L.popup({ closeButton: true, autoPan: false, offset: [0, -6], className: 'person-popup' });
    this.map.on('click', (event) => this.click(event));
    this.map.on('popupclose', () => {
      if (!this.closing) this.choose(null);
    });
    this.map.on('mousemove', (event) => this.hover(event));
    onThemeChange(() => this.restyle());
    byId('map-fit').addEventListener('click', () => {
      this.touched = false;
      this.fit();
    });
    this.touched = false; // once somebody has moved the map it stays where they put it
    for (const kind of ['pointerdown', 'wheel', 'keydown'])
      byId('map').addEventListener(kind, () => { this.touched = true; }, { passive: true });
    new ResizeObserver(() => {
      this.map.invalidateSize({ pan: false });
      if (!this.touched) this.fit();
    }).observe(byId('map'));
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, style.getPropertyValue(name).trim()]));
  }

  restyle() {
    this.colours = null;
    this.backdrop.restyle();
    this.fences.restyle();
    this.people.redraw();
    this.showAccuracy();
  }

  loadWorld(url) {
    return this.backdrop.load(url);
  }

  /** All areas and all people that have a place. */
  fit() {
    const bounds = L.latLngBounds([]);
    const fences = this.fences.bounds();
    if (fences.isValid()) bounds.extend(fences);
    for (const person of this.roster.values()) if (hasPlace(person)) bounds.extend([person.latitude, person.longitude]);
    if (bounds.isValid()) this.map.fitBounds(bounds.pad(0.08), { maxZoom: 13, animate: false });
    else this.map.setView([30, 10], 2, { animate: false });
  }

  /** Widens an untouched view when somebody has left it. */
  follow() {
    if (this.touched || Date.now() - (this.followed ?? 0) < followEvery) return;
    this.followed = Date.now();
    const view = this.map.getBounds();
    for (const person of this.roster.values())
      if (hasPlace(person) && !view.contains([person.latitude, person.longitude])) return void this.fit();
  }

  changed() {
    this.people.redraw();
    this.follow();
    if (this.selected !== null) this.showSelected(false);
  }

  click(event) {
    const found = this.people.hit(event.containerPoint);
    if (found?.person) this.choose(found.person.person_no);
    else if (found?.people) this.zoomTo(found.people);
    else this.choose(null);
  }

  hover(event) {
    const over = this.people.hit(event.containerPoint) !== null;
    byId('map').classList.toggle('over-person', over);
  }

  zoomTo(people) {
    const bounds = L.latLngBounds(people.map((p) => [p.latitude, p.longitude]));
    this.map.fitBounds(bounds.pad(0.2), { maxZoom: Math.min(16, this.map.getZoom() + 4) });
  }

  /** Also called by the list; `center` moves the map there. */
  choose(personNo, center = false) {
    if (personNo === this.selected && !center) return;
    this.selected = personNo;
    this.people.select(personNo);
    if (personNo === null) {
      this.hidePopup();
      this.showAccuracy();
    } else this.showSelected(center);
    this.chosen(personNo);
  }

  showSelected(center) {
    const person = this.roster.get(this.selected);
    if (!person || !hasPlace(person)) {
      this.hidePopup();
      this.showAccuracy();
      return;
    }
    const at = [person.latitude, person.longitude];
    if (center) this.touched = true;
    if (center) this.map.setView(at, Math.max(this.map.getZoom(), 7), { animate: false });
    this.popup.setLatLng(at).setContent(this.card(person));
    if (!this.popup.isOpen()) this.popup.openOn(this.map);
    const close = this.popup.getElement()?.querySelector('.leaflet-popup-close-button');
    close?.setAttribute('aria-label', t('close'));
    this.showAccuracy();
  }

  /** Not as when the reader closes it: whoever has no place stays chosen. */
  hidePopup() {
    this.closing = true;
    this.map.closePopup(this.popup);
    this.closing = false;
  }

  card(person) {
    const seen = fixAge(person, Date.now());
    const about = [seen === null ? null : age(seen),
      person.accuracy_m === undefined ? null : t('people.accuracy', { far: metres(person.accuracy_m) })];
    return h('div', { class: 'person-card' },
      h('strong', {}, person.name),
      h('span', { class: `standing-word standing-${person.standing}` }, standingMark(person.standing),
        `${t(`standing.${person.standing}`)} · ${t(person.allowed ? 'people.allowed' : 'people.blocked')}`),
      h('span', { class: 'faint' }, about.filter(Boolean).join(' · ')));
  }

  showAccuracy() {
    this.accuracy?.remove();
    this.accuracy = null;
    const person = this.selected === null ? null : this.roster.get(this.selected);
    if (!person || !hasPlace(person) || !(person.accuracy_m > 0)) return;
    const colour = this.readColours()[person.standing] ?? '#888';
    this.accuracy = L.circle([person.latitude, person.longitude], {
      radius: person.accuracy_m, color: colour, weight: 1, fillOpacity: 0.12, interactive: false, pane: 'fences',
    }).addTo(this.map);
  }
}
