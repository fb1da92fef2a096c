import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { DialTarget } from './handlers.ts';

const DIAL_MS = 5_000;

/** How applications are dialled over TLS. */
export interface Trust {
  readonly context: SecureContext;
  /** Their certificate must be one we trust. */
  readonly verify: boolean;
}

/** A connection to a listening application, TLS set up. */
export function dial({ host, port, secure }: DialTarget, clock: Clock, { context, verify }: Trust): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 45_000 };
    const socket: Socket = secure ? connectTls({ ...options, secureContext: context, rejectUnauthorized: verify }) : connect(options);
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
