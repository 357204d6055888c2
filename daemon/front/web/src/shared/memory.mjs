// What this browser remembers for us: appearance, language, the notice agreed to, sharing on or off.
const prefix = 'wardroom.';

/** Null when nothing is stored, or when the browser keeps no storage for this page. */
export function recall(key) {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

/** False when the browser refuses to remember; everything then still works for this visit. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
    return true;
  } catch {
    return false;
  }
}
