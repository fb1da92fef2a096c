/** What the routing core does with each event it cares for: next state and actions; `settle` does the rest. "Rule n" is SPEC.md's. */
import { type LegId, legIdOf } from '../../kernel/ids.ts';
import type { Ending, EndingCause } from '../call/ending.ts';
import type { Event } from '../vocabulary.ts';
import { type Activity, landing, READY, reasonsOf, SIGNED_OUT, whenReady, withLeave, withoutCall, withoutReason, withReason, withReasons } from './agent.ts';
import { become, endTalk, newAgent, removeAgent, rest } from './agents.ts';
import { configureCalendar, follow, removeCalendar, switchQueue } from './calendar/follow.ts';
import { remember, rememberAll, takeOldPlace } from './callback/drops.ts';
import { answered, ask, book, afterRestart as callbacksAfterRestart, cancel, isOwnWord, sweep, takePlace, tryOver } from './callback/places.ts';
import { isManifold } from './channels/channel.ts';
import { deskBack, deskGone, interactionHearing, withdrawAll, writtenAfterRestart } from './channels/hear.ts';
import { noOthers } from './channels/interaction.ts';
import { hushAnnouncements } from './door/announcing.ts';
import type { NotReadyReason } from './event.ts';
import { type Agent, type Call, lacksPhone, type Moment, newCall, setDeadline } from './floor.ts';
import { mergeCalls, ownCallOver, replaceLeg } from './handover.ts';
import { joinGroups, leaveGroups, startIdling, stopIdling } from './line.ts';
import { askParty, handOn, partyAskEnded } from './offering/asked.ts';
import { failureOfEnding, PHONE_LOST, REJECTED, REMOVED } from './offering/failure.ts';
import { hold, lift } from './offering/hold.ts';
import { callColleague, callOut, outboundLegEnded } from './offering/outbound.ts';
import { extendWrapUp } from './offering/wrap-up.ts';
import { answerOffer, failOffer, leave, offerDirectly, spareAgent, withdrawOffer } from './offers.ts';
import { moveCall } from './overflow/moving.ts';
import { comeIn } from './overflow/overflow.ts';
import { hushOverflow } from './overflow/watch.ts';
import { passTime } from './settle.ts';
import { keepStaffing, newQueue, reconfigure, remove } from './waiting.ts';
import { watchReserves } from './widening/reserves.ts';

/** Everything else that happens in the house does not concern the routing core; its own facts it knows already. */
type Heard =
  | 'queueConfigured'
  | 'queueRemoved'
  | 'calendarConfigured'
  | 'calendarRemoved'
  | 'queueSwitched'
  | 'agentConfigured'
  | 'agentRemoved'
  | 'agentSignedIn'
  | 'agentSignedOut'
  | 'agentWentReady'
  | 'agentWentNotReady'
  | 'wrapUpEnded'
  | 'wrapUpExtended'
  | 'phoneReachable'
  | 'phoneLost'
  | 'deskConnected'
  | 'deskLost'
  | 'deskRejected'
  | 'callArrived'
  | 'callQueued'
  | 'queueKeyPressed'
  | 'callTransferred'
  | 'destinationCalled'
  | 'legRinging'
  | 'legAnswered'
  | 'legHeld'
  | 'legRetrieved'
  | 'legEnded'
  | 'leaseExpired'
  | 'callsMerged'
  | 'legReplaced'
  | 'partyAsked'
  | 'partyAskEnded'
  | 'callHandedOn'
  | 'callEnded'
  | 'callbackAsked'
  | 'callbackBooked'
  | 'callbackCancelled'
  | 'callMoveAsked'
  | keyof typeof interactionHearing
  | 'recordingSpaceChanged'
  | 'intakeChanged'
  | 'timePassed'
  | 'serverStarted'
  | 'serverResumed';
type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;
export type Hearing = { [T in Heard]: (m: Moment, event: EventOf<T>) => void };

export const hearing: Hearing = {
  ...interactionHearing,

  recordingSpaceChanged({ floor }, { full }) {
    floor.recordingFull = full;
  },

  intakeChanged(m, { shut }) {
    m.floor.intakeShut = shut;
    for (const queueId of m.floor.queues.keys()) sweep(m, queueId);
  },

  // Rule 15. New rules apply to those who wait, but for the limit on the wait they came with.
  queueConfigured(m, { queue: configuration }) {
    const { floor } = m;
    const known = floor.queues.get(configuration.queueId) ?? newQueue(configuration);
    if (floor.queues.has(configuration.queueId)) reconfigure(m, known, configuration);
    else floor.queues.set(configuration.queueId, known);
    keepStaffing(floor, configuration);
    follow(m, known);
    watchReserves(m, known);
    sweep(m, configuration.queueId);
  },

  queueRemoved(m, { queueId }) {
    const queue = m.floor.queues.get(queueId);
    if (queue === undefined || queue.removed) return;
    remove(m.floor, queue);
    sweep(m, queueId);
  },

  calendarConfigured: (m, { calendar }) => configureCalendar(m, calendar),

  calendarRemoved: (m, { calendarId }) => removeCalendar(m, calendarId),

  queueSwitched(m, { queueId, state, until, notice }) {
    const queue = m.floor.queues.get(queueId);
    if (queue !== undefined && !queue.removed)
      switchQueue(m, queue, state === 'calendar' ? null : { state, until, ...(notice === undefined ? {} : { notice }) });
  },

  agentConfigured(m, { agent: configuration }) {
    const { floor } = m;
    const agent = floor.agents.get(configuration.agentId) ?? newAgent(configuration, m.now);
    leaveGroups(floor, agent);
    agent.configuration = configuration;
    if (isManifold(configuration)) agent.others ??= noOthers();
    else if (agent.others?.running.size === 0 && agent.others.offered === null) agent.others = null;
    floor.agents.set(configuration.agentId, agent);
    agent.hasDesk = floor.desks.has(configuration.agentId);
    joinGroups(floor, agent);
    if ('after' in agent.activity && agent.activity.after.leave === 'remove') become(m, agent, withLeave(agent.activity, 'stay'));
    followPhone(m, agent);
  },

  // Rule 6. An agent who is removed while she talks is removed after the call.
  agentRemoved(m, { agentId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent === undefined) return;
    if (agent.activity.state !== 'offered') return removeAgent(m, agent);
    become(m, agent, withLeave(agent.activity, 'remove'));
    failOffer(m, agent, REMOVED);
  },

  // Rules 1 and 3. She is not ready until she says so; in mid-call she takes back that she signed out.
  agentSignedIn(m, { agentId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent === undefined) return;
    const { activity } = agent;
    if ('after' in activity && activity.after.leave === 'sign_out') return become(m, agent, withLeave(activity, 'stay'));
    if (activity.state !== 'signed_out') return;
    const reasons: NotReadyReason[] = lacksPhone(m.floor, agent) ? ['signed_in', 'phone_lost'] : ['signed_in'];
    become(m, agent, { state: 'not_ready', reasons: agent.hold === undefined ? reasons : [...reasons, 'supervisor'] });
  },

  // Rule 3. Offered, it refuses the offer; talking, it takes effect after the call.
  agentSignedOut(m, { agentId, by }) {
    const agent = m.floor.agents.get(agentId);
    if (agent === undefined) return;
    const { state } = agent.activity;
    if (state === 'signed_out' || state === 'not_ready' || state === 'ready' || state === 'wrapping_up' || state === 'pausing')
      return become(m, agent, SIGNED_OUT);
    if (agent.activity.after.leave === 'stay') become(m, agent, withLeave(agent.activity, 'sign_out'));
    failOffer(m, agent, by === undefined ? REJECTED : REMOVED);
  },

  // Rules 1 and 26. It takes away every reason but a lost phone and a supervisor's, and ends a wrap-up or a pause.
  agentWentReady(m, event) {
    const agent = m.floor.agents.get(event.agentId);
    if (agent === undefined) return;
    const { activity } = agent;
    const kept = whenReady(reasonsOf(activity));
    const reasons = lift(agent, event) ? kept : withReason(kept, 'supervisor');
    if (activity.state === 'wrapping_up' || activity.state === 'pausing') become(m, agent, withoutCall(reasons));
    else become(m, agent, withReasons(activity, reasons));
  },

  // Rules 2, 3 and 26. At once when no call has her, else after it.
  agentWentNotReady(m, event) {
    const agent = m.floor.agents.get(event.agentId);
    if (agent === undefined) return;
    hold(agent, event);
    become(m, agent, withReasons(agent.activity, withReason(reasonsOf(agent.activity), event.reason)));
  },

  wrapUpEnded(m, { agentId, callId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent?.activity.state === 'wrapping_up' && agent.activity.callId === callId) become(m, agent, landing(agent.activity.after, m.now));
  },

  // Rule 22.
  wrapUpExtended(m, { agentId, callId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent?.activity.state === 'wrapping_up' && agent.activity.callId === callId) extendWrapUp(m, agent);
  },

  phoneReachable(m, { agentId }) {
    m.floor.phones.add(agentId);
    const agent = m.floor.agents.get(agentId);
    if (agent !== undefined) followPhone(m, agent);
  },

  phoneLost(m, { agentId }) {
    m.floor.phones.delete(agentId);
    const agent = m.floor.agents.get(agentId);
    if (agent !== undefined) followPhone(m, agent);
  },

  // Rule 21.
  deskConnected(m, { agentId }) {
    m.floor.desks.add(agentId);
    deskChanged(m, agentId, true);
  },

  deskLost(m, { agentId }) {
    m.floor.desks.delete(agentId);
    deskChanged(m, agentId, false);
  },

  // Rule 8. Refused by button is refused; a late press for another call changes nothing.
  deskRejected(m, { agentId, callId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent?.activity.state === 'offered' && agent.activity.offer.callId === callId) failOffer(m, agent, REJECTED);
  },

  // Rules 17 and 31.
  callArrived(m, { callId, tenantId, caller, dialled, outbound }) {
    if (m.floor.calls.has(callId)) return;
    const dialledBy = dialled?.by ?? null;
    const call = newCall(callId, tenantId, dialledBy, { number: caller.number, ...(caller.name === undefined ? {} : { name: caller.name }) });
    m.floor.calls.set(callId, call);
    if (outbound !== undefined) return callOut(m, call, outbound);
    const agent = dialledBy === null ? undefined : m.floor.agents.get(dialledBy);
    if (agent === undefined) return;
    agent.ownCalls.add(callId);
    m.floor.unsaid.add(agent);
    become(m, agent, withReasons(agent.activity, withReason(reasonsOf(agent.activity), 'own_call')));
  },

  // Rule 16, then the door (INV5).
  callQueued(m, wish) {
    const { callId, queueId } = wish;
    const call = m.floor.calls.get(callId);
    if (isOwnWord(call, queueId) || wish.from !== undefined) return;
    if (call !== undefined) {
      elsewhere(m, call);
      takePlace(m, call, queueId);
      takeOldPlace(m, call, queueId);
    }
    const queue = m.floor.queues.get(queueId);
    const exit = call === undefined || call.callerGone ? 'ended' : comeIn(m, call, queue, wish);
    if (exit !== null) m.events.push({ type: 'callLeftQueue', callId, queueId, exit });
  },

  callMoveAsked: moveCall,

  // The caller would rather do something else: the dialplan has it.
  queueKeyPressed(m, { callId, queueId }) {
    const waiting = m.floor.calls.get(callId)?.waiting;
    if (waiting?.queue.configuration.queueId === queueId) leave(m, waiting, 'key');
  },

  // Rules 10 and 16.
  callTransferred(m, { callId, target, kept }) {
    const call = m.floor.calls.get(callId);
    if (call === undefined) return;
    if (kept !== undefined) call.callerLeg = kept;
    elsewhere(m, call);
    if (target.kind === 'agent') offerDirectly(m, call, m.floor.agents.get(target.agentId), target.agentId);
  },

  // Rule 23.
  legRinging(m, { legId }) {
    const agent = m.floor.agentOfLeg.get(legId);
    if (agent?.activity.state === 'offered' && agent.activity.rings !== true) become(m, agent, { ...agent.activity, rings: true });
  },

  legHeld: (m, { legId }) => holds(m, legId, true),

  legRetrieved: (m, { legId }) => holds(m, legId, false),

  legAnswered(m, { callId, legId }) {
    const agent = m.floor.agentOfLeg.get(legId);
    if (agent !== undefined) answerOffer(m, agent);
    answered(m, m.floor.calls.get(callId), agent === undefined ? 'customer' : 'agent');
  },

  legEnded(m, { callId, legId, ending }) {
    const call = m.floor.calls.get(callId);
    if (call !== undefined && legId === legIdOf(callId, 0)) ownCallOver(m, call);
    // Also of an agent who is served: a colleague called her, or has sent on another.
    const agent = m.floor.agentOfLeg.get(legId);
    if (agent !== undefined) agentLegEnded(m, agent, ending);
    if (call === undefined) return;
    if (legId === call.callerLeg) callerGone(m, call, ending);
    else if (agent !== undefined) outboundLegEnded(m, call, agent);
  },

  // Rule 31.
  destinationCalled: (m, event) => callColleague(m, event),

  // Healing: as if its end had been told, by a fault of ours.
  leaseExpired(m, { agentId, legId }) {
    const agent = m.floor.agentOfLeg.get(legId);
    if (agent?.configuration.agentId === agentId) agentLegEnded(m, agent, { cause: 'internal', by: 'server' });
  },

  // Rule 18.
  callsMerged: (m, event) => mergeCalls(m, event),

  // Rule 19.
  legReplaced: (m, event) => replaceLeg(m, event),

  // Rule 30.
  partyAsked: (m, event) => askParty(m, event),

  partyAskEnded: (m, event) => partyAskEnded(m, event),

  callHandedOn: (m, event) => handOn(m, event),

  // Every leg has ended before; should one not have, nobody stays on a call that is over.
  callEnded(m, { callId, ending }) {
    const call = m.floor.calls.get(callId);
    if (call === undefined) return;
    callerGone(m, call, null);
    for (const legId of [...call.agentLegs].sort()) {
      const agent = m.floor.agentOfLeg.get(legId);
      if (agent !== undefined) endTalk(m, agent);
    }
    m.floor.calls.delete(callId);
    tryOver(m, call, ending.cause);
  },

  callbackAsked: (m, event) => ask(m, event),

  callbackBooked: (m, event) => book(m, event),

  callbackCancelled: (m, { callbackId }) => cancel(m, callbackId, 'cancelled'),

  timePassed: (m) => passTime(m),

  // Calls and agents are as they were; desks have to come again, and whoever looks at the disk and the intake tells them anew.
  serverResumed(m) {
    m.floor.recordingFull = false;
    m.floor.intakeShut = false;
    const desks = [...m.floor.desks];
    m.floor.desks.clear();
    for (const agentId of desks) deskChanged(m, agentId, false);
  },

  serverStarted(m) {
    // Whoever looks at the disk and the intake tells them anew.
    m.floor.recordingFull = false;
    m.floor.intakeShut = false;
    m.floor.desks.clear();
    const { floor } = m;
    withdrawAll(m);
    rememberAll(m);
    for (const agent of [...floor.agents.values()]) {
      if (agent.activity.state === 'talking') rest(m, agent);
      become(m, agent, afterRestart(agent.activity, agent.configuration.staticContact !== null));
    }
    for (const { waiting } of floor.calls.values()) {
      if (waiting === null) continue;
      setDeadline(floor, waiting, null);
      hushAnnouncements(floor, waiting);
      hushOverflow(floor, waiting);
    }
    for (const group of floor.groups.values()) group.circles.clear();
    for (const { reserves } of floor.queues.values()) setDeadline(floor, reserves, null);
    for (const [queueId, { configuration, removed, switched, state, deadline }] of floor.queues) {
      if (removed) floor.queues.delete(queueId);
      else floor.queues.set(queueId, { ...newQueue(configuration), switched, state, deadline });
    }
    for (const agent of floor.agents.values()) {
      agent.circles.clear();
      agent.ownCalls.clear();
      agent.hasDesk = false;
    }
    floor.calls.clear();
    floor.inNeed.clear();
    // What calls and agents are like is known still; who was busy is not any more.
    floor.learned.work.clear();
    floor.leaving.clear();
    floor.awaiting.clear();
    floor.unpaired.clear();
    floor.ringAlong.clear();
    floor.behind = false;
    callbacksAfterRestart(m);
    writtenAfterRestart(m);
  },
};

function holds(m: Moment, legId: LegId, held: boolean): void {
  const agent = m.floor.agentOfLeg.get(legId);
  if (agent?.activity.state === 'talking' && (agent.activity.held ?? false) !== held) become(m, agent, { ...agent.activity, held });
}

/** The call is on its way to somewhere else: what it waited for, or who was being rung for it, is over. */
function elsewhere(m: Moment, call: Call): void {
  if (call.waiting !== null) leave(m, call.waiting, 'transferred');
  else withdrawOffer(m, call, 'withdrawn', { cause: 'transferred', by: 'server' });
}

/** `ending` of the caller's leg; null when the whole call is over. */
function callerGone(m: Moment, call: Call, ending: Ending | null): void {
  call.callerGone = true;
  ownCallOver(m, call);
  if (call.waiting !== null) remember(m, call.waiting);
  if (call.waiting !== null) leave(m, call.waiting, ending?.by === 'far_end' ? 'abandoned' : 'ended');
  else withdrawOffer(m, call, 'caller_gone', { cause: 'abandoned', by: 'other_party' });
}

function agentLegEnded(m: Moment, agent: Agent, ending: Ending): void {
  const { activity } = agent;
  if (activity.state === 'offered') {
    const failure = failureOfEnding(ending.cause);
    if (failure === null) spareAgent(m, agent);
    else failOffer(m, agent, failure);
  } else if (activity.state === 'releasing') become(m, agent, landing(activity.after, m.now));
  else {
    // Rule 8: what rings at a phone that vanished in mid-call keeps the next caller waiting for nothing.
    if (PHONE_VANISHED.has(ending.cause)) become(m, agent, withReasons(activity, withReason(reasonsOf(activity), 'unreachable')));
    endTalk(m, agent);
  }
}

/** Her phone sent nothing any more, neither sound nor a refresh. */
const PHONE_VANISHED: ReadonlySet<EndingCause> = new Set(['media_timeout', 'session_expired']);

/** Which lines she stands idle in depends on her desk. */
function deskChanged(m: Moment, agentId: Agent['configuration']['agentId'], hasDesk: boolean): void {
  const { floor } = m;
  const agent = floor.agents.get(agentId);
  if (agent === undefined || agent.hasDesk === hasDesk) return;
  agent.hasDesk = hasDesk;
  if (hasDesk) deskBack(m, agent);
  else deskGone(m, agent);
  if (agent.activity.state !== 'ready' && agent.others === null) return;
  stopIdling(agent);
  startIdling(floor, agent);
}

/** A phone that is lost takes the agent off the queues, one that is back returns her; a fixed address is never lost. */
function followPhone(m: Moment, agent: Agent): void {
  const { activity } = agent;
  const reasons = reasonsOf(activity);
  if (!lacksPhone(m.floor, agent)) become(m, agent, withReasons(activity, withoutReason(reasons, 'phone_lost')));
  else if (activity.state === 'offered') failOffer(m, agent, PHONE_LOST);
  else become(m, agent, withReasons(activity, withReason(reasons, 'phone_lost')));
}

/** Nobody is on a call any more. Who has a desk says herself that she goes on; a fixed contact has nobody to say it. */
function afterRestart(activity: Activity, fixed: boolean): Activity {
  if (activity.state === 'not_ready') return withReasons(activity, withoutReason(activity.reasons, 'own_call'));
  if (activity.state === 'signed_out' || (activity.state === 'ready' && fixed)) return activity;
  if ('after' in activity && activity.after.leave !== 'stay') return SIGNED_OUT;
  const held = withoutReason(reasonsOf(activity), 'own_call');
  const reasons = fixed ? held : withReason(held, 'restart');
  return reasons.length === 0 ? READY : { state: 'not_ready', reasons };
}
