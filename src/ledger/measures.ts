/**
 * What is counted, and how counts are added up. A row has the names of what it counts for, and one number a measure. Counts are numbers of
 * contacts, offers or calls; times are ms. What they mean and what is worked out of them stands in `definitions.ts`.
 */
import type { AgentId, QueueId } from '../../kernel/ids.ts';
import type { NotReadyReason } from '../acd/event.ts';
import type { Rating } from '../call/survey.ts';

/** Where a visit to a queue can lie; each lies in one. */
export const visitBuckets = [
  ...(['waiting', 'answered', 'abandoned', 'shortAbandoned', 'timedOut', 'noAgents', 'closed', 'overflowed', 'leftByKey', 'transferred', 'otherwise'] as const),
  // Refused at the door: they never waited.
  ...(['full', 'dissuaded', 'refusedClosed', 'refusedNoAgents'] as const),
] as const;
export type VisitBucket = (typeof visitBuckets)[number];
/** Those that were not offered to the queue. */
export const blockedBuckets: readonly VisitBucket[] = ['full', 'dissuaded', 'refusedClosed', 'refusedNoAgents'];

/** Of visits to queues, in the interval in which they came. */
export const visitMeasures = [
  ...(['entered', ...visitBuckets] as const),
  ...(['answeredWithin', 'abandonedWithin', 'answeredWithin15', 'abandonedWithin15', 'answerWaitMs', 'abandonWaitMs', 'longestWaitMs'] as const),
] as const;

/** What a caller rated when she was asked after the talk, 1 very satisfied to 5; each lies in one. */
export const ratingMeasures = ['rated1', 'rated2', 'rated3', 'rated4', 'rated5'] as const satisfies `rated${Rating}`[];

/**
 * Of contacts that an agent served, in the interval in which they came to the queue (or to her directly). `fromQueue`: those she was given out of a queue;
 * `surveyed`: whose caller was asked to rate afterwards, and `rated`: did. That counts for who served last.
 */
export const handledMeasures = ['handled', 'fromQueue', 'talkMs', 'holdMs', 'wrapUpMs', 'transfers', 'surveyed', 'rated', ...ratingMeasures] as const;

/** Where a second of an agent who is signed in can lie; each lies in one. */
export const timeBuckets = ['ready', 'serving', 'reserved', 'ringing', 'talking', 'holding', 'consulting', 'wrappingUp', 'notReady', 'unobserved'] as const;
export type TimeBucket = (typeof timeBuckets)[number];
export const timeMeasures = [
  'readyMs',
  'servingMs',
  'reservedMs',
  'ringingMs',
  'talkingMs',
  'holdingMs',
  'consultingMs',
  'wrappingUpMs',
  'notReadyMs',
  'unobservedMs',
] as const satisfies `${TimeBucket}Ms`[];

/** Of offers of calls to agents, in the interval in which they were made; each ends in one of those behind the first. */
export const offerMeasures = ['offers', 'taken', 'unanswered', 'rejected', 'busy', 'unreachable', 'withdrawn', 'pending'] as const;

/** What becomes of a call; each lies in one. */
export const callBuckets = [
  ...(['open', 'served', 'abandoned', 'shortAbandoned', 'unserved', 'callbackKept', 'contained', 'leftInIvr', 'refused', 'internal'] as const),
] as const;
export type CallBucket = (typeof callBuckets)[number];
/** Of calls, in the interval in which they arrived at the house. */
export const callMeasures = ['arrived', ...callBuckets] as const;

export type Visits = Record<(typeof visitMeasures)[number], number>;
export type Handled = Record<(typeof handledMeasures)[number], number>;
export type Times = Record<(typeof timeMeasures)[number], number>;
export type Offers = Record<(typeof offerMeasures)[number], number>;
export type CallCounts = Record<(typeof callMeasures)[number], number>;

/** `voice`, `callback` (a call of ours to who asked for it), `internal` (dialled by an agent), `outbound` (made by one from her desk, to a number outside), or the name of a channel in writing. */
export type LedgerChannel = string;

export type VisitRow = Visits & { queueId: QueueId; number: string; channel: LedgerChannel };
/** `queueId` '': not owed to a queue. `disposition` '': none was given (yet). `team` '': she belongs to none. */
export type HandledRow = Handled & { agentId: AgentId; team: string; queueId: QueueId | ''; number: string; channel: LedgerChannel; disposition: string };
/** `reasons`: how `notReadyMs` is made up. */
export type AgentRow = Times & Offers & { agentId: AgentId; team: string; queueId: QueueId | ''; reasons: Partial<Record<NotReadyReason, number>> };
export type CallRow = CallCounts & { number: string; channel: LedgerChannel };

/** Every measure at 0. */
export const zero = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

/** The one measure of which the largest counts, not the sum. */
const LARGEST: ReadonlySet<string> = new Set(['longestWaitMs']);

/** Adds what `more` has of `names`. */
export function add<Name extends string>(to: Record<Name, number>, more: Partial<Record<Name, number>>, names: readonly Name[]): void {
  for (const name of names) {
    const n = more[name] ?? 0;
    to[name] = LARGEST.has(name) ? Math.max(to[name], n) : to[name] + n;
  }
}

export const sumOf = <Name extends string>(of: Record<Name, number>, names: readonly Name[]): number => names.reduce((sum, name) => sum + of[name], 0);
