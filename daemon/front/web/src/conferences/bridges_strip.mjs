// The bridges: whether they answer and tell everything, and a button that reads one anew.
import { post, session } from '../shared/api.mjs';
import { byId, h, setText, words } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { number, t } from '../shared/i18n.mjs';
import { ago, bridgeStanding, counted, said } from './conference_words.mjs';
import { place } from './conference_list.mjs';

class BridgeCard {
  constructor(name, read) {
    this.seen = '';
    const id = `bridge-${name}`;
    this.badge = h('span', { class: 'badge' });
    this.version = h('span', { class: 'faint' });
    this.told = h('p', { class: 'bridge-told' });
    this.notes = h('div', { class: 'bridge-notes' });
    this.button = h('button', { type: 'button', class: 'small quiet', 'aria-label': t('conf.resync.of', { name }), onclick: () => read(this.button) }, t('conf.resync'));
    this.node = h('li', { class: 'bridge', 'aria-labelledby': id }, h('div', { class: 'bridge-head' }, h('h3', { id }, name), this.version, this.badge, this.button), this.told, this.notes);
  }

  update(bridge, now) {
    const seen = JSON.stringify(bridge);
    if (seen === this.seen) return;
    this.seen = seen;
    const at = bridgeStanding(bridge);
    this.node.dataset.colour = at.colour;
    setText(this.badge, t(`conf.bridge.${at.key}`));
    this.told.replaceChildren(
      ...(bridge.last_post ? [t('conf.bridge.last'), ' ', ago(bridge.last_post, now)] : [t('conf.bridge.silent')]),
      ` · ${counted('conf.bridge.calls', bridge.calls ?? 0)}, ${counted('conf.bridge.legs', bridge.legs ?? 0)}`);
    setText(this.version, bridge.version ? t('conf.bridge.version', { version: bridge.version }) : '');
    this.notes.replaceChildren(...notesOf(bridge, now));
  }
}

/** What is wrong with it and what to do, a sentence each. */
function notesOf(bridge, now) {
  const notes = [];
  const note = (...children) => notes.push(h('p', {}, ...children));
  if (bridge.silent_since) note(t('conf.bridge.away.since'), ' ', ago(bridge.silent_since, now), '. ', t('conf.bridge.away.text'));
  if (bridge.doubt) note(t('conf.bridge.doubt.text'), ' ', said(bridge.doubt));
  if (bridge.trouble) note(said(bridge.trouble));
  if (bridge.registration === 'missing') note(...words(t('conf.bridge.missing.text', { name: bridge.name })));
  if (bridge.registration === 'full') note(...words(t('conf.bridge.full.text', { name: bridge.name })));
  if (bridge.behind > 0) note(counted('conf.bridge.behind.text', bridge.behind));
  return notes;
}

export class BridgesStrip {
  /** leave(): the session is over; now(): the server's. */
  constructor({ path, book, leave, now }) {
    Object.assign(this, { path, book, leave, now });
    this.cards = new Map();
    this.awaited = new Set(); // bridges that are being read because of this page, longer than a request may take
  }

  draw() {
    const { bridges } = this.book;
    for (const name of [...this.cards.keys()]) if (!this.book.bridge(name)) this.cards.delete(name);
    place(byId('bridges'), bridges.map((bridge) => {
      if (!this.cards.has(bridge.name)) this.cards.set(bridge.name, new BridgeCard(bridge.name, (button) => void this.read(bridge.name, button)));
      const card = this.cards.get(bridge.name);
      card.update(bridge, this.now());
      return card.node;
    }));
    byId('bridges-part').hidden = bridges.length === 0;
    for (const name of [...this.awaited]) {
      const bridge = this.book.bridge(name);
      if (bridge?.resyncing) continue;
      this.awaited.delete(name);
      if (bridge) this.outcome(bridge);
    }
  }

  outcome(bridge) {
    if (bridge.silent_since || bridge.doubt) toast(t('conf.resync.failed', { name: bridge.name, why: bridge.trouble || bridge.doubt }), 'bad');
    else toast(t('conf.resync.done', { name: bridge.name, calls: counted('conf.bridge.calls', bridge.calls ?? 0), legs: counted('conf.bridge.legs', bridge.legs ?? 0) }), 'good');
  }

  read(name, button) {
    return busy(button, async () => {
      try {
        await session(); // the CSRF token of now
        const { body } = await post(`${this.path}/bridges/${encodeURIComponent(name)}/resync`, {});
        if (body.bridge) this.book.apply({ bridges: [body.bridge] });
        if (body.bridge?.resyncing) {
          this.awaited.add(name);
          toast(t('conf.resync.begun', { name }));
        } else this.outcome(body.bridge ?? { name });
        this.draw();
      } catch (trouble) {
        if (trouble.kind === 'signed_out') return this.leave();
        toast(t('conf.resync.failed', { name, why: trouble.message }), 'bad');
      }
      return undefined;
    });
  }
}
