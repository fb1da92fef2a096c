import type { Message } from './message.ts';

/** The message as bytes; Content-Length is always that of the body, whatever the headers said. */
export function writeMessage(message: Message): Buffer {
  let head =
    message.kind === 'request' ? `${message.method} ${message.uri} ${message.version}\r\n` : `${message.version} ${message.status} ${message.reason}\r\n`;
  for (const { key, name, value } of message.headers) if (key !== 'content-length') head += `${name}: ${value}\r\n`;
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const bytes = Buffer.from(head, message.charset);
  return message.body.length === 0 ? bytes : Buffer.concat([bytes, message.body]);
}
