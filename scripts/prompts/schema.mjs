#!/usr/bin/env node
/** Writes dialplans/dialplan.schema.json from src/ivr/schema.ts: `node --import tsx scripts/prompts/schema.mjs`. */
import { writeFileSync } from 'node:fs';
import { dialplanJsonSchema } from '../../src/ivr/schema.ts';

writeFileSync(new URL('../../dialplans/dialplan.schema.json', import.meta.url), `${JSON.stringify(dialplanJsonSchema(), null, 2)}\n`);
