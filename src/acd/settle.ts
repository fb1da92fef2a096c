/**
 * What is left to do when an event has been taken in: send back whom no queue can serve, bring callers and agents
 * together, tell how the agents are. A turn does a bounded part of it. What is left then waits for the next `timePassed`,
 * for which we ask at once: our own facts and those that others answer them with come back within the same turn of the
 * switchboard, and must not each do another part.
 */
import type { QueueExit } from '../call/event.ts';
import { landing } from './agent.ts';
import { become, say } from './agents.ts';
import { due as callbackDue } from './callback/places.ts';
import { settleWritten } from './channels/hear.ts';
import { isStaffed } from './door/staffing.ts';
import { type Agent, type Line, type Moment, signedIn, type Waiting } from './floor.ts';
import { hasIdle } from './line.ts';
import { beforeAcross } from './matching/place.ts';
import { chosen, tookTurn } from './matching/pool.ts';
import { NO_ANSWER } from './offering/failure.ts';
import { pairAlong } from './offering/together.ts';
import { failOffer, leave, offerWaiting } from './offers.ts';
import { lookAt, overflowsInstead } from './overflow/overflow.ts';
import { watchStaff } from './overflow/watch.ts';
import { empty, goOn } from './waiting.ts';

/** Ends what has lasted until now, and takes up what was left undone. */
export function passTime(m: Moment): void {
  m.floor.behind = false;
  for (let fired = 0; fired < m.floor.mostATurn; fired += 1) {
    const due = m.floor.deadlines.first();
    if (due === undefined || due.at > m.now) return;
    if ('agent' in due.owner) timeIsUp(m, due.owner.agent);
    else if ('overflow' in due.owner) lookAt(m, due.owner.overflow);
    else if (!('waiting' in due.owner)) due.owner.due(m);
    else if (!goOn(m, due.owner.waiting) && !callbackDue(m, due.owner.waiting)) goAway(m, due.owner.waiting, 'timeout');
  }
}

export function settle(m: Moment): void {
  const { floor } = m;
  if (floor.strays.size > 0 || floor.unanswered.size > 0) settleWritten(m);
  emptyForsaken(m);
  if (floor.behind) return;
  sendBack(m);
  pair(m);
  pairAlong(m);
  // Who was just offered may have been the last who was ready.
  emptyForsaken(m);
  tell(m);
  floor.behind = floor.leaving.size > 0 || floor.unpaired.size > 0 || floor.ringAlong.size > 0 || floor.unsaid.size > 0;
}

/** When time has to pass for the next thing to happen; null = nothing waits for it. */
export const nextWake = ({ floor, now }: Moment): number | null => (floor.behind ? now : (floor.deadlines.first()?.at ?? null));

function timeIsUp(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state === 'offered') failOffer(m, agent, NO_ANSWER);
  else if (activity.state === 'releasing' || activity.state === 'wrapping_up' || activity.state === 'pausing') become(m, agent, landing(activity.after, m.now));
}

function emptyForsaken({ floor, now }: Moment): void {
  if (floor.forsaken.size === 0) return;
  for (const queueId of floor.forsaken) {
    const queue = floor.queues.get(queueId);
    if (queue?.configuration.leaveWhenNoAgents && signedIn(floor, queueId) === 0) empty(floor, queue, 'no_agents');
    const leave = queue?.configuration.door?.leave;
    if (queue !== undefined && leave !== undefined && !isStaffed(floor, queueId, leave))
      empty(floor, queue, 'no_agents', ({ call }) => call.ringing.size === 0);
    if (queue !== undefined) watchStaff(floor, queue, now);
  }
  floor.forsaken.clear();
}

function sendBack(m: Moment): void {
  let sent = 0;
  for (const [waiting, exit] of m.floor.leaving) {
    if (sent === m.floor.mostATurn) return;
    goAway(m, waiting, exit);
    sent += 1;
  }
}

function goAway(m: Moment, waiting: Waiting, exit: QueueExit): void {
  if (!overflowsInstead(m, waiting, exit)) leave(m, waiting, exit);
}

/** The caller whose turn it is, of all lines with an idle agent, gets the agent whom its queue chooses. */
function pair(m: Moment): void {
  for (let paired = 0; paired < m.floor.mostATurn; paired += 1) {
    const line = nextLine(m);
    const waiting = line?.callers.first();
    const agent = line === undefined ? undefined : chosen(m.floor, line);
    if (waiting === undefined || agent === undefined) return;
    offerWaiting(m, waiting, agent);
    tookTurn(m.floor, waiting.queue, agent);
  }
  nextLine(m);
}

function nextLine({ floor, now }: Moment): Line | undefined {
  let next: Line | undefined;
  for (const line of floor.unpaired) {
    const head = line.callers.first();
    const best = next?.callers.first();
    if (head === undefined || !hasIdle(line)) floor.unpaired.delete(line);
    else if (best === undefined || beforeAcross(head, best, now) < 0) next = line;
  }
  return next;
}

function tell(m: Moment): void {
  let told = 0;
  for (const agent of m.floor.unsaid) {
    if (told === m.floor.mostATurn) return;
    say(m, agent);
    told += 1;
  }
}
