/**
 * The flow of one party, if it has one: what it says goes to its listener past us, or, while nobody listens, nowhere. It is opened by a packet that nobody but the listener
 * was told of, and closed by whatever might change that: any order about one of the two, any packet that is not the next of its audio.
 */
import { FLOW, type Flow, fieldOf } from '../rtp/flow.ts';
import type { IncomingStream } from '../rtp/incoming.ts';
import type { OutgoingStream } from '../rtp/outgoing.ts';

/** How many packets a second one party may send, and at once. */
export interface Allowance {
  perMs: number;
  most: number;
  left: number;
  atMs: number;
}

interface Ends {
  from: IncomingStream;
  /** null = nobody: it is counted. */
  to: OutgoingStream | null;
  payloadTypes: { in: number; out: number };
  /** In each packet, by the clock of the codec; null = one a byte. */
  samples: number | null;
}

export class Shortcut {
  #flow: Flow | null = null;
  #ends: Ends | null = null;

  get open(): boolean {
    return this.#ends !== null;
  }

  begin(flow: Flow, ends: Ends, allowance: Allowance): void {
    if (ends.to?.lend(flow, ends.from.ssrc, ends.from.highest) === false) return;
    ends.from.lend(flow);
    flow[FLOW.payloadTypeIn] = ends.payloadTypes.in;
    flow[FLOW.payloadTypeOut] = ends.payloadTypes.out;
    flow[FLOW.allowance] = allowance.left;
    flow[FLOW.allowancePerMs] = allowance.perMs;
    flow[FLOW.mostAllowance] = allowance.most;
    flow[FLOW.atMs] = allowance.atMs;
    flow[FLOW.packets] = 0;
    flow[FLOW.octets] = 0;
    flow[FLOW.live] = 1;
    this.#flow = flow;
    this.#ends = ends;
  }

  /** Lets both streams know what went past us; when the last of it came, null = nothing has. */
  collect(allowance: Allowance): number | null {
    const [flow, ends] = [this.#flow, this.#ends];
    if (flow === null || ends === null) return null;
    allowance.left = fieldOf(flow, FLOW.allowance);
    allowance.atMs = fieldOf(flow, FLOW.atMs);
    if (fieldOf(flow, FLOW.packets) === 0) return null;
    ends.from.takeBack(flow);
    ends.to?.takeBack(flow, ends.samples);
    flow[FLOW.packets] = 0;
    flow[FLOW.octets] = 0;
    return allowance.atMs;
  }

  end(allowance: Allowance): number | null {
    if (this.#flow !== null) this.#flow[FLOW.live] = 0;
    const heardAtMs = this.collect(allowance);
    this.#ends = null;
    return heardAtMs;
  }
}

/** A set that says so before somebody comes. */
export class Joined<Item> extends Set<Item> {
  readonly #before: () => void;

  constructor(before: () => void) {
    super();
    this.#before = before;
  }

  override add(item: Item): this {
    this.#before();
    return super.add(item);
  }
}
