import type { Origin } from './headers.ts';
import type { Message } from './message.ts';

/**
 * The message as bytes; Content-Length is always that of the body, whatever the headers said. One that came over the network and was not changed
 * is given as it came, byte for byte.
 */
export function writeMessage(message: Message): Buffer {
  const { origin } = message.headers;
  if (origin !== undefined && isAsItCame(message, origin)) return origin.bytes;
  let head =
    message.kind === 'request' ? `${message.method} ${message.uri} ${message.version}\r\n` : `${message.version} ${message.status} ${message.reason}\r\n`;
  for (const { key, name, value } of message.headers) if (key !== 'content-length') head += `${name}: ${value}\r\n`;
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const bytes = Buffer.from(head, message.charset);
  return message.body.length === 0 ? bytes : Buffer.concat([bytes, message.body]);
}

function isAsItCame(message: Message, { body, start: [first, second] }: Origin): boolean {
  if (message.body !== body) return false;
  return message.kind === 'request' ? message.method === first && message.uri === second : message.status === first && message.reason === second;
}
