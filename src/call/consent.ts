/**
 * Whether a call may be recorded as far as its customer is concerned. A dialplan announces that it will be, or asks; a queue says what recording its talks
 * needs. What was refused stays unrecorded wherever the call goes, until she is asked again and agrees; no sample is written before what is needed is there.
 *
 *   nothing said ──notice heard to its end──▶ announced
 *        └──asked: key─────▶ given ◀──asked again──▶ refused ◀──key, silence, wrong keys, question that could not be put
 */
import type { Call, Leg } from './call.ts';
import type { CallEvent } from './event.ts';

export const consentStates = ['announced', 'given', 'refused'] as const;
export type ConsentState = (typeof consentStates)[number];
/** What recording in a queue needs: that its customer was told, or that she agreed. */
export const consentNeeds = ['announced', 'given'] as const;
export type ConsentNeed = (typeof consentNeeds)[number];
/** `notice`: she heard it to its end · `key`: hers · `no_key`, `wrong_keys`: too often, which is no consent · `failed`: the question could not be put. */
export const consentHows = ['notice', 'key', 'no_key', 'wrong_keys', 'failed'] as const;
export type ConsentHow = (typeof consentHows)[number];

/** What was heard now, with what stood before: a notice takes back no answer. */
export const consentAfter = (before: ConsentState | undefined, now: ConsentState): ConsentState => (now === 'announced' ? (before ?? now) : now);

export function mayRecord({ consent, consentNeed }: Pick<Call, 'consent' | 'consentNeed'>): boolean {
  if (consent === 'refused') return false;
  return consentNeed === undefined || consent === 'given' || consent === consentNeed;
}

/** false: what is recorded of it is to stop. */
export function noteConsent(call: Call, { consent }: Extract<CallEvent, { type: 'consentNoted' }>): boolean {
  call.consent = consentAfter(call.consent, consent);
  return call.consent !== 'refused';
}

/** Two calls became one: what either customer refused stays refused, and what is needed is still to be there. */
export function inheritConsent(stays: Call, over: Call): void {
  if (over.consent === 'refused') stays.consent = 'refused';
  if (stays.consentNeed === undefined && over.consentNeed !== undefined) stays.consentNeed = over.consentNeed;
}

/** A talk that must be recorded and may not be: it does not take place. */
export const isForbidden = (call: Call, leg: Leg): boolean => leg.record && leg.recording === 'mandatory' && !mayRecord(call);
