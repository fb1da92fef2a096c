/** What one party hears of a conference, for those who tap it in G.711: the other side of its recording. */
import type { Tap } from '../record/recording.ts';
import { emptyHeader, FRAME_SAMPLES, RTP_HEADER_BYTES, type RtpHeader } from '../rtp/packet.ts';
import { Voice } from './voice.ts';

/** No stream on the wire has it: it only tells this sound from a party's own. */
const SSRC = -1;

export class Overheard {
  readonly taps = new Set<Tap>();
  readonly #voice = new Voice('PCMU');
  readonly #packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME_SAMPLES);
  readonly #header: RtpHeader = { ...emptyHeader(), ssrc: SSRC, payloadStart: RTP_HEADER_BYTES, payloadEnd: RTP_HEADER_BYTES + FRAME_SAMPLES };

  /** 20 ms that were said `delayMs` ago. */
  heard(samples: Int16Array, skipped: number, nowMs: number, delayMs: number): void {
    this.#header.sequence = (this.#header.sequence + 1) & 0xffff;
    this.#header.timestamp = (this.#header.timestamp + (1 + skipped) * FRAME_SAMPLES) >>> 0;
    this.#voice.fromSamples(samples, this.#packet, RTP_HEADER_BYTES);
    for (const tap of this.taps) tap.heard(this.#packet, this.#header, 'PCMU', nowMs - delayMs);
  }
}
