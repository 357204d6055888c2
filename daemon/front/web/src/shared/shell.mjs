// What every page has: its language, the appearance and language switches, logging out.
import { post, session } from './api.mjs';
import { byId } from './dom.mjs';
import { busy, toast } from './feedback.mjs';
import { language, t, translate } from './i18n.mjs';
import { recall, remember } from './memory.mjs';

const themes = ['auto', 'light', 'dark'];
const root = document.documentElement;

function nameTheme(theme) {
  const button = byId('theme-switch');
  button.dataset.choice = theme;
  button.setAttribute('aria-label', `${t('theme.label')}: ${t(`theme.${theme}`)}`);
  button.title = button.getAttribute('aria-label');
}

function startThemeSwitch() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let theme = themes.includes(recall('theme')) ? recall('theme') : 'auto';
  const show = () => {
    root.dataset.theme = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
    nameTheme(theme);
    root.dispatchEvent(new CustomEvent('themechange'));
  };
  byId('theme-switch').addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    remember('theme', theme === 'auto' ? null : theme);
    show();
  });
  dark.addEventListener('change', show);
  show();
}

function startLanguageSwitch() {
  const button = byId('lang-switch');
  const other = language === 'de' ? 'en' : 'de';
  button.textContent = other.toUpperCase();
  button.lang = other;
  button.setAttribute('aria-label', other === 'de' ? 'Deutsch' : 'English');
  button.title = button.getAttribute('aria-label');
  button.addEventListener('click', () => {
    remember('lang', other);
    location.reload();
  });
}

export function startShell(titleKey) {
  translate(document);
  document.title = t(titleKey);
  for (const link of document.querySelectorAll('.site-nav a'))
    if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
  startThemeSwitch();
  startLanguageSwitch();
}

/** The parts of the header that are for whoever is signed in: navigation, status, logging out. */
export function showSignedIn(yes) {
  const wasHidden = byId('site-nav')?.hidden;
  for (const id of ['site-nav', 'header-status', 'logout']) {
    const part = byId(id); // not every page has a status
    if (part) part.hidden = !yes;
  }
  // On a narrow screen the pages' names may go beyond its edge.
  if (yes && wasHidden) document.querySelector('.site-nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

/** Calls `then` for every change of the appearance. */
export const onThemeChange = (then) => root.addEventListener('themechange', then);

/** Ends the session on the server, then leaves for the overview. */
export function startLogout(before = () => {}) {
  const button = byId('logout');
  button.hidden = false;
  button.addEventListener('click', () => busy(button, async () => {
    try {
      await session();
      await post('/api/v1/logout', {});
    } catch (trouble) {
      if (trouble.kind !== 'signed_out') {
        toast(t('logout.failed', { why: trouble.message }), 'bad');
        return;
      }
    }
    before();
    location.assign('/');
  }));
}
