/**
 * `huawu simulate`: seeded random shifts of the routing core, every turn checked against the invariants of src/acd/SPEC.md (one seed
 * prints its shift; a broken invariant prints the shortest log that breaks it); or days, recorded or generated, under today's
 * configuration and a draft.
 */
import { parseFlags, SettingsReader } from '../kernel/settings.ts';
import { runMixedShift } from '../src/acd/simulation/mixed/shift.ts';
import { type Fault, isFault, runShift, type Shift } from '../src/acd/simulation/run.ts';
import { simulateDays } from './simulate/days.ts';

const USAGE = `usage: huawu simulate [--seed N | --runs N] [--events N]
         random shifts, invariants checked after every turn
  --seed N        one shift, with this seed
  --runs N        shifts 1 to N (default 100)
  --events N      random events a shift (default 2000)
       huawu simulate --day | --profile FILE --config TENANT.YAML | --journal FOLDER  [--draft TENANT.YAML]
         days: service level, waits, abandonment, occupancy, fairness, under today's configuration and a draft
  --day           a generated day (--agents 8000 --calls 300000 --queues 60)
  --profile FILE  a day's traffic as YAML or JSON; README.md says how it is written
  --journal DIR   the days of a journal, with their own configuration unless --config names another
  --seed N --runs N   the first seed, and how many (default 1; 5 with --draft)
  --json          one JSON object in place of the table
  --chart FILE    an HTML file with figures and a drawing
  --gate 'serviceLevel>=0.8,vip.waitP90<30'   exit code 1 unless all hold (for the draft where there is one)
`;
const KNOWN = ['SEED', 'RUNS', 'EVENTS', 'DAY', 'PROFILE', 'JOURNAL', 'CONFIG', 'DRAFT', 'AGENTS', 'CALLS', 'QUEUES', 'JSON', 'CHART', 'GATE'];
const OF_DAYS = ['DAY', 'PROFILE', 'JOURNAL'];

/** Answers with the exit code: 0 nothing broken, 1 an invariant broken or a gate that does not hold, 2 wrong usage. */
export function main(args: readonly string[]): number {
  const { flags, words } = parseFlags(args);
  const settings = new SettingsReader({ flags, env: {}, file: {} });
  const kinds = OF_DAYS.filter((name) => name in flags);
  const seed = settings.integer('SEED', 1, 0, 0xffff_ffff);
  const runs = settings.integer('RUNS', kinds.length === 0 ? 100 : 'DRAFT' in flags ? 5 : 1, 1, 1_000_000);
  const events = settings.integer('EVENTS', 2000, 1, 1_000_000);
  const size = {
    agents: settings.integer('AGENTS', 8_000, 1, 100_000),
    calls: settings.integer('CALLS', 300_000, 1, 10_000_000),
    queues: settings.integer('QUEUES', 60, 1, 1_000),
  };
  const unknown = Object.keys(flags).filter((name) => !KNOWN.includes(name));
  if (words.length > 0 || unknown.length > 0 || settings.faults.length > 0 || kinds.length > 1) {
    process.stderr.write(`${[...settings.faults, ...unknown.map((name) => `--${name.toLowerCase()} is no flag of simulate`)].join('\n')}\n${USAGE}`);
    return 2;
  }
  if (kinds.length === 0) return 'SEED' in flags ? simulate(seed, seed, events, true) : simulate(1, runs, events, false);
  const given = (name: string): string | null => flags[name] ?? null;
  return simulateDays({
    day: 'DAY' in flags ? size : null,
    ...{ profile: given('PROFILE'), journal: given('JOURNAL'), config: given('CONFIG'), draft: given('DRAFT'), chart: given('CHART'), gate: given('GATE') },
    seeds: Array.from({ length: runs }, (_, n) => seed + n),
    json: 'JSON' in flags,
  });
}

/** Of as many events as a shift of calls alone, a mixed one has so few: each of them is looked at from more sides. */
const MIXED_SHARE = 4;

/** Each seed plays a shift of calls with every rule there is, and one in which calls, callbacks, chats and mails share their agents. */
function simulate(first: number, last: number, events: number, each: boolean): number {
  const startedAt = performance.now();
  const sum = { shifts: 0, events: 0, offers: 0, answered: 0, exits: 0, over: 0 };
  for (let seed = first; seed <= last; seed += 1) {
    const calls = runShift(seed, events);
    if (isFault(calls)) return report(calls, events);
    const mixed = runMixedShift(seed, Math.ceil(events / MIXED_SHARE));
    if (isFault(mixed)) return report(mixed, events);
    if (each) process.stdout.write(`${sentence(calls)}\nseed ${seed}, mixed${sentence(mixed).slice(`seed ${seed}`.length)}\n`);
    for (const { log, offers, answered, exits } of [calls, mixed]) {
      sum.shifts += 1;
      sum.events += log.length;
      sum.offers += offers;
      sum.answered += answered;
      sum.exits += exits;
    }
    for (const count of mixed.ends.values()) sum.over += count;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const counted = `${sum.offers} offers, ${sum.answered} answered, ${sum.exits} left a queue, ${sum.over} callbacks, chats and mails over`;
  process.stdout.write(`${sum.shifts} shifts, ${sum.events} events, ${counted}; no invariant broken (${seconds.toFixed(1)} s)\n`);
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
