/** The one place where an agent's activity changes: indexes, counts, deadline and what is told follow it. */
import type { LegId } from '../../kernel/ids.ts';
import { type Activity, callOf, landing, legOf, pausedUntilOf, publicState, SIGNED_OUT, shownReasons, untilOf, withLeave } from './agent.ts';
import { isManifold } from './channels/channel.ts';
import { noOthers } from './channels/interaction.ts';
import { followWork } from './estimate/forecast.ts';
import type { AgentActivity, AgentConfiguration } from './event.ts';
import { type Agent, type Floor, isReachable, type Moment, setDeadline } from './floor.ts';
import { joinGroups, leaveGroups, startIdling, stopIdling } from './line.ts';
import { releaseAwaiting } from './matching/awaited.ts';
import { servedUntil } from './matching/served.ts';
import { account, noWork } from './matching/work.ts';
import { afterThisCall, seenAs } from './offering/seen.ts';

export function newAgent(configuration: AgentConfiguration, now: number): Agent {
  const agent: Agent = {
    configuration,
    activity: SIGNED_OUT,
    since: now,
    idleSince: null,
    idleSeq: 0,
    groups: [],
    circles: new Set(),
    work: noWork(now),
    deadline: null,
    ownCalls: new Set(),
    hasDesk: false,
    failures: null,
    others: isManifold(configuration) ? noOthers() : null,
    said: '',
  };
  agent.said = statementOf(agent);
  return agent;
}

export function become(m: Moment, agent: Agent, next: Activity): void {
  const { floor, now } = m;
  const previous = agent.activity;
  if (previous === next) return;
  if (previous.state === 'ready' || agent.others !== null) stopIdling(agent);
  account(agent.work, previous.state, next.state, now);
  moveLeg(floor, agent, previous, next);
  moveOffer(floor, agent, previous, next);
  agent.activity = next;
  followWork(floor.learned, agent.configuration.agentId, previous, next, now);
  const from = publicState(previous);
  const to = publicState(next);
  if (from !== to) {
    agent.since = now;
    for (const { counts } of agent.groups) {
      counts[from] -= 1;
      counts[to] += 1;
    }
    if (floor.fickle.size > 0) for (const { queueId } of agent.groups) if (floor.fickle.has(queueId)) floor.forsaken.add(queueId);
  }
  setDeadline(floor, agent, deadlineOf(agent));
  if (next.state === 'ready') {
    if (agent.idleSince === null) rest(m, agent);
    startIdling(floor, agent);
  } else if (agent.others !== null) startIdling(floor, agent);
  floor.unsaid.add(agent);
  releaseAwaiting(m, agent);
  if (next.state === 'signed_out') signedOut(m, agent, previous);
}

/** Her idleness counts from now: a call of hers ended, or she is ready for the first time since she signed in. */
export function rest(m: Moment, agent: Agent): void {
  // She may stand in lists of other channels while a call has her.
  if (agent.others !== null) stopIdling(agent);
  m.floor.seq += 1;
  agent.idleSince = m.now;
  agent.idleSeq = m.floor.seq;
}

/** Her leg of the call she was talking on is over. */
export function endTalk(m: Moment, agent: Agent): void {
  const talk = agent.activity;
  if (talk.state !== 'talking') return;
  rest(m, agent);
  servedUntil(m, m.floor.calls.get(talk.callId), agent.configuration.agentId);
  const { callId, wrapUpMs, extension } = talk;
  const wrapUp = { callId, until: m.now + wrapUpMs, ...(extension === undefined ? {} : { extension }) };
  become(m, agent, landing({ ...talk.after, wrapUp }, m.now));
}

/** Signed out now, or after this call; then she is no agent any more. */
export function removeAgent(m: Moment, agent: Agent): void {
  if (agent.activity.state === 'talking') become(m, agent, withLeave(agent.activity, 'remove'));
  else {
    become(m, agent, SIGNED_OUT);
    forget(m, agent);
  }
}

/** Tells the others how she is, unless that is what they heard last. */
export function say(m: Moment, agent: Agent): void {
  m.floor.unsaid.delete(agent);
  const statement = statementOf(agent);
  if (statement === agent.said) return;
  agent.said = statement;
  const { activity } = agent;
  const pausedUntil = pausedUntilOf(activity);
  const doing = seenAs(agent);
  const afterwards = afterThisCall(activity);
  m.events.push({
    type: 'agentStateChanged',
    agentId: agent.configuration.agentId,
    state: publicState(activity),
    reasons: [...shownReasons(activity)],
    callId: callOf(activity),
    wrapUpUntil: activity.state === 'wrapping_up' ? activity.until : null,
    ...(pausedUntil === null ? {} : { pausedUntil }),
    ...(isPlain(doing) ? {} : { activity: doing }),
    ...(afterwards === null || afterwards === 'ready' ? {} : { afterwards }),
  });
}

/** What the state says already. */
const isPlain = (doing: AgentActivity): boolean => doing !== 'serving' && doing !== 'ringing' && doing !== 'holding' && doing !== 'consulting';

/** The indexes of an agent who comes out of a snapshot. */
export function reindex(floor: Floor, agent: Agent): void {
  floor.agents.set(agent.configuration.agentId, agent);
  joinGroups(floor, agent);
  moveLeg(floor, agent, SIGNED_OUT, agent.activity);
  moveOffer(floor, agent, SIGNED_OUT, agent.activity);
  setDeadline(floor, agent, deadlineOf(agent));
}

export const canBeOffered = (floor: Floor, agent: Agent): boolean => agent.activity.state !== 'signed_out' && isReachable(floor, agent);

function signedOut(m: Moment, agent: Agent, previous: Activity): void {
  agent.idleSince = null;
  agent.failures = null;
  if (agent.others !== null) m.floor.strays.add(agent);
  for (const { queueId } of agent.groups) m.floor.forsaken.add(queueId);
  if ('after' in previous && previous.after.leave === 'remove') forget(m, agent);
}

function forget(m: Moment, agent: Agent): void {
  leaveGroups(m.floor, agent);
  m.floor.agents.delete(agent.configuration.agentId);
  say(m, agent);
}

function moveLeg(floor: Floor, agent: Agent, previous: Activity, next: Activity): void {
  const old: LegId | null = legOf(previous);
  const leg = legOf(next);
  if (old === leg) return;
  if (old !== null) {
    floor.agentOfLeg.delete(old);
    const call = callOf(previous);
    if (call !== null) floor.calls.get(call)?.agentLegs.delete(old);
  }
  if (leg !== null) {
    floor.agentOfLeg.set(leg, agent);
    const call = callOf(next);
    if (call !== null) floor.calls.get(call)?.agentLegs.add(leg);
  }
}

function moveOffer(floor: Floor, agent: Agent, previous: Activity, next: Activity): void {
  if (previous.state === 'offered') floor.calls.get(previous.offer.callId)?.ringing.delete(agent);
  if (next.state === 'offered') floor.calls.get(next.offer.callId)?.ringing.add(agent);
}

function deadlineOf(agent: Agent): { at: number; key: string; owner: { agent: Agent } } | null {
  const at = untilOf(agent.activity);
  return at === null ? null : { at, key: `agent ${agent.configuration.agentId}`, owner: { agent } };
}

function statementOf(agent: Agent): string {
  const { activity } = agent;
  const until = activity.state === 'wrapping_up' ? activity.until : (pausedUntilOf(activity) ?? '');
  return `${publicState(activity)} ${seenAs(agent)} ${afterThisCall(activity)} ${shownReasons(activity).join()} ${callOf(activity) ?? ''} ${until}`;
}
