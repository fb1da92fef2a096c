/** Who was asked in by an agent: marked on the leg of who was, with how that ended; while she consults, her leg keeps the customer on hold. */
import type { CallEvent } from '../call/event.ts';
import { type OpenCall, retrieve } from './open.ts';
import type { AskedRecord } from './record.ts';
import { live, liveLeg, newLeg, type State } from './state.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

export function partyAsked(state: State, { callId, how, by, legId, target }: EventOf<'partyAsked'>, at: number): void {
  const call = live(state, callId);
  if (call === undefined) return;
  if (how === 'consult') hold(state, { callId, legId: by }, at);
  const asked: AskedRecord = { how, by, end: null, cause: null };
  if (target.kind === 'agent') call.asking = [...(call.asking ?? []), { ...asked, agentId: target.agentId }];
  else if (legId !== null) call.legs.push({ ...newLeg({ legId, role: 'target', agentId: null, offerId: null, target: target.number }, at), asked });
}

/** The offer to an agent who was asked in has been made. */
export function askedOf(state: State, { callId, queueId, agentId }: EventOf<'callOffered'>): { asked?: AskedRecord } {
  const call = live(state, callId);
  const found = queueId === null ? call?.asking?.find((asking) => asking.agentId === agentId) : undefined;
  if (call === undefined || found === undefined) return {};
  const { agentId: _, ...asked } = found;
  forget(call, found);
  return { asked };
}

export function partyAskEnded(state: State, { callId, how, by, legId, target, end, cause, held }: EventOf<'partyAskEnded'>, at: number): void {
  const call = state.calls.get(callId);
  const mark = call?.legs.find((leg) => leg.legId === legId)?.asked;
  if (mark !== undefined) Object.assign(mark, { end, cause });
  const never = legId === null && target.kind === 'agent' ? call?.asking?.find(({ agentId }) => agentId === target.agentId) : undefined;
  if (call !== undefined && never !== undefined) forget(call, never);
  const own = liveLeg(state, { callId, legId: by });
  if (how === 'consult' && !held && own !== undefined) retrieve(own, at);
}

/** She hears the customer: no hold. */
export function consultToggled(state: State, { callId, by, heard }: EventOf<'consultToggled'>, at: number): void {
  const own = liveLeg(state, { callId, legId: by });
  if (own === undefined) return;
  if (liveLeg(state, { callId, legId: heard })?.asked === undefined) retrieve(own, at);
  else hold(state, { callId, legId: by }, at);
}

function hold(state: State, of: Parameters<typeof liveLeg>[1], at: number): void {
  const leg = liveLeg(state, of);
  if (leg !== undefined && leg.answeredAt !== null) leg.heldSince ??= at;
}

function forget(call: OpenCall, gone: object): void {
  const left = (call.asking ?? []).filter((asking) => asking !== gone);
  if (left.length > 0) call.asking = left;
  else delete call.asking;
}
