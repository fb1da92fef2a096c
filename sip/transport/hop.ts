/** Where a message goes to or came from. */
export interface Hop {
  readonly protocol: Protocol;
  /** An IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** The connection it came over; a message to this hop takes it again while it is open. */
  readonly flow?: string | undefined;
}
/** What carries a message. All but `udp` are streams: their hops have a flow. */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** What the transactions need of the network; a simulation gives another. */
export interface Transport {
  /** Sends without waiting. `onFault` is called later, at most once, never from within `send`. */
  send(bytes: Buffer, to: Hop, onFault: (error: Error) => void): void;
  /** What we call ourselves towards that hop in Via and Contact; undefined when we have no socket of that protocol and family. */
  localFor(to: Hop): { address: string; port: number } | undefined;
}
