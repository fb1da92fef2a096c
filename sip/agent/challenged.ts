import { sipEvent } from '../control/wire.ts';
import { requestInside } from '../dialog/dialog.ts';
import type { Response } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop } from '../transport/hop.ts';
import type { Leg } from './ledger.ts';
import type { Stack } from './stack.ts';

/**
 * A request that this server made by itself to refresh a session was challenged, and only the application has credentials. It is told by an `unsolicited`
 * UPDATE of that dialog, without a body: with the challenge in it, with the peer's methods in Allow (UPDATE, where the peer takes one), from
 * where the challenge came. An application that knows nothing of it answers into the void, as drachtio-srf does for all `unsolicited` ones.
 */
export function tellChallenged(stack: Stack, leg: Leg, challenge: Response, from: Hop): void {
  if (leg.app.isGone) return;
  const update = requestInside(leg.dialog, 'UPDATE', leg.dialog.localSeq);
  for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) for (const value of challenge.headers.all(name.toLowerCase())) update.headers.add(name, value);
  update.headers.add('Allow', leg.peerUpdates ? 'INVITE, UPDATE' : 'INVITE');
  const bytes = writeMessage(update);
  leg.app.deliver(sipEvent({ source: 'application', bytes: bytes.length, at: from, time: stack.clock.now() }, 'unsolicited', leg.dialog.id, bytes));
}
