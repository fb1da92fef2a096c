/** What the core does with each event about interactions of other channels: next state and actions. */
import { type Agent, type Moment, newCall, setDeadline } from '../floor.ts';
import type { Failure } from '../offering/failure.ts';
import { NO_ANSWER, REJECTED } from '../offering/failure.ts';
import { leave } from '../offers.ts';
import { comeBack, crowded, depart, enter, refusal } from '../waiting.ts';
import { VOICE } from './channel.ts';
import type { InteractionEvent } from './event.ts';
import { type Interaction, type InteractionId, isWritten, type Written } from './interaction.ts';
import { externalKey, leftQueue, over } from './left.ts';
import { begin, DESK_LOST_MS, done, endOffered, finish, saidOfIt, setAside, stopWaitingForDesk, takeFrom, waitForDesk, watchLife } from './serving.ts';

/** Live interactions of the whole house; more are not taken. */
export const MOST_INTERACTIONS = 20_000;

const DESK_LOST: Failure = { end: 'unreachable', reason: 'client_lost', release: null };

type Told = Exclude<
  InteractionEvent['type'],
  | 'interactionQueued'
  | 'interactionOffered'
  | 'interactionOfferEnded'
  | 'interactionLeftQueue'
  | 'interactionAssigned'
  | 'interactionGivenBack'
  | 'interactionWrapUpBegan'
  | 'interactionEnded'
>;
type EventOf<T extends Told> = Extract<InteractionEvent, { type: T }>;

/** Of interactions that are over, and of agents who do not have them, nothing is changed by a late word. */
export const interactionHearing: { [T in Told]: (m: Moment, event: EventOf<T>) => void } = {
  interactionAsked(m, { interactionId, tenantId, channel, queueId, priority, skills, maxWaitMs, externalId, from, data }) {
    const { floor, now } = m;
    const key = externalId === null ? null : externalKey(tenantId, externalId);
    if (channel === VOICE || floor.calls.has(interactionId) || floor.over.has(interactionId)) return;
    if (floor.written.size >= MOST_INTERACTIONS || (key !== null && floor.externalIds.has(key))) return;
    const life: Interaction['life'] = { state: 'waiting' };
    const asked = { queueId, priority, skills, maxWaitMs, externalId, from, data };
    const interaction: Interaction = { channel, askedAt: now, since: now, life, deadline: null, ...asked };
    const call: Written = { ...newCall(interactionId, tenantId, null, { number: from }), interaction };
    floor.calls.set(interactionId, call);
    floor.written.set(interactionId, call);
    if (key !== null) floor.externalIds.set(key, interactionId);
    queueUp(m, call, true);
  },

  interactionRequeued(m, { interactionId, queueId }) {
    const call = m.floor.written.get(interactionId);
    if (call === undefined) return;
    if (call.waiting !== null) leave(m, call.waiting, 'transferred');
    else giveUp(m, call, 'requeued');
    call.interaction.queueId = queueId;
    queueUp(m, call, false);
  },

  interactionClosed(m, { interactionId }) {
    const call = m.floor.written.get(interactionId);
    if (call === undefined) return;
    if (call.waiting !== null) return leave(m, call.waiting, 'ended');
    const agent = runningAt(m, call);
    if (agent !== undefined) takeFrom(m, agent, call);
    over(m, call, 'closed', agent?.configuration.agentId ?? null);
  },

  interactionAccepted(m, { interactionId, agentId }) {
    const agent = m.floor.agents.get(agentId);
    if (agent?.others?.offered?.callId !== interactionId) return;
    const call = endOffered(m, agent, 'answered');
    if (call === null) return;
    const { waiting } = call;
    if (waiting !== null) depart(m, waiting, 'answered');
    begin(m, agent, call, waiting);
  },

  interactionDeclined(m, { interactionId, agentId, reason }) {
    const agent = m.floor.agents.get(agentId);
    if (agent?.others?.offered?.callId === interactionId) failWritten(m, agent, REJECTED, reason ?? undefined);
  },

  interactionDone(m, { interactionId, agentId, disposition }) {
    const [agent, call] = runningOf(m, interactionId, agentId);
    if (agent === undefined || call?.interaction.life.state !== 'active') return;
    saidOfIt(call, disposition);
    done(m, agent, call);
  },

  interactionWrapUpEnded(m, { interactionId, agentId, disposition }) {
    const [agent, call] = runningOf(m, interactionId, agentId);
    if (agent === undefined || call?.interaction.life.state !== 'wrapping_up') return;
    saidOfIt(call, disposition);
    finish(m, agent, call);
  },
};

/** `fresh`: it comes for the first time, through the door. What has been in waits on in its place whatever the door says. */
function queueUp(m: Moment, call: Written, fresh: boolean): void {
  const { queueId, priority, skills, maxWaitMs } = call.interaction;
  const queue = m.floor.queues.get(queueId);
  const wish = { queueId, priority, skills, maxWaitMs };
  const exit = fresh ? (refusal(m, queue) ?? crowded(m, call, queue, wish)) : null;
  if (queue === undefined || queue.removed || exit !== null) {
    leftQueue(m, call, queueId, exit ?? 'closed');
    return;
  }
  m.events.push({ type: 'interactionQueued', interactionId: call.callId, channel: call.interaction.channel, queueId });
  enter(m, call, queue, wish);
}

/** Her doing or her desk's: she is set aside as the queue has it, and it goes to the next agent in this very turn. */
function failWritten(m: Moment, agent: Agent, failure: Failure, reason?: string): void {
  const call = endOffered(m, agent, failure.end, reason);
  if (call === null) return;
  setAside(m, agent, failure, call.interaction.queueId);
  if (call.waiting !== null) comeBack(m, call.waiting);
}

/** Offers that were let pass, and what agents have who are gone. */
export function settleWritten(m: Moment): void {
  const { floor } = m;
  for (const agent of floor.unanswered) failWritten(m, agent, NO_ANSWER);
  floor.unanswered.clear();
  for (const agent of floor.strays) {
    if (agent.activity.state === 'signed_out') giveBackAll(m, agent, 'signed_out');
    else if (!agent.hasDesk && (agent.others?.awayUntil ?? Infinity) <= m.now) giveBackAll(m, agent, 'desk_lost');
  }
  floor.strays.clear();
}

function giveBackAll(m: Moment, agent: Agent, why: 'desk_lost' | 'signed_out'): void {
  const offered = endOffered(m, agent, why === 'signed_out' ? 'rejected' : 'unreachable');
  if (offered !== null && offered.waiting !== null) comeBack(m, offered.waiting);
  const running = [...(agent.others?.running ?? [])].sort((a, b) => (a.callId < b.callId ? -1 : 1));
  for (const call of running) {
    if (!isWritten(call)) continue;
    if (call.interaction.life.state === 'wrapping_up') finish(m, agent, call);
    else {
      takeFrom(m, agent, call);
      m.events.push({ type: 'interactionGivenBack', interactionId: call.callId, agentId: agent.configuration.agentId, why });
      queueUp(m, call, false);
    }
  }
}

function giveUp(m: Moment, call: Written, why: 'requeued'): void {
  const agent = runningAt(m, call);
  if (agent === undefined) return;
  takeFrom(m, agent, call);
  // Served anew: what she said came of it does not hold.
  delete call.interaction.disposition;
  m.events.push({ type: 'interactionGivenBack', interactionId: call.callId, agentId: agent.configuration.agentId, why });
}

function runningAt({ floor }: Moment, { interaction: { life } }: Written): Agent | undefined {
  return life.state === 'active' || life.state === 'wrapping_up' ? floor.agents.get(life.agentId) : undefined;
}

function runningOf({ floor }: Moment, interactionId: InteractionId, agentId: Agent['configuration']['agentId']): [Agent | undefined, Written | undefined] {
  const agent = floor.agents.get(agentId);
  const call = floor.written.get(interactionId);
  return call !== undefined && agent?.others?.running.has(call) === true ? [agent, call] : [undefined, undefined];
}

/** Her desk is gone: what it showed and she had not taken goes to somebody else, what she has waits a minute for her. */
export function deskGone(m: Moment, agent: Agent): void {
  const { others } = agent;
  if (others === null) return;
  failWritten(m, agent, DESK_LOST);
  waitForDesk(m, agent, others, m.now + DESK_LOST_MS);
}

export function deskBack({ floor }: Moment, agent: Agent): void {
  if (agent.others !== null) stopWaitingForDesk(floor, agent.others);
}

/** Before the floor is made anew: what was offered is so no more. */
export function withdrawAll(m: Moment): void {
  for (const agent of m.floor.agents.values()) if (agent.others !== null) endOffered(m, agent, 'withdrawn');
}

/** Interactions outlive a restart: who waited waits in its place, who is served has a minute to come back to the desk. */
export function writtenAfterRestart(m: Moment): void {
  const { floor } = m;
  for (const call of [...floor.written.values()]) {
    floor.calls.set(call.callId, call);
    call.waiting = null;
    setDeadline(floor, call.interaction, null);
    if (call.interaction.life.state === 'waiting') queueUp(m, call, false);
    else watchLife(floor, call);
  }
  for (const agent of floor.agents.values()) if (agent.others !== null) waitForDesk(m, agent, agent.others, m.now + DESK_LOST_MS);
}
