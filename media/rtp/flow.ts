/**
 * Of a call nobody looks into, an engine that can sends packets on itself, from the one party's socket to the other's, without a turn of
 * TypeScript: its *flow*. A flow takes what comes in order, of one source and payload type, without extension or padding; whatever else
 * comes is told as ever. What the two streams must know of the packets is kept in the flow's numbers and taken back from there.
 */

/** One number each, by the place it has in a flow; `packets.cc` knows the same. */
export const FLOW = {
  /** 1 = packets are sent on. */
  live: 0,
  payloadTypeIn: 1,
  payloadTypeOut: 2,
  ssrcIn: 3,
  ssrcOut: 4,
  /** The sequence number that is next. */
  next: 5,
  /** Added to each, modulo 2^16 and 2^32. */
  sequenceShift: 6,
  timestampShift: 7,
  ticksPerMs: 8,
  /** Of the flood guard: packets it allows now, gains a millisecond, holds at most. */
  allowance: 9,
  allowancePerMs: 10,
  mostAllowance: 11,
  // What was sent on since it was last taken back.
  packets: 12,
  octets: 13,
  // Of the last of these: when it came, its timestamp as it was sent, its payload; and RFC 3550 appendix A.8 up to it.
  atMs: 14,
  timestampOut: 15,
  payloadBytes: 16,
  transit: 17,
  jitter: 18,
} as const;
export const FLOW_FIELDS = 19;

export type Flow = Float64Array;

export const fieldOf = (flow: Flow, field: (typeof FLOW)[keyof typeof FLOW]): number => flow[field] as number;
