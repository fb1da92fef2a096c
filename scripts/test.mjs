// `npm test`: installs what is missing, builds, checks the house's rules, runs every lane, and ends with one line
// `N passed, N failed, N skipped`. `npm test -- pure sip` runs only these lanes.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blockOf, failuresOf, inFull, longestOf } from './failures.mjs';
import { installPackages, installTools, root } from './install.mjs';

const ci = process.env.CI === 'true';
/** Lanes in order, with how many of their files run at the same time. */
const LANES = [
  // Without I/O and without real time nothing can get in its way: it runs beside all others, in what they leave of the two cores while they wait. A few processes hold all
  // files, which saves most of the time.
  { name: 'pure', atOnce: 2, bundles: 6, beside: true },
  // These wait more than they work.
  { name: 'sip', atOnce: 4, realTime: true },
  { name: 'media', atOnce: 2, realTime: true },
  { name: 'store', atOnce: 2 },
  // Phones talk and pages wait for each other: two of these leave a third of two cores idle.
  { name: 'phone', atOnce: 3, realTime: true },
  { name: 'web', atOnce: 3, realTime: true },
];

const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const unknown = wanted.filter((name) => !LANES.some((lane) => lane.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no such lane: ${unknown.join(', ')}; there are ${LANES.map((lane) => lane.name).join(', ')}\n`);
  process.exit(2);
}

installPackages();
const missing = installTools();
if (missing.length > 0) process.stderr.write(`missing tools: ${missing.join(', ')}; the tests that need them ${ci ? 'fail' : 'are skipped'}\n`);

const total = { passed: 0, failed: 0, skipped: 0 };
/** Failures of files that were run once more, alone, and passed. */
const onlyAlone = [];
/** All that failed, told again at the end. */
const failed = [];

/** Resolves to its status and, where it runs `beside` others and must not talk into what they say, what it said. */
function node(args, beside) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', beside ? 'pipe' : 'inherit', 'inherit'],
    env: { ...process.env, HUAWU_TEST: '1' },
    detached: beside,
  });
  if (beside) giveWay(child.pid);
  const said = [];
  child.stdout?.on('data', (bytes) => said.push(bytes));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, said: Buffer.concat(said).toString() }));
  });
}

/**
 * Linux shares the processor among sessions first (autogroup), and a priority holds within one: the servers that tests start have sessions of their own, and would
 * share equally with what is to give way to them. Hence a session of its own, which has the lowest priority too.
 */
function giveWay(pid) {
  setPriority(pid, constants.priority.PRIORITY_LOW);
  const share = `/proc/${pid}/autogroup`;
  if (existsSync(share)) writeFileSync(share, `${constants.priority.PRIORITY_LOW}`);
  // Ctrl-C does not reach another session.
  process.on('exit', () => {
    try {
      process.kill(-pid);
    } catch {
      // It has ended.
    }
  });
}
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
])
  process.once(signal, () => process.exit(status));

/** Whether all sources have just been built: then the lanes run what was built, as its users do, and spare the two cores a transpiler in every process. */
let built = false;

/** What it prints is shown when it has ended, so that two at once can be read. Resolves to whether it went well. */
function step(title, ...args) {
  const started = Date.now();
  const child = spawn(process.execPath, args, { cwd: root, env: process.env });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
  return new Promise((resolve) => {
    child.on('close', (status) => {
      total[status === 0 ? 'passed' : 'failed'] += 1;
      const output = Buffer.concat(said);
      if (status !== 0) failed.push({ file: '', title, error: output.toString().trim().split('\n').slice(-3) });
      process.stdout.write(output);
      process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}  ${title}  (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
      resolve(status === 0);
    });
  });
}

async function rules() {
  await step('format and lint (biome)', 'node_modules/@biomejs/biome/bin/biome', 'check', '.', '--diagnostic-level=warn');
  const rooms = ['kernel', 'sip', 'media', 'src', 'web'];
  const cruiser = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
  await step('arrows between rooms (dependency-cruiser)', cruiser, '--config', '.dependency-cruiser.cjs', ...rooms);
  await step('the consoles by type: every word has its key, every command its data', 'node_modules/typescript/bin/tsc', '-p', 'web');
  await step('no dead exports, no unused packages (knip)', 'node_modules/knip/bin/knip.js');
  await step('measures (tidy)', '--import', 'tsx', 'scripts/tidy/tidy.ts');
}

/** fs.globSync needs Node 22. */
function testFiles(ending) {
  const folder = join(root, 'test');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => (built ? join(root, 'dist/test', name.replace(/\.ts$/, '.js')) : join(folder, name)))
    .sort();
}

/** The source of a test file, however it was run, from the project's root. */
const sourceOf = (file) => relative(root, file).replace(/^dist\/(test\/.*)\.js$/, '$1.ts');

/** `count` files that import all of `files` between them. */
function bundled(files, count) {
  const folder = join(root, 'node_modules/.cache/huawu-tests');
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, n) => {
    const path = join(folder, `bundle-${n}.test.mjs`);
    const mine = files.filter((_file, at) => at % count === n);
    writeFileSync(path, mine.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`).join(''));
    return path;
  });
}

/** One run of node's own test runner; what it counted, and its report. */
async function runFiles(files, atOnce, beside = false) {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-lane-'));
  const report = join(folder, 'report.tap');
  const args = [
    ...(built ? [] : ['--import', 'tsx']),
    '--test',
    `--test-concurrency=${atOnce}`,
    // Of a file as a whole too.
    `--test-timeout=${beside ? 1_200_000 : 600_000}`,
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  const { status, said } = await node(args, beside);
  const tap = readFileSync(report, 'utf8');
  rmSync(folder, { recursive: true });
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  return { tap, said, passed: count('pass'), failed: status !== 0 && failed === 0 ? 1 : failed, skipped: count('skipped') + count('todo') };
}

/**
 * What waits for real sound or real processes is at the mercy of its neighbours: up to three files that failed among others are run once
 * more alone, and that run counts. It is said aloud, so that a test that needs it again and again is mended instead.
 */
async function runAgainAlone(first, files) {
  const among = failuresOf(first.tap);
  const again = [...new Set(among.map(({ file }) => file))];
  const known = among.length > 0 && again.every((file) => files.includes(file));
  if (first.failed === 0 || !known || again.length > 3) return first;
  process.stdout.write(`${inFull(first.tap)}\n`);
  const alone = await runFiles(again, 1);
  const still = failuresOf(alone.tap);
  const same = (one) => (other) => other.file === one.file && other.title === one.title;
  onlyAlone.push(...among.filter((one) => !still.some(same(one))));
  const told = still.map((one) => {
    const before = among.find(same(one));
    return before === undefined ? one : { ...before, alone: one.error };
  });
  return { ...first, tap: alone.tap, told, passed: first.passed + first.failed - alone.failed, failed: alone.failed };
}

/** `others`: the lanes beside which it runs; what it has to say is said after theirs. */
async function runLane({ name, atOnce, bundles = 0, realTime = false, beside = false }, others = () => undefined) {
  const found = testFiles(`.${name}.test.ts`);
  if (found.length === 0) return;
  const files = bundles > 0 ? bundled(found, bundles) : found;
  const started = Date.now();
  const title = `\n── ${name} lane: ${found.length} files\n`;
  process.stdout.write(beside ? `\n── ${name} lane: begun beside the others\n` : title);
  const first = await runFiles(files, atOnce, beside);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  await others();
  if (beside) process.stdout.write(`${title}${first.said}`);
  const ended = realTime ? await runAgainAlone(first, files) : first;
  total.passed += ended.passed;
  total.failed += ended.failed;
  total.skipped += ended.skipped;
  if (ended.failed > 0) {
    const told = ended.told ?? failuresOf(ended.tap);
    failed.push(...(told.length > 0 ? told : [{ file: '', title: `${name} lane`, error: ['the test runner failed and named no test'] }]));
    process.stdout.write(`${inFull(ended.tap)}\n`);
  }
  const counted = `${ended.passed} passed, ${ended.failed} failed, ${ended.skipped} skipped`;
  process.stdout.write(`── ${name} lane: ${counted} (${seconds} s)\n`);
  for (const long of longestOf(first.tap)) process.stdout.write(`   ${long.seconds.toFixed(1).padStart(5)} s  ${long.title}\n`);
}

if (wanted.length === 0) [built] = await Promise.all([step('builds, with every type in order', 'scripts/build.mjs'), rules()]);
const lanes = LANES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
let inTurn;
const aside = lanes.filter(({ beside }) => beside).map((lane) => runLane(lane, () => inTurn));
inTurn = (async () => {
  for (const lane of lanes) if (!lane.beside) await runLane(lane);
})();
await Promise.all([inTurn, ...aside]);

if (ci && total.skipped > 0) {
  process.stdout.write('with CI=true nothing may be skipped\n');
  total.failed += 1;
  failed.push({ file: '', title: 'with CI=true nothing may be skipped', error: [`${total.skipped} tests were skipped`] });
}
const near = (one) => ({ ...one, file: one.file === '' ? '' : sourceOf(one.file) });
for (const one of onlyAlone.map(near))
  process.stdout.write(`\nfailed among others and passed when its file was run once more, alone: ${one.file}: ${one.title}\n       ${one.error[0] ?? ''}\n`);
for (const one of failed.map(near)) process.stdout.write(`\n${blockOf(one)}\n`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 ? 1 : 0);
