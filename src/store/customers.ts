/** Customers, with what a card needs in one round trip. */
import { type Kysely, sql } from 'kysely';
import { asId, type CustomerId, type TenantId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';
import type { Database } from './schema.ts';

export interface CustomerRow {
  customerId: CustomerId;
  tenantId: TenantId;
  name: string;
  /** E.164 */
  number: string;
  tier: string;
  language: Language;
  /** YYYY-MM-DD */
  birthDate: string | null;
  specialNeeds: string[];
  /** Where she is at home, as the operator writes it. */
  region?: string | null;
  /** Whether she may be offered things; null = she was not asked. */
  marketingConsent?: 'given' | 'refused' | null;
}

export interface CustomerWithHistory extends CustomerRow {
  openTickets: { ticketId: string; title: string; status: string; openedAt: string }[];
  contacts: {
    callId: string;
    channel: string;
    at: string;
    queue: string | null;
    agent: string | null;
    cause: string;
    disposition: string | null;
    notes: string | null;
  }[];
}

const CONTACTS_SHOWN = 5;
const TICKETS_SHOWN = 10;

export async function customerByNumber(db: Kysely<Database>, tenantId: TenantId, number: string): Promise<CustomerWithHistory | null> {
  return withHistory(db, sql`c.tenant_id = ${tenantId} and c.number = ${number}`);
}

export async function customerById(db: Kysely<Database>, tenantId: TenantId, customerId: CustomerId): Promise<CustomerWithHistory | null> {
  return withHistory(db, sql`c.tenant_id = ${tenantId} and c.customer_id = ${customerId}`);
}

interface Raw {
  customer_id: string;
  tenant_id: string;
  name: string;
  number: string;
  tier: string;
  language: Language;
  birth_date: string | null;
  special_needs: string[];
  region: string | null;
  marketing_consent: 'given' | 'refused' | null;
  tickets: CustomerWithHistory['openTickets'];
  contacts: CustomerWithHistory['contacts'];
}

async function withHistory(db: Kysely<Database>, where: ReturnType<typeof sql>): Promise<CustomerWithHistory | null> {
  const { rows } = await sql<Raw>`
    select c.customer_id, c.tenant_id, c.name, c.number, c.tier, c.language, c.birth_date, c.special_needs, c.region, c.marketing_consent,
      coalesce((
        select jsonb_agg(jsonb_build_object('ticketId', t.ticket_id, 'title', t.title, 'status', t.status, 'openedAt', t.opened_at) order by t.opened_at desc)
        from (select * from tickets where customer_id = c.customer_id and closed_at is null and kind <> 'survey' order by opened_at desc limit ${TICKETS_SHOWN}) t
      ), '[]') as tickets,
      coalesce((
        select jsonb_agg(jsonb_build_object('callId', k.call_id, 'channel', k.channel, 'at', k.arrived_at, 'queue', k.queue_id, 'agent', k.agent_id,
          'cause', k.cause, 'disposition', k.disposition, 'notes', k.notes) order by k.arrived_at desc)
        from (select * from contacts where customer_id = c.customer_id order by arrived_at desc limit ${CONTACTS_SHOWN}) k
      ), '[]') as contacts
    from customers c
    where ${where}
    limit 1
  `.execute(db);
  const row = rows[0];
  return row === undefined
    ? null
    : { ...customerOf(row), openTickets: row.tickets.map(dated), contacts: row.contacts.map((contact) => ({ ...contact, at: utc(contact.at) })) };
}

export interface CustomerFilter {
  tenantId: TenantId;
  /** Part of a name or of a number. */
  text?: string;
}

/** By customer id, at most `limit` after the cursor (the last id of the page before). */
export async function listCustomers(db: Kysely<Database>, filter: CustomerFilter, limit: number, after: string | null): Promise<CustomerRow[]> {
  let query = db
    .selectFrom('customers')
    .select(['customer_id', 'tenant_id', 'name', 'number', 'tier', 'language', 'birth_date', 'special_needs', 'region', 'marketing_consent'])
    .where('tenant_id', '=', filter.tenantId);
  if (after !== null) query = query.where('customer_id', '>', after);
  if (filter.text !== undefined && filter.text !== '') {
    const pattern = `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((where) => where.or([where('name', 'like', pattern), where('number', 'like', pattern)]));
  }
  return (
    await query
      .orderBy('customer_id')
      .limit(Math.min(Math.max(1, limit), 200))
      .execute()
  ).map(customerOf);
}

/** Makes the customer, or changes everything but the service password. */
export async function saveCustomer(db: Kysely<Database>, customer: CustomerRow): Promise<void> {
  const { customerId: customer_id, tenantId: tenant_id } = customer;
  const changing = {
    name: customer.name,
    number: customer.number,
    tier: customer.tier,
    language: customer.language,
    birth_date: customer.birthDate,
    special_needs: customer.specialNeeds,
    region: customer.region ?? null,
    marketing_consent: customer.marketingConsent ?? null,
  };
  await db
    .insertInto('customers')
    .values({ customer_id, tenant_id, ...changing, service_password_hash: null })
    .onConflict((conflict) => conflict.column('customer_id').doUpdateSet(changing))
    .execute();
}

const customerOf = (row: Omit<Raw, 'tickets' | 'contacts'>): CustomerRow => ({
  customerId: asId<CustomerId>(row.customer_id),
  tenantId: asId<TenantId>(row.tenant_id),
  name: row.name,
  number: row.number,
  tier: row.tier,
  language: row.language,
  birthDate: row.birth_date,
  specialNeeds: row.special_needs,
  region: row.region,
  marketingConsent: row.marketing_consent,
});

/** jsonb writes times with an offset; we show them in one form. */
const utc = (text: string): string => new Date(text).toISOString();
const dated = <T extends { openedAt: string }>(ticket: T): T => ({ ...ticket, openedAt: utc(ticket.openedAt) });
