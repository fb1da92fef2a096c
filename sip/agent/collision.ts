import { isTooBrief, MIN_SE_S } from '../dialog/session.ts';
import type { Request } from '../message/message.ts';
import type { Leg } from './ledger.ts';

/** Status and headers of a refusal. */
export type Refused = [status: number, headers: [string, string][]];

/** A session is changed by one request at a time: why this INVITE or UPDATE inside a dialog must wait. `random` gives a whole number. */
export function collisionOf(leg: Leg, request: Request, random: () => number): Refused | undefined {
  if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined;
  // RFC 4028 §9.
  if (isTooBrief(request)) return tooBrief();
  const later: Refused = [500, [['Retry-After', String(random() % 11)]]];
  const isOffer = request.body.length > 0;
  if (request.method === 'UPDATE') {
    // RFC 3311 §5.2: "A UAS that receives an UPDATE before it has generated a final response to a previous UPDATE on the same dialog MUST return a
    // 500 response to the new UPDATE, and MUST include a Retry-After header field with a randomly chosen value between 0 and 10 seconds."
    if (leg.updateIn !== undefined) return later;
    // §5.2: an offer while ours is not answered is a glare; one while theirs is not answered must wait.
    if (isOffer && (leg.updateOut !== undefined || leg.inviteOut !== undefined || leg.isRefreshing)) return [491, []];
    return isOffer && leg.inviteIn?.isInside === true && leg.inviteIn.request.body.length > 0 ? later : undefined;
  }
  // RFC 3261 §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE … MUST return a 500 (Server Internal Error) response to the second INVITE and
  // MUST include a Retry-After header field with a randomly chosen value of between 0 and 10 seconds."
  if (leg.inviteIn !== undefined) return later;
  // "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress MUST return a 491 (Request Pending) response to the received INVITE."
  if (leg.inviteOut !== undefined || leg.isRefreshing) return [491, []];
  if (!isOffer) return undefined;
  return leg.updateOut !== undefined ? [491, []] : leg.updateIn !== undefined ? later : undefined;
}

/** RFC 4028 §6: a session interval below our least. */
export const tooBrief = (): Refused => [422, [['Min-SE', String(MIN_SE_S)]]];
