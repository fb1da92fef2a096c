/** The rim for customers: who is calling, and is it really them. Carries out `findCustomer`. */
import type { Clock } from '../../kernel/clock.ts';
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { AuthenticationResult, CustomerCard } from '../call/event.ts';
import { lastSurveyed } from '../store/calls.ts';
import { type CustomerWithHistory, customerByNumber } from '../store/customers.ts';
import type { Store } from '../store/store.ts';
import type { CommandOf, Event } from '../vocabulary.ts';
import { buildCard } from './card.ts';
import { normaliseNumber } from './normalise.ts';
import { verifyServicePassword } from './servicePassword.ts';

/** Customers seen last, so that a known caller is known while Postgres is away. */
const MOST_REMEMBERED = 10_000;

interface Found {
  card: CustomerCard | null;
  /** When she was last asked to rate a call; null = never, or not known. */
  surveyedAt: number | null;
}
const nobody: Found = { card: null, surveyedAt: null };

export interface Customers {
  /** Always answered by `customerFound`, within 300 ms. */
  findCustomer(command: CommandOf<'findCustomer'>): void;
  verifyServicePassword(tenantId: TenantId, customerId: CustomerId, digits: string): Promise<AuthenticationResult>;
}

export interface CustomersOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  take(event: Event): void;
}

export function createCustomers(options: CustomersOptions): Customers {
  const { store, clock, log, take } = options;
  const remembered = new Map<string, CustomerWithHistory>();
  const find = async (tenantId: TenantId, number: string): Promise<Found> => {
    const key = `${tenantId} ${number}`;
    const asked = await store.quickly('customer', async (db) => ({
      customer: await customerByNumber(db, tenantId, number),
      surveyedAt: await lastSurveyed(db, tenantId, number),
    }));
    const customer = asked === null ? (remembered.get(key) ?? null) : asked.customer;
    remembered.delete(key);
    const surveyedAt = asked?.surveyedAt ?? null;
    if (customer === null) return { card: null, surveyedAt };
    if (remembered.size >= MOST_REMEMBERED) for (const oldest of remembered.keys()) if (remembered.delete(oldest)) break;
    remembered.set(key, customer);
    return { card: buildCard(customer, clock.now()), surveyedAt };
  };
  return {
    findCustomer({ callId, tenantId, number }) {
      const caller = normaliseNumber(number);
      const found = caller === '' ? Promise.resolve(nobody) : find(tenantId, caller);
      found
        .catch((error: unknown) => {
          log.error({ err: error, callId }, 'customers: the card could not be made');
          return nobody;
        })
        .then(({ card, surveyedAt }) => {
          const asked = surveyedAt === null ? {} : { surveyedAt };
          take({ type: 'customerFound', callId, customer: card, authLevel: card === null ? 0 : 1, ...asked });
        });
    },
    verifyServicePassword: (tenantId, customerId, digits) => verifyServicePassword(store, tenantId, customerId, digits),
  };
}
