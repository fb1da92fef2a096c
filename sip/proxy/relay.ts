import { isPrivate } from '../agent/return-path.ts';
import { viaOf } from '../control/compose.ts';
import { contactUri, hostOf } from '../dialog/dialog.ts';
import type { Request } from '../message/message.ts';
import { bareHost } from '../message/uri.ts';
import { numberOf } from '../message/values.ts';
import { BRANCH_COOKIE } from '../message/via.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop } from '../transport/hop.ts';
import { onward } from './forward.ts';
import type { Passing } from './passage.ts';
import { nextUri } from './record-route.ts';

/** The hop of a request inside a call that runs through us: along its route, or to its target; to one behind NAT the way its words came. */
export function hopOf({ stack, calls }: Passing, request: Request): Hop | Promise<Hop> {
  const found = calls.find(request);
  if (found !== undefined && (request.method === 'INVITE' || request.method === 'UPDATE')) found.from.target = contactUri(request) ?? found.from.target;
  const uri = nextUri(request);
  const via = found?.to.hop;
  if (via !== undefined && uri === found?.to.target && !request.headers.has('route')) {
    if (via.protocol !== 'udp' ? stack.isOpen(via.flow) : isHidden(uri, via)) return via;
  }
  return stack.flows.find(uri) ?? stack.resolve(uri);
}

/** An address that only its own network knows, and not the one it speaks from. */
function isHidden(uri: string, via: Hop): boolean {
  const host = bareHost(hostOf(uri));
  return isPrivate(host) && host !== via.address;
}

/** The ACK of a 2xx is a transaction of its own that nobody answers: it is passed on without any state, copies too (RFC 3261 §16.11, §13.2.2.4). */
export function relayAck(passing: Passing, ack: Request): void {
  const { stack } = passing;
  if (numberOf(ack.headers, 'max-forwards') === 0) return;
  const branch = `${BRANCH_COOKIE}${stack.sign(`${ack.headers.get('via')}\n${ack.headers.get('cseq')}`)}`;
  const go = (hop: Hop): void => {
    const local = stack.transport.localFor(hop);
    if (local === undefined) return;
    const copy = onward(ack, { uri: ack.uri, via: viaOf(local, hop, branch), recordRoutes: [], path: undefined, added: [], share: 1 });
    stack.transport.send(writeMessage(copy), hop, () => undefined);
  };
  try {
    const found = hopOf(passing, ack);
    if (found instanceof Promise) void found.then(go).catch(() => undefined);
    else go(found);
  } catch {
    // Nobody can be told: an ACK has no answer.
  }
}
