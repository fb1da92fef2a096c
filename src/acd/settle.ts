/**
 * What is left to do when an event has been taken in: send back whom no queue can serve, bring callers and agents
 * together, tell how the agents are. A turn does a bounded part of it; the rest comes with the next, at once.
 */
import { landing } from './agent.ts';
import { become, say } from './agents.ts';
import { type Agent, before, type Line, type Moment, signedIn } from './floor.ts';
import { failOffer, leave, NO_ANSWER, offerWaiting } from './offers.ts';
import { empty } from './waiting.ts';

/** Of each kind of work; the switchboard cuts a turn of ten thousand facts, and others add theirs to ours. */
const MOST_A_TURN = 250;

/** Ends what has lasted until now. */
export function fireDeadlines(m: Moment): void {
  for (let fired = 0; fired < MOST_A_TURN; fired += 1) {
    const due = m.floor.deadlines.first();
    if (due === undefined || due.at > m.now) return;
    if ('agent' in due.owner) timeIsUp(m, due.owner.agent);
    else leave(m, due.owner.waiting, 'timeout');
  }
}

/** Answers with the time of the next wake. */
export function settle(m: Moment): number | null {
  emptyForsaken(m);
  sendBack(m);
  pair(m);
  tell(m);
  const { leaving, unpaired, unsaid, deadlines } = m.floor;
  if (leaving.size > 0 || unpaired.size > 0 || unsaid.size > 0) return m.now;
  return deadlines.first()?.at ?? null;
}

function timeIsUp(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state === 'offered') failOffer(m, agent, NO_ANSWER);
  else if (activity.state === 'releasing' || activity.state === 'wrapping_up') become(m, agent, landing(activity.after, m.now));
}

function emptyForsaken({ floor }: Moment): void {
  for (const queueId of floor.forsaken) {
    const queue = floor.queues.get(queueId);
    if (queue?.configuration.leaveWhenNoAgents && signedIn(floor, queueId) === 0) empty(floor, queue, 'no_agents');
  }
  floor.forsaken.clear();
}

function sendBack(m: Moment): void {
  let sent = 0;
  for (const [waiting, exit] of m.floor.leaving) {
    if (sent === MOST_A_TURN) return;
    leave(m, waiting, exit);
    sent += 1;
  }
}

/** The caller whose turn it is, of all lines with an idle agent, gets the agent who was idle longest. */
function pair(m: Moment): void {
  for (let paired = 0; paired < MOST_A_TURN; paired += 1) {
    const line = nextLine(m);
    const waiting = line?.callers.first();
    const agent = line?.idle.first();
    if (waiting === undefined || agent === undefined) return;
    offerWaiting(m, waiting, agent);
  }
  nextLine(m);
}

function nextLine({ floor }: Moment): Line | undefined {
  let next: Line | undefined;
  for (const line of floor.unpaired) {
    const head = line.callers.first();
    const best = next?.callers.first();
    if (head === undefined || line.idle.size === 0) floor.unpaired.delete(line);
    else if (best === undefined || before(head, best) < 0) next = line;
  }
  return next;
}

function tell(m: Moment): void {
  let told = 0;
  for (const agent of m.floor.unsaid) {
    if (told === MOST_A_TURN) return;
    say(m, agent);
    told += 1;
  }
}
