// Collects the licences of what the bundles contain.
import { existsSync, readFileSync } from 'node:fs';

const modules = new URL('../node_modules/', import.meta.url);
const bundled = [
  ['leaflet', 'LICENSE'], ['@picocss/pico', 'LICENSE.md'], ['world-atlas', 'LICENSE'],
];

export function licenses() {
  const parts = bundled.map(([name, file]) => {
    const at = new URL(`${name}/${file}`, modules);
    if (!existsSync(at)) throw new Error(`${name} ships no ${file}`);
    const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), 'utf8'));
    return `${name} ${version}\n${'-'.repeat(60)}\n${readFileSync(at, 'utf8').trim()}\n`;
  });
  return `The pages of Wardroom contain the following works.\n\n${parts.join('\n')}\n` +
    'Natural Earth\n' + '-'.repeat(60) + '\nThe borders on the map are made with Natural Earth, public domain.\n';
}
