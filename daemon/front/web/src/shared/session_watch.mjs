// Warns before a session ends, offers to stay, and says so when it has ended.
import { session } from './api.mjs';
import { byId, h } from './dom.mjs';
import { busy, toast } from './feedback.mjs';
import { duration, t } from './i18n.mjs';

const lookEvery = 30000;

export class SessionWatch {
  /** role: whose session, 'admin'; warnBelow: seconds; extend: an API call in that role, which renews the idle time. */
  constructor({ role, login, warnBelow, extend, onEnd }) {
    Object.assign(this, { role, login, warnBelow, extend, onEnd });
    this.bar = byId('session-bar');
    this.ended = false;
  }

  start() {
    void this.look();
    setInterval(() => void this.look(), lookEvery);
  }

  async look() {
    let now;
    try {
      now = await session();
    } catch {
      return; // not reachable: the page itself says so; look again later
    }
    if (!now[this.role]) this.end();
    else if (now.expires_in_s !== undefined && now.expires_in_s < this.warnBelow) this.warn(now.expires_in_s);
    else this.clear();
  }

  clear() {
    this.ended = false;
    this.bar.hidden = true;
    this.bar.replaceChildren();
  }

  warn(seconds) {
    const stay = h('button', { type: 'button', class: 'small' }, t('session.extend'));
    stay.addEventListener('click', () => busy(stay, async () => {
      try {
        await this.extend();
        await this.look();
      } catch (trouble) {
        toast(trouble.message, 'bad');
      }
    }));
    this.show(t('session.ends', { age: duration(seconds) }), stay);
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.show(t('session.ended'), h('a', { href: this.login, role: 'button', class: 'small' }, t('session.again')));
    this.onEnd();
  }

  show(text, action) {
    this.bar.replaceChildren(h('span', {}, text), action);
    this.bar.hidden = false;
  }
}
