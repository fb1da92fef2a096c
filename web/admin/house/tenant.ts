/** The tenant as the API tells it. */
export const TENANT = '/api/v1/tenant';
export const NUMBERS = '/api/v1/numbers';

export interface Tenant {
  tenantId: string;
  name: string;
  numbers: string[];
  sipDomains: string[];
  timeZone: string;
  language: 'zh' | 'en';
  outboundNumbers: Record<string, string>;
}

export const KEEPING = '/api/v1/recording-rules';

/** In days; null = for good. */
export interface Keeping {
  keepDays: number | null;
  recordsKeepDays: number | null;
  required: boolean;
}

/** Whether something goes that would have stayed. */
export const shortens = (from: Keeping, to: Keeping): boolean =>
  (['keepDays', 'recordsKeepDays'] as const).some((name) => (to[name] ?? Number.POSITIVE_INFINITY) < (from[name] ?? Number.POSITIVE_INFINITY));
