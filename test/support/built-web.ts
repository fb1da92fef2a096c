/** The consoles as they are shipped: built into dist/web, anew when a source is younger than the build. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = ['web', 'src/cti/protocol.ts'];
const target = join(root, 'dist/web');

function youngest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => youngest(join(path, name))));
}

/** The folder of the built consoles. */
export async function builtWeb(): Promise<string> {
  const index = join(target, 'index.html');
  const stale = !existsSync(index) || Math.max(...sources.map((path) => youngest(join(root, path)))) > statSync(index).mtimeMs;
  if (stale) await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'error' });
  return target;
}
