#!/usr/bin/env node
/** Writes dialplans/dialplan.schema.json from src/ivr/schema.ts, formatted as the rest: `node --import tsx scripts/prompts/schema.mjs`. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dialplanJsonSchema } from '../../src/ivr/schema.ts';

const path = fileURLToPath(new URL('../../dialplans/dialplan.schema.json', import.meta.url));
writeFileSync(path, `${JSON.stringify(dialplanJsonSchema(), null, 2)}\n`);
process.exitCode = spawnSync('npx', ['biome', 'format', '--write', path], { stdio: 'inherit' }).status ?? 1;
