/** Where a request may go, one target after the other, and what of it changes on the way from one to the next. */
import { Headers } from '../message/headers.ts';
import type { Request } from '../message/message.ts';
import { uriHost } from '../message/uri.ts';
import { topVia } from '../message/via.ts';
import type { Hop, Transport } from '../transport/hop.ts';

/** RFC 3261 §18.1.1: what is larger goes by a transport that minds congestion, where the path's own limit is not known. */
const MOST_DATAGRAM_BYTES = 1_300;

/** Which targets came to nothing lately. */
export interface Reach {
  failed(hop: Hop): void;
  hasFailed(hop: Hop): boolean;
}
export const unknownReach: Reach = { failed: () => undefined, hasFailed: () => false };

/** The targets of a request of so many bytes, at least one. */
export function targetsOf(bytes: number, hop: Hop, transport: Transport, reach: Reach): [Hop, ...Hop[]] {
  const { others = [], ...first } = hop;
  const { protocol, address, port } = hop;
  if (hop.mayGrow !== true || protocol !== 'udp' || bytes <= MOST_DATAGRAM_BYTES) return [first, ...others];
  const tcp: Hop = { protocol: 'tcp', address, port };
  // §18.1.1 also has the way back: a connection that is refused was worth a try, and the request goes over UDP all the same.
  return transport.localFor(tcp) === undefined || reach.hasFailed(tcp) ? [first, ...others] : [tcp, first, ...others];
}

/** The request as it goes to another hop: its topmost Via, ours, names that transport and a branch of its own. undefined: we cannot send there. */
export function redirected(request: Request, hop: Hop, transport: Transport, nth: number): Request | undefined {
  const local = transport.localFor(hop);
  if (local === undefined) return undefined;
  const branch = (topVia(request.headers).params.get('branch') ?? '').replace(/\.\d+$/, '');
  const headers = new Headers();
  for (const { name, value } of request.headers) headers.add(name, value);
  const alias = hop.protocol === 'tls' ? ';alias' : '';
  headers.replaceFirst('via', `SIP/2.0/${hop.protocol.toUpperCase()} ${uriHost(local.address)}:${local.port};rport${alias};branch=${branch}.${nth}`);
  return { ...request, headers };
}
