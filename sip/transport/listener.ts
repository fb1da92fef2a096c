import type { Protocol } from './hop.ts';

/** One bound socket that takes SIP. */
export interface Listener {
  /** `udp-0`, `tcp-1`: a hop that names it is answered through it. */
  readonly id: string;
  readonly protocol: Protocol;
  /** As bound: `0.0.0.0` and `::` are all addresses of their family. */
  readonly address: string;
  readonly port: number;
}
