/** The rim for customers: who is calling, and is it really them. Carries out `findCustomer`. */
import type { Clock } from '../../kernel/clock.ts';
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { AuthenticationResult, CustomerCard } from '../call/event.ts';
import { type CustomerWithHistory, customerByNumber } from '../store/customers.ts';
import type { Store } from '../store/store.ts';
import type { CommandOf, Event } from '../vocabulary.ts';
import { buildCard } from './card.ts';
import { normaliseNumber } from './normalise.ts';
import { verifyServicePassword } from './servicePassword.ts';

/** Customers seen last, so that a known caller is known while Postgres is away. */
const MOST_REMEMBERED = 10_000;

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
  const find = async (tenantId: TenantId, number: string): Promise<CustomerCard | null> => {
    const key = `${tenantId} ${number}`;
    const asked = await store.quickly('customer', async (db) => ({ customer: await customerByNumber(db, tenantId, number) }));
    const customer = asked === null ? (remembered.get(key) ?? null) : asked.customer;
    remembered.delete(key);
    if (customer === null) return null;
    if (remembered.size >= MOST_REMEMBERED) for (const oldest of remembered.keys()) if (remembered.delete(oldest)) break;
    remembered.set(key, customer);
    return buildCard(customer, clock.now());
  };
  return {
    findCustomer({ callId, tenantId, number }) {
      const caller = normaliseNumber(number);
      const found = caller === '' ? Promise.resolve(null) : find(tenantId, caller);
      found
        .catch((error: unknown) => {
          log.error({ err: error, callId }, 'customers: the card could not be made');
          return null;
        })
        .then((customer) => take({ type: 'customerFound', callId, customer, authLevel: customer === null ? 0 : 1 }));
    },
    verifyServicePassword: (tenantId, customerId, digits) => verifyServicePassword(store, tenantId, customerId, digits),
  };
}
