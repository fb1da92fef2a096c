/**
 * What an agent is doing. She is in exactly one of these states, and a state owns only its own fields.
 *
 *                agentSignedIn              agentWentReady (phone reachable)
 *   signed_out ───────────────▶ not_ready ─────────────────────────────────▶ ready
 *       ▲  agentSignedOut           ▲  ◀───────────────────────────────────── │
 *       └──────── any state         │      agentWentNotReady, phoneLost       │ a call is hers (callOffered)
 *                                   │                                         ▼
 *        no answer, rejected, busy, │          caller gone, withdrawn      offered ◀── direct offer, also from
 *        unreachable                └───────── not_ready ◀─────────────────── │ │      not_ready and wrapping_up
 *                                                           releasing ◀───────┘ │
 *                                                               │ legEnded      │ legAnswered
 *                         `landing`: where she goes afterwards ◀┘               ▼
 *                          ▲                ▲               legEnded         talking
 *                          │                └── no wrap-up ◀───────────────── │
 *                          └── until, wrapUpEnded ── wrapping_up ◀────────────┘
 *
 * `releasing`: her offer came to nothing through no fault of hers, but her phone still rings until its leg has ended; she
 * would answer the next call with "busy". Seen from outside she still is `offered`.
 *
 * `pausing`: an offer failed, and the queue wants her back by herself after a while. Seen from outside she is not ready.
 *
 * "Takes effect after this call": what she asks for while a call has her is kept in `after` and applied by `landing`.
 */
import type { AgentId, CallId, LegId, OfferId, QueueId } from '../../kernel/ids.ts';
import type { AgentState, NotReadyReason } from './event.ts';
import type { WrapUpExtension } from './offering/offering.ts';

/** One live attempt to give one call to one agent. */
export interface Offer {
  offerId: OfferId;
  legId: LegId;
  callId: CallId;
  agentId: AgentId;
  /** null = a direct offer */
  queueId: QueueId | null;
  /** ms since 1970 */
  until: number;
  /** Another agent asks her in: until the customer is hers she has nothing to wrap up. */
  asked?: true;
  /** She makes the call herself, from her desk. */
  own?: true;
}

export type Reasons = readonly NotReadyReason[];

export interface WrapUp {
  callId: CallId;
  /** ms since 1970 */
  until: number;
  /** What is left of it; absent = none. */
  extension?: WrapUpExtension;
}

/** Where she goes when the call has done with her. */
export interface Afterwards {
  leave: 'stay' | 'sign_out' | 'remove';
  /** The wrap-up that comes first, or that a direct offer interrupted. */
  wrapUp: WrapUp | null;
  /** Not ready with these; ready when there are none. */
  reasons: Reasons;
}

export type Activity =
  | { state: 'signed_out' }
  | { state: 'not_ready'; reasons: Reasons }
  | { state: 'ready' }
  | { state: 'pausing'; reason: NotReadyReason; until: number; after: Afterwards }
  /** `rings`: her phone says so. */
  | { state: 'offered'; offer: Offer; rings?: boolean; after: Afterwards }
  | { state: 'releasing'; callId: CallId; legId: LegId; until: number; after: Afterwards }
  /** `held`: she has put it on hold · `consulting`: she asks somebody, while it hears music. */
  | {
      state: 'talking';
      callId: CallId;
      legId: LegId;
      wrapUpMs: number;
      extension?: WrapUpExtension;
      held?: boolean;
      consulting?: true;
      after: Afterwards;
    }
  | { state: 'wrapping_up'; callId: CallId; until: number; extension?: WrapUpExtension; after: Afterwards };

export const SIGNED_OUT: Activity = { state: 'signed_out' };
export const READY: Activity = { state: 'ready' };
export const STAYS: Afterwards = { leave: 'stay', wrapUp: null, reasons: [] };

/** What she chose herself: one at a time, the latest choice stands. The others are held by whoever set them. */
const OWN_CHOICE: ReadonlySet<NotReadyReason> = new Set(['signed_in', 'break', 'meal', 'training', 'meeting', 'other']);

export function withReason(reasons: Reasons, reason: NotReadyReason): Reasons {
  if (reasons.includes(reason)) return reasons;
  return OWN_CHOICE.has(reason) ? [...reasons.filter((held) => !OWN_CHOICE.has(held)), reason] : [...reasons, reason];
}

export const withoutReason = (reasons: Reasons, reason: NotReadyReason): Reasons =>
  reasons.includes(reason) ? reasons.filter((held) => held !== reason) : reasons;

/** She says she is ready: every reason goes but those she cannot mend by saying so. */
export const whenReady = (reasons: Reasons): Reasons => reasons.filter((held) => held === 'phone_lost' || held === 'own_call');

export const withoutCall = (reasons: Reasons): Activity => (reasons.length === 0 ? READY : { state: 'not_ready', reasons });

/** Where she goes when a call has done with her: out, to her wrap-up, or to ready or not ready. */
export function landing(after: Afterwards, now: number): Activity {
  if (after.leave !== 'stay') return SIGNED_OUT;
  const { wrapUp } = after;
  if (wrapUp !== null && wrapUp.until > now) return { state: 'wrapping_up', ...wrapUp, after: { ...after, wrapUp: null } };
  return withoutCall(after.reasons);
}

/** What waits for her after a call that begins now. */
export function afterwardsOf(activity: Activity): Afterwards {
  switch (activity.state) {
    case 'signed_out':
    case 'ready':
      return STAYS;
    case 'not_ready':
      return { ...STAYS, reasons: activity.reasons };
    case 'wrapping_up':
      return { ...activity.after, wrapUp: wrapUpOf(activity) };
    default:
      return activity.after;
  }
}

function wrapUpOf({ callId, until, extension }: WrapUp): WrapUp {
  return extension === undefined ? { callId, until } : { callId, until, extension };
}

/** She talks on this call from now on, and wraps up as its last queue has it. */
export function talkingOn(
  { callId, wrapUpMs, wrapUpExtension }: { callId: CallId; wrapUpMs: number; wrapUpExtension?: WrapUpExtension },
  legId: LegId,
  after: Afterwards,
): Activity {
  return { state: 'talking', callId, legId, wrapUpMs, ...(wrapUpExtension === undefined ? {} : { extension: wrapUpExtension }), after };
}

/** Her reasons now, or those that take effect after this call or pause. */
export const reasonsOf = (activity: Activity): Reasons => afterwardsOf(activity).reasons;

/** The same activity with other reasons: at once when no call has her, else after it. */
export function withReasons(activity: Activity, reasons: Reasons): Activity {
  if (activity.state === 'signed_out' || reasons === reasonsOf(activity)) return activity;
  if (activity.state === 'ready' || activity.state === 'not_ready') return withoutCall(reasons);
  return { ...activity, after: { ...activity.after, reasons } };
}

export const withLeave = (activity: Activity, leave: Afterwards['leave']): Activity =>
  'after' in activity && activity.after.leave !== leave ? { ...activity, after: { ...activity.after, leave } } : activity;

export function publicState({ state }: Activity): AgentState {
  if (state === 'releasing') return 'offered';
  return state === 'pausing' ? 'not_ready' : state;
}

/** What others are told why she is not ready; while a call has her, what takes effect after it. */
export const shownReasons = (activity: Activity): Reasons =>
  activity.state === 'pausing' ? withReason(activity.after.reasons, activity.reason) : reasonsOf(activity);

/** When she is offered calls again by herself; null = she does not pause. */
export const pausedUntilOf = (activity: Activity): number | null =>
  activity.state === 'pausing' && activity.after.reasons.length === 0 ? activity.until : null;

export function callOf(activity: Activity): CallId | null {
  if (activity.state === 'offered') return activity.offer.callId;
  return 'callId' in activity ? activity.callId : null;
}

/** Her live leg, if she has one. */
export function legOf(activity: Activity): LegId | null {
  if (activity.state === 'offered') return activity.offer.legId;
  return 'legId' in activity ? activity.legId : null;
}

/** When her state ends by itself; null = never. */
export function untilOf(activity: Activity): number | null {
  if (activity.state === 'offered') return activity.offer.until;
  return 'until' in activity ? activity.until : null;
}
