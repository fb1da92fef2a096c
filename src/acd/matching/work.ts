/**
 * What an agent has done of late, as the strategies count it. It changes only while she stands in no pool, and so the order of
 * idle agents never shifts under the lists that hold it.
 */
import type { Activity } from '../agent.ts';

export interface Work {
  /** Calls she took since she signed in. */
  calls: number;
  /**
   * The share of her available time that a call or its wrap-up had her, recent time counting more (weight falls to 1/e in an
   * hour). It is as of `at`; while she is idle it falls by the same factor for everybody, so that who is less occupied stays so.
   */
  occupancy: number;
  /** ms since 1970 */
  at: number;
  /** Queue → number of her last turn there, of those that go round. */
  turns: Record<string, number>;
}

export const OCCUPANCY_MS = 3_600_000;

const BUSY: ReadonlySet<Activity['state']> = new Set(['talking', 'wrapping_up']);
/** Breaks count neither way. */
const AWAY: ReadonlySet<Activity['state']> = new Set(['signed_out', 'not_ready', 'pausing']);

export const noWork = (now: number): Work => ({ calls: 0, occupancy: 0, at: now, turns: {} });

/** Her activity changes from `previous` to `next`. The same again changes nothing, so that a restored core reckons in the same steps. */
export function account(work: Work, previous: Activity['state'], next: Activity['state'], now: number): void {
  if (previous === next) return;
  const ms = now - work.at;
  if (ms > 0 && !AWAY.has(previous)) {
    const kept = Math.exp(-ms / OCCUPANCY_MS);
    work.occupancy = work.occupancy * kept + (BUSY.has(previous) ? 1 - kept : 0);
  }
  work.at = now;
  if (next === 'talking') work.calls += 1;
  else if (next === 'signed_out') work.calls = 0;
}

/** Of an agent who has been idle since `at`. */
export const occupancyAt = ({ occupancy, at }: Work, now: number): number => occupancy * Math.exp(-(now - at) / OCCUPANCY_MS);

/** Orders idle agents by occupancy whenever each became idle: its logarithm, had all of them been idle for the same time. */
export const occupancyRank = ({ occupancy, at }: Work): number => Math.log(occupancy) + at / OCCUPANCY_MS;
