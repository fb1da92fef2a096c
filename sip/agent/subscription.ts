import type { Response } from '../message/message.ts';
import { numberOf } from '../message/values.ts';
import type { Leg } from './ledger.ts';
import type { Stack } from './stack.ts';

/** RFC 6665 §4.2.1.1 has the notifier name an interval; one that does not means an hour, as with REGISTER. */
const UNNAMED_S = 3_600;
const LONGEST_S = 86_400;
/** For the last NOTIFY, and its copies (timer F). */
const LAST_NOTIFY_MS = 32_000;

/** A subscription was granted or refreshed: when nobody refreshes or ends it in time, it is over for us too. Nothing is told: both ends know the time. */
export function keepSubscription(stack: Stack, leg: Leg, granted: Response): void {
  if (leg.dialog.method !== 'SUBSCRIBE') return;
  leg.cancelExpiry();
  const seconds = Math.min(numberOf(granted.headers, 'expires') ?? UNNAMED_S, LONGEST_S);
  leg.cancelExpiry = stack.clock.after(seconds * 1_000 + LAST_NOTIFY_MS, () => stack.ledger.removeLeg(leg));
}
