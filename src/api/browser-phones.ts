/**
 * Browser phones: SIP over WebSocket on the port of the consoles, at `/sip`. What it says is the SIP server's business: the upgrade is handed on to
 * it as it came, over its socket file, with the address of the browser in a header that it believes for the secret's sake.
 */
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../kernel/log.ts';

const SIP_PATH = '/sip';
const CLIENT_HEADER = 'X-Huawu-Client';

export interface BrowserPhoneOptions {
  /** The SIP server's socket file for browsers, and the secret it shares with us. */
  socket: string;
  secret: string;
  log: Logger;
}

/** false: not its path, nothing was done. */
export function handOnBrowser(options: BrowserPhoneOptions, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  if ((request.url ?? '').split('?', 1)[0] !== SIP_PATH) return false;
  const { remoteAddress, remotePort } = request.socket;
  if (remoteAddress === undefined || remotePort === undefined) {
    socket.destroy();
    return true;
  }
  request.socket.setTimeout(0);
  request.socket.setNoDelay(true);
  const onward = connect({ path: options.socket });
  onward.once('connect', () => {
    onward.write(headOf(request, `${options.secret} ${plainAddress(remoteAddress)} ${remotePort}`));
    onward.write(head);
    onward.pipe(socket);
    socket.pipe(onward);
  });
  onward.once('error', (error) => {
    options.log.warn({ error: error.message }, 'a browser phone could not be handed on to the SIP server');
    if (onward.bytesRead === 0) refuseUpgrade(socket);
    else socket.destroy();
  });
  socket.once('error', () => onward.destroy());
  socket.once('close', () => onward.destroy());
  onward.once('close', () => socket.end());
  return true;
}

/** The request as it came; what it says of our own header is dropped. */
function headOf(request: IncomingMessage, client: string): string {
  const lines = [`GET ${SIP_PATH} HTTP/1.1`, `${CLIENT_HEADER}: ${client}`];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== CLIENT_HEADER.toLowerCase()) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** `::ffff:192.0.2.1`, as a socket of both families tells it, is an IPv4 address. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
