// Pure: what is wanted of the history, as the words of a URL.

/** The value of a datetime-local input as a moment; empty when it is none. */
export function momentOf(local) {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : '';
}

/** The other way round, in the reader's own time zone. */
export function localOf(moment) {
  const at = new Date(moment);
  if (!moment || Number.isNaN(at.getTime())) return '';
  const two = (n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** {kinds, person, since, until} from a page's address; what is not known is left out. */
export function filterOf(search) {
  const given = new URLSearchParams(search);
  const moment = (name) => momentOf(given.get(name) ?? '');
  return {
    kinds: (given.get('kind') ?? '').split(',').filter((kind) => /^[a-z_]{1,32}$/.test(kind)),
    person: (given.get('person') ?? '').trim().slice(0, 200),
    since: moment('since'),
    until: moment('until'),
  };
}

/** The query of a request: the filter and what else is given. */
export function queryOf(filter, more = {}) {
  const words = new URLSearchParams();
  if (filter.kinds.length) words.set('kind', filter.kinds.join(','));
  if (filter.person) words.set('person', filter.person);
  if (filter.since) words.set('since', filter.since);
  if (filter.until) words.set('until', filter.until);
  for (const [name, value] of Object.entries(more)) words.set(name, String(value));
  const text = words.toString();
  return text ? `?${text}` : '';
}

export const isEmpty = (filter) => queryOf(filter) === '';
