/** The pictures of a day, of one queue or of all, and what stands below them. */
import { useMemo } from 'react';
import { useServerNow } from '../../shared/now.ts';
import { useSkew } from '../use-floor.ts';
import { type Interval, type Report, slotsOf, useDay } from './figures.ts';
import { chartsOf, clockIn, type DayChart } from './series.ts';

export interface DayCharts {
  charts: DayChart[];
  labels: string[];
  /** The names of the last whole slots, newest last; what a summary is made of. */
  report: Report | null;
  error: Error | null;
}

const MINUTE_MS = 60_000;

export function useCharts(token: string, queueId: string | null, interval: Interval, variant: string, targetPct: number | null): DayCharts {
  const day = useDay(token, queueId, interval, variant);
  // The last slot grows; to the minute is often enough.
  const now = Math.floor(useServerNow(useSkew()) / MINUTE_MS) * MINUTE_MS;
  const report = day.data ?? null;
  const slots = useMemo(() => (report === null ? [] : slotsOf(report, interval, now)), [report, interval, now]);
  const charts = useMemo(() => chartsOf(slots, targetPct), [slots, targetPct]);
  const labels = useMemo(() => {
    const clock = clockIn(report?.timeZone ?? 'UTC');
    return slots.map(({ startMs, endMs }) => `${clock(startMs)}–${clock(endMs)}`);
  }, [slots, report?.timeZone]);
  return { charts, labels, report, error: day.error };
}
