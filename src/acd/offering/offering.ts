/** How a queue makes its offers, and what comes of those that fail: the section `offering` of a queue. Absent = the usual, also of each part. */

/** A call that was offered so often goes back to its dialplan; leg numbers from 1001 are the call room's. */
export const MOST_OFFERS_A_CALL = 1000;

/** The ends of an offer that are the agent's doing, or her phone's. */
export const offerFailures = ['no_answer', 'rejected', 'busy', 'unreachable'] as const;
export type OfferFailure = (typeof offerFailures)[number];

/**
 * What becomes of her. `not_ready`: with that reason, until she says that she is ready (the usual). `pause`: she is offered nothing for `pauseMs` and
 * is ready again by herself. `signOutAfter`: so many failures of one kind in a row sign her out.
 */
export type FailurePolicy =
  | { action: 'not_ready'; signOutAfter?: number | undefined }
  | { action: 'pause'; pauseMs: number; signOutAfter?: number | undefined };

/** Each time she asks, a wrap-up lasts `stepMs` longer, `mostMs` in all. */
export interface WrapUpExtension {
  stepMs: number;
  mostMs: number;
}

export interface Offering {
  /** By what the offer failed of. */
  afterFailure?: Partial<Record<OfferFailure, FailurePolicy | undefined>> | undefined;
  /** true: its calls are only offered to agents whose desk is connected. A phone is always needed. */
  needsDesk?: boolean | undefined;
  /** A call rings at so many agents at once, the first who answers has it; absent = 1. */
  ringAtOnce?: number | undefined;
  /** true: a conference with its customer is over when no agent is in it any more; absent = the others go on. */
  conferenceEnds?: boolean | undefined;
  /** Absent = a wrap-up cannot be made longer. */
  wrapUpExtension?: WrapUpExtension | undefined;
}

export const NOT_READY: FailurePolicy = { action: 'not_ready' };
