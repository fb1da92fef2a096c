/** How long something takes, as a histogram that forgets: buckets grow by a fifth each, so that a minute and an hour are known equally well. */

const GROWTH = 1.2;
const FIRST_MS = 1_000;
/** The last bucket ends after four hours. */
export const BUCKETS = 54;
/** With more than this in it, what is old counts half. */
const MOST_WEIGHT = 1_000;

/** Weight of each bucket: 0 up to one second, then each a fifth longer. */
export type Counts = number[];

export const noCounts = (): Counts => new Array<number>(BUCKETS).fill(0);

const LOG_GROWTH = Math.log(GROWTH);
const BOUNDS: readonly number[] = Array.from({ length: BUCKETS + 1 }, (_, at) => (at === 0 ? 0 : FIRST_MS * GROWTH ** (at - 1)));

export function bucketOf(ms: number): number {
  if (ms < FIRST_MS) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(ms / FIRST_MS) / LOG_GROWTH));
}

export const beginOf = (bucket: number): number => BOUNDS[bucket] ?? 0;

/** Where in its bucket a time lies, 0–1. */
export function partOf(bucket: number, ms: number): number {
  const from = beginOf(bucket);
  return Math.min(1, Math.max(0, (ms - from) / (beginOf(bucket + 1) - from)));
}

export const within = (bucket: number, part: number): number => beginOf(bucket) + part * (beginOf(bucket + 1) - beginOf(bucket));

export function learn(counts: Counts, ms: number): void {
  const at = bucketOf(ms);
  counts[at] = (counts[at] ?? 0) + 1;
  if (weightOf(counts) > MOST_WEIGHT) halve(counts);
}

export function halve(counts: Counts): void {
  for (let at = 0; at < BUCKETS; at += 1) counts[at] = (counts[at] ?? 0) / 2;
}

export function weightOf(counts: Counts): number {
  let weight = 0;
  for (const count of counts) weight += count;
  return weight;
}

/** `more` joins `counts`, with at most the weight `most`. */
export function blend(counts: Counts, more: Counts, most: number): Counts {
  const weight = weightOf(more);
  const factor = weight > most ? most / weight : 1;
  return counts.map((count, at) => count + factor * (more[at] ?? 0));
}

/** What one histogram says, ready to be drawn from. `cumulative[n]` is the share below bucket n. */
export interface Drawn {
  cumulative: Float64Array;
}

export function drawable(counts: Counts): Drawn {
  const cumulative = new Float64Array(BUCKETS + 1);
  const weight = weightOf(counts);
  for (let at = 0; at < BUCKETS; at += 1) cumulative[at + 1] = (cumulative[at] ?? 0) + (weight === 0 ? 1 / BUCKETS : (counts[at] ?? 0) / weight);
  cumulative[BUCKETS] = 1;
  return { cumulative };
}

/** How much longer it takes, of what has lasted `elapsedMs`, at `luck` 0–1. */
export function remaining({ cumulative }: Drawn, elapsedMs: number, luck: number): number {
  const bucket = bucketOf(elapsedMs);
  const below = cumulative[bucket] ?? 1;
  const passed = below + partOf(bucket, elapsedMs) * ((cumulative[bucket + 1] ?? 1) - below);
  // Longer than anything known: as much again at most, any of it as likely.
  if (passed > 1 - 1e-9) return luck * elapsedMs;
  return Math.max(0, quantile(cumulative, passed + luck * (1 - passed)) - elapsedMs);
}

function quantile(cumulative: Float64Array, share: number): number {
  let low = 0;
  let high = BUCKETS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle + 1] ?? 1) < share) low = middle + 1;
    else high = middle;
  }
  const from = cumulative[low] ?? 0;
  const to = cumulative[low + 1] ?? 1;
  return within(low, to > from ? Math.min(1, (share - from) / (to - from)) : 1);
}

/** A log-normal distribution as a histogram of this weight: what is assumed before anything is known. */
export function logNormal(medianMs: number, sigma: number, weight: number): Counts {
  const counts = noCounts();
  for (let at = 0; at < BUCKETS; at += 1) {
    const middle = within(at, 0.5);
    const z = Math.log(middle / medianMs) / sigma;
    counts[at] = Math.exp((-z * z) / 2);
  }
  const sum = weightOf(counts);
  return counts.map((count) => (count / sum) * weight);
}
