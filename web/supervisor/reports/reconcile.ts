/** Whether the ledger's sums agree (`/api/v1/reports/reconciliation`), and what is made of it. Pure. */
import type { Range } from './span.ts';
import { dayAfter, dayAt, startOfDay } from './zone.ts';

/** As the API takes them. */
export const MOST_DAYS = 32;
const BASE_MS = 300_000;

/** Sums that must be equal, each by the way it was counted. */
export const proofs = {
  talkMs: ['agents', 'calls', 'queues'],
  signedInMs: ['buckets', 'presence'],
  answered: ['queues', 'agents'],
  visits: ['entered', 'buckets'],
  calls: ['arrived', 'buckets'],
  offers: ['made', 'ends'],
  ratings: ['given', 'marks'],
} as const;

export interface Difference {
  start: string;
  what: string;
  counts: Record<string, number>;
}
export interface Reconciliation {
  /** That had something to count. */
  intervals: number;
  reconciled: boolean;
  differences: Difference[];
}

/** A day of 32 that the clocks make an hour longer is still within what the API takes: it is asked for to the hour. */
export function bounds({ from, to }: Range, zone: string): { from: string; to: string } {
  const [start, end] = [startOfDay(zone, from), startOfDay(zone, dayAfter(to))];
  return { from: new Date(start).toISOString(), to: new Date(Math.min(end, start + MOST_DAYS * 86_400_000)).toISOString() };
}

/** How far apart the sums are. */
export function gapOf({ counts }: Difference): number {
  const sums = Object.values(counts);
  return Math.max(...sums) - Math.min(...sums);
}

/** Sums whose name ends in Ms are ms, all others are counts. */
export const isTime = (what: string): boolean => what.endsWith('Ms');
export const endOf = ({ start }: Difference): number => Date.parse(start) + BASE_MS;

/** In each of these days something differs, the first one first. */
export const daysOf = (differences: readonly Difference[], zone: string): string[] => [
  ...new Set(differences.map(({ start }) => dayAt(zone, Date.parse(start))).sort()),
];

/** The same check, and two more, on the server itself. */
export const commandOf = (day: string, zone: string, tenantId: string): string => `huawu reconcile --day ${day} --zone ${zone} --tenant ${tenantId}`;
