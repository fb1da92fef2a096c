/**
 * The measure table: how large files and functions are, how much is commented, where types are bent. Printed at each run.
 * A figure must meet its aim; one that does not yet is ratcheted: `scripts/tidy/limits.json` holds what was reached, and it may
 * only get better (`--keep` writes it down).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FileMeasure, measure } from './measure.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ROOMS = ['kernel', 'sip', 'media', 'src', 'web', 'scripts'];
const PURE = /^(sip\/(message|transaction|dialog|guard)|src\/(call|ivr|acd|cdr)|src\/cti\/(desk|protocol|feed))/;
const limitsPath = join(root, 'scripts/tidy/limits.json');

interface Row {
  name: string;
  aim: number;
  value: number;
  /** The figure may not be above this: the aim, or what was reached on the way to it. */
  most: number;
}

const files: FileMeasure[] = ROOMS.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts') && !name.includes('node_modules'))
    .map((name) => join(room, name))
    .map((path) => measure(path, readFileSync(join(root, path), 'utf8'))),
);

const at = (values: number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const sum = (of: (file: FileMeasure) => number): number => files.reduce((total, file) => total + of(file), 0);

const fileLines = files.map((file) => file.code);
const functions = files.flatMap((file) => file.functions.map((fn) => ({ ...fn, path: file.path })));
const functionLines = functions.map((fn) => fn.lines);
const pureLines = functions.filter((fn) => PURE.test(fn.path)).map((fn) => fn.lines);
const commentShare =
  sum((file) => file.comment) /
  Math.max(
    1,
    sum((file) => file.code),
  );

const figures: [name: string, aim: number, value: number][] = [
  ['file lines, median', 100, at(fileLines, 0.5)],
  ['file lines, p90', 250, at(fileLines, 0.9)],
  ['file lines, most', 500, Math.max(0, ...fileLines)],
  ['function lines, median', 8, at(functionLines, 0.5)],
  ['function lines, p90', 30, at(functionLines, 0.9)],
  ['function lines, most', 70, Math.max(0, ...functionLines)],
  ['function lines in pure rooms, most', 40, Math.max(0, ...pureLines)],
  ['any', 0, sum((file) => file.any)],
  ['double casts', 0, sum((file) => file.doubleCasts)],
  ['non-null !', 0, sum((file) => file.nonNull)],
];

const limits = JSON.parse(readFileSync(limitsPath, 'utf8')) as Record<string, number>;
const rows: Row[] = figures.map(([name, aim, value]) => ({ name, aim, value, most: Math.max(aim, limits[name] ?? 0) }));
const worse = rows.filter((row) => row.value > row.most);

process.stdout.write(`${files.length} files, ${sum((file) => file.code)} lines of code, ${functions.length} functions\n`);
for (const row of rows) {
  const mark = row.value > row.most ? 'WORSE' : '';
  process.stdout.write(
    `${row.name.padEnd(38)}${String(row.value).padStart(6)}   at most ${String(row.most).padStart(4)}   aim ${String(row.aim).padStart(4)}   ${mark}\n`,
  );
}
process.stdout.write(`comment ÷ code                        ${commentShare.toFixed(2).padStart(6)}   aim 0.15–0.35\n`);
for (const fn of functions.toSorted((a, b) => b.lines - a.lines).slice(0, 5)) process.stdout.write(`  longest: ${fn.lines} ${fn.path}:${fn.line} ${fn.name}\n`);
for (const file of files.toSorted((a, b) => b.code - a.code).slice(0, 5)) process.stdout.write(`  largest: ${file.code} ${file.path}\n`);

if (process.argv.includes('--keep')) {
  writeFileSync(
    limitsPath,
    `${JSON.stringify(Object.fromEntries(figures.filter(([, aim, value]) => value > aim).map(([name, , value]) => [name, value])), null, 2)}\n`,
  );
} else if (worse.length > 0) {
  process.stdout.write(`too large: ${worse.map((row) => `${row.name} is ${row.value}, at most ${row.most}`).join('; ')}\n`);
  process.exitCode = 1;
}
