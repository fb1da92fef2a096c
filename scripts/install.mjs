// Brings a fresh clone to where it can be run and tested: npm's packages, and Debian's tools where that is allowed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linkLibraries } from './libraries.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** npm ci, unless node_modules already holds exactly what the lock file says. */
export function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.huawu-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('installing npm packages …\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  linkLibraries(root);
  writeFileSync(stamp, lock);
}

/** command → Debian package that brings it */
const TOOLS = {
  baresip: 'baresip-core',
  linphonec: 'linphone-cli',
  sipp: 'sip-tester',
  chromium: 'chromium',
  'chromium-headless-shell': 'chromium-headless-shell',
  openssl: 'openssl',
  'g++': 'g++',
  rtpengine: 'rtpengine-daemon',
  'espeak-ng': 'espeak-ng',
};
const FONT = 'fonts-noto-cjk';

const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;

/** Installs missing test tools when we are root on a Debian machine; returns the names of those that stay missing. */
export function installTools() {
  const missing = Object.keys(TOOLS).filter((command) => !has(command));
  const wanted = missing.map((command) => TOOLS[command]);
  if (!existsSync('/usr/share/fonts/opentype/noto')) wanted.push(FONT);
  if (wanted.length === 0) return [];
  if (process.getuid?.() !== 0 || !has('apt-get')) return missing;
  process.stderr.write(`installing Debian packages: ${wanted.join(' ')} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 2] });
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...wanted);
  return missing.filter((command) => !has(command));
}
