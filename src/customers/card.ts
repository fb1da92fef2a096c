/** What the call and the agent are told of a customer: a copy, as of now. */
import type { CustomerCard, SpecialNeed } from '../call/event.ts';
import type { CustomerWithHistory } from '../store/customers.ts';

/** At this age a caller goes straight to an agent (operators' duty in China since December 2020). */
const ELDER_FROM = 65;
const NEEDS: readonly SpecialNeed[] = ['vision', 'hearing', 'elder', 'language', 'other'];
const SUMMARY_LENGTH = 120;
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** Calendar day in China (UTC+8 all year), `YYYY-MM-DD`. */
export const dayInChina = (nowMs: number): string => new Date(nowMs + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);

/** Whole years on this day; a leap-day child has her birthday on 1 March in other years. */
export function ageOn(birthDate: string, day: string): number {
  const had = day.slice(5) >= birthDate.slice(5);
  return Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (had ? 0 : 1);
}

export function buildCard(customer: CustomerWithHistory, nowMs: number): CustomerCard {
  const age = customer.birthDate === null ? undefined : ageOn(customer.birthDate, dayInChina(nowMs));
  const needs = new Set(NEEDS.filter((need) => customer.specialNeeds.includes(need)));
  if (age !== undefined && age >= ELDER_FROM) needs.add('elder');
  return {
    customerId: customer.customerId,
    name: customer.name,
    number: customer.number,
    tier: customer.tier,
    language: customer.language,
    ...(age === undefined ? {} : { age }),
    specialNeeds: [...needs],
    ...(customer.region == null ? {} : { region: customer.region }),
    ...(customer.marketingConsent == null ? {} : { marketingConsent: customer.marketingConsent }),
    openTickets: customer.openTickets,
    recentContacts: customer.contacts.map(({ callId, channel, at, queue, agent, ...told }) => ({
      ...{ callId, ...(channel === 'voice' ? {} : { channel }), at, queue, agent },
      summary: summaryOf(told),
    })),
  };
}

function summaryOf(contact: { cause: string; disposition: string | null; notes: string | null }): string {
  const said = [contact.disposition, contact.notes].filter((part) => part !== null && part !== '').join(': ');
  return (said === '' ? contact.cause : said).slice(0, SUMMARY_LENGTH);
}
