/** Reports as the API gives them (`/api/v1/reports`): counted there, shown here. Pure. */
import { type Range, type SpanName, spanOf } from './span.ts';
import type { ReportInterval } from './zone.ts';

export const subjects = ['queue', 'agent', 'team', 'tenant', 'number', 'disposition'] as const;
export type Subject = (typeof subjects)[number];
/** What a lead's teams have figures of. */
export const ofTeams: readonly Subject[] = ['agent', 'team', 'disposition'];
/** Whose every figure belongs to a queue. */
export const ofQueues: readonly Subject[] = ['queue', 'number', 'disposition'];
export const channels = ['voice', 'callback', 'outbound', 'internal', 'chat', 'mail', 'all'] as const;
export type Channel = (typeof channels)[number];
export const groups = ['contacts', 'handling', 'time', 'offers', 'calls'] as const;
export type Group = (typeof groups)[number];

export interface Definition {
  zh: string;
  en: string;
  formula: string;
  unit: 'contacts' | 'share' | 'ms' | 'rating';
}
export interface Definitions {
  figures: Record<string, Definition>;
  serviceLevels: Record<string, Definition>;
}

export type Line = { start: string; end: string; key: string; name: string | null } & Partial<Record<Group, Record<string, number | null>>>;

export interface Report {
  by: Subject;
  interval: ReportInterval;
  timeZone: string;
  from: string;
  to: string;
  complete: boolean;
  /** `withinMs`: null = each queue has its own threshold. */
  serviceLevel: Definition & { variant: string; withinMs: number | null };
  items: Line[];
}

/** What she asks for. */
export interface View {
  by: Subject;
  interval: ReportInterval;
  span: SpanName;
  range: Range;
  channel: Channel;
  variant: string;
  /** '' = all of them */
  queueId: string;
}

/** null: nothing can be asked for yet. */
export function pathOf({ by, interval, channel, variant, queueId, ...view }: View, zone: string, now: number): string | null {
  const span = spanOf(view.span, zone, now, view.range);
  if (span === null) return null;
  const queue = queueId === '' || !ofQueues.includes(by) ? {} : { queueId };
  return `/api/v1/reports/${by}?${new URLSearchParams({ interval, channel, serviceLevel: variant, timeZone: zone, ...span, ...queue })}`;
}
