/** C4 and C12: the parsers as pure functions under seeded mutants. `SEED=n` runs one seed; `npm run bench -- sip --inputs 1000000` runs a million. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamFramer } from '../../sip/message/stream.ts';
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

test('C12: a long head is read once, however small the pieces its body comes in', () => {
  const body = 2_000;
  const make = (size: number): Buffer =>
    Buffer.from(`OPTIONS sip:x SIP/2.0\r\n${'X: y\r\n'.repeat(size / 6)}Content-Length: ${body}\r\n\r\n${'b'.repeat(body)}`);
  const drip = (bytes: Buffer): void => {
    const framer = new StreamFramer();
    let came = framer.push(bytes.subarray(0, bytes.length - body)).length;
    for (let at = bytes.length - body; at < bytes.length; at += 1) came += framer.push(bytes.subarray(at, at + 1)).length;
    assert.equal(came, 1);
  };
  // Ten times the head is no ten times the work: the body is what takes the time.
  assertLinear('a body byte by byte', make, drip, 6_000);
});
