/**
 * How long callers wait before they hang up. Who was answered would have waited longer, nobody knows how much longer: the distribution is
 * Kaplan and Meier's (product-limit), which counts them among those at risk for as long as they waited.
 */
import { BUCKETS, beginOf, bucketOf, type Counts, halve, noCounts, partOf, weightOf, within } from './spread.ts';

const MOST_WEIGHT = 2_000;
/** Before anything is known: so many callers with this mean patience (exponential), the mean of a bank's callers in Mandelbaum, Sakov and Zeltyn's data. */
const ASSUMED_CALLERS = 5;
const ASSUMED_MEAN_MS = 354_000;

export interface Patience {
  /** Hung up after so long, by bucket. */
  lost: Counts;
  /** Stopped waiting for another reason. */
  kept: Counts;
}

export const newPatience = (): Patience => ({ lost: noCounts(), kept: noCounts() });

export function learnPatience(patience: Patience, waitedMs: number, hungUp: boolean): void {
  const counts = hungUp ? patience.lost : patience.kept;
  const at = bucketOf(waitedMs);
  counts[at] = (counts[at] ?? 0) + 1;
  if (weightOf(patience.lost) + weightOf(patience.kept) <= MOST_WEIGHT) return;
  halve(patience.lost);
  halve(patience.kept);
}

/** `survival[n]`: the share that still waits at the beginning of bucket n. */
export type Survival = Float64Array;

export function survivalOf({ lost, kept }: Patience): Survival {
  const survival = new Float64Array(BUCKETS + 1);
  survival[0] = 1;
  let atRisk = weightOf(lost) + weightOf(kept);
  for (let at = 0; at < BUCKETS; at += 1) {
    const assumedAtRisk = ASSUMED_CALLERS * Math.exp(-beginOf(at) / ASSUMED_MEAN_MS);
    const assumedLost = assumedAtRisk * (1 - Math.exp(-(beginOf(at + 1) - beginOf(at)) / ASSUMED_MEAN_MS));
    const [gone, censored] = [lost[at] ?? 0, kept[at] ?? 0];
    // Those censored within the bucket count half (the actuarial estimate).
    const hazard = (gone + assumedLost) / Math.max(gone + assumedLost, atRisk - censored / 2 + assumedAtRisk);
    survival[at + 1] = (survival[at] ?? 0) * (1 - hazard);
    atRisk -= gone + censored;
  }
  return survival;
}

/** How much longer a caller waits who has waited for `waitedMs`, at `luck` 0–1; Infinity = longer than we know of. */
export function patienceLeft(survival: Survival, waitedMs: number, luck: number): number {
  let at = bucketOf(waitedMs);
  const here = survival[at] ?? 0;
  const still = here - partOf(at, waitedMs) * (here - (survival[at + 1] ?? 0));
  const target = still * luck;
  while (at < BUCKETS && (survival[at + 1] ?? 0) > target) at += 1;
  if (at >= BUCKETS) return Number.POSITIVE_INFINITY;
  const from = survival[at] ?? 0;
  const to = survival[at + 1] ?? 0;
  return Math.max(0, within(at, from > to ? Math.min(1, (from - target) / (from - to)) : 1) - waitedMs);
}
