/**
 * What one leg's sound was like, both ways: measured on what we hear from the party, and told by the party of what it hears from us.
 * Pure: one look each reporting interval (5 s), and a trouble is told when it begins and when it is over.
 *
 *   not_heard     the party should send, and nothing of it has come for two looks
 *   not_hearing   we send, and its reports say that nothing arrives
 *   poor          the estimate has been below what people bear for two looks
 */

import { mosOf, rating } from '../../kernel/e-model.ts';
import type { AudioDirection, AudioQuality, AudioTrouble } from '../port.ts';
import type { ReceivedReport } from './received-report.ts';

/** One interval of the stream we hear. */
export interface HeardInterval {
  expected: number;
  lost: number;
  /** Runs of lost packets. */
  gaps: number;
  jitterMs: number;
  codec: string;
  /** The party is to send. */
  mustSend: boolean;
  /** Packets we sent in it. */
  sentPackets: number;
  clockRate: number;
}

interface Sums {
  packets: number;
  lost: number;
  mos: number;
  jitter: number;
  worstMos: number;
}

/** What it has noted down, to go on with in another thread. */
export interface LegQualityState {
  heard: Sums;
  sent: Sums;
  roundTripMs: number | null;
  about: ReceivedReport['about'];
  aboutHighest: number | null;
  looks: Record<AudioTrouble, number>;
  had: AudioTrouble[];
  told: AudioTrouble | null;
}

/** Below this nearly all users are dissatisfied (G.107 annex B). */
const POOR_MOS = 3.1;
const LOOKS_TILL_TROUBLE = 2;
/** Fewer packets in an interval say nothing about hearing them. */
const ENOUGH_PACKETS = 50;
const PACKET_MS = 20;
/** A receiver's buffer holds about so many jitters. */
const BUFFER_JITTERS = 2;
const KNOWN_PATH_MS = 0;

export class LegQuality {
  readonly #heard = new Accumulated();
  readonly #sent = new Accumulated();
  #roundTripMs: number | null = null;
  #about: ReceivedReport['about'] = null;
  #aboutHighest: number | null = null;
  readonly #looks: Record<AudioTrouble, number> = { not_heard: 0, not_hearing: 0, poor: 0 };
  readonly #had = new Set<AudioTrouble>();
  #told: AudioTrouble | null = null;

  carry(): LegQualityState {
    const [looks, roundTripMs, about, aboutHighest] = [this.#looks, this.#roundTripMs, this.#about, this.#aboutHighest];
    return { heard: this.#heard.sums, sent: this.#sent.sums, roundTripMs, about, aboutHighest, looks, had: [...this.#had], told: this.#told };
  }

  resume(state: LegQualityState): void {
    Object.assign(this.#heard.sums, state.heard);
    Object.assign(this.#sent.sums, state.sent);
    Object.assign(this.#looks, state.looks);
    this.#roundTripMs = state.roundTripMs;
    this.#about = state.about;
    this.#aboutHighest = state.aboutHighest;
    for (const trouble of state.had) this.#had.add(trouble);
    this.#told = state.told;
  }

  /** The party's report came. `ntpMiddle` is our NTP time now, its middle 32 bits (1/65,536 s). */
  reported(about: NonNullable<ReceivedReport['about']>, ntpMiddle: number): void {
    this.#about = about;
    if (about.lastReport === 0) return;
    // RFC 3550 §6.4.1: the time of arrival, less the last report's, less the delay at the party.
    const units = (ntpMiddle - about.lastReport - about.delaySinceLast) | 0;
    if (units >= 0) this.#roundTripMs = Math.round((units * 1000) / 65_536);
  }

  /** Ends an interval; returns a trouble that has begun, `none` when the last one is over, null when nothing changed. */
  look(interval: HeardInterval): AudioTrouble | 'none' | null {
    const heardMos = this.#noteHeard(interval);
    const { mos: sentMos, deaf } = this.#noteSent(interval);
    this.#count('not_heard', interval.mustSend && interval.expected === 0);
    this.#count('not_hearing', deaf);
    this.#count('poor', Math.min(heardMos ?? 5, sentMos ?? 5) < POOR_MOS);
    return this.#change();
  }

  figures(): Omit<AudioQuality, 'codec'> {
    return { heard: this.#heard.direction(), sent: this.#sent.direction(), roundTripMs: this.#roundTripMs, troubles: [...this.#had] };
  }

  #noteHeard({ expected, lost, gaps, jitterMs, codec }: HeardInterval): number | null {
    if (expected <= 0) return null;
    const lossShare = Math.max(0, lost) / expected;
    const burstRatio = gaps > 0 ? Math.max(1, (lost / gaps) * (1 - lossShare)) : 1;
    return this.#heard.add({ codec, lossShare, burstRatio, oneWayDelayMs: this.#delayMs(jitterMs) }, expected, jitterMs);
  }

  /** What the party's last report says; a party that reports while nothing reaches it is deaf to us. */
  #noteSent({ codec, clockRate, sentPackets }: HeardInterval): { mos: number | null; deaf: boolean } {
    const about = this.#about;
    this.#about = null;
    if (about === null) return { mos: null, deaf: false };
    const stuck = this.#aboutHighest === about.highest;
    this.#aboutHighest = about.highest;
    if (sentPackets < ENOUGH_PACKETS) return { mos: null, deaf: false };
    if (stuck) return { mos: null, deaf: true };
    const jitterMs = (about.jitter * 1000) / clockRate;
    return {
      mos: this.#sent.add({ codec, lossShare: about.fractionLost, burstRatio: 1, oneWayDelayMs: this.#delayMs(jitterMs) }, sentPackets, jitterMs),
      deaf: false,
    };
  }

  #delayMs(jitterMs: number): number {
    return (this.#roundTripMs ?? KNOWN_PATH_MS) / 2 + PACKET_MS + BUFFER_JITTERS * jitterMs;
  }

  #count(trouble: AudioTrouble, isSo: boolean): void {
    this.#looks[trouble] = isSo ? this.#looks[trouble] + 1 : 0;
    if (this.#looks[trouble] >= LOOKS_TILL_TROUBLE) this.#had.add(trouble);
  }

  #change(): AudioTrouble | 'none' | null {
    const { not_heard, not_hearing, poor } = this.#looks;
    const now = not_heard >= LOOKS_TILL_TROUBLE ? 'not_heard' : not_hearing >= LOOKS_TILL_TROUBLE ? 'not_hearing' : poor >= LOOKS_TILL_TROUBLE ? 'poor' : null;
    if (now === this.#told) return null;
    this.#told = now;
    return now ?? 'none';
  }
}

/** Sums of one direction over the leg, weighted by packets. */
class Accumulated {
  readonly sums: Sums = { packets: 0, lost: 0, mos: 0, jitter: 0, worstMos: 5 };

  /** Returns the interval's MOS. */
  add(impairments: Parameters<typeof rating>[0], packets: number, jitterMs: number): number {
    const { sums } = this;
    const mos = mosOf(rating(impairments));
    sums.packets += packets;
    sums.lost += impairments.lossShare * packets;
    sums.mos += mos * packets;
    sums.jitter += jitterMs * packets;
    sums.worstMos = Math.min(sums.worstMos, mos);
    return mos;
  }

  direction(): AudioDirection | null {
    const { packets, mos, worstMos, lost, jitter } = this.sums;
    if (packets === 0) return null;
    const of = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
    return { mos: of(mos / packets, 2), worstMos, lossPct: of((lost * 100) / packets, 2), jitterMs: of(jitter / packets, 1) };
  }
}
