/**
 * `npm run bench -- sip --inputs 1000000 [--seed N]`: mutants through every parser that reads what a stranger wrote, as pure functions; and
 * how ten times the input compares in time, the worst of all parsers and of all that can be repeated.
 */
import { systemClock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { worstTimes } from '../../test/sip/support/linear.ts';
import { fuzzParser, PARSERS, repeated, TRAPS } from '../../test/sip/support/parsers.ts';

const LENGTH = 6_000;

export function benchParsers({ inputs, seed = 1 + randomBelow(1_000_000) }: { inputs: number; seed?: number }): object {
  const rerun = `npm run bench -- sip --inputs ${inputs} --seed ${seed}`;
  process.stderr.write(`seed ${seed}; the same run again: ${rerun}\n`);
  const each = Math.ceil(inputs / PARSERS.length);
  const inputsPerSecond: Record<string, number> = {};
  const refusedPct: Record<string, number> = {};
  let worst = { times: 0, ms: 0, what: '' };
  for (const parser of PARSERS) {
    const began = systemClock.now();
    const { refused } = fuzzParser(parser, seed, each, rerun);
    inputsPerSecond[parser.name] = Math.round((each * 1_000) / (systemClock.now() - began));
    refusedPct[parser.name] = Math.round((refused * 100) / each);
    for (const trap of TRAPS) {
      const { times, ms } = worstTimes((size) => repeated(parser, trap, size), parser.attempt, LENGTH);
      if (times > worst.times)
        worst = { times: Math.round(times * 10) / 10, ms: Math.round(ms * 10) / 10, what: `${parser.name} with ${JSON.stringify(trap)}` };
    }
  }
  return { inputs: each * PARSERS.length, seed, untypedErrors: 0, inputsPerSecond, refusedPct, tenTimesTheInput: worst };
}
