/**
 * Answering from the desk: a ringing phone that understands `Event: talk` (it said so in Allow-Events when it registered) goes
 * off-hook by itself when it gets that NOTIFY. Other phones have to be lifted by hand.
 */
import type { Leg } from './leg.ts';
import type { Rim } from './rim.ts';

const HEADERS = { Event: 'talk', 'Subscription-State': 'active' };

export const canPickUp = (leg: Leg | undefined): boolean => leg?.progress.at === 'ringing' && leg.progress.fork.pickable !== null;

/** In the early dialog, as phones expect it, but browsers, whose stacks drop a NOTIFY there; a SIP server that sends nothing within those is asked to send it outside. */
export function pickUp(rim: Rim, leg: Leg | undefined): void {
  if (leg?.progress.at !== 'ringing') return;
  const phone = leg.progress.fork.pickable;
  if (phone === null) return;
  const { uri, proxy } = phone.target;
  const outside = { method: 'NOTIFY', uri, headers: HEADERS, ...(proxy === null ? {} : { proxy }) };
  const sendOutside = (): void =>
    rim.sip.request(outside, (error) => error !== null && rim.warn('NOTIFY talk could not be sent', { err: error, legId: leg.legId }));
  if (phone.dialogId === null || phone.target.isBrowser) {
    sendOutside();
    return;
  }
  rim.sip.request({ method: 'NOTIFY', uri, headers: HEADERS, stackDialogId: phone.dialogId }, (error) => error !== null && sendOutside());
}
