/** Faults of ours put into a running application: a module that it loads before itself (as NODE_OPTIONS has it), and that works in `serve` alone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inProject } from './project.ts';

/** `script` may import what was built by `built('src/…')`. Environment for the house. */
export function inject(folder: string, script: (built: (module: string) => string) => string): Record<string, string> {
  const file = join(folder, 'inject.mjs');
  const built = (module: string): string => JSON.stringify(pathToFileURL(inProject(`dist/${module}.js`)).href);
  writeFileSync(file, `if (process.argv[2] === 'serve') {\n${script(built)}\n}\n`);
  return { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` };
}
