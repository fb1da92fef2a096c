/** Sockets by node:dgram: the engine that is always there. */
import { createSocket, type Socket } from 'node:dgram';
import { systemClock, turn } from '../../kernel/clock.ts';
import type { Flow } from '../rtp/flow.ts';
import type { Remote } from '../rtp/source-lock.ts';
import { newFlow, passes } from './plain-flow.ts';
import { PortTaken, RECEIVE_BUFFER_BYTES, type RtpSockets, type SocketEngine, type SocketOwner } from './sockets.ts';

export const plainEngine: SocketEngine = {
  name: 'plain',
  open: (family, host, port, owner) => PlainSockets.open(family, host, port, owner),
  adopt: async (_, aim, family, host, port, owner) => {
    const sockets = await PlainSockets.open(family, host, port, owner);
    try {
      if (aim !== null) await sockets.aim(aim);
    } catch (error) {
      sockets.close();
      throw error;
    }
    return sockets;
  },
  // With the sockets goes what nobody has read: what lay there with the order, and what came meanwhile.
  caughtUp: async () => {
    for (let turns = 0; turns < TURNS_TO_CATCH_UP; turns += 1) await turn();
  },
  // Nothing waits: each packet is sent as it comes.
  gather: () => undefined,
  flush: () => undefined,
};

const TURNS_TO_CATCH_UP = 2;

class PlainSockets implements RtpSockets {
  readonly keepsPackets = true;
  readonly #host: string;
  readonly #port: number;
  readonly #family: 4 | 6;
  readonly #owner: SocketOwner;
  #door: Socket | null = null;
  #rtcp: Socket | null = null;
  #line: Socket | null = null;
  #aim = 0;
  #flow: Flow | null = null;
  /** Where the flow leads; null = nowhere. */
  #flowTo: PlainSockets | null = null;
  #closed = false;

  private constructor(family: 4 | 6, host: string, port: number, owner: SocketOwner) {
    this.#family = family;
    this.#host = host;
    this.#port = port;
    this.#owner = owner;
  }

  static async open(family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<PlainSockets> {
    const sockets = new PlainSockets(family, host, port, owner);
    try {
      sockets.#rtcp = await sockets.#bound(port + 1, false);
      sockets.#door = await sockets.#bound(port, true);
    } catch (error) {
      sockets.close();
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortTaken();
      throw error;
    }
    sockets.#rtcp.on('message', (packet, from) => owner.heardRtcp(packet, from.address));
    sockets.#door.on('message', (packet, from) => owner.heardRtp(packet, from.address, from.port));
    return sockets;
  }

  async aim(remote: Remote): Promise<void> {
    this.#aim += 1;
    const aim = this.#aim;
    const line = await this.#bound(this.#port, true);
    // Between bind and connect anybody's packet may land here; the owner checks the source of each.
    line.on('message', (packet, from) => {
      if (this.#flow === null || from.port !== remote.port || from.address !== remote.address || !this.#sendOn(this.#flow, packet))
        this.#owner.heardRtp(packet, from.address, from.port);
    });
    try {
      await connected(line, remote);
    } catch (error) {
      line.close();
      throw error;
    }
    if (aim !== this.#aim || this.#closed) {
      line.close();
      return;
    }
    this.#line?.close();
    this.#line = line;
  }

  send(packet: Buffer): boolean {
    if (this.#line === null) return false;
    this.#line.send(packet);
    return true;
  }

  sendBehind(header: Buffer, payload: Buffer): boolean {
    if (this.#line === null) return false;
    // The system may take the packet later; so it is copied, by one that copies faster than node:dgram joins a list.
    this.#line.send(Buffer.concat([header, payload]));
    return true;
  }

  sendTo(packet: Buffer, remote: Remote): void {
    this.#door?.send(packet, remote.port, remote.address);
  }

  sendRtcp(packet: Buffer, remote: Remote): void {
    this.#rtcp?.send(packet, remote.port, remote.address);
  }

  flowTo(to: RtpSockets | null): Flow | null {
    if (this.#line === null || (to !== null && !(to instanceof PlainSockets && to.#line !== null))) return null;
    this.#flowTo = to;
    this.#flow ??= newFlow();
    return this.#flow;
  }

  /** false = the packet is not of the flow, or there is nobody any more whom it leads to. */
  #sendOn(flow: Flow, packet: Buffer): boolean {
    const to = this.#flowTo;
    if (to !== null && to.#line === null) return false;
    if (!passes(flow, packet, systemClock.now())) return false;
    if (to !== null) to.#line?.send(packet);
    return true;
  }

  /** node:dgram lets go of none: the ports are opened again. */
  handOver(): null {
    this.close();
    return null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of [this.#door, this.#line, this.#rtcp]) socket?.close();
    this.#line = null;
    this.#door = null;
    this.#rtcp = null;
  }

  #bound(port: number, shared: boolean): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: this.#family === 6 ? 'udp6' : 'udp4',
        reuseAddr: shared,
        ipv6Only: this.#family === 6,
        recvBufferSize: RECEIVE_BUFFER_BYTES,
      });
      const failed = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.bind({ port, address: this.#host, exclusive: true }, () => {
        socket.off('error', failed);
        // ICMP errors of a remote party whose port is closed; its silence is noticed by the media time-out.
        socket.on('error', () => undefined);
        resolve(socket);
      });
    });
  }
}

function connected(socket: Socket, remote: Remote): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(remote.port, remote.address, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
