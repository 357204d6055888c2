// Keeps the screen on while sharing, where the browser can do that and the page is visible.
export class ScreenLock {
  /** changed(held) is called whenever the screen begins or ceases to be kept on. */
  constructor(changed) {
    this.changed = changed;
    this.wanted = false;
    this.lock = null;
    document.addEventListener('visibilitychange', () => void this.take());
  }

  want(wanted) {
    this.wanted = wanted;
    if (wanted) void this.take();
    else void this.lock?.release();
  }

  async take() {
    if (!this.wanted || this.lock || document.hidden || !navigator.wakeLock) return;
    try {
      const lock = await navigator.wakeLock.request('screen');
      this.lock = lock;
      lock.addEventListener('release', () => {
        this.lock = null;
        this.changed(false);
      });
      this.changed(true);
      if (!this.wanted) void lock.release();
    } catch {
      this.changed(false); // battery saver and the like: the page says that the screen may go off
    }
  }
}
