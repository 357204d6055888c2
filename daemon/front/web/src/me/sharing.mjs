// Shares this browser's location: asks the device, posts at once, every interval and on movement, and goes on after trouble.
import { shortestGap, waitAfterTrouble, worthPosting } from './cadence.mjs';

const quick = { enableHighAccuracy: true, maximumAge: 5000, timeout: 15000 };
const rough = { enableHighAccuracy: false, maximumAge: 15000, timeout: 15000 };
const denied = 1; // GeolocationPositionError.PERMISSION_DENIED
const sendTroubles = { offline: 'offline', timeout: 'offline', throttled: 'throttled', unavailable: 'unavailable' };

/** Milliseconds since 1970, or nothing when the browser gives no such moment. */
const momentOf = (timestamp) => (Number.isFinite(timestamp) && timestamp > 0 ? Math.round(timestamp) : undefined);

/**
 * state: { on, phase: 'off' | 'locating' | 'sending' | 'waiting', trouble: null | { kind, words }, nextAt, posted }
 * Ports: geolocation, send(position) → headers or throws ApiTrouble, changed(state), sent(headers), signedOut().
 */
export class Sharing {
  constructor({ geolocation, send, changed, sent, signedOut, interval = 30 }) {
    Object.assign(this, { geolocation, send, changed, sent, signedOut, interval });
    this.state = { on: false, phase: 'off', trouble: null, nextAt: null, posted: null };
    this.failures = 0;
    this.notBefore = 0;
    this.timer = null;
    this.watch = null;
    this.round = 0; // each start and stop begins a new one; answers of an older round are dropped
  }

  start() {
    if (this.state.on) return;
    if (!this.geolocation) {
      this.set({ trouble: { kind: 'unsupported' } });
      return;
    }
    this.round += 1;
    this.failures = 0;
    this.notBefore = 0;
    this.set({ on: true, trouble: null, posted: null });
    this.follow();
    void this.locateAndSend();
  }

  stop() {
    this.round += 1;
    clearTimeout(this.timer);
    if (this.watch !== null) this.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.set({ on: false, phase: 'off', trouble: null, nextAt: null });
  }

  /** Now, unless something is under way or the server asked to wait. */
  poke() {
    if (!this.state.on || this.state.phase !== 'waiting') return;
    this.plan(0);
  }

  /** The permission or the connection came back: begin anew, without the waits of before. */
  revive() {
    if (!this.state.on) return;
    if (this.state.trouble?.kind !== 'throttled') this.notBefore = 0;
    if (this.watch !== null) this.geolocation.clearWatch(this.watch);
    this.follow();
    this.poke();
  }

  set(change) {
    Object.assign(this.state, change);
    this.changed(this.state);
  }

  plan(seconds) {
    clearTimeout(this.timer);
    const at = Math.max(Date.now() + seconds * 1000, this.notBefore);
    this.set({ phase: 'waiting', nextAt: at });
    this.timer = setTimeout(() => void this.locateAndSend(), at - Date.now());
  }

  follow() {
    const round = this.round;
    this.watch = this.geolocation.watchPosition(
      ({ coords }) => {
        if (round === this.round) this.moved(coords);
      },
      () => {}, // the regular question to the device meets the same trouble and reports it
      { enableHighAccuracy: true, maximumAge: 0 },
    );
  }

  moved(coords) {
    const { phase, posted, nextAt } = this.state;
    if (phase !== 'waiting' || !worthPosting(posted, coords)) return;
    const earliest = posted ? posted.at + shortestGap * 1000 : 0;
    const seconds = Math.max(0, (earliest - Date.now()) / 1000);
    if (nextAt === null || Date.now() + seconds * 1000 < nextAt) this.plan(seconds);
  }

  locate(options) {
    return new Promise((resolve, reject) => this.geolocation.getCurrentPosition(resolve, reject, options));
  }

  async position() {
    try {
      return await this.locate(quick);
    } catch (error) {
      if (error.code === denied) throw error;
      return this.locate(rough);
    }
  }

  async locateAndSend() {
    const round = this.round;
    const current = () => round === this.round;
    this.set({ phase: 'locating', nextAt: null });
    let coords, timestamp;
    try {
      ({ coords, timestamp } = await this.position());
    } catch (error) {
      if (current()) this.troubled(error.code === denied ? 'denied' : 'no_position', null, '');
      return;
    }
    if (!current()) return;
    this.set({ phase: 'sending' });
    try {
      const { latitude, longitude, accuracy } = coords;
      const headers = await this.send({ latitude, longitude, accuracy, timestamp: momentOf(timestamp) });
      if (current()) this.succeeded(coords, headers);
    } catch (trouble) {
      if (current()) this.refused(trouble);
    }
  }

  succeeded(coords, headers) {
    this.failures = 0;
    this.notBefore = 0;
    const { latitude, longitude, accuracy } = coords;
    this.set({ trouble: null, posted: { latitude, longitude, accuracy, at: Date.now() } });
    this.plan(this.interval);
    this.sent(headers);
  }

  refused(trouble) {
    if (trouble.kind === 'signed_out') {
      this.stop();
      this.signedOut();
      return;
    }
    this.troubled(sendTroubles[trouble.kind] ?? 'refused', trouble.retryAfter, trouble.message);
  }

  troubled(kind, retryAfter, words) {
    this.failures += 1;
    const seconds = waitAfterTrouble(this.failures, retryAfter, this.interval);
    this.notBefore = retryAfter === null ? 0 : Date.now() + seconds * 1000;
    this.set({ trouble: { kind, words } });
    this.plan(seconds);
  }
}
