/** What the pages of reports ask of the API. */
import { useQuery } from '@tanstack/react-query';
import { get, getFile } from '../../shared/api.ts';
import { bounds, MOST_DAYS, type Reconciliation } from './reconcile.ts';
import { type Definitions, pathOf, type Report, type Subject, type View } from './report.ts';
import { type Delivery, SCHEDULES, type Schedules } from './schedule.ts';
import { type Range, rangeFault } from './span.ts';

/** Ten million calls are counted in seconds, not at once. */
const LONGEST_MS = 60_000;
const LONGEST_FILE_MS = 180_000;

/** `zone`: null = not known yet. */
export const useReport = (token: string, view: View, zone: string | null) =>
  useQuery({
    queryKey: ['report', token, view, zone],
    enabled: zone !== null && pathOf(view, zone, Date.now()) !== null,
    // What it was asked for stays in the question: until now.
    queryFn: () => get<Report>(token, pathOf(view, zone ?? '', Date.now()) ?? '', LONGEST_MS),
  });

/** The tenant's: whatever its figures are asked for says it. `by`: a subject that is hers. */
export const useZone = (token: string, by: Subject) =>
  useQuery({
    queryKey: ['zone', token, by],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await get<Report>(token, `/api/v1/figures/${by}`)).timeZone,
  });

export const useDefinitions = (token: string) =>
  useQuery({ queryKey: ['definitions', token], staleTime: Number.POSITIVE_INFINITY, queryFn: () => get<Definitions>(token, '/api/v1/reports/definitions') });

/** Counted anew and saved as a file of the browser. */
export async function saveReport(token: string, path: string, format: 'csv' | 'xlsx'): Promise<void> {
  const { name, blob } = await getFile(token, `${path}&format=${format}`, LONGEST_FILE_MS);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export const useReconciliation = (token: string, range: Range, zone: string | null) =>
  useQuery({
    queryKey: ['reconciliation', token, range, zone],
    enabled: zone !== null && rangeFault(range, MOST_DAYS) === null,
    queryFn: () => get<Reconciliation>(token, `/api/v1/reports/reconciliation?${new URLSearchParams(bounds(range, zone ?? 'UTC'))}`, LONGEST_MS),
  });

/** So often it is looked whether one was sent. */
const LOOK_EACH_MS = 5_000;

export const useSchedules = (token: string) =>
  useQuery({ queryKey: ['report schedules', token], refetchInterval: LOOK_EACH_MS, queryFn: () => get<Schedules>(token, SCHEDULES) });

export const useDeliveries = (token: string, scheduleId: string) =>
  useQuery({
    queryKey: ['report deliveries', token, scheduleId],
    refetchInterval: LOOK_EACH_MS,
    queryFn: () => get<{ items: Delivery[] }>(token, `${SCHEDULES}/${encodeURIComponent(scheduleId)}/deliveries`),
  });
