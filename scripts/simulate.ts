/**
 * `huawu simulate [--seed N] [--runs N] [--events N]`: seeded random shifts of the routing core, every turn checked against
 * the invariants of src/acd/SPEC.md. One seed prints its shift; a broken invariant prints the shortest log that breaks it.
 */
import { parseFlags, SettingsReader } from '../kernel/settings.ts';
import { type Fault, isFault, runShift, type Shift } from '../src/acd/simulation/run.ts';

const USAGE = `usage: huawu simulate [--seed N | --runs N] [--events N]
  --seed N    one shift, with this seed
  --runs N    shifts 1 to N (default 100)
  --events N  random events a shift (default 2000)
`;

/** Answers with the exit code: 0 nothing broken, 1 an invariant broken, 2 wrong usage. */
export function main(args: readonly string[]): number {
  const { flags, words } = parseFlags(args);
  const settings = new SettingsReader({ flags, env: {}, file: {} });
  const seed = settings.integer('SEED', 0, 0, 0xffff_ffff);
  const runs = settings.integer('RUNS', 100, 1, 1_000_000);
  const events = settings.integer('EVENTS', 2000, 1, 1_000_000);
  const unknown = Object.keys(flags).filter((name) => !['SEED', 'RUNS', 'EVENTS'].includes(name));
  if (words.length > 0 || unknown.length > 0 || settings.faults.length > 0) {
    process.stderr.write(`${[...settings.faults, ...unknown.map((name) => `--${name.toLowerCase()} is no flag of simulate`)].join('\n')}\n${USAGE}`);
    return 2;
  }
  return 'SEED' in flags ? simulate(seed, seed, events, true) : simulate(1, runs, events, false);
}

function simulate(first: number, last: number, events: number, each: boolean): number {
  const startedAt = performance.now();
  const sum = { shifts: 0, events: 0, offers: 0, answered: 0, exits: 0 };
  for (let seed = first; seed <= last; seed += 1) {
    const result = runShift(seed, events);
    if (isFault(result)) return report(result, events);
    if (each) process.stdout.write(`${sentence(result)}\n`);
    sum.shifts += 1;
    sum.events += result.log.length;
    sum.offers += result.offers;
    sum.answered += result.answered;
    sum.exits += result.exits;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(
    `${sum.shifts} shifts, ${sum.events} events, ${sum.offers} offers, ${sum.answered} answered, ${sum.exits} left a queue; no invariant broken (${seconds.toFixed(1)} s)\n`,
  );
  return 0;
}

const sentence = ({ seed, log, offers, answered, exits, hash }: Shift): string =>
  `seed ${seed}: ${log.length} events, ${offers} offers, ${answered} answered, ${exits} left a queue, hash ${hash}`;

function report({ seed, message, trace }: Fault, events: number): number {
  const start = trace[0]?.at ?? 0;
  const lines = trace.map(({ at, event }) => `  +${at - start} ms ${JSON.stringify(event)}`);
  process.stdout.write(
    `seed ${seed}: ${message}\nshortest log found, ${trace.length} events:\n${lines.join('\n')}\nagain: npx huawu simulate --seed ${seed} --events ${events}\n`,
  );
  return 1;
}
