/** Two calls became one (attended transfer): the leg that came over ends in one record and begins in the other. */
import type { CallEvent } from '../call/event.ts';
import { endLeg, type OpenCall } from './open.ts';
import { inheritPausedBy } from './pauses.ts';
import { beginPart, endPart, live, liveLeg, newLeg, type State } from './state.ts';

export function mergeLegs(state: State, event: Extract<CallEvent, { type: 'callsMerged' }>, at: number): OpenCall | undefined {
  const { callId, from, legId, agentId, up } = event;
  const call = live(state, callId);
  const left = live(state, from);
  const leg = liveLeg(state, { callId: from, legId });
  if (call === undefined || left === undefined || leg === undefined) return undefined;
  const { offerId, target } = leg;
  const moved = newLeg(
    { legId, role: agentId === null ? 'target' : 'agent', agentId, offerId, target: target ?? (agentId === null ? left.callee.number : null) },
    at,
  );
  inheritPausedBy(call, left, at);
  if (left.consent?.state === 'refused' && call.consent?.state !== 'refused') call.consent = { ...left.consent, at };
  call.legs.push(up ? { ...moved, answeredAt: at, heldSince: leg.heldSince === null ? null : at } : { ...moved, ringingAt: leg.ringingAt });
  endLeg(leg, at, { cause: 'transferred', by: 'server' });
  const offer = left.offers.find((found) => found.legId === legId && found.endedAt === null);
  if (offer !== undefined) {
    left.offers = left.offers.filter((found) => found !== offer);
    call.offers.push(offer);
  }
  const part = left.parts.find((found) => found.agentId === agentId && found.phase === 'talking');
  if (part !== undefined) endPart(state, left, part, at);
  if (up && agentId !== null) beginPart(state, callId, agentId, at);
  return undefined;
}
