/** The comparison as text. */
import { type Comparison, type Estimate, type Metric, metrics } from './compare.ts';

const SHARES: ReadonlySet<Metric> = new Set(['serviceLevel', 'abandonment', 'occupancy']);
const COUNTS: ReadonlySet<Metric> = new Set(['offered', 'answered', 'abandoned', 'sentBack']);

export function shown(metric: Metric, { mean, plusMinus }: Estimate): string {
  const number = (value: number): string => {
    if (SHARES.has(metric)) return `${(value * 100).toFixed(2)} %`;
    return value.toFixed(COUNTS.has(metric) ? 0 : metric.endsWith('Gini') ? 4 : 2);
  };
  return plusMinus === null ? number(mean) : `${number(mean)} ± ${number(plusMinus)}`;
}

export function report({ seeds, today, draft, difference }: Comparison): string {
  const rows = metrics.map((metric) => [
    metric,
    shown(metric, today.figures[metric]),
    ...(draft === null || difference === null ? [] : [shown(metric, draft.figures[metric]), shown(metric, difference[metric])]),
  ]);
  const head = ['', 'today', ...(draft === null ? [] : ['draft', 'difference'])];
  const table = [head, ...rows].map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(14) : cell.padStart(24))).join(''));
  const hashes = `hash today ${today.hashes.join(' ')}${draft === null ? '' : `, draft ${draft.hashes.join(' ')}`}`;
  return `${table.join('\n')}\n${seeds.length} seeds; ± is half of the 95 % interval; waits in seconds\n${hashes}\n`;
}
