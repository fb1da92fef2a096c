import { sipEvent } from '../control/wire.ts';
import { requestInside } from '../dialog/dialog.ts';
import type { Response } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import { T1_MS } from '../transaction/timers.ts';
import type { Hop } from '../transport/hop.ts';
import type { Leg } from './ledger.ts';
import type { Stack } from './stack.ts';

/** A BYE with credentials is waited for so long: a phone that asks nobody has them at once. */
export const CREDENTIALS_WITHIN_MS = 64 * T1_MS;

/**
 * A request that this server made by itself was challenged, and only the application has credentials. It is told by an `unsolicited` request of that dialog, from where
 * the challenge came, with the challenge in it: an UPDATE without a body where a session was to be refreshed (with the peer's methods in Allow: UPDATE, where the
 * peer takes one), a BYE where the call was to end. An application that knows nothing of it answers into the void, as drachtio-srf does for all `unsolicited` ones.
 */
export function tellChallenged(stack: Stack, leg: Leg, challenge: Response, from: Hop, method: 'UPDATE' | 'BYE', reason?: string): void {
  if (leg.app.isGone) return;
  const request = requestInside(leg.dialog, method, leg.dialog.localSeq);
  for (const name of ['WWW-Authenticate', 'Proxy-Authenticate'])
    for (const value of challenge.headers.all(name.toLowerCase())) request.headers.add(name, value);
  if (method === 'UPDATE') request.headers.add('Allow', leg.peerUpdates ? 'INVITE, UPDATE' : 'INVITE');
  if (reason !== undefined) request.headers.add('Reason', reason);
  const bytes = writeMessage(request);
  leg.app.deliver(sipEvent({ source: 'application', bytes: bytes.length, at: from, time: stack.clock.now() }, 'unsolicited', leg.dialog.id, bytes));
}

/**
 * Our BYE was challenged: without another the peer would go on with the call, and a trunk bill it. The dialog is over for everything but a BYE of its application, which
 * has heard of the end already and is told of the challenge.
 */
export function leaveByeToApplication(stack: Stack, leg: Leg, challenge: Response, from: Hop, reason: string): void {
  leg.awaitsBye = true;
  if (stack.ledger.legOf(leg.dialog.id) === undefined) stack.ledger.prefer(leg);
  stack.clock.after(CREDENTIALS_WITHIN_MS, () => {
    if (leg.awaitsBye) stack.ledger.removeLeg(leg);
  });
  tellChallenged(stack, leg, challenge, from, 'BYE', reason);
}
