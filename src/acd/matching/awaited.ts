/** The agent a caller waits for before all others: the one it asks for, or who served its number last. Up to a time, and only while she may come. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { QueueWishes } from '../../call/event.ts';
import { publicState } from '../agent.ts';
import type { AwaitedWhy } from '../event.ts';
import { type Agent, type Call, type Floor, type Moment, type Queue, setDeadline, type Waiting } from '../floor.ts';
import { closeIfSpare, lineFor } from '../line.ts';
import { stageOf } from '../widening/stage.ts';
import { has } from './circle.ts';
import { servedLast } from './served.ts';

export interface Awaited {
  agentId: AgentId;
  why: AwaitedWhy;
  /** ms since 1970 */
  until: number;
}

/** A caller who comes in waits for her, if she may serve it and there is any hope that she does. */
export function awaitAgent(m: Moment, waiting: Waiting, wish: QueueWishes): void {
  waiting.awaited = awaitedBy(m, waiting, wish);
  if (waiting.awaited === null) return;
  indexAwaited(m.floor, waiting);
  m.events.push({ type: 'agentAwaited', callId: waiting.call.callId, queueId: waiting.queue.configuration.queueId, ...waiting.awaited });
}

/** Whom a caller who comes in would wait for. */
export function awaitedBy(m: Moment, waiting: Waiting, wish: QueueWishes): Awaited | null {
  const wanted = wantedBy(m, waiting.call, waiting.queue, wish);
  if (wanted === null) return null;
  const { agentId, why, waitMs } = wanted;
  const agent = m.floor.agents.get(agentId);
  if (agent === undefined || !mayServe(agent, waiting) || !isAtWork(agent)) return null;
  // Nobody waits: she gets it if she is free now.
  return waitMs === 0 && agent.activity.state !== 'ready' ? null : { agentId, why, until: m.now + waitMs };
}

function wantedBy(m: Moment, call: Call, queue: Queue, { preferredAgent }: QueueWishes): { agentId: AgentId; why: AwaitedWhy; waitMs: number } | null {
  if (preferredAgent !== undefined) return { ...preferredAgent, why: 'preferred_agent' };
  const { lastAgent } = queue.configuration.matching ?? {};
  const last = lastAgent === undefined ? undefined : servedLast(m, call);
  if (lastAgent === undefined || last === undefined || m.now - last.at > lastAgent.withinMs) return null;
  return { agentId: last.agentId, why: 'last_agent', waitMs: lastAgent.waitMs };
}

/** An offer came to nothing: is there still any hope? */
export function awaitOn(m: Moment, waiting: Waiting): void {
  if (waiting.awaited === null || isStillAtWork(m, waiting.awaited)) return;
  giveUpAgent(m, waiting);
  const old = waiting.line;
  waiting.line = lineFor(m.floor, waiting);
  if (old !== null) closeIfSpare(m.floor, old);
}

/** She went to a break or home: nobody waits for her any longer. They go on as their deadlines come up, which is at once. */
export function releaseAwaiting({ floor, now }: Moment, agent: Agent): void {
  if (isAtWork(agent)) return;
  for (const waiting of floor.awaiting.get(agent.configuration.agentId) ?? []) {
    if (waiting.awaited === null || waiting.deadline === null || waiting.awaited.until <= now) continue;
    waiting.awaited.until = now;
    if (waiting.deadline.at > now) setDeadline(floor, waiting, { ...waiting.deadline, at: now });
  }
}

/** Kept with every change of whom a caller waits for. */
export function indexAwaited(floor: Floor, waiting: Waiting): void {
  if (waiting.awaited === null) return;
  const { agentId } = waiting.awaited;
  const callers = floor.awaiting.get(agentId) ?? new Set();
  floor.awaiting.set(agentId, callers.add(waiting));
}

/** It waits for nobody in particular, or not at all any more. */
export function forgetAwaited(floor: Floor, waiting: Waiting): void {
  if (waiting.awaited === null) return;
  const { agentId } = waiting.awaited;
  const callers = floor.awaiting.get(agentId);
  callers?.delete(waiting);
  if (callers?.size === 0) floor.awaiting.delete(agentId);
  waiting.awaited = null;
}

/** Whoever may serve it serves it from here on. */
export function giveUpAgent(m: Moment, waiting: Waiting): void {
  const { call, queue, awaited } = waiting;
  if (awaited === null) return;
  const end = isStillAtWork(m, awaited) ? 'time' : 'away';
  m.events.push({ type: 'agentAwaitedNoMore', callId: call.callId, queueId: queue.configuration.queueId, agentId: awaited.agentId, end });
  forgetAwaited(m.floor, waiting);
}

function isStillAtWork({ floor }: Moment, { agentId }: Awaited): boolean {
  const agent = floor.agents.get(agentId);
  return agent !== undefined && isAtWork(agent);
}

/** Ready, or with a call that ends some time. */
function isAtWork({ activity }: Agent): boolean {
  const state = publicState(activity);
  return state !== 'signed_out' && state !== 'not_ready';
}

function mayServe(agent: Agent, { queue, skills, prefers, steps }: Waiting): boolean {
  const { configuration } = queue;
  return agent.groups.some(({ queueId }) => queueId === configuration.queueId) && has(agent, stageOf(configuration, { skills, prefers }, steps).needs);
}
