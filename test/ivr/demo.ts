/** The demo tenant's dialplan and customers, as they lie in dialplans/demo. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { asId } from '../../kernel/ids.ts';
import type { CustomerCard } from '../../src/call/event.ts';
import { compileDialplan } from '../../src/ivr/compile.ts';
import { faultLine } from '../../src/ivr/fault.ts';
import { readSource } from '../../src/ivr/files.ts';
import type { Plan } from '../../src/ivr/plan.ts';
import { inProject } from '../support/project.ts';
import { TENANT } from './walking.ts';

export const demoFolder = inProject('dialplans/demo');

export interface DemoTenant {
  queues: { name: string; music: string | null }[];
  customers: (Pick<CustomerCard, 'name' | 'tier' | 'language' | 'specialNeeds' | 'openTickets'> & {
    number: string;
    age: number;
    account: { billItems: { label: string; fen: number }[] };
  })[];
}

export const demoTenant = parse(readFileSync(join(demoFolder, 'tenant.yaml'), 'utf8')) as DemoTenant;

/** For the tenant of the tests' callers. */
export function demoPlan(): Plan {
  const { plan, faults } = compileDialplan(readSource(demoFolder, TENANT));
  if (plan === null) throw new Error(faults.map(faultLine).join('\n'));
  return plan;
}

/** `1001` → the card of 13800001001. */
export function demoCard(ending: string): CustomerCard {
  const customer = demoTenant.customers.find(({ number }) => number.endsWith(ending));
  if (customer === undefined) throw new Error(`no demo customer ends in ${ending}`);
  const { name, number, tier, language, age, specialNeeds, openTickets } = customer;
  return { customerId: asId(`k${ending}`), name, number: `+86${number}`, tier, language, age, specialNeeds, openTickets, recentContacts: [] };
}
