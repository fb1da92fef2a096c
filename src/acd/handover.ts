/** Who serves a call changes without an offer: two calls became one, or another phone took a leg's place. Rules 17 to 19. */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import type { Event } from '../vocabulary.ts';
import { afterwardsOf, legOf, reasonsOf, talkingOn, withoutReason, withReasons } from './agent.ts';
import { become } from './agents.ts';
import type { Call, Moment } from './floor.ts';
import { pickedUp } from './offers.ts';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** Rule 17. She may have dialled another meanwhile. */
export function ownCallOver(m: Moment, { callId, dialledBy }: Call): void {
  const agent = dialledBy === null ? undefined : m.floor.agents.get(dialledBy);
  if (agent?.ownCalls.delete(callId) !== true || agent.ownCalls.size > 0) return;
  m.floor.unsaid.add(agent);
  become(m, agent, withReasons(agent.activity, withoutReason(reasonsOf(agent.activity), 'own_call')));
}

/** The party that came over is served in the call it came to, and wraps up as that call's queue has it. */
export function mergeCalls(m: Moment, { callId, from, legId, agentId, kept, by, up }: EventOf<'callsMerged'>): void {
  const call = m.floor.calls.get(callId);
  const old = m.floor.calls.get(from);
  if (call === undefined || old === undefined) return;
  if (by === call.callerLeg) call.callerLeg = kept;
  if (legId === old.callerLeg) ownCallOver(m, old);
  const agent = m.floor.agentOfLeg.get(legId);
  const activity = agent?.activity;
  if (agent === undefined || activity === undefined) {
    if (up && agentId !== null) beginTalk(m, agentId, call, legId);
    return;
  }
  old.agentLegs.delete(legId);
  call.agentLegs.add(legId);
  if (activity.state === 'talking') become(m, agent, { ...talkingOn(call, legId, activity.after), ...(activity.held === true ? { held: true } : {}) });
  else if (activity.state === 'offered') {
    const offer = { ...activity.offer, callId };
    become(m, agent, { ...activity, offer });
  }
}

/** Another phone answers in her place, or what rang at hers; it may be another phone of her own. */
export function replaceLeg(m: Moment, { callId, legId, replaces, agentId }: EventOf<'legReplaced'>): void {
  const call = m.floor.calls.get(callId);
  if (call === undefined) return;
  if (call.callerLeg === replaces) call.callerLeg = legId;
  const before = m.floor.agentOfLeg.get(replaces);
  if (before?.activity.state === 'talking' && before.configuration.agentId === agentId) {
    become(m, before, { ...before.activity, legId, held: false });
    return;
  }
  if (before?.activity.state === 'offered') pickedUp(m, before);
  beginTalk(m, agentId, call, legId);
}

/** An agent no call has is on this one from now on. */
function beginTalk(m: Moment, agentId: AgentId, call: Call, legId: LegId): void {
  const agent = m.floor.agents.get(agentId);
  if (agent === undefined || agent.activity.state === 'signed_out' || legOf(agent.activity) !== null || call.callerLeg === legId) return;
  become(m, agent, talkingOn(call, legId, afterwardsOf(agent.activity)));
}
