/** What consultations and conferences have in common: who asks, and the leg of a number that is asked in. */
import { type AgentId, type LegId, legIdOf } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { CallTurn } from './joining.ts';

/** So long a number that is asked in may ring. Agents ring as long as the acd lets them. */
const PARTY_RING_MS = 30_000;

/** The live leg of this agent that talks. */
export const ownLeg = (call: Call, agentId: AgentId): Leg | undefined => [...call.legs.values()].find((leg) => leg.agentId === agentId && isUp(leg));

/** The customer has hung up: who is left talks among themselves. */
export const customerIsGone = (call: Call): boolean => isEnded(callerLeg(call));

/** Somebody is asked in already. */
export const asksAnybody = ({ consult, conference, invitations }: Call): boolean => consult !== null || conference !== null || invitations.length > 0;

export function dialParty(call: Call, number: string, agentId: AgentId, turn: CallTurn, now: number): LegId {
  const { callId, tenantId } = call;
  const legId = legIdOf(callId, call.nextTransferLeg);
  call.nextTransferLeg += 1;
  call.legs.set(legId, { legId, role: 'target', agentId: null, offerId: null, number, record: false, startedAt: now, progress: { state: 'dialling' } });
  const from = { number: call.callee.number };
  turn.commands.push({ type: 'dialLeg', callId, legId, tenantId, target: number, from, timeoutMs: PARTY_RING_MS, account: agentId });
  return legId;
}
