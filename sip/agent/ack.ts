import { composeInside } from '../control/compose.ts';
import type { Sketch } from '../control/sketch.ts';
import type { Request } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop } from '../transport/hop.ts';
import { Unreachable } from '../transport/resolve.ts';
import type { Leg } from './ledger.ts';
import { hopOf } from './return-path.ts';
import type { Stack } from './stack.ts';

/** The ACK of a 2xx that no application answers for. */
export function acknowledge(stack: Stack, leg: Leg, invite: Request): void {
  const sketch: Sketch = { start: { kind: 'request', method: 'ACK', uri: '' }, headers: [], body: '' };
  const go = (hop: Hop): void => {
    const { send } = ackOf(stack, leg, invite, sketch, hop);
    leg.answered = { request: invite, ack: send };
    send();
  };
  try {
    const hop = hopOf(stack, leg);
    if (hop instanceof Promise) void hop.then(go).catch(() => undefined);
    else go(hop);
  } catch {
    // A target that cannot be reached cannot be acknowledged; the peer gives up after 64*T1.
  }
}

/**
 * Before a BYE of ours. An application that hangs up without a word about the 2xx (or was lost before it could say one) leaves its ACK to us: §13.2.2.4
 * asks for one for each 2xx, and the peer would repeat its answer for 32 s.
 */
export function acknowledgeFirst(stack: Stack, leg: Leg): void {
  if (leg.answered !== undefined && leg.answered.ack === undefined) acknowledge(stack, leg, leg.answered.request);
}

export function ackOf(stack: Stack, leg: Leg, invite: Request, sketch: Sketch, hop: Hop) {
  const local = stack.transport.localFor(hop);
  if (local === undefined) throw new Unreachable('requested protocol/transport not available');
  const seq = parseCSeq(invite.headers.get('cseq') ?? '').number;
  const ack = composeInside(leg.dialog, sketch, seq, hop, local, stack.names.branch());
  // RFC 3261 §22.1: an ACK carries the credentials of the INVITE it acknowledges.
  for (const name of ['Authorization', 'Proxy-Authorization']) {
    const value = invite.headers.get(name);
    if (value !== undefined && !ack.headers.has(name)) ack.headers.add(name, value);
  }
  const bytes = writeMessage(ack);
  return { local, ack, bytes, send: (): void => void stack.transport.send(bytes, hop, () => undefined) };
}
