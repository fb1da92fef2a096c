/** What becomes of an interaction from its offer to its end. */
import { offerIdOf, type QueueId } from '../../../kernel/ids.ts';
import type { OfferEnd } from '../../call/event.ts';
import { afterwardsOf, reasonsOf, withReason, withReasons } from '../agent.ts';
import { become, rest } from '../agents.ts';
import { type Agent, type Floor, type Moment, setDeadline, type Waiting } from '../floor.ts';
import { startIdling, stopIdling } from '../line.ts';
import { rememberServed } from '../matching/served.ts';
import { consequence, type Failure } from '../offering/failure.ts';
import { MOST_OFFERS_A_CALL } from '../offering/offering.ts';
import { isWritten, type Life, type Others, type Written } from './interaction.ts';
import { over } from './left.ts';

/** A desk that is gone so long gives back what its agent has. */
export const DESK_LOST_MS = 60_000;

/** An agent's part of it changed: where she stands idle follows. `rests`: her idleness counts from now. */
function change(m: Moment, agent: Agent, others: Others, rests: boolean, how: () => void): void {
  stopIdling(agent);
  how();
  if (rests && agent.idleSince !== null) rest(m, agent);
  startIdling(m.floor, agent);
  if (others.running.size === 0) stopWaitingForDesk(m.floor, others);
  m.floor.unsaid.add(agent);
}

function live(m: Moment, call: Written, life: Life): void {
  call.interaction.life = life;
  call.interaction.since = m.now;
  watchLife(m.floor, call);
}

/** What lasts until a time ends then. */
export function watchLife(floor: Floor, call: Written): void {
  const { life } = call.interaction;
  const until = life.state === 'offered' || life.state === 'wrapping_up' ? life.until : null;
  const due = (later: Moment): void => timeIsUp(later, call);
  setDeadline(floor, call.interaction, until === null ? null : { at: until, key: `interaction ${call.callId}`, owner: { due } });
}

/** Its turn has come and she is the one. Her desk shows it; she takes it or not. */
export function offerWritten(m: Moment, { queue }: Waiting, call: Written, agent: Agent, ringMs: number): void {
  const { others, configuration } = agent;
  if (others === null) return;
  call.offers += 1;
  call.legs = Math.min(call.legs + 1, MOST_OFFERS_A_CALL);
  const { agentId } = configuration;
  const { queueId } = queue.configuration;
  const offerId = offerIdOf(call.callId, call.offers);
  const until = m.now + ringMs;
  live(m, call, { state: 'offered', agentId, offerId, until });
  call.ringing.add(agent);
  change(m, agent, others, false, () => {
    others.offered = call;
  });
  m.events.push({ type: 'interactionOffered', interactionId: call.callId, channel: call.interaction.channel, queueId, offerId, agentId, until });
}

/** Ends her live offer once, and tells it; she and it are free. null: there was none. */
export function endOffered(m: Moment, agent: Agent, end: OfferEnd, reason?: string): Written | null {
  const { others } = agent;
  const call = others?.offered ?? undefined;
  if (others === null || !isWritten(call) || call.interaction.life.state !== 'offered') return null;
  const { offerId, agentId } = call.interaction.life;
  call.ringing.delete(agent);
  live(m, call, { state: 'waiting' });
  const why = reason === undefined ? {} : { reason };
  m.events.push({ type: 'interactionOfferEnded', interactionId: call.callId, queueId: call.interaction.queueId, offerId, agentId, end, ...why });
  change(m, agent, others, false, () => {
    others.offered = null;
  });
  return call;
}

/** She accepted: it is hers. `from`: where it waited, which it has left already. */
export function begin(m: Moment, agent: Agent, call: Written, from: Waiting | null): void {
  const { others } = agent;
  if (others === null) return;
  const { agentId } = agent.configuration;
  agent.failures = null;
  live(m, call, { state: 'active', agentId });
  if (from !== null) rememberServed(m, call, from.queue, agentId);
  change(m, agent, others, true, () => others.running.add(call));
  m.events.push({ type: 'interactionAssigned', interactionId: call.callId, queueId: call.interaction.queueId, agentId });
}

/** What comes of an offer that failed by her or her desk: as of a call (rule 8, rule 20); on a call, after it. */
export function setAside(m: Moment, agent: Agent, failure: Failure, queueId: QueueId): void {
  const { activity } = agent;
  if (activity.state === 'ready' || activity.state === 'not_ready') become(m, agent, consequence(m, agent, failure, queueId, afterwardsOf(activity)));
  else become(m, agent, withReasons(activity, withReason(reasonsOf(activity), failure.reason)));
}

export function saidOfIt({ interaction }: Written, disposition: string | null | undefined): void {
  if (disposition != null) interaction.disposition = disposition;
}

/** She has served it: wrap-up, then it is gone. */
export function done(m: Moment, agent: Agent, call: Written): void {
  const { agentId } = agent.configuration;
  const until = m.now + call.wrapUpMs;
  if (call.wrapUpMs <= 0) {
    finish(m, agent, call);
    return;
  }
  live(m, call, { state: 'wrapping_up', agentId, until });
  m.events.push({ type: 'interactionWrapUpBegan', interactionId: call.callId, agentId, until });
}

/** Off her hands and over. */
export function finish(m: Moment, agent: Agent, call: Written): void {
  takeFrom(m, agent, call);
  over(m, call, 'done', agent.configuration.agentId);
}

/** She has it no more. */
export function takeFrom(m: Moment, agent: Agent, call: Written): void {
  const { others } = agent;
  live(m, call, { state: 'waiting' });
  if (others?.running.has(call) !== true) return;
  change(m, agent, others, true, () => others.running.delete(call));
}

export function waitForDesk({ floor }: Moment, agent: Agent, others: Others, until: number): void {
  if (others.running.size === 0) return;
  others.awayUntil = until;
  watchDesk(floor, agent, others);
}

export function watchDesk(floor: Floor, agent: Agent, others: Others): void {
  const due = ({ floor: later }: Moment): void => {
    setDeadline(later, others, null);
    later.strays.add(agent);
  };
  const at = others.awayUntil;
  setDeadline(floor, others, at === null ? null : { at, key: `desk ${agent.configuration.agentId}`, owner: { due } });
}

export function stopWaitingForDesk(floor: Floor, others: Others): void {
  others.awayUntil = null;
  setDeadline(floor, others, null);
}

function timeIsUp(m: Moment, call: Written): void {
  const { life } = call.interaction;
  setDeadline(m.floor, call.interaction, null);
  const agent = holderOf(m, call);
  if (agent === undefined) return;
  if (life.state === 'wrapping_up') finish(m, agent, call);
  else if (life.state === 'offered') m.floor.unanswered.add(agent);
}

export function holderOf({ floor }: Moment, { interaction: { life } }: Written): Agent | undefined {
  return life.state === 'waiting' ? undefined : floor.agents.get(life.agentId);
}
