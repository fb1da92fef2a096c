/** How a call sounds by WebRTC's own count: what came in the last seconds, as one figure a person understands. Pure. */
export interface Heard {
  packetsReceived: number;
  packetsLost: number;
  /** Seconds, as WebRTC has them. */
  jitter: number;
  /** Seconds; undefined: not known yet. */
  roundTripTime: number | undefined;
}
export type Rating = 'good' | 'fair' | 'poor';
export interface Quality {
  rating: Rating;
  lossPct: number;
  jitterMs: number;
  roundTripMs: number | null;
  mos: number;
}

/** Of G.711 by the E-model (ITU-T G.107): R at best, and how well lost packets are concealed, as every browser does. */
const R_BEST = 93.2;
const BPL = 25.1;
/** The server's own alarm, by which the floor's figures count too. */
export const POOR_MOS = 3.1;
const FAIR_MOS = 3.9;
const JITTER_BUFFER_MS = 40;

function mosOf(lossPct: number, delayMs: number): number {
  const delay = 0.024 * delayMs + (delayMs > 177.3 ? 0.11 * (delayMs - 177.3) : 0);
  const r = Math.max(0, Math.min(R_BEST - delay - (95 * lossPct) / (lossPct + BPL), 100));
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** Between two readings; null: nothing was due between them. */
export function qualityOf(before: Heard, after: Heard): Quality | null {
  const received = after.packetsReceived - before.packetsReceived;
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  if (received + lost <= 0) return null;
  const lossPct = (100 * lost) / (received + lost);
  const jitterMs = after.jitter * 1_000;
  const roundTripMs = after.roundTripTime === undefined ? null : after.roundTripTime * 1_000;
  const mos = mosOf(lossPct, (roundTripMs ?? 0) / 2 + jitterMs * 2 + JITTER_BUFFER_MS);
  return { rating: mos < POOR_MOS ? 'poor' : mos < FAIR_MOS ? 'fair' : 'good', lossPct, jitterMs, roundTripMs, mos };
}

/** Of a peer connection's report. */
export function heardIn(report: Iterable<Record<string, unknown>>): Heard | null {
  let heard: Heard | null = null;
  let roundTripTime: number | undefined;
  for (const entry of report) {
    if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
      const { packetsReceived, packetsLost, jitter } = entry;
      heard = { packetsReceived: numberOr0(packetsReceived), packetsLost: numberOr0(packetsLost), jitter: numberOr0(jitter), roundTripTime: undefined };
    }
    const isPath = entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated === true;
    if (isPath && typeof entry.currentRoundTripTime === 'number') roundTripTime = entry.currentRoundTripTime;
  }
  return heard === null ? null : { ...heard, roundTripTime };
}

const numberOr0 = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
