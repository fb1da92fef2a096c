/** Days under one or two configurations over several seeds: means with 95 % intervals, and the difference seed by seed, which is far less scattered than either. */
import { playDay } from '../../src/acd/simulation/day/day.ts';
import type { Callers, DayPlan } from '../../src/acd/simulation/day/plan.ts';
import type { DayFigures, QueueFigures } from '../../src/acd/simulation/day/tally.ts';

/** What is told and can be gated on. Waits are seconds. */
export const metrics = [
  'serviceLevel',
  'abandonment',
  'asa',
  'waitP50',
  'waitP90',
  'longestWait',
  'occupancy',
  'idleGini',
  'callsGini',
  'offered',
  'answered',
  'abandoned',
  'sentBack',
] as const;
export type Metric = (typeof metrics)[number];

export interface Estimate {
  mean: number;
  /** Half of the 95 % interval; null = one seed says nothing of it. */
  plusMinus: number | null;
}

export interface Side {
  figures: Record<Metric, Estimate>;
  queues: Record<string, Partial<Record<Metric, Estimate>>>;
  /** Means of the half hours. */
  intervals: { fromMs: number; offered: number; serviceLevel: number }[];
  hashes: string[];
}

export interface Comparison {
  seeds: number[];
  today: Side;
  draft: Side | null;
  /** Draft less today. */
  difference: Record<Metric, Estimate> | null;
}

/** Student's t, 97.5 %, by degrees of freedom from 1. */
const T = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086];
const Z = 1.96;

export function estimateOf(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, plusMinus: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, plusMinus: (T[values.length - 2] ?? Z) * Math.sqrt(variance / values.length) };
}

export function compare(callers: Callers, today: DayPlan, draft: DayPlan | null, seeds: readonly number[], told: (what: string) => void): Comparison {
  const run = (name: string, plan: DayPlan): { days: DayFigures[]; hashes: string[] } => {
    const days: DayFigures[] = [];
    const hashes: string[] = [];
    for (const seed of seeds) {
      const startedAt = performance.now();
      const { figures, hash, events } = playDay(plan, callers, seed);
      days.push(figures);
      hashes.push(hash);
      told(`${name}, seed ${seed}: ${figures.offered} calls, ${events} events, hash ${hash}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    }
    return { days, hashes };
  };
  const first = run('today', today);
  const second = draft === null ? null : run('draft', draft);
  return {
    seeds: [...seeds],
    today: sideOf(first),
    draft: second === null ? null : sideOf(second),
    difference: second === null ? null : all((metric) => estimateOf(second.days.map((day, n) => day[metric] - (first.days[n]?.[metric] ?? 0)))),
  };
}

function sideOf({ days, hashes }: { days: DayFigures[]; hashes: string[] }): Side {
  const ids = [...new Set(days.flatMap(({ queues }) => Object.keys(queues)))];
  const longest = days.reduce((most, { intervals }) => (intervals.length > most.length ? intervals : most), days[0]?.intervals ?? []);
  const meanAt = (n: number, of: 'offered' | 'serviceLevel'): number => days.reduce((sum, { intervals }) => sum + (intervals[n]?.[of] ?? 0), 0) / days.length;
  return {
    figures: all((metric) => estimateOf(days.map((day) => day[metric]))),
    queues: Object.fromEntries(ids.map((id) => [id, ofQueue(days.flatMap(({ queues }) => queues[id] ?? []))])),
    intervals: longest.map(({ fromMs }, n) => ({ fromMs, offered: meanAt(n, 'offered'), serviceLevel: meanAt(n, 'serviceLevel') })),
    hashes,
  };
}

function ofQueue(days: readonly QueueFigures[]): Partial<Record<Metric, Estimate>> {
  const known = metrics.filter((metric): metric is Metric & keyof QueueFigures => days[0] !== undefined && metric in days[0]);
  return Object.fromEntries(known.map((metric) => [metric, estimateOf(days.map((day) => day[metric]))]));
}

const all = (of: (metric: Metric) => Estimate): Record<Metric, Estimate> =>
  Object.fromEntries(metrics.map((metric) => [metric, of(metric)])) as Record<Metric, Estimate>;
