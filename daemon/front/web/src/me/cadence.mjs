// Pure: when a position is worth posting, and how long to wait after trouble.

/** Metres; a position this far from the last posted one is posted at once. */
export const movedEnough = 25;
/** Seconds between two posts, however fast one moves. */
export const shortestGap = 3;
const longestBackoff = 30;

const radius = 6371008.8;
const toRadians = (degrees) => (degrees * Math.PI) / 180;

/** Metres between two {latitude, longitude} on the sphere. */
export function distance(a, b) {
  const dLat = toRadians(b.latitude - a.latitude);
  const dLon = toRadians(b.longitude - a.longitude);
  const s = Math.sin(dLat / 2) ** 2 +
    Math.cos(toRadians(a.latitude)) * Math.cos(toRadians(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(s)));
}

/** Moved, or known at least twice as precisely as what was posted last. */
export function worthPosting(posted, now) {
  if (!posted) return true;
  return distance(posted, now) > movedEnough || now.accuracy * 2 <= posted.accuracy;
}

/** Seconds before the next attempt after `failures` in a row; `asked` = the server's Retry-After. */
export function waitAfterTrouble(failures, asked, interval) {
  if (asked !== null && asked !== undefined) return Math.max(1, asked);
  return Math.min(2 ** Math.min(failures, 10), longestBackoff, Math.max(2, interval));
}

/** Seconds until this fix no longer counts, or null when nothing is known about that. */
export function secondsLeft(fixAge, timeout) {
  if (fixAge === null || !timeout) return null;
  return Math.max(0, Math.round(timeout - fixAge));
}

/** True when the age of the last fix is past the point where a person should hear about it. */
export function gettingOld(fixAge, interval, timeout) {
  if (fixAge === null || !timeout) return false;
  return fixAge < timeout && fixAge > Math.max(2 * interval, timeout * 0.5);
}
