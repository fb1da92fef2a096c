/** Connections that carry SIP over TLS, from the address of who is played. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { StreamFramer } from '../../sip/message/stream.ts';

export type Secure = 'tls' | 'wss';

export interface SecureLine {
  write(bytes: Buffer): void;
  /** Bytes that the server has not made room for. */
  readonly unsent: number;
  close(): void;
}

/** A connection over TLS, or a WebSocket over it, that hands on each message. */
export async function secureLine(
  protocol: Secure,
  port: number,
  localAddress: string,
  onMessage: (bytes: Buffer) => void,
  onClosed: () => void = () => undefined,
): Promise<SecureLine> {
  const where = { host: '127.0.0.1', port, localAddress, rejectUnauthorized: false };
  if (protocol === 'tls') {
    const socket = connect(where);
    await once(socket, 'secureConnect');
    const framer = new StreamFramer();
    socket.on('data', (chunk: Buffer) => {
      for (const framed of framer.push(chunk)) if (framed.kind === 'message') onMessage(framed.bytes);
    });
    socket.on('error', () => undefined).once('close', onClosed);
    return {
      write: (bytes) => void socket.write(bytes),
      get unsent() {
        return socket.writableLength;
      },
      close: () => void socket.destroy(),
    };
  }
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, 'sip', { localAddress, rejectUnauthorized: false, perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('message', (data) => Buffer.isBuffer(data) && onMessage(data));
  socket.on('error', () => undefined).once('close', onClosed);
  return {
    write: (bytes) => socket.send(bytes),
    get unsent() {
      return socket.bufferedAmount;
    },
    close: () => socket.terminate(),
  };
}
