import { isIP } from 'node:net';
import type { Stack } from '../agent/stack.ts';
import { bareHost, parseUri } from '../message/uri.ts';

const DEFAULT_PORT = 5060;

/** Whether a URI names one of our sockets by its address. */
export function isOwnUri(stack: Stack, text: string): boolean {
  try {
    const uri = parseUri(text);
    const address = bareHost(uri.host);
    const port = uri.port ?? DEFAULT_PORT;
    return isIP(address) !== 0 && (['udp', 'tcp', 'tls', 'ws', 'wss'] as const).some((protocol) => stack.isMine({ protocol, address, port }));
  } catch {
    return false;
  }
}
