/** The consoles as they are shipped: built into dist/consoles, anew when a source is younger than the build. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { inProject } from './project.ts';
import { until } from './wait.ts';

const root = inProject('.');
const sources = ['web', 'src/cti/protocol.ts'];
const target = join(root, 'dist/consoles');
const index = join(target, 'index.html');
/** Held by the one test process that builds; a folder, because only one can make it. */
const lock = join(root, 'dist/consoles.building');
const LONGEST_BUILD_MS = 60_000;

function youngest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => youngest(join(path, name))));
}

const isStale = (): boolean => !existsSync(index) || Math.max(...sources.map((path) => youngest(join(root, path)))) > statSync(index).mtimeMs;

function taken(): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    // Left behind by a process that died.
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > LONGEST_BUILD_MS) rmdirSync(lock);
    return false;
  }
}

/** The folder of the built consoles. */
export async function builtWeb(): Promise<string> {
  mkdirSync(join(root, 'dist'), { recursive: true });
  await until('the lock of the build', taken, 2 * LONGEST_BUILD_MS);
  try {
    if (isStale()) await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'error' });
  } finally {
    rmdirSync(lock);
  }
  return target;
}
