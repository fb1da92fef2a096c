/** Linear time, told without a stopwatch's luck: two sizes in one run, the best of several tries each, and a margin a busy machine cannot eat. */
import assert from 'node:assert/strict';

const TRIES = 5;
/** Ten times the input: linear is 10, quadratic 100. */
const MOST_TIMES = 40;
/** Below this a figure is noise. */
const LEAST_MS = 0.5;
/** What is over sooner is no attack, whatever the ratio: 60 KB in quadratic time take seconds. */
const HARMLESS_MS = 100;

function best(act: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < TRIES; n += 1) {
    const began = performance.now();
    act();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** How many times as long ten times `size` takes, and how long that is. */
export function worstTimes<T>(make: (size: number) => T, act: (input: T) => void, size: number): { times: number; ms: number } {
  const small = make(size);
  const large = make(10 * size);
  const [least, ms] = [best(() => act(small)), best(() => act(large))];
  return { times: ms / Math.max(least, LEAST_MS), ms };
}

/** Ten times `size` takes no more than a few times ten of what `size` takes. */
export function assertLinear<T>(what: string, make: (size: number) => T, act: (input: T) => void, size: number): void {
  const { times, ms } = worstTimes(make, act, size);
  assert.ok(times < MOST_TIMES || ms < HARMLESS_MS, `${what}: ten times the input takes ${times.toFixed(1)} times as long (${ms.toFixed(1)} ms)`);
}
