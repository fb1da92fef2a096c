/**
 * What a party says, for those who listen at 8 kHz in G.711 (recordings, and whoever else taps a leg), when it speaks another
 * codec: each packet becomes one of mu-law, on a clock of 8 kHz.
 */

import { type CodecName, type Decoder, FACTS, LONGEST_PACKET_MS } from '../codec/codec.ts';
import { makeDecoder } from '../codec/coders.ts';
import { type Codec, toCode } from '../codec/g711.ts';
import { emptyHeader, RTP_HEADER_BYTES, type RtpHeader, timestampAhead } from '../rtp/packet.ts';

const NARROW: Codec = 'PCMU';
const NARROW_PER_MS = 8;

export class Narrow {
  readonly header: RtpHeader = emptyHeader();
  readonly packet = Buffer.alloc(RTP_HEADER_BYTES + LONGEST_PACKET_MS * NARROW_PER_MS);
  readonly codec: Codec = NARROW;
  readonly #samples = new Int16Array(LONGEST_PACKET_MS * NARROW_PER_MS);
  #decoder: { codec: CodecName; decoder: Decoder } | null = null;
  #timestamp = 0;
  #ssrc: number | null = null;

  /** Fills `packet`, `header` and `codec`; false = nothing could be made of it. */
  take(packet: Buffer, header: RtpHeader, codec: CodecName): boolean {
    const made = this.#decoderFor(codec).decode(packet, header.payloadStart, header.payloadEnd, this.#samples, 0);
    this.#follow(header, codec);
    const table = toCode[NARROW];
    for (let at = 0; at < made; at += 1) this.packet[RTP_HEADER_BYTES + at] = table[(this.#samples[at] as number) & 0xffff] as number;
    this.header.payloadEnd = RTP_HEADER_BYTES + made;
    return made > 0;
  }

  #follow(header: RtpHeader, codec: CodecName): void {
    const ticks = FACTS[codec].clockRate / 1000 / NARROW_PER_MS;
    const ahead = this.#ssrc === header.ssrc ? Math.round(timestampAhead(header.timestamp, this.#timestamp) / ticks) : 0;
    this.#ssrc = header.ssrc;
    this.#timestamp = header.timestamp;
    Object.assign(this.header, header, { payloadStart: RTP_HEADER_BYTES, timestamp: (this.header.timestamp + ahead) >>> 0 });
  }

  #decoderFor(codec: CodecName): Decoder {
    if (this.#decoder?.codec !== codec) {
      this.close();
      this.#decoder = { codec, decoder: makeDecoder(codec, 8000) };
    }
    return this.#decoder.decoder;
  }

  close(): void {
    this.#decoder?.decoder.close();
    this.#decoder = null;
  }
}
