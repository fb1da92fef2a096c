/** When walls call for help, as the API has it (`/api/v1/alert-rules`): bounds of the whole floor and of each queue, in units people think in. */
import { useQuery } from '@tanstack/react-query';
import { get, put } from '../../shared/api.ts';

export interface Bounds {
  waiting?: number;
  longestWaitMs?: number;
  serviceLevelPct?: number;
  abandonedPct?: number;
  notReadyMs?: number;
}

export interface AlertRules {
  floor: Bounds;
  queues: { queueId: string; name: { zh: string; en: string }; bounds: Bounds }[];
}

/** One column: what is set, how much of it is one of what is kept, and within what. */
export interface Column {
  name: keyof Bounds;
  unit: number;
  min: number;
  max: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
export const columns: readonly Column[] = [
  { name: 'waiting', unit: 1, min: 1, max: 10_000 },
  { name: 'longestWaitMs', unit: SECOND_MS, min: 1, max: 3_600 },
  { name: 'serviceLevelPct', unit: 1, min: 1, max: 100 },
  { name: 'abandonedPct', unit: 1, min: 0, max: 100 },
  { name: 'notReadyMs', unit: MINUTE_MS, min: 1, max: 1_440 },
];

/** Whose. null: the whole floor's. */
export const useAlertRules = (token: string) => useQuery({ queryKey: ['alert rules', token], queryFn: () => get<AlertRules>(token, '/api/v1/alert-rules') });

export const saveBounds = (token: string, queueId: string | null, bounds: Bounds): Promise<Bounds> =>
  put(token, queueId === null ? '/api/v1/alert-rules/floor' : `/api/v1/alert-rules/queues/${encodeURIComponent(queueId)}`, bounds);

/** `null` takes a bound away. */
export function withBound(bounds: Bounds, { name, unit }: Column, value: number | null): Bounds {
  const { [name]: _, ...rest } = bounds;
  return value === null ? rest : { ...rest, [name]: Math.round(value * unit) };
}

export const isSame = (a: Bounds, b: Bounds): boolean => columns.every(({ name }) => a[name] === b[name]);

/** What a service level is measured against: the queue's own bound, else the floor's; null = neither is set. */
export function targetPct({ floor, queues }: AlertRules, queueId: string | null): number | null {
  const own = queues.find((queue) => queue.queueId === queueId)?.bounds.serviceLevelPct;
  return own ?? floor.serviceLevelPct ?? null;
}
