/**
 * Answering from the desk: a ringing phone that understands `Event: talk` (it said so in Allow-Events, registering or ringing) goes off-hook by itself
 * when it gets that NOTIFY. Other phones have to be lifted by hand.
 */
import { ACTS_WITHIN_MS, wordHeaders } from './control.ts';
import type { Leg } from './leg.ts';
import { guarded, type Rim } from './rim.ts';
import type { Pickable } from './ring.ts';
import type { RequestOptions } from './srf.ts';

/** A phone that has just answered by itself may refuse the word before its 200 is here. */
const CROSSING_MS = 500;

export const canPickUp = (leg: Leg | undefined): boolean => leg?.progress.at === 'ringing' && leg.progress.fork.pickable !== null;

/** One phone after the other, until one goes off-hook; told as `legControlFailed` when none of those that were told has. */
export function pickUp(rim: Rim, leg: Leg | undefined): void {
  if (leg === undefined || leg.picked) return;
  leg.picked = true;
  pickNext(rim, leg, null);
}

/** `failure`: of the phone before. Before its INVITE is out there is none to tell: `ringAgent` comes back to this then. */
export function pickNext(rim: Rim, leg: Leg, failure: Failure | null): void {
  const { callId, legId, progress } = leg;
  if (progress.at !== 'ringing') return;
  const phone = progress.fork.pickable;
  if (phone !== null) {
    tell(rim, leg, phone);
    return;
  }
  leg.picked = false;
  if (failure !== null) rim.take({ type: 'legControlFailed', callId, legId, control: 'answer', ...failure });
}

interface Failure {
  why: 'refused' | 'silent' | 'unmoved';
  sip?: number;
}

function tell(rim: Rim, leg: Leg, phone: Pickable): void {
  const ringing = leg.progress;
  let failure: Failure = { why: 'silent' };
  let stop = (): void => undefined;
  const failsIn = (ms: number): void => {
    stop();
    const failed = (): void => {
      if (leg.progress !== ringing) return;
      phone.refused();
      pickNext(rim, leg, failure);
    };
    stop = rim.clock.after(ms, guarded(rim, leg, failed));
  };
  // A browser's answer takes as long as its microphone does.
  if (!phone.target.isBrowser) failsIn(ACTS_WITHIN_MS);
  phone.whenRinging((dialogId) =>
    notify(rim, leg, phone, dialogId, (status) => {
      failure = status === null || status >= 300 ? { why: 'refused', ...(status === null ? {} : { sip: status }) } : { why: 'unmoved' };
      if (failure.why === 'refused') failsIn(CROSSING_MS);
    }),
  );
}

/** In the early dialog, as phones expect it, but browsers, whose stacks drop a NOTIFY there; a SIP server that sends nothing within those is asked to send it outside. */
function notify(rim: Rim, leg: Leg, { target }: Pickable, dialogId: string, answered: (status: number | null) => void): void {
  const { uri, proxy } = target;
  const word = { method: 'NOTIFY', uri, headers: wordHeaders('talk') };
  const send = (request: RequestOptions, unsendable: (error: Error) => void): void =>
    rim.sip.request(request, (error, sent) => {
      if (error !== null) return unsendable(error);
      sent?.on('response', ({ status }) => {
        if (status >= 200) answered(status);
      });
    });
  const sendOutside = (): void =>
    send({ ...word, ...(proxy === null ? {} : { proxy }) }, (error) => {
      rim.warn('NOTIFY talk could not be sent', { err: error, legId: leg.legId });
      answered(null);
    });
  if (dialogId === '' || target.isBrowser) sendOutside();
  else send({ ...word, stackDialogId: dialogId }, sendOutside);
}
