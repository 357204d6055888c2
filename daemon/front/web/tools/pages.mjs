// Puts a page together: partials, English texts, names of assets.
import { readFileSync } from 'node:fs';

import en from '../src/texts/en.mjs';

const partialsAt = new URL('../src/partials/', import.meta.url);
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function partial(name) {
  return readFileSync(new URL(`${name}.html`, partialsAt), 'utf8').trimEnd();
}

/** {{> name}}, nested; {{nav}} and {{slot}} become the page's own pieces of the header, or nothing. */
function withPartials(text, pieces) {
  return text
    .replace(/\{\{> ([\w-]+)\}\}/g, (_, name) => withPartials(partial(name), pieces))
    .replace(/\{\{(nav|slot)\}\}/g, (_, place) => (pieces[place] ? partial(pieces[place]) : ''));
}

function english(key) {
  if (!(key in en)) throw new Error(`no text is called ${key}`);
  return escape(en[key]);
}

/** Elements that name a text and are empty get it in English; labels and placeholders as attributes. */
function withTexts(html) {
  return html
    .replace(/(<[a-z0-9]+\b[^>]*?\sdata-t="([^"]+)"[^>]*>)(?=<\/)/g, (_, tag, key) => tag + english(key))
    .replace(/data-t-label="([^"]+)"/g, (whole, key) => `${whole} aria-label="${english(key)}"`)
    .replace(/data-t-placeholder="([^"]+)"/g, (whole, key) => `${whole} placeholder="${english(key)}"`);
}

/** asset: name → path in the browser. */
export function page(source, { asset, pieces = {} }) {
  const html = withTexts(withPartials(source, pieces))
    .replace(/\{\{asset ([\w.-]+)\}\}/g, (_, name) => asset(name));
  const left = html.match(/\{\{.*?\}\}/);
  if (left) throw new Error(`nothing fills in ${left[0]}`);
  return html;
}
