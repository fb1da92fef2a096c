/** Intervals: five minutes, from which all others are made. They begin on multiples of five minutes of UTC; days and months are those of a zone (`calendar.ts`). */
export const BASE_MS = 300_000;

export const startOf = (at: number): number => at - (at % BASE_MS);

/** Longer than this nothing is told of who was signed in: the machine slept. What lies beyond is nobody's time. */
const MOST_INTERVALS = 288;

/** The parts of [from, to) that lie in one interval each, in order; of so many intervals at most, the last ones. */
export function* parts(from: number, to: number): IterableIterator<{ start: number; ms: number }> {
  const first = Math.max(startOf(from), startOf(to) - (MOST_INTERVALS - 1) * BASE_MS);
  for (let start = first; start < to; start += BASE_MS) {
    const ms = Math.min(to, start + BASE_MS) - Math.max(from, start);
    if (ms > 0) yield { start, ms };
  }
}
