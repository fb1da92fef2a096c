/** Plays one trial in a process of its own, at the lowest priority, so that no call waits for it. Reads its request from stdin, tells its progress and its result on stdout. */
import { setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { compare, type Side } from '../../scripts/simulate/compare.ts';
import { recordedDay } from '../../scripts/simulate/recorded.ts';
import type { Callers } from '../acd/simulation/day/plan.ts';
import { type Figures, figureNames, type TrialRequest, type TrialResult, type TrialWord } from './trial.ts';

const LOWEST_PRIORITY = 19;

const tell = (word: TrialWord): void => void process.stdout.write(`${JSON.stringify(word)}\n`);

function play({ journal, queues, agents, draft, seeds }: TrialRequest): TrialWord {
  const recorded = recordedDay(journal);
  const own = new Set<string>(queues.map(({ queueId }) => queueId));
  // A journal has the calls of every tenant; nobody is told of another's.
  const callers: Callers = function* (seed) {
    for (const arrival of { [Symbol.iterator]: () => recorded.callers(seed) }) if (own.has(arrival.queueId)) yield arrival;
  };
  let calls = 0;
  for (const _ of { [Symbol.iterator]: () => callers(0) }) calls += 1;
  if (calls === 0) return { failed: 'no_calls', detail: '' };
  let played = 0;
  const told = (): void => {
    played += 1;
    tell({ progress: played / (2 * seeds.length) });
  };
  const { today, draft: other, difference } = compare(callers, recorded.plan({ queues, agents }), recorded.plan({ queues: draft, agents }), seeds, told);
  const result: TrialResult = { calls, seeds: seeds.length, today: figuresOf(today), draft: figuresOf(other ?? today), difference: picked(difference ?? {}) };
  return { result };
}

const picked = (all: Figures): Figures => Object.fromEntries(figureNames.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
const figuresOf = ({ figures, queues }: Side): TrialResult['today'] => ({
  all: picked(figures),
  queues: Object.fromEntries(Object.entries(queues).map(([id, of]) => [id, picked(of)])),
});

setPriority(LOWEST_PRIORITY);
try {
  tell(play(JSON.parse(await text(process.stdin)) as TrialRequest));
} catch (error) {
  const detail = error instanceof Error ? error.message : String(error);
  // A journal that nobody has called into says so by this.
  tell(/no call|holds no journal/.test(detail) ? { failed: 'no_calls', detail: '' } : { failed: 'broken', detail });
}
