/** Reports that are sent by mail (`/api/v1/report-schedules`), and what a form makes of them. Pure. */
import type { Channel, Subject } from './report.ts';
import type { ReportInterval } from './zone.ts';

export const SCHEDULES = '/api/v1/report-schedules';
export const periods = ['day', 'week', 'month'] as const;
export const formats = ['xlsx', 'csv'] as const;
export const MOST_RECIPIENTS = 20;

export interface Delivery {
  deliveryId: string;
  dueAt: string;
  from: string;
  to: string;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
  sentAt: string | null;
}

export interface Wish {
  name: string;
  by: Subject;
  interval: ReportInterval;
  channel: Channel | string;
  serviceLevel: string;
  /** The whole one before. */
  period: (typeof periods)[number];
  /** `HH:MM` by the clocks of the zone. */
  at: string;
  timeZone: string;
  format: (typeof formats)[number];
  language: 'zh' | 'en';
  recipients: string[];
  enabled: boolean;
}

export interface Schedule extends Wish {
  scheduleId: string;
  /** null: it is switched off. */
  nextAt: string | null;
  last: Delivery | null;
}

export interface Schedules {
  mail: { configured: boolean; from: string | null };
  items: Schedule[];
}

export const wishOf = ({ scheduleId: _, nextAt: __, last: ___, ...wish }: Schedule): Wish => wish;

/** As people paste them: one a line, or parted by commas, semicolons, blanks; each once. */
export const recipientsOf = (text: string): string[] => [...new Set(text.split(/[\s,;，；、]+/).filter((each) => each !== ''))];

/** What stands in the way of sending the form; null: nothing. The server looks closer. */
export function recipientsFault(recipients: readonly string[]): { why: 'none' | 'many' | 'noAddress'; which: string } | null {
  if (recipients.length === 0) return { why: 'none', which: '' };
  if (recipients.length > MOST_RECIPIENTS) return { why: 'many', which: '' };
  const wrong = recipients.find((each) => !/^[^@]+@[^@]+\.[^@.]+$/.test(each));
  return wrong === undefined ? null : { why: 'noAddress', which: wrong };
}
