// One identity's login as a card: made once, then kept up to date in place, so that focus and what was unfolded stay.
import { h, setText, words } from '../shared/dom.mjs';
import { fromNow, moment, number, t, word } from '../shared/i18n.mjs';
import { urgency } from './expiry.mjs';

const renewable = new Set(['valid', 'renewing_fails', 'expired']);
const loginHere = '/admin/login?next=/dashboard/logins';
const featureNames = (text) => text.split(/[,\s]+/).filter(Boolean).map((name) => word('feature', name)).join(', ');

/** The card is titled with the name already. */
const withoutName = (sentence, name) => (sentence.startsWith(`${name}: `) ? sentence.slice(name.length + 2) : sentence);

/** A term and its description; `show` fills the latter and hides both when there is nothing to say. */
class Fact {
  constructor(name, wide = false) {
    this.value = h('dd', {});
    this.node = h('div', { hidden: true, class: wide ? 'fact-wide' : null }, h('dt', {}, t(name)), this.value);
  }

  show(...pieces) {
    const given = pieces.filter(Boolean);
    this.node.hidden = given.length === 0;
    this.value.replaceChildren(...given);
  }
}

/** "in 13 days" above "4 Dec 2026, 14:03 CET"; coloured as the end comes near. */
class Ending extends Fact {
  constructor(name, coloured) {
    super(name);
    this.coloured = coloured;
    this.relative = h('strong', { class: 'ending' });
    this.absolute = h('time', { class: 'faint' });
  }

  showEnd(iso, now) {
    if (!iso) return this.show();
    const left = (Date.parse(iso) - now) / 1000;
    setText(this.relative, left < 0 ? t('grant.ended', { when: fromNow(left) }) : fromNow(left));
    const near = urgency(iso, now);
    this.relative.dataset.near = this.coloured || near === 'ended' ? near : '';
    setText(this.absolute, moment(iso));
    this.absolute.setAttribute('datetime', iso);
    if (!this.relative.isConnected) this.show(this.relative, this.absolute);
    this.node.hidden = false;
  }
}

export class GrantCard {
  /** renew(identity, card) is called for each press that is not one too many. */
  constructor(identity, renew) {
    this.identity = identity;
    const id = `grant-${encodeURIComponent(identity)}`;
    this.title = h('h3', { id });
    this.kind = h('span', { class: 'faint' });
    this.badge = h('span', { class: 'badge grant-badge' });
    this.sentence = h('p', { class: 'grant-sentence', lang: 'en' });
    this.remedy = h('p', { class: 'grant-remedy', lang: 'en', hidden: true });
    this.who = new Fact('grant.who', true);
    this.id = new Fact('grant.id');
    this.personId = new Fact('grant.person_id');
    this.orgId = new Fact('grant.org_id');
    this.access = new Ending('grant.access', false);
    this.refresh = new Ending('grant.refresh', true);
    this.missing = h('ul', {});
    this.missingBox = h('div', { class: 'missing', hidden: true }, h('h4', {}, t('grant.missing')), this.missing);
    this.scopesTitle = h('summary', {});
    this.scopes = h('ul', { class: 'scopes' });
    this.ids = h('dl', { class: 'facts ids' }, ...[this.id, this.personId, this.orgId].map(({ node }) => node));
    this.scopesBox = h('details', { hidden: true }, this.scopesTitle, this.scopes, this.ids);
    this.button = h('button', { type: 'button', class: 'small quiet', onclick: () => this.press(renew), 'aria-describedby': id }, t('grant.renew'));
    this.login = h('a', { href: loginHere, role: 'button', class: 'small', hidden: true });
    this.actions = h('div', { class: 'actions' }, this.login, this.button);
    this.node = h('article', { class: 'card grant', 'aria-labelledby': id },
      h('header', {}, this.title, this.kind, this.badge), this.sentence, this.remedy,
      h('dl', { class: 'facts' }, ...[this.who, this.access, this.refresh].map(({ node }) => node)),
      this.missingBox, this.scopesBox, this.actions);
    this.blockedUntil = 0; // on performance.now()
  }

  /** now: the server's, in ms. */
  update(grant, now) {
    this.grant = grant;
    const perPerson = this.identity.startsWith('person:');
    this.node.dataset.colour = grant.colour ?? '';
    setText(this.title, perPerson ? grant.person || grant.who || this.identity : this.identity);
    setText(this.kind, perPerson ? '' : word('kind', grant.kind));
    this.id.show(perPerson ? h('span', { class: 'mono' }, this.identity) : null);
    setText(this.badge, word('grant.state', grant.state));
    this.badge.dataset.colour = grant.colour ?? '';
    this.sentence.replaceChildren(...words(withoutName(grant.sentence ?? '', this.identity)));
    this.sentence.hidden = !grant.sentence;
    this.remedy.replaceChildren(...words(grant.remedy ?? ''));
    this.remedy.hidden = !grant.remedy;
    this.showWho(grant);
    this.showScopes(grant);
    this.showActions(grant);
    this.tick(now);
  }

  /** What changes by time alone. */
  tick(now) {
    const over = this.grant.state === 'needs_login'; // the server took it back: its dates tell nothing any more
    this.access.showEnd(over ? null : this.grant.access_expires_at, now);
    this.refresh.showEnd(over ? null : this.grant.refresh_expires_at, now);
    const wait = Math.ceil((this.blockedUntil - performance.now()) / 1000);
    const waiting = wait > 0;
    this.button.setAttribute('aria-disabled', String(waiting));
    setText(this.button, waiting ? t('grant.renew.wait', { s: wait }) : t('grant.renew'));
  }

  showWho({ person, who, person_id: personId, org_id: orgId }) {
    this.who.show(person ? h('span', { class: 'grant-name' }, person) : null, who ? h('span', {}, who) : null);
    this.personId.show(personId ? h('span', { class: 'mono' }, personId) : null);
    this.orgId.show(orgId ? h('span', { class: 'mono' }, orgId) : null);
  }

  showScopes({ scopes = [], missing_scopes: missing = [] }) {
    this.missingBox.hidden = missing.length === 0;
    this.missing.replaceChildren(...missing.map(({ scope, needed_by: by }) =>
      h('li', {}, h('code', {}, scope), by ? ` ${t('grant.needed_by', { features: featureNames(by) })}` : null)));
    this.scopesBox.hidden = scopes.length === 0;
    setText(this.scopesTitle, t('grant.scopes', { n: number(scopes.length) }));
    this.scopes.replaceChildren(...scopes.map((scope) => h('li', {}, h('code', {}, scope))));
  }

  showActions({ kind, state, colour, missing_scopes: missing = [] }) {
    this.button.hidden = !renewable.has(state);
    this.login.hidden = this.identity !== 'admin' || (kind ?? 'integration') !== 'integration';
    setText(this.login, t(state === 'missing' ? 'grant.login.first' : 'grant.login'));
    this.login.classList.toggle('quiet', colour === 'green' && missing.length === 0);
    this.actions.hidden = this.button.hidden && this.login.hidden;
  }

  press(renew) {
    if (performance.now() < this.blockedUntil || this.button.getAttribute('aria-busy') === 'true') return;
    void renew(this.identity, this);
  }

  /** After the server asked for patience. */
  block(seconds, now) {
    this.blockedUntil = performance.now() + seconds * 1000;
    this.tick(now);
  }
}
