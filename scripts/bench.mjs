// `npm run bench -- NAME [--seconds N] [--json] [--OTHER [N]]`: runs scripts/bench/NAME; its last line is one JSON object.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPackages, installTools, root } from './install.mjs';

const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith('-') && !/^\d+$/.test(arg));
const names = readdirSync(join(root, 'scripts/bench')).flatMap((file) => /^(call|sip|media|acd|cti|records|amd|page|soak)\.ts$/.exec(file)?.[1] ?? []);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- ${names.join('|')} [--seconds N] [--json]\n`);
  process.exit(2);
}
/** `--calls 100000 --flood` → { calls: 100000, flood: true }: each bench reads those it knows. */
const options = name === 'sip' || name === 'page' ? {} : { seconds: 60 };
for (const [at, arg] of args.entries()) if (arg.startsWith('--')) options[arg.slice(2)] = /^\d+$/.test(args[at + 1] ?? '') ? Number(args[at + 1]) : true;
installPackages();
if (name === 'media' || name === 'amd') installTools();
if (name === 'sip' && installTools().includes('sipp')) throw new Error('this bench calls with sipp: install the package sip-tester');
const { build } = await import('./build.mjs');
build({ quiet: true, web: name === 'cti' || name === 'page' });
// The servers it has started end with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const module = join(root, 'dist/scripts/bench', `${name}.js`);
if (!existsSync(module)) throw new Error(`${module} was not built`);
const { run } = await import(pathToFileURL(module).href);
const figures = await run(options);
if (!options.json)
  for (const [key, value] of Object.entries(figures)) process.stdout.write(`${key.padEnd(28)}${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
process.stdout.write(`${JSON.stringify(figures)}\n`);
// A bench that found what must never be has said so.
process.exit(process.exitCode ?? 0);
