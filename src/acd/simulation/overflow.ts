/** What the observer knows of overflow: who may be sent on, from what was told. */
import { queueIdOf } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import type { OverflowStep } from '../overflow/rules.ts';
import { demand } from './demand.ts';
import { servedBefore } from './matching.ts';
import type { Observer } from './observer.ts';
import type { SeenCall, SeenWait } from './seen.ts';

type Overflowed = Extract<Event, { type: 'callOverflowed' }>;

const RECHECK_MS = 2_000;
const MOST_OVERFLOWS_A_CALL = 16;

/** The step was there, was not taken before, its conditions hold, and where it leads the call has not been. */
export function overflowSeen(seen: Observer, fact: Overflowed, now: number): void {
  const { callId, queueId, step: number, at, why } = fact;
  const call = seen.calls.get(callId);
  const wait = call?.waits.find((one) => one.queueId === queueId);
  const step = seen.queues.get(queueId)?.overflow?.[number - 1];
  demand(call !== undefined && wait !== undefined && step !== undefined, 'INV5', () => `${callId} overflows from ${queueId} by a step that is not there`);
  if (call === undefined || wait === undefined || step === undefined) return;
  const name = `${queueId}#${number}`;
  demand(!call.overflows.has(name), 'INV11', () => `${callId} takes the step ${name} twice`);
  call.overflows.add(name);
  demand(call.overflows.size <= MOST_OVERFLOWS_A_CALL, 'INV8', () => `${callId} overflows for ever`);
  demand(call.offers.size === 0 && !call.gone, 'INV11', () => `${callId} overflows while a phone rings for it, or its caller is gone`);
  demand(step.at === undefined || step.at === at, 'INV11', () => `${callId} overflows at the wrong place`);
  demand(why.length === Object.values(step.when).filter((given) => given !== undefined).length, 'INV11', () => `${name}: not every condition is told`);
  if (call.placedAt === null) seen.givePlace(call, now);
  conditionsHold(seen, call, wait, step, now);
  leadsThere(seen, call, wait, fact, step);
}

function conditionsHold(seen: Observer, call: SeenCall, wait: SeenWait, { when }: OverflowStep, now: number): void {
  const { queueId } = wait;
  const queue = seen.queues.get(queueId);
  const others = seen.waitingIn(queueId).filter((other) => other !== call);
  const held = (holds: boolean, what: string): void => demand(holds, 'INV11', () => `${call.callId} overflows from ${queueId}, and ${what} does not hold`);
  held(when.waitedMs === undefined || now - wait.queuedAt >= when.waitedMs, 'waitedMs');
  held(when.waiting === undefined || others.filter((other) => servedBefore(seen, other, call, now)).length >= when.waiting, 'waiting');
  const longest = Math.max(0, ...[call, ...others].map(({ waits }) => now - (waits[0]?.queuedAt ?? now)));
  held(when.longestWaitMs === undefined || longest >= when.longestWaitMs, 'longestWaitMs');
  held(when.state === undefined || (queue !== undefined && when.state.includes(seen.doors.stateOf(queue, now))), 'state');
  const { without } = when;
  // How agents are is told at the end of the turn: it is enough that nobody was there before it, or is behind it.
  if (without !== undefined && seen.isStaffed(queueId, without)) seen.atTheEnd.push(() => held(!seen.isStaffed(queueId, without), 'without'));
}

function leadsThere(seen: Observer, call: SeenCall, wait: SeenWait, { callId, to }: Overflowed, step: OverflowStep): void {
  const named = 'queue' in step.to ? queueIdOf(seen.queues.get(wait.queueId)?.tenantId ?? ('' as never), step.to.queue) : null;
  if (to.kind === 'exit') demand('exit' in step.to && step.to.exit === to.exit, 'INV11', () => `${callId} overflows to another exit`);
  else if (to.kind === 'callback') demand('offer' in step.to, 'INV11', () => `${callId} is offered a callback by no rule`);
  else demand(to.queueId === named && to.queueId !== wait.queueId, 'INV11', () => `${callId} overflows to another queue`);
  if (to.kind === 'queue') demand(!call.visited.has(to.queueId), 'INV11', () => `${callId} comes to ${to.queueId} again`);
  if (to.kind === 'also') wait.also.push(to.queueId);
  else wait.overflow = to;
}

/** When a step that goes by the caller's own wait alone, and leads to the dialplan, must have been taken. */
export function overflowDue(seen: Observer, call: SeenCall): number[] {
  const wait = call.waits[0];
  if (wait === undefined || wait.awaited !== null || call.overflows.size >= MOST_OVERFLOWS_A_CALL) return [];
  const steps = seen.queues.get(wait.queueId)?.overflow ?? [];
  return steps.flatMap(({ when, to, at }, n) => {
    const others = Object.entries(when).some(([name, given]) => name !== 'waitedMs' && given !== undefined);
    if (others || when.waitedMs === undefined || at === 'door' || !('exit' in to) || call.overflows.has(`${wait.queueId}#${n + 1}`)) return [];
    return [Math.max(wait.queuedAt + when.waitedMs, wait.freeSince) + RECHECK_MS];
  });
}
