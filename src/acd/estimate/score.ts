/** How good the estimates of a queue were: what was said when a caller came, against how long it waited. */

/** Callers the score is of, at most, and those it needs before it says anything. */
const LAST = 100;
const LEAST = 20;
/** Beside the error of a sample: waits of neighbours hang together, so that hundred of them say less than hundred. */
const SLACK_P90 = 0.05;
const SLACK_P50 = 0.12;
const STANDARD_ERRORS = 2;

/** One caller: 2 = waited longer than its P90, 1 = longer than its P50, 0 = neither. */
export type Outcome = 0 | 1 | 2;

export interface Score {
  /** The last callers, oldest first. */
  outcomes: Outcome[];
  /** Sums over all who were scored, in ms: the loss is what a quantile is judged by, less is better. */
  loss50Ms: number;
  loss90Ms: number;
  scored: number;
}

export const newScore = (): Score => ({ outcomes: [], loss50Ms: 0, loss90Ms: 0, scored: 0 });

/** Pinball loss of the estimate `saidMs` of quantile `q`. */
export const pinball = (q: number, saidMs: number, wasMs: number): number => (wasMs >= saidMs ? q * (wasMs - saidMs) : (1 - q) * (saidMs - wasMs));

export function scoreWait(score: Score, said: { p50Ms: number; p90Ms: number }, waitedMs: number): void {
  push(score, waitedMs > said.p90Ms ? 2 : waitedMs > said.p50Ms ? 1 : 0);
  score.scored += 1;
  score.loss50Ms += pinball(0.5, said.p50Ms, waitedMs);
  score.loss90Ms += pinball(0.9, said.p90Ms, waitedMs);
}

/** Who hung up later than the P90 would have waited longer than it for sure; of who hung up earlier nobody knows. */
export function scoreLost(score: Score, said: { p90Ms: number }, waitedMs: number): void {
  if (waitedMs > said.p90Ms) push(score, 2);
}

function push(score: Score, outcome: Outcome): void {
  score.outcomes.push(outcome);
  if (score.outcomes.length > LAST) score.outcomes.shift();
}

/** Share of the last callers who waited no longer than the P50 and the P90. */
export function coverageOf({ outcomes }: Score): { n: number; p50: number; p90: number } {
  const n = outcomes.length;
  const within50 = outcomes.filter((outcome) => outcome === 0).length;
  const within90 = outcomes.filter((outcome) => outcome !== 2).length;
  return { n, p50: n === 0 ? 0 : within50 / n, p90: n === 0 ? 0 : within90 / n };
}

/** May be said aloud: of enough callers about half waited no longer than the P50 and about nine of ten no longer than the P90. */
export function isCalibrated(score: Score): boolean {
  const { n, p50, p90 } = coverageOf(score);
  if (n < LEAST) return false;
  const error = (q: number): number => STANDARD_ERRORS * Math.sqrt((q * (1 - q)) / n);
  return Math.abs(p90 - 0.9) <= SLACK_P90 + error(0.9) && Math.abs(p50 - 0.5) <= SLACK_P50 + error(0.5);
}
