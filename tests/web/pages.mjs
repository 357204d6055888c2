// The folder with the built pages: the one that the build names, or one built here for a run by hand.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

function built() {
  const folder = at(`build/web-pages/${process.pid}`);
  execFileSync(process.execPath, [at('daemon/front/web/build.mjs'), folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

export const pages = process.env.WARDROOM_WEB_PAGES ?? built();
