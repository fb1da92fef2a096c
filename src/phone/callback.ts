/** Whether a number may be called back: it must be one that the tenant's dialplan may dial, of a kind people have. */
import type { TenantId } from '../../kernel/ids.ts';
import type { CommandOf } from '../vocabulary.ts';
import type { Rim } from './rim.ts';
import { destinationOf } from './trunk/number.ts';

/** The same look as when it is dialled, which it passes again then: rules and what has been used may be others by that time. */
export function askCallback(rim: Rim, command: CommandOf<'askCallback'>): void {
  const { type: _, tenantId, callId, ...wish } = command;
  const { queueId } = wish;
  const number = numberToCallBack(rim, tenantId, wish.number);
  if (number === null) rim.take({ type: 'callbackRefused', callId, queueId, why: wish.number === '' ? 'no_number' : 'not_allowed' });
  else rim.take({ type: 'callbackAsked', callId, ...wish, number });
}

/** As it is dialled; null = it may not be called back. */
export function numberToCallBack(rim: Rim, tenantId: TenantId, wished: string): string | null {
  const destination = destinationOf(wished, rim.trunks.dialling(tenantId));
  if (destination === null || (destination.kind !== 'domestic' && destination.kind !== 'international')) return null;
  const rules = rim.directory.outsideRules(tenantId);
  return rim.toll.judge(tenantId, 'flow', destination, rules, rim.clock.now()).is === 'refused' ? null : destination.number;
}
