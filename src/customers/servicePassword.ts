/** The rule for six-digit service passwords, and the check behind the keys a caller enters. */
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
import type { AuthenticationResult } from '../call/event.ts';
import { forgiveAttempt, saveServicePassword, takeAttempt } from '../store/servicePasswords.ts';
import type { Store } from '../store/store.ts';
import { hashPassword, isPassword } from '../users/passwords.ts';
import { dayInChina } from './card.ts';

/** Wrong ones in one calendar day (China); the account is then locked till the next. */
export const MOST_WRONG_A_DAY = 3;

export type Weakness = 'not_six_digits' | 'all_same' | 'run' | 'in_phone_number' | 'in_identity_number';

/** null = strong enough: no six equal digits, no run up or down, no six digits in a row of the phone or identity number. */
export function weaknessOf(password: string, customer: { number: string; identityNumber?: string }): Weakness | null {
  if (!/^[0-9]{6}$/.test(password)) return 'not_six_digits';
  if (/^(.)\1{5}$/.test(password)) return 'all_same';
  if (isRun(password)) return 'run';
  if (customer.number.replace(/\D/g, '').includes(password)) return 'in_phone_number';
  if (customer.identityNumber?.replace(/\D/g, '').includes(password)) return 'in_identity_number';
  return null;
}

/** 123456, 987654, and round the corner as on a dial: 567890, 890123. */
function isRun(password: string): boolean {
  const digits = [...password].map(Number);
  const steps = digits.slice(1).map((digit, at) => (digit - (digits[at] ?? 0) + 10) % 10);
  return steps.every((step) => step === 1) || steps.every((step) => step === 9);
}

/**
 * Input that cannot be a password (too short, a star) is `wrong` without being counted: it tells a guesser nothing.
 * The third wrong one of a day answers `locked`, and so does everything after it, right or not.
 */
export async function verifyServicePassword(store: Store, tenantId: TenantId, customerId: CustomerId, digits: string): Promise<AuthenticationResult> {
  if (digits === '') return 'no_input';
  if (!/^[0-9]{6}$/.test(digits)) return 'wrong';
  const day = dayInChina(store.clock.now());
  const attempt = await store.quickly('service password', (db) => takeAttempt(db, { tenantId, customerId, day }, MOST_WRONG_A_DAY));
  if (attempt === null) return 'unavailable';
  if (attempt.state === 'locked') return 'locked';
  const right = await isPassword(attempt.state === 'taken' ? attempt.hash : null, digits);
  if (attempt.state === 'unknown') return 'wrong';
  if (!right) return attempt.wrong >= MOST_WRONG_A_DAY ? 'locked' : 'wrong';
  // Should this not come through, a right password was counted as wrong: the safe side.
  await store.quickly('service password', (db) => forgiveAttempt(db, customerId, day));
  return 'ok';
}

/** Returns what is wrong with it; null = changed. Throws when there is no such customer. */
export async function changeServicePassword(
  store: Store,
  customer: { tenantId: TenantId; customerId: CustomerId; number: string },
  password: string,
): Promise<Weakness | null> {
  const weakness = weaknessOf(password, customer);
  if (weakness !== null) return weakness;
  const { tenantId, customerId } = customer;
  if (!(await saveServicePassword(store.db, tenantId, customerId, await hashPassword(password)))) throw new Error(`no customer ${customerId}`);
  return null;
}
