#!/usr/bin/env -S node --max-semi-space-size=4
// The program `huawu`. Runs what was built in dist/; under `node --import tsx` it runs the sources themselves.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const sources = process.execArgv.some((arg) => arg.includes('tsx'));
const at = (path) => new URL(sources ? `../${path}.ts` : `../dist/${path}.js`, import.meta.url);

if (!sources && !existsSync(at('src/cli'))) {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('typescript');
  } catch {
    process.stderr.write('huawu is not built and cannot be built here: run "npm ci && npm run build" in its folder first\n');
    process.exit(1);
  }
  const { build } = await import('./build.mjs');
  build({ quiet: true });
}

// The two servers are programs of their own; everything else is a command of the application.
const [command, ...args] = process.argv.slice(2);
const module = command === 'sip' ? 'sip/main' : command === 'media' ? 'media/main' : 'src/cli';
const { main } = await import(at(module).href);
const wantsHelp = args.includes('--help') && module !== 'src/cli';
if (wantsHelp) {
  const { helpOf } = await import(at('src/cli').href);
  process.stdout.write(helpOf(command));
} else {
  const code = await main(module === 'src/cli' ? process.argv.slice(2) : args);
  process.exit(code);
}
