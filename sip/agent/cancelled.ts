/** A caller gives up: CANCEL, or what stands for one. */
import { sipEvent } from '../control/wire.ts';
import { dialogId } from '../dialog/dialog.ts';
import { newRequest, type Request, responseTo, tagOf } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { writeMessage } from '../message/write.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Source } from '../transport/network.ts';
import type { Answers } from './answers.ts';
import { hangUp, reasonHeader, tellEnded } from './hangup.ts';
import { type Incoming, inviteBehindNat, type Leg } from './ledger.ts';
import { networkTrip, reject } from './reply.ts';
import { replyHop } from './return-path.ts';
import type { Stack } from './stack.ts';

export function takeCancel(stack: Stack, answers: Answers, request: Request, source: Source): void {
  const { transactions } = stack;
  const invite = transactions.findServer(request, 'INVITE') ?? inviteBehindNat(stack.ledger, request);
  const own = transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined });
  // RFC 3261 §9.2: "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it SHOULD respond to the CANCEL with a 481".
  if (invite === undefined) {
    reject(stack, own, 481);
    return;
  }
  const incoming = stack.ledger.incomingOf(invite);
  const leg = incoming?.leg ?? legAnsweredBy(stack, invite);
  // "…the UAS answers the CANCEL request itself with a 200 (OK) response … the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the same."
  own.respond(responseTo(request, 200, (incoming === undefined ? leg?.dialog.localTag : answers.localTag(incoming)) || stack.names.tag()));
  if (incoming !== undefined && !invite.answered) {
    stack.records.ended(incoming, 'network', 'call-canceled', request);
    answers.finish(incoming, responseTo(incoming.request, 487, answers.localTag(incoming)));
    tellCancelled(stack, incoming, request, source);
  } else if (leg?.answer !== undefined) {
    // It crossed our 200. §9.2: a final response once sent, "the CANCEL request has no effect on the processing of the original request". The caller does not want
    // the call all the same; §15 lets the BYE go once its ACK is here.
    leg.afterAck.push(() => hangUp(stack, leg, 'CANCEL after 200 OK'));
  }
}

function legAnsweredBy(stack: Stack, transaction: ServerTransaction): Leg | undefined {
  const { headers } = transaction.request;
  return stack.ledger.legOf(dialogId(headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? ''));
}

/** An application hears that the INVITE it was given is over. */
export function tellCancelled(stack: Stack, incoming: Incoming, cancel: Request, source: Source): void {
  if (incoming.app.isGone) return;
  // It believes that it has answered.
  if (incoming.held !== undefined && incoming.leg !== undefined) {
    tellEnded(stack, incoming.leg, 'CANCEL after 200 OK');
    return;
  }
  const bytes = writeMessage(cancel);
  incoming.app.deliver(sipEvent(networkTrip(stack, bytes, source), incoming.id, incoming.leg?.dialog.id ?? '', bytes));
}

/** Tells an application what a CANCEL would have: of a BYE for a call that was never answered, of a refusal of ours. */
export function cancelFor(invite: Request, reason?: string): Request {
  const { headers } = invite;
  const cancel = newRequest('CANCEL', invite.uri, [['Via', headers.get('via') ?? '']]);
  cancel.headers
    .add('From', headers.get('from') ?? '')
    .add('To', headers.get('to') ?? '')
    .add('Call-ID', headers.get('call-id') ?? '')
    .add('CSeq', `${parseCSeq(headers.get('cseq') ?? '').number} CANCEL`);
  if (reason !== undefined) cancel.headers.add('Reason', reasonHeader(reason));
  cancel.charset = invite.charset;
  return cancel;
}
