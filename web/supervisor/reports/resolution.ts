/** First contact resolution as the API gives it (`/api/v1/reports/resolution`): counted there, shown here. Pure. */
import type { Subject } from './report.ts';
import { type Range, rangeFault, type SpanName, spanOf } from './span.ts';

export const resolutionIntervals = ['day', 'month', 'total'] as const;
export type ResolutionInterval = (typeof resolutionIntervals)[number];
/** The API looks at so many days at once. */
export const MOST_DAYS = 93;

export interface ResolutionLine {
  start: string;
  end: string;
  key: string;
  name: string | null;
  contacts: number;
  /** Of these, those who may still come back: in no figure. */
  pending: number;
  resolved: number;
  repeated: number;
  firstContactResolution: number | null;
  repeatRate24h: number | null;
  repeatRate48h: number | null;
  repeatRate72h: number | null;
}
export interface Resolution {
  by: Subject;
  interval: ResolutionInterval;
  timeZone: string;
  from: string;
  to: string;
  items: ResolutionLine[];
}

export interface ResolutionView {
  by: Subject;
  interval: ResolutionInterval;
  span: SpanName;
  range: Range;
  /** '' = all of them */
  queueId: string;
}

/** null: nothing can be asked for yet. */
export function resolutionPath({ by, interval, span, range, queueId }: ResolutionView, zone: string, now: number): string | null {
  const asked = span === 'range' && rangeFault(range, MOST_DAYS) !== null ? null : spanOf(span, zone, now, range);
  if (asked === null) return null;
  return `/api/v1/reports/resolution/${by}?${new URLSearchParams({ interval, timeZone: zone, ...asked, ...(queueId === '' ? {} : { queueId }) })}`;
}

export const figures = ['firstContactResolution', 'repeatRate24h', 'repeatRate48h', 'repeatRate72h'] as const;
