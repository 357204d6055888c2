// One conference in the list: the same element for as long as it runs, so that focus and place stay.
import { h, setText } from '../shared/dom.mjs';
import { t } from '../shared/i18n.mjs';
import { companyWords, lasting, levelBadge, said, screens, showLevel, titleOf, waitWords } from './conference_words.mjs';

export class ConferenceRow {
  /** open(id): the conference in full. */
  constructor(open) {
    this.seen = '';
    this.badge = levelBadge(0);
    this.name = h('button', { type: 'button', class: 'open', 'aria-controls': 'conf-panel', onclick: () => open(this.conference.id) });
    this.since = h('span', { class: 'since' });
    this.company = h('span', { class: 'company' });
    this.screens = h('span', { class: 'screens' }, h('span', { class: 'dot', 'aria-hidden': 'true' }), h('span', {}));
    this.notes = h('span', { class: 'notes' });
    this.node = h('li', { class: 'conference' }, this.badge,
      h('span', { class: 'who' }, this.name, this.company), h('span', { class: 'how' }, this.screens, this.notes), this.since);
  }

  update(conference, { mode, now, open }) {
    this.conference = conference;
    this.name.setAttribute('aria-expanded', open ? 'true' : 'false');
    this.node.dataset.open = open ? 'yes' : 'no';
    const told = JSON.stringify([conference, mode]);
    if (told === this.seen) return;
    this.seen = told;
    this.node.dataset.level = conference.level;
    this.node.dataset.conference = conference.id;
    showLevel(this.badge, conference.level);
    setText(this.name, titleOf(conference));
    setText(this.company, companyWords(conference));
    this.since.replaceChildren(lasting(conference.since, now) ?? '');
    const shown = screens(conference, mode);
    this.screens.dataset.colour = shown.colour;
    setText(this.screens.lastElementChild, shown.text);
    this.notes.replaceChildren(...notesOf(conference));
  }
}

/** Doubt, and a fall that waits, in plain words. */
export function notesOf({ doubt, lowering, waits_for: waits }) {
  const notes = [];
  if (doubt) notes.push(h('span', { class: 'note-doubt' }, t('conf.doubt'), ' ', said(doubt)));
  if (lowering) notes.push(h('span', { class: 'note-lowering' }, waitWords(waits)));
  return notes;
}
