import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Listener } from './listener.ts';

/** Bursts of a whole floor's phones must wait in the kernel, not be lost; the kernel grants what its own limit allows. */
const BUFFER_BYTES = 4 * 1024 * 1024;

type OnDatagram = (bytes: Buffer, address: string, port: number, listener: UdpListener) => void;

export class UdpListener implements Listener {
  readonly id: string;
  readonly protocol = 'udp';
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;

  private constructor(id: string, socket: Socket, address: string) {
    this.id = id;
    this.#socket = socket;
    this.address = address;
    this.port = socket.address().port;
  }

  /** Rejects with the error of the bind. */
  static async open(id: string, address: string, port: number, onDatagram: OnDatagram, onError: (error: Error) => void): Promise<UdpListener> {
    const v6 = isIPv6(address);
    const socket = createSocket({
      type: v6 ? 'udp6' : 'udp4',
      ipv6Only: v6,
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
      // Hops are IP addresses: nothing is to be looked up for each datagram.
      lookup: (address, _options, found) => found(null, address, v6 ? 6 : 4),
    });
    const bound = once(socket, 'listening');
    socket.bind({ address, port });
    await bound;
    const listener = new UdpListener(id, socket, address);
    socket.on('error', onError);
    socket.on('message', (bytes, from) => onDatagram(bytes, from.address, from.port, listener));
    return listener;
  }

  send(bytes: Buffer, address: string, port: number, onFault: (error: Error) => void): void {
    this.#socket.send(bytes, port, address, (error) => {
      if (error !== null) onFault(error);
    });
  }

  close(): void {
    this.#socket.close();
  }
}
