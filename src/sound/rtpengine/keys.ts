/** Keys that rtpengine hears are told by it over UDP, as JSON (its `--dtmf-log-dest`): one port of ours for all of them. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../../kernel/log.ts';

export interface Press {
  callId: string;
  /** Of whose side it was heard. */
  tag: string;
  key: string;
}

const KEYS = '0123456789*#ABCD';
const LONGEST_REPORT = 4096;

/** null = it is no report of a key. */
export function readPress(text: string): Press | null {
  if (text.length > LONGEST_REPORT) return null;
  try {
    const { callid, source_tag: tag, type, event } = JSON.parse(text) as Record<string, unknown>;
    const key = typeof event === 'number' ? KEYS[event] : undefined;
    return type === 'DTMF' && typeof callid === 'string' && typeof tag === 'string' && key !== undefined ? { callId: callid, tag, key } : null;
  } catch {
    return null;
  }
}

export interface KeyPort {
  /** Told of every key until the returned function is called. */
  listen(heard: (press: Press) => void): () => void;
  close(): void;
}

/** Only what comes from an rtpengine's own address is heard. */
export function openKeyPort(host: string, port: number, allowed: ReadonlySet<string>, log: Logger): KeyPort {
  const listeners = new Set<(press: Press) => void>();
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('error', (error) => log.error({ err: error, host, port }, 'keys of rtpengine cannot be heard: give another RTPENGINE_DTMF'));
  socket.on('message', (packet, { address }) => {
    const press = allowed.has(address) ? readPress(packet.toString()) : null;
    if (press !== null) for (const heard of listeners) heard(press);
  });
  socket.bind(port, host);
  return {
    listen: (heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    close: () => socket.close(),
  };
}
