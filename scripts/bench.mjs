// `npm run bench -- NAME [--seconds N] [--json]`: runs scripts/bench/NAME; its last line is one JSON object.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPackages, root } from './install.mjs';

const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith('-') && !/^\d+$/.test(arg));
const names = readdirSync(join(root, 'scripts/bench')).flatMap((file) => /^(call|sip|media|acd|cti|records)\.ts$/.exec(file)?.[1] ?? []);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- ${names.join('|')} [--seconds N] [--json]\n`);
  process.exit(2);
}
const seconds = Number(args[args.indexOf('--seconds') + 1] ?? 60);
installPackages();
const { build } = await import('./build.mjs');
build({ quiet: true, web: false });
const module = join(root, 'dist/scripts/bench', `${name}.js`);
if (!existsSync(module)) throw new Error(`${module} was not built`);
const { run } = await import(pathToFileURL(module).href);
const figures = await run({ seconds: args.includes('--seconds') ? seconds : 60 });
if (!args.includes('--json'))
  for (const [key, value] of Object.entries(figures)) process.stdout.write(`${key.padEnd(28)}${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
