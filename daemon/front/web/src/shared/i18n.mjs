// Texts in the reader's language, and numbers, times and ages written the way it writes them.
import de from '../texts/de.mjs';
import en from '../texts/en.mjs';

export const language = document.documentElement.lang === 'de' ? 'de' : 'en';
const texts = language === 'de' ? de : en;

/** The text of `key` with {name} filled from `values`; the key itself when it is not known. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const knows = (key) => key in texts;

/** A word of the API in the reader's language, or the word itself made readable. */
export function word(group, name) {
  if (name === undefined || name === null || name === '') return '';
  return knows(`${group}.${name}`) ? t(`${group}.${name}`) : String(name).replaceAll('_', ' ');
}

/** Replaces the English that the page was built with. */
export function translate(root) {
  if (language !== 'en') {
    for (const node of root.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
    for (const node of root.querySelectorAll('[data-t-label]'))
      node.setAttribute('aria-label', t(node.dataset.tLabel));
    for (const node of root.querySelectorAll('[data-t-placeholder]'))
      node.setAttribute('placeholder', t(node.dataset.tPlaceholder));
  }
  delete document.documentElement.dataset.translating;
}

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
export const number = (n) => whole.format(n);

const kilometres = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
/** "850 m", "4.1 km", "572 km". */
export function metres(m) {
  if (m < 1000) return `${whole.format(m)} m`;
  return `${(m < 100000 ? kilometres : whole).format(m / 1000)} km`;
}

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dayAndClock = new Intl.DateTimeFormat(language, {
  day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});
/** 14:03:22 today, with the day before it on any other day. */
export function timeOfDay(iso, now = new Date()) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return at.toDateString() === now.toDateString() ? clock.format(at) : dayAndClock.format(at);
}

const steps = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
function stepOf(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const [size, unit] = steps.find(([size]) => s >= size) ?? steps[3];
  return [Math.floor(s / size), unit];
}
const ago = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
/** "12 seconds ago", "now". */
export function age(seconds) {
  const [n, unit] = stepOf(seconds);
  return ago.format(-n, unit);
}

/** "4 minutes", as after "for" or "in". */
export function duration(seconds) {
  const [n, unit] = stepOf(seconds);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(n);
}

const ahead = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
/** "in 13 days"; what has passed is "2 hours ago". */
export function fromNow(seconds) {
  const [n, unit] = stepOf(Math.abs(seconds));
  return ahead.format(seconds < 0 ? -n : n, unit);
}

const wholeMoment = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
  day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
});
/** "4 Dec 2026, 14:03 CET" */
export function moment(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? '' : wholeMoment.format(at);
}

const shortUnits = { day: 'd', hour: 'h', minute: 'min', second: 's' };
/** "12 s", "4 min": for tight places. */
export function shortAge(seconds) {
  const [n, unit] = stepOf(seconds);
  return `${n} ${shortUnits[unit]}`;
}
