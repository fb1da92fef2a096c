// `npm run demo`: installs what is missing, builds, then plays the demo. `--once` ends after the call.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installPackages, root } from './install.mjs';

installPackages();
const { build } = await import('./build.mjs');
process.stderr.write('building …\n');
build({ quiet: true });
const { status } = spawnSync(process.execPath, [join(root, 'dist/scripts/demo/demo.js'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
