// Follows the daemon's event stream. The stream is opened first and the whole state read after it:
// what happens between the two is kept and applied to the state, so that nothing falls in a gap.
import { get } from '../shared/api.mjs';

const kinds = ['state', 'call', 'decision', 'channel', 'monitor', 'login', 'reload', 'gap'];
const longestWait = 15000;

export class Live {
  /** stream: its address; path: where the whole state is read; whole(state), event(kind, data, seq), connected(yes), trouble(ApiTrouble). */
  constructor({ stream = '/api/v1/dashboard/stream', path, whole, event, connected, trouble }) {
    Object.assign(this, { stream, path, whole, event, connected, trouble });
    this.source = null;
    this.waiting = []; // events that came while the whole state was being read
    this.reading = false;
    this.ready = false; // the whole state was read once
    this.failures = 0;
    this.round = 0;
    this.timer = null;
  }

  start() {
    this.stop();
    const round = this.round;
    const source = new EventSource(this.stream);
    this.source = source;
    for (const kind of kinds) source.addEventListener(kind, (message) => this.take(kind, message));
    source.addEventListener('open', () => {
      this.connected(true);
      void this.read(round); // also after a break: positions are not replayed, only calls and decisions are
    });
    source.addEventListener('error', () => {
      this.connected(false);
      // The browser reconnects by itself, with Last-Event-ID, unless the answer was not a stream.
      if (source.readyState === EventSource.CLOSED) void this.again(round);
    });
  }

  stop() {
    this.round += 1;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.ready = false;
    this.reading = false;
    this.waiting = [];
  }

  /** Reads the whole state again while the stream goes on. */
  async read(round = this.round) {
    if (this.reading) return;
    this.reading = true;
    this.waiting = [];
    let state = null;
    let trouble = null;
    try {
      state = await get(this.path, { background: this.ready });
    } catch (error) {
      trouble = error;
    }
    if (round !== this.round) return;
    this.reading = false;
    if (trouble) {
      this.trouble(trouble);
      if (trouble.kind !== 'signed_out') this.later(() => void this.read(round));
      return;
    }
    this.failures = 0;
    this.ready = true;
    this.whole(state);
    // What came meanwhile is applied once more: the state may be older than it. Sequences sort out the rest.
    for (const [kind, data, seq] of this.waiting.splice(0)) this.event(kind, data, seq);
  }

  take(kind, message) {
    let data;
    try {
      data = JSON.parse(message.data);
    } catch {
      return void this.read(); // a frame we cannot read: the whole state tells what it would have said
    }
    const seq = message.lastEventId === '' || kind === 'state' ? NaN : Number(message.lastEventId);
    if (this.reading || !this.ready) this.waiting.push([kind, data, seq]);
    if (this.ready) this.event(kind, data, seq);
  }

  /** The stream was refused: ask the API why, then begin anew after a while. */
  async again(round) {
    try {
      const state = await get(this.path, { background: true });
      if (round !== this.round) return;
      if (!this.ready) this.whole(state);
    } catch (trouble) {
      if (round !== this.round) return;
      this.trouble(trouble);
      if (trouble.kind === 'signed_out') return this.stop();
    }
    this.later(() => this.start());
  }

  later(action) {
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(action, Math.min(500 * 2 ** this.failures, longestWait));
  }
}
