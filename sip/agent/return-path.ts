/** Where responses and later requests of a dialog go when the peer's own words about its address are not to be trusted. */
import { hostOf, nextHopUri } from '../dialog/dialog.ts';
import type { Request } from '../message/message.ts';
import { bareHost } from '../message/uri.ts';
import { topVia } from '../message/via.ts';
import { defaultPort, type Hop } from '../transport/hop.ts';
import type { Source } from '../transport/network.ts';
import type { Leg } from './ledger.ts';
import type { Stack } from './stack.ts';

/**
 * RFC 3261 §18.2.2 and RFC 3581 §4: over a connection the response goes back on it ("the response MUST be sent using the existing
 * connection … If that connection is no longer open, the server SHOULD open a connection to the IP address in the "received" parameter, if present, using
 * the port in the "sent-by" value, or the default port"); over UDP to the source address and, when the peer asked with rport, the source port.
 */
export function replyHop(request: Request, source: Source): Hop {
  const via = topVia(request.headers);
  const { protocol, address, flow } = source;
  const port = protocol === 'udp' && via.params.has('rport') ? source.port : (via.port ?? defaultPort(protocol));
  return { protocol, address, port, flow, ...(protocol === 'tls' ? { name: bareHost(via.host) } : {}) };
}

/**
 * Where our requests of a dialog that a peer opened go whatever its target says: back over its connection; over UDP to where it sent from when
 * its Contact names another address (it is behind NAT and does not know it).
 */
export function pathToCaller(leg: Leg, source: Source): Hop | undefined {
  if (leg.dialog.routes.length > 0) return undefined;
  const { protocol, address, port, flow } = source;
  if (protocol !== 'udp') return { protocol, address, port, flow };
  return bareHost(hostOf(leg.dialog.target)) === address.toLowerCase() ? undefined : { protocol, address, port, flow };
}

/**
 * Where requests of a dialog we opened go whatever its target says: over the connection it was opened on; over UDP to the sender of the
 * response when the target is a private address that is not the sender's (the peer is behind NAT and does not know it). A proxy's route is believed, unless it
 * names a private address and speaks from a public one.
 */
export function pathToCallee(hop: Hop, leg: Leg, from: Hop): Hop | undefined {
  const { routes } = leg.dialog;
  const host = bareHost(hostOf(nextHopUri(leg.dialog)));
  const isHidden = isPrivate(host) && host !== from.address && (routes.length === 0 || !isPrivate(from.address));
  const back: Hop = { protocol: 'udp', address: from.address, port: from.port, flow: from.flow };
  if (routes.length > 0) return hop.protocol === 'udp' && isHidden ? back : undefined;
  if (hop.protocol !== 'udp') return from.flow === undefined ? hop : { ...hop, flow: from.flow };
  return isHidden ? back : undefined;
}

/** The hop of a request inside a dialog: the connection or address the peer is known by, else by its route or target. */
export function hopOf(stack: Stack, leg: Leg): Hop | Promise<Hop> {
  const { via } = leg.dialog;
  if (via !== undefined && (via.protocol === 'udp' || stack.isOpen(via.flow))) return via;
  const uri = nextHopUri(leg.dialog);
  return stack.flows.find(uri) ?? stack.resolve(uri);
}

/** RFC 1918. */
export const isPrivate = (host: string): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d/.test(host);
