/** Why an offer came to nothing, and what that means for her who was offered the call. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { EndedBy, EndingCause } from '../../call/ending.ts';
import type { OfferEnd } from '../../call/event.ts';
import { type Activity, type Afterwards, landing, SIGNED_OUT, withReason } from '../agent.ts';
import type { NotReadyReason } from '../event.ts';
import type { Agent, Moment } from '../floor.ts';
import { type FailurePolicy, NOT_READY, type OfferFailure, offerFailures } from './offering.ts';

export interface Release {
  cause: EndingCause;
  by: EndedBy;
}

/** Why an offer fails that is not made good by ringing on: what she is not ready for, and what her leg is told. */
export interface Failure {
  end: OfferEnd;
  reason: NotReadyReason;
  /** null = the leg has ended already */
  release: Release | null;
}

/** What becomes of an offer whose leg ended unanswered. What is neither the agent's doing nor plainly ours is her phone's. */
const failureOfCause: Record<EndingCause, OfferFailure | 'ours'> = {
  normal: 'rejected',
  abandoned: 'unreachable',
  busy: 'busy',
  no_answer: 'no_answer',
  rejected: 'rejected',
  unreachable: 'unreachable',
  not_found: 'unreachable',
  not_allowed: 'unreachable',
  congestion: 'ours',
  incompatible_media: 'unreachable',
  answered_elsewhere: 'rejected',
  transferred: 'rejected',
  media_timeout: 'unreachable',
  media_failure: 'ours',
  recording_failure: 'ours',
  sip_failure: 'ours',
  no_ack: 'unreachable',
  session_expired: 'unreachable',
  max_duration: 'no_answer',
  dialplan_end: 'unreachable',
  server_shutdown: 'ours',
  server_restart: 'ours',
  internal: 'ours',
};

/** null: the leg could not be made or kept, by a fault of ours that is no reason to set an agent aside. */
export function failureOfEnding(cause: EndingCause): Failure | null {
  const end = failureOfCause[cause];
  return end === 'ours' ? null : { end, reason: end, release: null };
}

export const NO_ANSWER: Failure = { end: 'no_answer', reason: 'no_answer', release: { cause: 'no_answer', by: 'server' } };
export const REJECTED: Failure = { end: 'rejected', reason: 'rejected', release: { cause: 'rejected', by: 'far_end' } };
export const PHONE_LOST: Failure = { end: 'unreachable', reason: 'phone_lost', release: { cause: 'unreachable', by: 'server' } };
/** She is taken off the floor by somebody else. */
export const REMOVED: Failure = { end: 'withdrawn', reason: 'supervisor', release: { cause: 'normal', by: 'server' } };

/** Where she goes now, by the policy of the queue whose offer it was; a direct one (null) goes by the usual. Counts what fails in a row. */
export function consequence(m: Moment, agent: Agent, { end, reason }: Failure, queueId: QueueId | null, after: Afterwards): Activity {
  const policy = policyOf(m, end, queueId);
  const inARow = agent.failures?.end === end ? agent.failures.inARow + 1 : 1;
  agent.failures = { end, inARow };
  if (after.leave !== 'stay' || (policy.signOutAfter !== undefined && inARow >= policy.signOutAfter)) return SIGNED_OUT;
  // A phone that is lost stays so however long she waits.
  if (policy.action === 'pause' && reason !== 'phone_lost') return { state: 'pausing', reason, until: m.now + policy.pauseMs, after };
  return landing({ ...after, reasons: withReason(after.reasons, reason) }, m.now);
}

function policyOf({ floor }: Moment, end: OfferEnd, queueId: QueueId | null): FailurePolicy {
  const failure = offerFailures.find((known) => known === end);
  const queue = queueId === null ? undefined : floor.queues.get(queueId);
  return (failure === undefined ? undefined : queue?.configuration.offering?.afterFailure?.[failure]) ?? NOT_READY;
}
