import type { RtpSockets, SocketOwner } from './sockets.ts';

/** Sockets before an endpoint has them: what comes so early is nobody's. */
export class Threshold implements SocketOwner {
  sockets: RtpSockets | null = null;
  #owner: SocketOwner | null = null;

  /** From now on `owner` hears them. */
  meet(owner: SocketOwner): RtpSockets | null {
    this.#owner = owner;
    return this.sockets;
  }

  heardRtp(packet: Buffer, address: string, port: number): void {
    this.#owner?.heardRtp(packet, address, port);
  }

  heardRtcp(packet: Buffer, address: string): void {
    this.#owner?.heardRtcp(packet, address);
  }
}
