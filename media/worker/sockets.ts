/**
 * The sockets of one endpoint, as its worker sees them, whatever carries the packets: node:dgram (`plain-sockets.ts`) or our own C++
 * (`../native/native-sockets.ts`). Whom we listen to, what a packet means and where it goes is decided behind this interface, once for both.
 *
 * On the even port two sockets share one address: the *door*, which hears everybody, and the *line*, which is connected to the remote
 * party. The kernel gives each packet to the more specific of them, so that a stranger never reaches the line, is still counted at the
 * door, and sending needs no address. RTCP has the odd port above for itself, bound exclusively: that is what keeps two media servers
 * with one port range apart.
 */
import type { Flow } from '../rtp/flow.ts';
import type { Remote } from '../rtp/source-lock.ts';

/** A packet is valid during the call alone and may be changed in place: who wants to keep it copies it. */
export interface SocketOwner {
  heardRtp(packet: Buffer, address: string, port: number): void;
  heardRtcp(packet: Buffer, address: string): void;
}

/** Sockets on their way from one thread to another: a file descriptor is the process's. null = they were closed. */
export type Descriptors = { rtcp: number; door: number; line: number | null } | null;

export interface RtpSockets {
  /** What is sent may be read until it has left: it must not be changed. */
  readonly keepsPackets: boolean;
  /** Sends to `remote` from now on; a newer aim wins over one under way. */
  aim(remote: Remote): Promise<void>;
  /** false = there is nowhere to send yet. */
  send(packet: Buffer): boolean;
  /**
   * One payload for many: what is sent behind one and the same `payload` goes out together, at the engine's `flush` at the latest.
   * The header, 12 bytes, is the caller's again when this returns. false = there is nowhere to send yet.
   */
  sendBehind(header: Buffer, payload: Buffer): boolean;
  /** From the RTP port, to somebody the line is not connected to. */
  sendTo(packet: Buffer, remote: Remote): void;
  sendRtcp(packet: Buffer, remote: Remote): void;
  /** The flow from our line to `to`'s, or to nobody: while it is live, its packets are sent on there and not told. null = there is none to be had. */
  flowTo(to: RtpSockets | null): Flow | null;
  /** Gives them up to the engine of another thread. */
  handOver(): Descriptors;
  close(): void;
}

/**
 * Of packets nobody has read yet, so much is kept a socket: some 80 packets of 20 ms as Linux counts them. A worker that cannot keep up, or a
 * flood, costs packets then, not a conversation that lags ever further behind, and no more of the kernel's memory than that.
 */
export const RECEIVE_BUFFER_BYTES = 32 * 1024;

/** `io_uring` and `epoll` are our C++, by the one or the other of the kernel's ways; `plain` is node:dgram. */
export type EngineName = 'io_uring' | 'epoll' | 'plain';

export interface SocketEngine {
  readonly name: EngineName;
  /** Rejects with PortTaken, or with the system's error. */
  open(family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<RtpSockets>;
  /** What another thread has handed over is heard by this one from now on, aimed at where it was. Rejects as `open` does. */
  adopt(descriptors: Descriptors, aim: Remote | null, family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<RtpSockets>;
  /** Resolves when what came before sockets are handed over has been heard. */
  caughtUp(): Promise<void>;
  /** What is sent from now on may wait for `flush`. */
  gather(): void;
  /** Sends what waits. */
  flush(): void;
}

/** The ports are taken by another program. */
export class PortTaken extends Error {}
