// Builds dist/: the programs by tsc, the plain files they read beside them, and the consoles by Vite.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { linkLibraries } from './libraries.mjs';
import { buildNative } from './native.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function build({ quiet = false, web = true } = {}) {
  const run = (tool, ...args) =>
    execFileSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: root, stdio: quiet ? ['ignore', 2, 2] : 'inherit' });
  if (quiet) process.stderr.write('building huawu once …\n');
  linkLibraries(root);
  run('typescript/bin/tsc', '-p', 'tsconfig.json');
  cpSync(join(root, 'src/store/migrations'), join(root, 'dist/src/store/migrations'), { recursive: true });
  for (const [part, fault] of Object.entries(buildNative())) process.stderr.write(`${part} was not built, and is done without: ${fault}\n`);
  if (web) run('vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn');
  if (web) run('../dist/scripts/cti-client/make.js', join(root, 'dist/consoles/cti/client'));
  if (web) pack(join(root, 'dist/consoles'));
}

/** Below this, the headers of an answer weigh more than what is saved. */
const LEAST_BYTES = 1024;

/** Beside each text of the consoles the same packed, which the server sends to browsers that take it. */
function pack(folder) {
  for (const name of readdirSync(folder, { recursive: true }).filter((path) => /\.(?:js|css|html|svg)$/.test(path))) {
    const bytes = readFileSync(join(folder, name));
    if (bytes.length >= LEAST_BYTES) writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build({ web: !process.argv.includes('--no-web') });
