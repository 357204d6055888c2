// Installs the packages of the lock file once; does nothing, and needs no network, when they are there.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.wardroom-lock-digest`;
const guard = `${root}.npm-ci-running`;
const patience = 300_000;

const wanted = () => createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex');
const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();

/** Two builds of one tree must not install at the same time; a guard left by a killed one is ignored after a while. */
async function guarded(action) {
  const until = Date.now() + patience;
  for (;;) {
    try {
      mkdirSync(guard);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const since = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - since > patience) rmSync(guard, { recursive: true, force: true });
      else if (Date.now() > until) throw new Error(`another build installs packages for too long; remove ${guard}`);
      else await sleep(300);
    }
  }
  try {
    action();
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

export async function ensureModules() {
  if (installed()) return;
  await guarded(() => {
    if (installed()) return;
    try {
      execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    } catch (error) {
      throw new Error(`npm ci failed in ${root}: is npm installed and a package registry reachable? (${error.message})`);
    }
    writeFileSync(stamp, wanted());
  });
}
