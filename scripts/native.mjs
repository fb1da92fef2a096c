// `npm run native`: builds what is written in C++ from our own sources, into dist/native/. Nothing is downloaded: it takes g++ and the headers
// that came with this very Node. Where either is missing the server runs on its plain engine, and the media bench says what it lacks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist/native');
const compiler = process.env.CXX ?? 'g++';
const FLAGS = ['-std=c++17', '-O2', '-Wall', '-Wextra'];

/** What came with the Node that runs us; Debian's own packages keep it elsewhere. */
const headers = [join(dirname(dirname(process.execPath)), 'include/node'), '/usr/include/node'].find((path) => existsSync(join(path, 'node_api.h')));

/** name in dist/native → source, what it needs beside g++, flags */
const PARTS = {
  'packets.node': {
    source: 'media/native/packets.cc',
    with: ['media/native/ring.h'],
    needs: [join(headers ?? join(dirname(dirname(process.execPath)), 'include/node'), 'node_api.h')],
    flags: ['-fPIC', '-shared', '-fno-exceptions', `-I${headers}`, '-DNODE_GYP_MODULE_NAME=huawu_packets'],
  },
  relay: { source: 'scripts/bench/native/relay.cc', needs: [], flags: [] },
  'rtp-load': { source: 'scripts/bench/native/rtp-load.cc', needs: [], flags: [] },
};

const isCurrent = (made, sources) => existsSync(made) && sources.every((source) => statSync(made).mtimeMs > statSync(source).mtimeMs);

/** Builds what is missing or older than its source; returns why a part could not be built, by its name. */
export function buildNative() {
  const faults = {};
  for (const [name, { source, with: parts = [], needs, flags }] of Object.entries(PARTS)) {
    const made = join(folder, name);
    if (
      isCurrent(
        made,
        [source, ...parts].map((path) => join(root, path)),
      )
    )
      continue;
    const lacks = needs.find((path) => !existsSync(path));
    const fault = lacks === undefined ? compile(made, join(root, source), flags) : `${lacks} is not there`;
    if (fault !== null) faults[name] = fault;
  }
  return faults;
}

/** Written under another name first: what runs from the old file goes on with it. */
function compile(made, source, flags) {
  mkdirSync(folder, { recursive: true });
  const part = `${made}.${process.pid}`;
  const { error, status, stderr } = spawnSync(compiler, [...FLAGS, ...flags, '-o', part, source], { encoding: 'utf8' });
  if (error !== undefined) return error.code === 'ENOENT' ? `${compiler} is not installed` : error.message;
  if (status !== 0) return stderr;
  renameSync(part, made);
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = Object.entries(buildNative());
  for (const [name, fault] of faults) process.stderr.write(`${name} was not built: ${fault}\n`);
  process.exit(faults.length > 0 ? 1 : 0);
}
