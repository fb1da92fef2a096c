import { isIP } from 'node:net';
import type { Stack } from '../agent/stack.ts';
import { bareHost, parseUri } from '../message/uri.ts';
import { defaultPort, type Protocol } from '../transport/hop.ts';

const PROTOCOLS: readonly Protocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

/** Whether a URI names one of our sockets by its address. */
export function isOwnUri(stack: Stack, text: string): boolean {
  try {
    const uri = parseUri(text);
    const address = bareHost(uri.host);
    return isIP(address) !== 0 && PROTOCOLS.some((protocol) => stack.isMine({ protocol, address, port: uri.port ?? defaultPort(protocol) }));
  } catch {
    return false;
  }
}
