// How near the end of a token is, and how near is near. Pure.

/** Whole days left; negative once it has ended, null when the end is not known. */
export function daysLeft(iso, now) {
  const at = Date.parse(iso ?? '');
  return Number.isNaN(at) ? null : Math.floor((at - now) / 86400000);
}

/** The levels at which the daemon warns as well: 'ended', 'day', 'week', 'fortnight', or '' when there is time. */
export function urgency(iso, now) {
  const at = Date.parse(iso ?? '');
  if (Number.isNaN(at)) return '';
  const days = (at - now) / 86400000;
  if (days <= 0) return 'ended';
  if (days <= 1) return 'day';
  if (days <= 7) return 'week';
  return days <= 14 ? 'fortnight' : '';
}

const rank = { red: 0, yellow: 1 };
/** Those that need somebody first, then by name as the language sorts. */
export function inOrder(grants, language) {
  const collator = new Intl.Collator(language, { sensitivity: 'base', numeric: true });
  const key = ({ person, who, identity }) => person || who || identity;
  return [...grants].sort((a, b) => (rank[a.colour] ?? 2) - (rank[b.colour] ?? 2) || collator.compare(key(a), key(b)));
}
