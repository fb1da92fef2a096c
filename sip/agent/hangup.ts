import { composeInside } from '../control/compose.ts';
import { sipEvent } from '../control/wire.ts';
import { requestInside } from '../dialog/dialog.ts';
import type { Response } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { ClientUser } from '../transaction/client-transaction.ts';
import type { Hop } from '../transport/hop.ts';
import { acknowledgeFirst } from './ack.ts';
import { leaveByeToApplication } from './challenged.ts';
import type { Leg } from './ledger.ts';
import { stopReasonOf } from './records.ts';
import { hopOf } from './return-path.ts';
import type { Stack } from './stack.ts';

/** `SIP ;cause=200 ;text="ACK timeout"`, RFC 3326 in the form applications look for. */
export const reasonHeader = (text: string): string => `SIP ;cause=200 ;text="${text}"`;

/**
 * Ends a dialog by our own decision: BYE with a Reason, which the application hears of as `unsolicited`. The leg is gone at once for
 * its application; a BYE of the peer that crosses ours is still answered. `tell` false: it never knew of the dialog.
 */
export function hangUp(stack: Stack, leg: Leg, reason: string, tell = true): void {
  if (leg.dialog.state === 'ending') return;
  acknowledgeFirst(stack, leg);
  leg.dialog.state = 'ending';
  stack.ledger.retireLeg(leg);
  const found = hopOrUndefined(stack, leg);
  if (found instanceof Promise)
    void found.then((hop) => sendBye(stack, leg, hop, reason, tell)).catch((error: unknown) => stack.log.error({ err: error }, 'a call could not be hung up'));
  else sendBye(stack, leg, found, reason, tell);
}

function hopOrUndefined(stack: Stack, leg: Leg): Hop | undefined | Promise<Hop | undefined> {
  try {
    const found = hopOf(stack, leg);
    return found instanceof Promise ? found.catch(() => undefined) : found;
  } catch {
    return undefined;
  }
}

/** Without a hop nothing can leave, but the application is told all the same. */
function sendBye(stack: Stack, leg: Leg, found: Hop | undefined, reason: string, tell: boolean): void {
  const { dialog } = leg;
  const hop: Hop = found ?? { protocol: 'udp', address: '0.0.0.0', port: 0 };
  const local = found === undefined ? undefined : stack.transport.localFor(found);
  dialog.localSeq += 1;
  const sketch = {
    start: { kind: 'request', method: 'BYE', uri: 'placeholder' } as const,
    headers: [['Reason', reasonHeader(reason)]] as [string, string][],
    body: '',
  };
  const bye = composeInside(dialog, sketch, dialog.localSeq, hop, local ?? { address: '0.0.0.0', port: 0 }, stack.names.branch());
  stack.records.ended(leg, 'application', stopReasonOf(reason), bye);
  const transaction = stack.transactions.newClient(
    bye,
    hop,
    untilOver(
      () => stack.ledger.removeLeg(leg),
      (challenge, from) => {
        if (!tell || leg.app.isGone) return false;
        leaveByeToApplication(stack, leg, challenge, from, reasonHeader(reason));
        return true;
      },
    ),
  );
  if (tell) tellUnsolicited(stack, leg, transaction.bytes, { protocol: hop.protocol, ...(local ?? { address: '', port: 0 }) });
  if (local !== undefined) {
    transaction.start();
    return;
  }
  transaction.abandon();
  stack.ledger.removeLeg(leg);
}

function tellUnsolicited(stack: Stack, { app, dialog }: Leg, bye: Buffer, at: Pick<Hop, 'protocol' | 'address' | 'port'>): void {
  if (app.isGone) return;
  app.deliver(sipEvent({ source: 'application', bytes: bye.length, at, time: stack.clock.now() }, 'unsolicited', dialog.id, bye));
}

/** An application believes in a call whose 2xx never left: it hears of its end by a BYE, of which the peer hears nothing. */
export function tellEnded(stack: Stack, leg: Leg, reason: string): void {
  const bye = requestInside(leg.dialog, 'BYE', leg.dialog.localSeq + 1);
  bye.headers.add('Reason', reasonHeader(reason));
  tellUnsolicited(stack, leg, writeMessage(bye), { protocol: 'udp', address: '', port: 0 });
}

/** Whatever the answer to a BYE is, the dialog is over, unless somebody `answers` a challenge. */
const untilOver = (over: () => void, answers: (challenge: Response, from: Hop) => boolean): ClientUser => ({
  onResponse: (response, from) => {
    if (response.status < 200) return;
    const isChallenge = response.status === 401 || response.status === 407;
    if (!isChallenge || !answers(response, from)) over();
  },
  onTimeout: over,
  onTransportError: over,
});
