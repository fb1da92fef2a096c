/** What desks dial with, in tests that need no phones: colleagues by number, whatever else is a number outside. */
import { agentIdOf, asId, type CallId, type TenantId } from '../../kernel/ids.ts';
import type { Obeying } from '../../src/cti/obey.ts';

/** `now`: ms since 1970, for what is booked ahead. */
export function dialling(
  colleagues: readonly string[] = [],
  now: () => number = () => 0,
): Pick<Obeying, 'newCallId' | 'reach' | 'accepting' | 'flows' | 'now' | 'numberToCallBack'> {
  let calls = 0;
  return {
    ...{ now, numberToCallBack: (_: TenantId, wished: string) => (wished.length > 6 ? wished : null) },
    accepting: () => true,
    flows: () => ({ balance: { zh: '余额查询', en: 'Balance' } }),
    newCallId: () => {
      calls += 1;
      return asId<CallId>(`c-out-${calls}`);
    },
    reach: ({ tenantId }, number) => {
      const party = { number, raw: number };
      if (colleagues.includes(number)) return { ok: true, target: { kind: 'agent', agentId: agentIdOf(tenantId, number) }, party, emergency: false };
      return { ok: true, target: { kind: 'number', number }, party, emergency: number === '110' };
    },
  };
}
