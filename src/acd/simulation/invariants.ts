/** What must hold after every turn, whatever happened in it; counted anew from what the observer has seen. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Command, Event, Turn } from '../../vocabulary.ts';
import type { AcdView } from '../view.ts';
import { announcementDue } from './announcing.ts';
import { demand } from './demand.ts';
import { eligible } from './eligible.ts';
import { agentOrder, servedBefore } from './matching.ts';
import type { Observer } from './observer.ts';
import { overflowDue } from './overflow.ts';
import { reservesAreAsNeeded, reservesDue } from './reserves.ts';
import type { SeenCall, SeenLeg, SeenWait } from './seen.ts';

/** So long a phone that was told to stop ringing is waited for. */
const LONGEST_RELEASE_MS = 5_000;

/** Throws a Violation. A turn that asks to be woken at once has left work for that wake: then little can be said yet. */
export function checkTurn(seen: Observer, event: Event, turn: Turn<Event, Command>, now: number, hurried: boolean): void {
  nobodyGoneWaits(seen);
  offersHaveAPhone(seen);
  if (turn.wakeAt !== null && (hurried ? turn.wakeAt <= now : turn.wakeAt === now)) return;
  wakesInTime(seen, event, turn, now);
  nobodyWaitsBesideAnIdleAgent(seen, now);
  nobodyWaitsForNobody(seen);
  nobodyWaitsWhereItIsShut(seen, now);
  reservesAreAsNeeded(seen, event, now);
  nobodyOvertook(seen, turn, now, hurried);
  agentsAreWhereTheirLegsAre(seen, now);
}

function nobodyGoneWaits(seen: Observer): void {
  for (const { callId, gone, offers, waits } of seen.calls.values()) {
    demand(!gone || (waits.length === 0 && offers.size === 0), 'INV5', () => `${callId} still waits, and its caller is gone`);
  }
}

function offersHaveAPhone(seen: Observer): void {
  for (const { offers } of seen.calls.values()) {
    for (const { agentId } of offers.values()) {
      const agent = seen.agents.get(agentId);
      const phone = agent === undefined || agent.phone || agent.configuration.staticContact !== null;
      demand(phone, 'INV6', () => `${agentId} still has an offer, and no phone`);
    }
  }
}

function wakesInTime(seen: Observer, event: Event, { wakeAt }: Turn<Event, Command>, now: number): void {
  const due: number[] = [];
  for (const call of seen.calls.values()) {
    const { offers, waits } = call;
    for (const { until } of offers.values()) due.push(until);
    if (offers.size === 0) due.push(...dueOf(seen, waits[0]), ...overflowDue(seen, call), ...announcementDue(seen, call));
  }
  due.push(...seen.doors.boundaries(now));
  due.push(...reservesDue(seen));
  for (const { wrapUpUntil, pausedUntil } of seen.agents.values()) due.push(...[wrapUpUntil, pausedUntil].filter((until) => until !== null));
  const soonest = Math.min(...due);
  const never = soonest === Number.POSITIVE_INFINITY;
  demand(never || (wakeAt !== null && wakeAt <= soonest), 'INV7', () => `wants to be woken at ${wakeAt}, due is ${soonest}`);
  demand(event.type !== 'timePassed' || soonest > now, 'INV7', () => `${soonest} has passed at ${now} and nothing came of it`);
}

/** When something happens to who waits: it leaves, or a step is due. */
function dueOf(seen: Observer, wait: SeenWait | undefined): number[] {
  if (wait === undefined) return [];
  const next = seen.queues.get(wait.queueId)?.widening?.steps?.[wait.steps];
  const step = wait.awaited?.until ?? (next === undefined ? null : wait.queuedAt + next.afterMs);
  return [wait.leaveAt, step].filter((at) => at !== null);
}

function nobodyWaitsBesideAnIdleAgent(seen: Observer, now: number): void {
  const idle = [...seen.agents.values()].filter((agent) => agent.state === 'ready');
  if (idle.length === 0) return;
  for (const call of seen.calls.values()) {
    if (call.waits.length === 0 || !mayRing(seen, call, now)) continue;
    for (const agent of idle) demand(!eligible(seen, agent, call), 'INV2', () => `${call.callId} waits beside idle ${agent.configuration.agentId}`);
  }
}

/** It rings nowhere, or at fewer agents than its queue has it and its time is not up. */
function mayRing(seen: Observer, { offers, waits: [wait] }: SeenCall, now: number): boolean {
  const most = (wait === undefined ? undefined : seen.queues.get(wait.queueId)?.offering?.ringAtOnce) ?? 1;
  return offers.size === 0 || (offers.size < most && (wait?.leaveAt == null || wait.leaveAt > now));
}

function nobodyWaitsForNobody(seen: Observer): void {
  for (const { queueId, leaveWhenNoAgents } of seen.queues.values()) {
    if (!leaveWhenNoAgents || seen.signedIn(queueId) > 0) continue;
    demand(seen.waitingIn(queueId).length === 0, 'INV5', () => `somebody waits in ${queueId}, where no agent is signed in`);
  }
  for (const { queueId, door } of seen.queues.values()) {
    if (door?.leave === undefined || seen.isStaffed(queueId, door.leave)) continue;
    const left = seen.waitingIn(queueId).filter(({ offers }) => offers.size === 0);
    demand(left.length === 0, 'INV5', () => `${left[0]?.callId} waits in ${queueId}, where nobody is ${door.leave?.needs}`);
  }
}

function nobodyWaitsWhereItIsShut(seen: Observer, now: number): void {
  for (const queue of seen.queues.values()) {
    const exit = seen.doors.sendsAway(queue, now);
    if (exit === null) continue;
    const left = seen.waitingIn(queue.queueId).filter(({ offers }) => exit === 'emergency' || offers.size === 0);
    demand(left.length === 0, 'INV5', () => `${left[0]?.callId} still waits in ${queue.queueId}, which is ${exit}`);
  }
}

function nobodyOvertook(seen: Observer, turn: Turn<Event, Command>, now: number, hurried: boolean): void {
  for (const fact of turn.events) {
    if (fact.type !== 'callOffered' || fact.queueId === null) continue;
    const agent = seen.agents.get(fact.agentId);
    const call = seen.calls.get(fact.callId);
    if (agent === undefined || call === undefined || call.offers.get(fact.offerId) !== fact) continue;
    demand(eligible(seen, agent, call), 'INV4', () => `${fact.agentId} lacks what ${fact.callId} needs`);
    for (const other of seen.calls.values()) {
      // Whoever rings along with others does so only when nobody is left who rings nowhere.
      const [oldest] = call.offers.keys();
      const first = oldest !== fact.offerId || servedBefore(seen, other, call, now);
      const overtaken = other.offers.size === 0 && other.waits.length > 0 && first && eligible(seen, agent, other);
      demand(!overtaken, 'INV3', () => `${fact.callId} overtook ${other.callId} at ${now}`);
    }
    for (const other of hurried ? [] : seen.agents.values()) {
      const first = other.state === 'ready' && eligible(seen, other, call) && agentOrder(seen, call, agent, other) > 0;
      demand(!first, 'INV3', () => `${fact.agentId} was taken before ${other.configuration.agentId}, whose turn it was`);
    }
  }
}

function agentsAreWhereTheirLegsAre(seen: Observer, now: number): void {
  const legs = new Map<AgentId, Set<SeenLeg['state']>>();
  for (const { agentId, callId, state, releasedAt } of seen.legs.values()) {
    if (state === 'released' && (now >= releasedAt + LONGEST_RELEASE_MS || seen.agents.get(agentId)?.callId !== callId)) continue;
    legs.set(agentId, (legs.get(agentId) ?? new Set()).add(state));
  }
  for (const [agentId, { state }] of seen.agents) {
    const own = legs.get(agentId);
    const rings = own?.has('ringing') === true;
    const up = own?.has('up') === true;
    if (state === 'offered')
      demand(rings || own?.has('released') === true || now < (seen.sparedUntil.get(agentId) ?? 0), 'INV6', () => `${agentId} is offered without a leg`);
    else demand(!rings, 'INV6', () => `${agentId} is ${state} while her phone rings`);
    demand(up === (state === 'talking'), 'INV6', () => `${agentId} is ${state}, and her leg is ${up ? 'up' : 'not'}`);
  }
}

/** What others are shown is what was told. */
export function checkView(seen: Observer, view: AcdView, now: number): void {
  for (const [agentId, agent] of seen.agents) {
    const shown = view.agent(agentId);
    const same =
      shown?.state === agent.state && shown.callId === agent.callId && shown.wrapUpUntil === agent.wrapUpUntil && shown.pausedUntil === agent.pausedUntil;
    demand(same, 'INV6', () => `${agentId} is ${shown?.state}, and ${agent.state} was told`);
  }
  for (const queueId of seen.queues.keys()) {
    const shown = view.queue(queueId);
    const waiting = seen.waitingIn(queueId);
    demand(shown?.waiting === waiting.length, 'INV5', () => `${queueId} shows ${shown?.waiting} waiting, of ${waiting.length}`);
    demand(shown?.signedIn === seen.signedIn(queueId), 'INV6', () => `${queueId} shows ${shown?.signedIn} signed in, of ${seen.signedIn(queueId)}`);
    const order = waiting.sort((a, b) => (servedBefore(seen, a, b, now) ? -1 : 1)).map(({ callId }) => callId);
    demand(shown?.callIds.join() === order.slice(0, 100).join(), 'INV3', () => `${queueId} shows another order than that of service`);
  }
}
