import { hangUp } from './hangup.ts';
import type { Application, Leg } from './ledger.ts';
import type { Stack } from './stack.ts';
import type { ClientSide } from './uac.ts';
import type { ServerSide } from './uas.ts';

/**
 * An application's connection is lost: nothing of it may be orphaned. Callers that wait are refused (503), calls it was making are
 * cancelled, calls that are up are hung up. `app.isGone` is true already, so that nothing is told to it.
 */
export function release(app: Application, serverSide: ServerSide, clientSide: ClientSide, stack: Stack): void {
  const { incoming, outgoing, legs } = app.owned;
  for (const each of [...incoming]) serverSide.answers.abandon(each);
  for (const each of [...outgoing])
    if (each.transaction.request.method === 'INVITE') clientSide.giveUp(each, 'SIP ;cause=503 ;text="application disconnected"');
  for (const leg of [...legs]) hangUpConfirmed(stack, leg, 'application disconnected');
}

/**
 * Another run of the application has come that goes on with the calls of the one before: those that are up. Nobody can go on with a transaction that another process
 * was in the middle of: callers whom it had not answered are refused with a Retry-After, whom it was calling is let go, subscribers subscribe again.
 */
export function handOver(app: Application, serverSide: ServerSide, clientSide: ClientSide, stack: Stack): void {
  const { incoming, outgoing, legs } = app.owned;
  for (const each of [...incoming]) if (!each.isInside) serverSide.answers.abandon(each);
  for (const each of [...outgoing])
    if (each.inside === undefined && each.transaction.request.method === 'INVITE') clientSide.giveUp(each, 'SIP ;cause=503 ;text="application restarted"');
  for (const leg of [...legs]) if (leg.dialog.method !== 'INVITE') stack.ledger.removeLeg(leg);
}

export function hangUpUnclaimed(app: Application, dialogId: string, stack: Stack): void {
  const leg = stack.ledger.legOf(dialogId);
  if (leg?.app === app) hangUpConfirmed(stack, leg, 'application restarted');
}

/** An early dialog ends with its INVITE; only an answered one needs a BYE. Our unacknowledged answers get theirs after the ACK. */
export function hangUpConfirmed(stack: Stack, leg: Leg, reason: string): void {
  if (leg.dialog.method !== 'INVITE') {
    stack.ledger.removeLeg(leg);
    return;
  }
  if (leg.dialog.state !== 'confirmed') return;
  if (leg.answer === undefined) hangUp(stack, leg, reason);
  else leg.afterAck.push(() => hangUp(stack, leg, reason));
}
