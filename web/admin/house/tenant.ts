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
