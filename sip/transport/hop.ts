/** Where a message goes to or came from. */
export interface Hop {
  readonly protocol: Protocol;
  /** An IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** The connection it came over; a message to this hop takes it again while it is open. */
  readonly flow?: string | undefined;
  /** The domain its TLS certificate must be for; without one, the address. */
  readonly name?: string | undefined;
  /** Where else a request may go, in this order, when it gets nowhere here (RFC 3263 §4.3). */
  readonly others?: readonly Hop[] | undefined;
  /** A request too large for a datagram may take TCP to the same place (RFC 3261 §18.1.1). */
  readonly mayGrow?: boolean | undefined;
}
/** What carries a message. All but `udp` are streams: their hops have a flow. */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
export type StreamProtocol = Exclude<Protocol, 'udp'>;

/** RFC 3261 §19.1.2: "The default port is 5060 … for UDP, TCP, SCTP and 5061 for TLS". */
export const defaultPort = (protocol: Protocol): number => (protocol === 'tls' || protocol === 'wss' ? 5061 : 5060);

/**
 * The connection a peer registered over is gone, and there is no other way to it: a browser's Contact cannot be dialled. RFC 5626 §5.3
 * has a status for it: 430 (Flow Failed).
 */
export class FlowFailed extends Error {
  constructor() {
    super('the connection it registered over is closed');
  }
}

/** The hop of a peer that only a connection of its own could have led to. */
export const NO_FLOW: Hop = { protocol: 'ws', address: '', port: 0 };

/** What the transactions need of the network; a simulation gives another. */
export interface Transport {
  /**
   * Sends without waiting. `onFault` is called later, at most once, never from within `send`. Returns the connection it takes, if it takes one: when
   * that closes, who waits for an answer over it is told.
   */
  send(bytes: Buffer, to: Hop, onFault: (error: Error) => void): string | undefined;
  /** What we call ourselves towards that hop in Via and Contact; undefined when we have no socket of that protocol and family. */
  localFor(to: Hop): { address: string; port: number } | undefined;
}
