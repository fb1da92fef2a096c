/** Free ports on loopback, for programs that want to be told theirs. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { randomBelow } from '../../kernel/ids.ts';

const TRIES = 50;
/** Below the range from which the system takes ports for outgoing connections. */
const FIRST = 10_000;
const LAST = 32_000;
/** Not handed out twice by one process, though nobody may have bound them yet. */
const given = new Set<number>();

/** A port free for TCP and UDP on 127.0.0.1. */
export async function freePort(): Promise<number> {
  return freeRange(1);
}

/** The first (even) of `count` neighbouring ports, all free for TCP and UDP on 127.0.0.1. */
export async function freeRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const first = FIRST + 2 * randomBelow(Math.floor((LAST - FIRST - count) / 2));
    const ports = Array.from({ length: count }, (_, at) => first + at);
    if (ports.some((port) => given.has(port))) continue;
    // Of a long range the ends and the middle speak for the rest: the media server skips a port that is taken.
    const probes = count <= 4 ? ports : [first, first + Math.floor(count / 2), first + count - 1];
    const free = await Promise.all(probes.map(isFree));
    if (!free.every(Boolean)) continue;
    for (const port of ports) given.add(port);
    return first;
  }
  throw new Error(`no ${count} free ports in a row after ${TRIES} tries`);
}

async function isFree(port: number): Promise<boolean> {
  return (await bindsUdp(port)) && (await bindsTcp(port));
}

function bindsUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function bindsTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
