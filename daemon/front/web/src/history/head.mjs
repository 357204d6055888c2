// Follows the journal's head: what happens from now on, also after the connection or the daemon was away.
const longestWait = 15000;

export class Head {
  /** entry(entry); again(): the list must be read anew; connected(yes); refused(): the stream was turned down a while ago. */
  constructor({ entry, again, connected, refused }) {
    Object.assign(this, { entry, again, connected, refused });
    this.source = null;
    this.timer = null;
    this.failures = 0;
  }

  /** path: the stream's address, which says from where. */
  follow(path) {
    this.stop();
    const source = new EventSource(path);
    this.source = source;
    source.addEventListener('open', () => {
      this.failures = 0;
      this.connected(true);
    });
    source.addEventListener('entry', ({ data }) => {
      try {
        this.entry(JSON.parse(data));
      } catch {
        this.again(); // a frame we cannot read: the list tells what it would have said
      }
    });
    for (const event of ['gap', 'again', 'trouble']) source.addEventListener(event, () => this.again());
    source.addEventListener('error', () => {
      this.connected(false);
      // The browser reconnects by itself, with Last-Event-ID, unless the answer was not a stream.
      if (source.readyState === EventSource.CLOSED) this.later();
    });
  }

  later() {
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refused(), Math.min(500 * 2 ** this.failures, longestWait));
  }

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
