// Runs before the first paint: chosen appearance and language, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage switched off: the defaults below apply
    }
  };
  const theme = stored('wardroom.theme');
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = theme === 'light' || theme === 'dark' ? theme : dark ? 'dark' : 'light';
  const wanted = stored('wardroom.lang') ?? navigator.language ?? 'en';
  if (wanted.toLowerCase().startsWith('de')) {
    root.lang = 'de';
    root.dataset.translating = '';
  }
})();
