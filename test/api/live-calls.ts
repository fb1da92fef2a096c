/** Calls that are up, by way of the room that keeps them. */
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import type { Call } from '../../src/call/call.ts';
import { createCallRoom } from '../../src/call/decide.ts';

export type LiveCall = [tenant: string, n: number, offeredTo?: string];

export function liveCalls(calls: readonly LiveCall[], now: number): Call[] {
  const room = createCallRoom();
  for (const [tenant, n, agentId] of calls) {
    const callId = asId<CallId>(`c-${tenant}-${n}`);
    const party = { number: '10086', raw: '10086' };
    const event = { type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: tenant, caller: party, callee: party, trunk: 't', sipCallId: 's' };
    room.decide(event, now);
    const offer = { callId, queueId: null, record: false, offerId: `${callId}.o1`, legId: legIdOf(callId, 1), agentId, until: 0 };
    if (agentId !== undefined) room.decide({ type: 'callOffered', ...offer } as { type: string }, now);
  }
  return [...room.calls.values()];
}
