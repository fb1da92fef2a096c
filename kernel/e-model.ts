/**
 * How good a voice stream sounds, estimated from what the network did to it: the E-model of ITU-T G.107, with all terminal and room
 * parameters at their defaults, so that R = 93.2 − Id (delay) − Ie,eff (codec and loss). MOS-CQE by its annex B.
 */

/** Equipment impairment of a codec, and how well its receivers hide loss: ITU-T G.113 appendix I for G.711 with concealment; the wideband codecs are taken as no worse. */
const CODECS: Readonly<Record<string, { impairment: number; lossRobustness: number }>> = {
  PCMA: { impairment: 0, lossRobustness: 25.1 },
  PCMU: { impairment: 0, lossRobustness: 25.1 },
  G722: { impairment: 0, lossRobustness: 25.1 },
  opus: { impairment: 0, lossRobustness: 25.1 },
};
const UNKNOWN = { impairment: 10, lossRobustness: 10 };

const DEFAULT_R = 93.2;
/** Beyond this one-way delay two people begin to talk at once. */
const INTERACTIVE_MS = 177.3;

export interface Impairments {
  codec: string;
  /** 0…1 */
  lossShare: number;
  /** Mean length of a run of lost packets over that of random loss; 1 = random, more = in bursts. */
  burstRatio: number;
  /** From mouth to ear: network, packet and jitter buffer together. */
  oneWayDelayMs: number;
}

/** The transmission rating, 0…93.2. */
export function rating({ codec, lossShare, burstRatio, oneWayDelayMs }: Impairments): number {
  const { impairment, lossRobustness } = CODECS[codec] ?? UNKNOWN;
  const lossPct = Math.min(1, Math.max(0, lossShare)) * 100;
  const delayed = 0.024 * oneWayDelayMs + (oneWayDelayMs > INTERACTIVE_MS ? 0.11 * (oneWayDelayMs - INTERACTIVE_MS) : 0);
  const effective = impairment + ((95 - impairment) * lossPct) / (lossPct / Math.max(1, burstRatio) + lossRobustness);
  return Math.max(0, DEFAULT_R - delayed - effective);
}

/** 1 (bad) … 4.5; two decimals. */
export function mosOf(r: number): number {
  if (r <= 0) return 1;
  const mos = r >= 100 ? 4.5 : 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  return Math.round(Math.max(1, mos) * 100) / 100;
}
