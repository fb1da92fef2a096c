/** C4 and C12: the parsers as pure functions under seeded mutants. `SEED=n` runs one seed; `npm run bench -- sip --inputs 1000000` runs a million. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLinear } from './support/linear.ts';
import { fuzzParser, PARSERS, repeated, TRAPS } from './support/parsers.ts';

const INPUTS = 1_500;

for (const parser of PARSERS)
  test(`C4: ${INPUTS} mutants of ${parser.name}: only typed errors, and what was made holds`, () => {
    const seed = Number(process.env.SEED ?? 20_261_127);
    const { taken } = fuzzParser(parser, seed, INPUTS, `SEED=${seed} node --import tsx --test test/sip/parsers.pure.test.ts`);
    assert.ok(taken > INPUTS / 50, `not all are hopeless: ${taken} were taken`);
  });

const LENGTH = 1_000;

for (const parser of PARSERS)
  test(`C12: ${parser.name} take linear time, whatever is repeated`, () => {
    for (const trap of TRAPS) assertLinear(`${parser.name} with ${JSON.stringify(trap)}`, (size) => repeated(parser, trap, size), parser.attempt, LENGTH);
  });
