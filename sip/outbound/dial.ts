import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { DialTarget } from './handlers.ts';

const DIAL_MS = 5_000;

/** A connection to a listening application, TLS set up. `authorities`: PEM of those that may vouch for it besides the well-known. */
export function dial({ host, port, secure }: DialTarget, clock: Clock, authorities: string | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 45_000 };
    const ca = authorities === undefined ? {} : { ca: authorities };
    const socket: Socket = secure ? connectTls({ ...options, ...ca, minVersion: 'TLSv1.2' }) : connect(options);
    const cancel = clock.after(DIAL_MS, () => socket.destroy(new Error(`no connection to ${host}:${port} within ${DIAL_MS} ms`)));
    socket.once('error', (error) => {
      cancel();
      reject(error);
    });
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      cancel();
      resolve(socket);
    });
  });
}
