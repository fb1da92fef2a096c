/** Contacts: calls, callbacks and what comes in writing. Each visit to a queue lies in one bucket, each call becomes one thing. */
import type { AgentId, CallId, OfferId, QueueId } from '../../kernel/ids.ts';
import type { Ending } from '../call/ending.ts';
import type { OfferEnd, QueueExit } from '../call/event.ts';
import { agentRow, type Block, callRow, handledRow, visitRow } from './blocks.ts';
import { FIFTEEN_SECONDS_MS, SHORT_ABANDON_MS } from './definitions.ts';
import { startOf } from './interval.ts';
import { add, type CallBucket, type Handled, handledMeasures, type Offers, type VisitBucket, zero } from './measures.ts';
import type { AgentState, Contact, OpenVisit, Part, State } from './state.ts';

/** Where a queue says nothing of it. */
const USUAL_ANSWER_WITHIN_MS = 20_000;
/** Of one contact; the oldest that are over are forgotten first, counted as they are. */
const MOST_KEPT = 200;

export function arrive(state: State, told: Pick<Contact, 'id' | 'tenantId' | 'number' | 'channel'>, isCall: boolean): Contact {
  const arrived = isCall ? startOf(state.now) : null;
  const contact: Contact = {
    ...told,
    ...{ arrived, holds: [], visits: [], parts: [], offers: [], targets: [] },
    ...{ answered: false, inFlow: false, served: false, callbackKept: false, ended: null, settled: false },
  };
  state.contacts.set(contact.id, contact);
  if (arrived !== null) {
    const row = callRow(held(state, contact, arrived), callNames(contact));
    row.arrived += 1;
    row.open += 1;
  }
  return contact;
}

const callNames = ({ number, channel }: Contact) => ({ number, channel });

/** The interval stays in memory for as long as the contact does. */
function held(state: State, contact: Contact, start: number): Block {
  const block = state.blocks.at(contact.tenantId, start);
  if (!contact.holds.includes(start)) {
    contact.holds.push(start);
    state.blocks.hold(contact.tenantId, start);
  }
  return block;
}

export function forget(state: State, contact: Contact): void {
  state.contacts.delete(contact.id);
  for (const start of contact.holds) {
    const block = state.blocks.find(contact.tenantId, start);
    if (block !== undefined) block.holds -= 1;
  }
}

// -- visits

export function enter(state: State, contact: Contact, queueId: QueueId): void {
  const row = visitRow(held(state, contact, startOf(state.now)), { queueId, number: contact.number, channel: contact.channel });
  row.entered += 1;
  row.waiting += 1;
  contact.visits.push({ queueId, enteredAt: state.now, bucket: 'waiting', served: false });
  if (contact.visits.length > MOST_KEPT) contact.visits.shift();
}

/** Who is queued anew while it waits is told to have left, `transferred`, behind that: it is the visit before. */
export function waitingIn({ visits }: Contact, queueId: QueueId, exit: QueueExit | null = null): OpenVisit | undefined {
  const waits = (visit: OpenVisit): boolean => visit.queueId === queueId && visit.bucket === 'waiting';
  return exit === 'transferred' ? visits.find(waits) : visits.findLast(waits);
}

export function leave(state: State, contact: Contact, visit: OpenVisit, exit: QueueExit, at = state.now): void {
  const waitMs = Math.max(0, at - visit.enteredAt);
  const { queueId } = visit;
  visit.bucket = bucketOf(exit, waitMs);
  const row = visitRow(held(state, contact, startOf(visit.enteredAt)), { queueId, number: contact.number, channel: contact.channel });
  row.waiting -= 1;
  row[visit.bucket] += 1;
  row.longestWaitMs = Math.max(row.longestWaitMs, waitMs);
  const withinMs = state.queues.get(queueId)?.answerWithinMs ?? USUAL_ANSWER_WITHIN_MS;
  if (visit.bucket === 'answered') {
    row.answerWaitMs += waitMs;
    if (waitMs <= withinMs) row.answeredWithin += 1;
    if (waitMs <= FIFTEEN_SECONDS_MS) row.answeredWithin15 += 1;
    serveVisit(state, contact);
  } else if (visit.bucket === 'abandoned' || visit.bucket === 'shortAbandoned') {
    row.abandonWaitMs += waitMs;
    if (waitMs <= withinMs) row.abandonedWithin += 1;
    if (waitMs <= FIFTEEN_SECONDS_MS) row.abandonedWithin15 += 1;
  }
}

function bucketOf(exit: QueueExit, waitMs: number): VisitBucket {
  switch (exit) {
    case 'answered':
      return 'answered';
    case 'abandoned':
      return waitMs > SHORT_ABANDON_MS ? 'abandoned' : 'shortAbandoned';
    case 'timeout':
      return 'timedOut';
    case 'full':
      return 'full';
    case 'dissuaded':
      return 'dissuaded';
    case 'no_agents':
      return waitMs > 0 ? 'noAgents' : 'refusedNoAgents';
    case 'closed':
    case 'emergency':
      return waitMs > 0 ? 'closed' : 'refusedClosed';
    case 'overflow':
      return 'overflowed';
    case 'key':
      return 'leftByKey';
    case 'transferred':
      return 'transferred';
    case 'ended':
      return 'otherwise';
  }
}

// -- what agents do for it

export const latestPart = (state: State, callId: CallId, agentId: AgentId): Part | undefined =>
  state.contacts.get(callId)?.parts.findLast((part) => part.agentId === agentId);

/** She has it from now on. */
export function beginPart(state: State, id: CallId, agentId: AgentId, { team, work }: Pick<AgentState, 'team' | 'work'>, isWritten = false): void {
  const contact = state.contacts.get(id);
  if (contact === undefined) return;
  const queueId = work?.callId === id ? work.queueId : '';
  const written = isWritten ? { since: state.now, wrapsUp: false } : null;
  const part: Part = { agentId, team, queueId, owedTo: queueId, start: startOf(state.now), disposition: '', sums: zero(handledMeasures), written };
  contact.parts.push(part);
  if (contact.parts.length > MOST_KEPT) contact.parts.shift();
  contact.served = true;
  addHandled(state, contact, part, { handled: 1 });
  serveVisit(state, contact);
}

/** The visit that was answered and the agent who has it: told in one turn, in either order. */
function serveVisit(state: State, contact: Contact): void {
  const visit = contact.visits.findLast((found) => found.bucket === 'answered' && !found.served);
  const part = contact.parts.at(-1);
  if (visit === undefined || part === undefined || part.sums.fromQueue > 0 || part.sums.handled === 0) return;
  visit.served = true;
  move(state, contact, part, () => Object.assign(part, { queueId: visit.queueId, start: startOf(visit.enteredAt) }));
  addHandled(state, contact, part, { fromQueue: 1 });
}

export function addHandled(state: State, contact: Contact, part: Part, more: Partial<Handled>): void {
  add(part.sums, more, handledMeasures);
  add(partRow(state, contact, part), more, handledMeasures);
}

export function disposeOf(state: State, contact: Contact, agentId: AgentId, disposition: string): void {
  const part = contact.parts.findLast((found) => found.agentId === agentId);
  if (part !== undefined && part.disposition !== disposition) move(state, contact, part, () => Object.assign(part, { disposition }));
}

/** Its sums go with it to the row it belongs to from now on. */
function move(state: State, contact: Contact, part: Part, change: () => void): void {
  const { sums } = part;
  add(partRow(state, contact, part), negated(sums), handledMeasures);
  change();
  add(partRow(state, contact, part), sums, handledMeasures);
}

const negated = (sums: Handled): Handled => Object.fromEntries(handledMeasures.map((name) => [name, -sums[name]])) as Handled;

function partRow(state: State, contact: Contact, { agentId, team, queueId, start, disposition }: Part) {
  const { number, channel } = contact;
  return handledRow(held(state, contact, start), { agentId, team, queueId, number, channel, disposition });
}

/** In writing her time on it is not her seconds: she has several at once. */
export function writtenUntilNow(state: State, contact: Contact, agentId: AgentId): Part | undefined {
  const part = contact.parts.findLast((found) => found.agentId === agentId && found.written !== null);
  if (part === undefined || part.written === null) return undefined;
  const ms = Math.max(0, state.now - part.written.since);
  addHandled(state, contact, part, part.written.wrapsUp ? { wrapUpMs: ms } : { talkMs: ms });
  part.written.since = state.now;
  return part;
}

// -- offers

export function offer(state: State, contact: Contact, offerId: OfferId, agentId: AgentId, queueId: QueueId | ''): void {
  const team = state.agents.get(agentId)?.team ?? '';
  const start = startOf(state.now);
  contact.offers.push({ offerId, agentId, team, queueId, start });
  const row = agentRow(held(state, contact, start), { agentId, team, queueId });
  row.offers += 1;
  row.pending += 1;
}

const measureOfEnd: Record<OfferEnd, keyof Offers> = {
  answered: 'taken',
  no_answer: 'unanswered',
  rejected: 'rejected',
  busy: 'busy',
  unreachable: 'unreachable',
  caller_gone: 'withdrawn',
  withdrawn: 'withdrawn',
  answered_elsewhere: 'withdrawn',
};

export function endOffer(state: State, contact: Contact, offerId: OfferId, end: OfferEnd): void {
  const at = contact.offers.findIndex((found) => found.offerId === offerId);
  const [found] = at < 0 ? [] : contact.offers.splice(at, 1);
  if (found === undefined) return;
  const { agentId, team, queueId, start } = found;
  const row = agentRow(held(state, contact, start), { agentId, team, queueId });
  row.pending -= 1;
  row[measureOfEnd[end]] += 1;
}

// -- the end

/** Closes what nobody told the end of, and says what became of the call. */
export function settleEnd(state: State, contact: Contact): void {
  if (contact.settled) return;
  contact.settled = true;
  const { at, ending } = contact.ended ?? { at: state.now, ending: { cause: 'internal', by: 'server' } satisfies Ending };
  const exit = ending.cause === 'abandoned' ? 'abandoned' : 'ended';
  for (const visit of contact.visits) if (visit.bucket === 'waiting') leave(state, contact, visit, exit, at);
  for (const { offerId } of [...contact.offers]) endOffer(state, contact, offerId, 'withdrawn');
  if (contact.arrived === null) return;
  const row = callRow(held(state, contact, contact.arrived), callNames(contact));
  row.open -= 1;
  row[becameOf(contact, ending)] += 1;
}

function becameOf({ channel, served, callbackKept, visits, inFlow, answered }: Contact, { cause }: Ending): CallBucket {
  if (channel === 'internal' || channel === 'outbound') return 'internal';
  if (served) return 'served';
  if (callbackKept) return 'callbackKept';
  const last = visits.at(-1);
  if (last?.bucket === 'abandoned' || last?.bucket === 'shortAbandoned') return last.bucket;
  if (last !== undefined) return 'unserved';
  if (!answered && !inFlow) return 'refused';
  return cause === 'dialplan_end' || cause === 'transferred' ? 'contained' : 'leftInIvr';
}
