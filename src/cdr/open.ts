/** A call while its record is being folded. Plain JSON, so that it can lie in a snapshot. */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import type { Ending } from '../call/ending.ts';
import type { OfferEnd, PauseHolder, QueueExit } from '../call/event.ts';
import type { AgentRecord, AskedRecord, CallRecord, LegRecord, OfferRecord, QueueVisit, RecordingRecord, RecordingState } from './record.ts';

type Open<T, Late extends keyof T> = Omit<T, Late> & { [K in Late]: T[K] | null };

export type OpenLeg = Open<LegRecord, 'endedAt' | 'ending'> & { heldSince: number | null };
export type OpenVisit = Omit<Open<QueueVisit, 'leftAt' | 'exit'>, 'waitMs'> & { presumed: boolean };
export type OpenOffer = Open<OfferRecord, 'endedAt' | 'end'> & { presumed: boolean };

/**
 * What an agent who answered does for the call.
 *
 *   talking ──her leg ended──▶ wrapping (her state says so) ──▶ done
 */
export interface Part {
  agentId: AgentId;
  phase: 'talking' | 'wrapping' | 'done';
  /** ms since 1970: when this phase began */
  since: number;
  wrapUpMs: number;
  disposition: string | null;
  notes: string | null;
}

type Kept = Pick<
  CallRecord,
  | 'callId'
  | 'tenantId'
  | 'caller'
  | 'callee'
  | 'direction'
  | 'onBehalfOf'
  | 'trunk'
  | 'sipCallId'
  | 'arrivedAt'
  | 'customerId'
  | 'tier'
  | 'language'
  | 'authLevel'
  | 'dialplanVersion'
  | 'ivrPath'
  | 'data'
  | 'disposition'
  | 'notes'
  | 'survey'
  | 'consent'
>;

export interface OpenCall extends Kept {
  /** Of the record written last; 0 = none yet. */
  revision: number;
  ended: { at: number; ending: Ending } | null;
  legs: OpenLeg[];
  visits: OpenVisit[];
  offers: OpenOffer[];
  parts: Part[];
  recordings: RecordingRecord[];
  /** Agents who are asked in, and whose offers have yet to be made; absent = nobody. */
  asking?: (AskedRecord & { agentId: AgentId })[];
  /** Who has its recording paused now; absent in a snapshot of an earlier version. */
  pausedBy?: PauseHolder[];
}

/** Closes whatever is still open. What is presumed here gives way to the fact, should it come behind. */
export function close(call: OpenCall, at: number, ending: Ending, offerEnd: OfferEnd): void {
  call.ended = { at, ending };
  for (const leg of call.legs) {
    endLeg(leg, at, ending);
    if (leg.endedAt !== null && leg.endedAt > at) leg.endedAt = at;
    if (leg.endedAt !== null && leg.answeredAt !== null) leg.holdMs = Math.min(leg.holdMs, leg.endedAt - leg.answeredAt);
  }
  const exit: QueueExit = ending.cause === 'abandoned' ? 'abandoned' : 'ended';
  for (const visit of call.visits) {
    if (visit.leftAt === null) Object.assign(visit, { leftAt: at, exit, presumed: true });
  }
  for (const offer of call.offers) {
    if (offer.endedAt === null) Object.assign(offer, { endedAt: at, end: offerEnd, presumed: true });
  }
}

export function endLeg(leg: OpenLeg, at: number, ending: Ending): void {
  if (leg.endedAt !== null) return;
  retrieve(leg, at);
  leg.endedAt = at;
  leg.ending = ending;
}

/** Who vanished was gone with its last packet, not when its silence had lasted long enough to be sure (fault row B12). */
export const endOfLeg = (leg: OpenLeg, at: number, { lastHeardAt = at }: Ending): number =>
  Math.min(at, Math.max(Math.floor(lastHeardAt), leg.startedAt, leg.answeredAt ?? 0));

/** And with it ended the conversation: whoever was left listened to nothing. Nothing else that happened in the call lies behind its end. */
export function endOfCall(call: OpenCall, at: number): number {
  const vanished = call.legs.findLast(({ ending }) => ending?.lastHeardAt !== undefined);
  if (vanished?.endedAt == null) return at;
  const legs = call.legs.map(({ startedAt, ringingAt, answeredAt }) => Math.max(startedAt, ringingAt ?? 0, answeredAt ?? 0));
  const others = [...call.visits.map(({ enteredAt, leftAt }) => leftAt ?? enteredAt), ...call.offers.map(({ offeredAt, endedAt }) => endedAt ?? offeredAt)];
  return Math.min(at, Math.max(vanished.endedAt, ...legs, ...others));
}

export function retrieve(leg: OpenLeg, at: number): void {
  if (leg.heldSince === null) return;
  leg.holdMs += Math.max(0, at - leg.heldSince);
  leg.heldSince = null;
}

/** Nothing more is expected of it: everybody has wrapped up and every recording is on disk. */
export const isSettled = (call: OpenCall): boolean =>
  call.ended !== null && call.parts.every((part) => part.phase === 'done') && call.recordings.every((recording) => recording.durationMs !== null);

/** The record of a call that has ended. */
export function recordOf(call: OpenCall, ended: { at: number; ending: Ending }): CallRecord {
  const legs = call.legs.map((leg) => legRecord(leg, ended));
  const queues = call.visits.map((visit) => visitRecord(visit, ended.at));
  const agents = agentRecords(call, legs);
  const { legs: _legs, visits: _visits, offers, parts: _parts, ended: _ended, asking: _asking, ...kept } = call;
  return detached({
    ...kept,
    answeredAt: legs[0]?.answeredAt ?? null,
    agentAnsweredAt: agents.reduce<number | null>((first, agent) => Math.min(first ?? agent.answeredAt, agent.answeredAt), null),
    endedAt: ended.at,
    ending: ended.ending,
    queues,
    offers: offers.map(({ presumed: _, ...offer }) => ({ ...offer, endedAt: offer.endedAt ?? ended.at, end: offer.end ?? 'withdrawn' })),
    agents,
    legs,
    queueWaitMs: sum(queues, (visit) => visit.waitMs),
    ringMs: sum(legs, (leg) => (leg.role === 'caller' ? 0 : (leg.answeredAt ?? leg.endedAt) - leg.startedAt)),
    talkMs: sum(agents, (agent) => agent.talkMs),
    holdMs: sum(agents, (agent) => agent.holdMs),
    wrapUpMs: sum(agents, (agent) => agent.wrapUpMs),
    recording: recordingState(call.recordings),
  });
}

/** One whose end is not yet told counts as good; should it come to a bad one, the record is written again. */
const recordingState = (recordings: readonly RecordingRecord[]): RecordingState => {
  if (recordings.length === 0) return 'none';
  return recordings.every(({ complete, durationMs }) => complete || durationMs === null) ? 'complete' : 'partial';
};

/** Facts go on changing the open call; what was handed out must not move with it. */
const detached = (record: CallRecord): CallRecord => ({
  ...record,
  ivrPath: [...record.ivrPath],
  data: { ...record.data },
  recordings: record.recordings.map((recording) => ({
    ...recording,
    ...(recording.pauses === undefined ? {} : { pauses: recording.pauses.map((span) => ({ ...span })) }),
  })),
});

function legRecord(leg: OpenLeg, ended: { at: number; ending: Ending }): LegRecord {
  const { heldSince: _, asked, ...rest } = leg;
  return { ...rest, ...(asked === undefined ? {} : { asked: { ...asked } }), endedAt: leg.endedAt ?? ended.at, ending: leg.ending ?? ended.ending };
}

function visitRecord(visit: OpenVisit, endedAt: number): QueueVisit {
  const leftAt = visit.leftAt ?? endedAt;
  const { queueId, enteredAt, exit, overflow } = visit;
  return { queueId, enteredAt, leftAt, waitMs: leftAt - enteredAt, exit: exit ?? 'ended', ...(overflow === undefined ? {} : { overflow }) };
}

function agentRecords(call: OpenCall, legs: readonly LegRecord[]): AgentRecord[] {
  const last = new Map<AgentId, LegId>();
  for (const leg of legs) if (leg.agentId !== null && leg.answeredAt !== null) last.set(leg.agentId, leg.legId);
  return legs.flatMap((leg) => {
    if (leg.agentId === null || leg.answeredAt === null) return [];
    const part = last.get(leg.agentId) === leg.legId ? call.parts.find((found) => found.agentId === leg.agentId) : undefined;
    return [
      {
        agentId: leg.agentId,
        legId: leg.legId,
        answeredAt: leg.answeredAt,
        endedAt: leg.endedAt,
        talkMs: leg.endedAt - leg.answeredAt - leg.holdMs,
        holdMs: leg.holdMs,
        wrapUpMs: part?.wrapUpMs ?? 0,
        disposition: part?.disposition ?? null,
        notes: part?.notes ?? null,
      },
    ];
  });
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0);
