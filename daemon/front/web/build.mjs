// Bundles the pages: node build.mjs OUTPUT_FOLDER [TABLE.cpp]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureModules } from './tools/modules.mjs';

const [output, table] = process.argv.slice(2).map((path) => resolve(path));
if (!output) {
  process.stderr.write('usage: node build.mjs OUTPUT_FOLDER [TABLE.cpp]\n');
  process.exit(2);
}
await ensureModules();
const [{ build }, { world }, { licenses }, { page }, { cppTable }] = await Promise.all([
  import('esbuild'), import('./tools/world.mjs'), import('./tools/licenses.mjs'), import('./tools/pages.mjs'),
  import('./tools/cpp_table.mjs'),
]);

const root = fileURLToPath(new URL('.', import.meta.url));
const source = (name) => join(root, 'src', name);
const assets = new Map(); // "me.js" → "/assets/me-HASH.js"
const stableStyle = '/assets/app.css'; // also named by pages that the daemon writes itself

/** A finished file goes into assets/ under a name that changes with its content. */
function addStatic(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const [stem, extension] = name.split('.');
  const path = `/assets/${stem}-${hash}.${extension}`;
  writeFileSync(join(output, path), content);
  assets.set(name, path);
  return path;
}

/** Pages without script cannot name their appearance: for them the dark colours follow the system. */
const darkWithoutScript = {
  name: 'dark-without-script',
  setup({ onLoad }) {
    onLoad({ filter: /tokens\.css$/ }, ({ path }) => {
      const css = readFileSync(path, 'utf8');
      const [, dark] = css.match(/^\[data-theme="dark"\] \{([^}]*)\}/m);
      return { loader: 'css', contents: `${css}\n@media (prefers-color-scheme: dark) { :root:not([data-theme]) {${dark}} }` };
    });
  },
};

async function bundle(entries, options) {
  const { metafile } = await build({
    entryPoints: entries.map(([name, file]) => ({ in: source(file), out: name })),
    outdir: join(output, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    target: ['chrome110', 'firefox115', 'safari16.4'],
    loader: { '.png': 'dataurl', '.svg': 'dataurl' },
    plugins: [darkWithoutScript],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    ...options,
  });
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    const entry = entries.find(([, from]) => resolve(root, entryPoint ?? '') === source(from));
    if (entry) assets.set(`${entry[0]}.${file.split('.').at(-1)}`, `/assets/${basename(file)}`);
  }
}

const adminHeader = { nav: 'nav-admin', slot: 'slot-dashboard' };
const pieces = { 'dashboard.html': adminHeader, 'history.html': adminHeader, 'logins.html': adminHeader, 'sessions.html': { nav: 'nav-admin' }, 'spaces.html': { nav: 'nav-admin', slot: 'slot-live' }, 'conferences.html': { nav: 'nav-admin', slot: 'slot-live' } };

function writePages() {
  const asset = (name) => {
    if (!assets.has(name)) throw new Error(`no asset is called ${name}`);
    return assets.get(name);
  };
  return readdirSync(source('pages')).sort().map((name) => {
    const html = page(readFileSync(source(`pages/${name}`), 'utf8'), { asset, pieces: pieces[name] });
    writeFileSync(join(output, name), html);
    return name;
  });
}

/** What the server serves under which path. */
function filesOf(pages) {
  const route = { 'index.html': '/', 'me.html': '/me', 'dashboard.html': '/dashboard', 'logins.html': '/dashboard/logins', 'sessions.html': '/dashboard/sessions', 'history.html': '/dashboard/history', 'spaces.html': '/dashboard/spaces', 'conferences.html': '/dashboard/conferences' };
  return [
    ...pages.map((name) => ({ path: route[name], file: join(output, name), immutable: false })),
    { path: '/favicon.ico', file: join(output, assets.get('mark.svg')), immutable: false }, // asked for by pages without a link
    ...[...assets.values()].sort().map((path) => ({ path, file: join(output, path), immutable: path !== stableStyle })),
  ];
}

rmSync(output, { recursive: true, force: true });
mkdirSync(join(output, 'assets'), { recursive: true });
addStatic('mark.svg', readFileSync(source('mark.svg')));
addStatic('licenses.txt', licenses());
const worldFile = addStatic('world.json', world());
await bundle([['app', 'styles/app.css']], { entryNames: '[name]' });
await bundle([['dashboard', 'styles/dashboard.css'], ['logins', 'styles/logins.css'], ['sessions', 'styles/sessions.css'], ['history', 'styles/history.css'], ['spaces', 'styles/spaces.css'], ['conferences', 'styles/conferences.css']], {});
await bundle([['head', 'shared/head.js']], { format: 'iife' });
await bundle(
  [['home', 'home.mjs'], ['me', 'me/me.mjs'], ['dashboard', 'dashboard/dashboard.mjs'], ['logins', 'logins/logins.mjs'], ['sessions', 'sessions/sessions.mjs'], ['history', 'history/history.mjs'], ['spaces', 'spaces/spaces.mjs'], ['conferences', 'conferences/conferences.mjs']],
  { format: 'esm', define: { WORLD_FILE: JSON.stringify(worldFile) } },
);
const files = filesOf(writePages());
const manifest = files.map(({ path, file, immutable }) => ({ path, file: file.slice(output.length + 1), immutable }));
writeFileSync(join(output, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
if (table) writeFileSync(table, cppTable(files, table));
