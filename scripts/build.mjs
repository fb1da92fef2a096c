// Builds dist/: the programs by tsc, the plain files they read beside them, and the consoles by Vite.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from './native.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function build({ quiet = false, web = true } = {}) {
  const run = (tool, ...args) =>
    execFileSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: root, stdio: quiet ? ['ignore', 2, 2] : 'inherit' });
  if (quiet) process.stderr.write('building huawu once …\n');
  run('typescript/bin/tsc', '-p', 'tsconfig.json');
  cpSync(join(root, 'src/store/migrations'), join(root, 'dist/src/store/migrations'), { recursive: true });
  for (const [part, fault] of Object.entries(buildNative())) process.stderr.write(`${part} was not built, and is done without: ${fault}\n`);
  if (web) run('vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn');
  if (web) run('../dist/scripts/cti-client/make.js', join(root, 'dist/consoles/cti/client'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build({ web: !process.argv.includes('--no-web') });
