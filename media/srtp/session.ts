/**
 * SRTP of one endpoint, RFC 3711: one master key a direction, a rollover counter and a replay window an SSRC. A packet changes
 * nothing here before it has proved itself: no stream is begun, no counter moved, no window shifted.
 */
import { type CipherMaker, type PacketCipher, RTCP_HEADER_BYTES, RTCP_INDEX_BYTES } from './cipher.ts';
import { type ReplayState, ReplayWindow } from './replay.ts';
import { type MasterKey, type Suite, suiteNamed } from './suite.ts';

const RTP_HEADER_BYTES = 12;
/** A browser changes its SSRC when its track is replaced; a party with more has lost its way, or is one we should not follow. */
const MOST_STREAMS = 16;
const HALF = 0x8000;
const WHOLE = 0x1_0000;
const LAST_RTCP_INDEX = 0x7fff_ffff;

interface Stream {
  rtp: ReplayWindow;
  rtcp: ReplayWindow;
}

/** The streams of a direction, by SSRC, with their rollover counters: an index counts on over all of them. */
export type DirectionState = [ssrc: number, rtp: ReplayState, rtcp: ReplayState][];

/** Where the payload begins; −1 = no RTP packet. Its padding is encrypted and read later. */
function payloadStart(packet: Buffer, end: number): number {
  if (end < RTP_HEADER_BYTES || (packet[0] as number) >> 6 !== 2) return -1;
  let start = RTP_HEADER_BYTES + ((packet[0] as number) & 0x0f) * 4;
  if (((packet[0] as number) & 0x10) !== 0) {
    if (start + 4 > end) return -1;
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  return start > end ? -1 : start;
}

/** §3.3.1: the index (rollover counter · 2^16 + sequence number) that is nearest to the highest so far; below 0 = before the first. */
function indexOf(sequence: number, highest: number): number {
  if (highest < 0) return sequence;
  const last = highest % WHOLE;
  const base = highest - last;
  if (last < HALF) return sequence - last > HALF ? base - WHOLE + sequence : base + sequence;
  return last - HALF > sequence ? base + WHOLE + sequence : base + sequence;
}

abstract class Direction {
  protected readonly suite: Suite;
  protected readonly cipher: PacketCipher;
  protected readonly streams = new Map<number, Stream>();

  constructor(master: MasterKey, make: CipherMaker) {
    const suite = suiteNamed(master.suite);
    if (suite === undefined) throw new Error(`unknown SRTP suite ${master.suite}`);
    this.suite = suite;
    this.cipher = make(master);
  }

  carry(): DirectionState {
    return [...this.streams].map(([ssrc, { rtp, rtcp }]) => [ssrc, rtp.carry(), rtcp.carry()]);
  }

  resume(state: DirectionState): void {
    for (const [ssrc, rtp, rtcp] of state) this.streams.set(ssrc, { rtp: ReplayWindow.resumed(rtp), rtcp: ReplayWindow.resumed(rtcp) });
  }

  /** The stream of this SSRC. A new one is not in the table yet: that is for an authentic packet to bring about. */
  protected stream(ssrc: number): Stream {
    return this.streams.get(ssrc) ?? { rtp: new ReplayWindow(), rtcp: new ReplayWindow() };
  }

  protected mayKeep(ssrc: number): boolean {
    return this.streams.size < MOST_STREAMS || this.streams.has(ssrc);
  }
}

/** What comes in. `open…` decrypts in place and gives the packet without its tag; null = dropped. */
export class SrtpReceiver extends Direction {
  openRtp(packet: Buffer): Buffer | null {
    const end = packet.length - this.suite.rtpTagBytes;
    const start = payloadStart(packet, end);
    if (start < 0) return null;
    const ssrc = packet.readUInt32BE(8);
    if (!this.mayKeep(ssrc)) return null;
    const stream = this.stream(ssrc);
    const sequence = packet.readUInt16BE(2);
    const index = indexOf(sequence, stream.rtp.highest);
    if (index < 0 || !stream.rtp.isNew(index)) return null;
    if (!this.cipher.openRtp(packet, start, end, ssrc, Math.floor(index / WHOLE), sequence)) return null;
    stream.rtp.take(index);
    this.streams.set(ssrc, stream);
    return packet.subarray(0, end);
  }

  openRtcp(packet: Buffer): Buffer | null {
    const { rtcpTagBytes, aead } = this.suite;
    const end = packet.length - rtcpTagBytes - RTCP_INDEX_BYTES;
    if (end < RTCP_HEADER_BYTES || (packet[0] as number) >> 6 !== 2) return null;
    const word = packet.readUInt32BE(aead ? packet.length - RTCP_INDEX_BYTES : end);
    const ssrc = packet.readUInt32BE(4);
    const index = word & LAST_RTCP_INDEX;
    const stream = this.stream(ssrc);
    if (!this.mayKeep(ssrc) || !stream.rtcp.isNew(index)) return null;
    if (!this.cipher.openRtcp(packet, end, ssrc, index, word > LAST_RTCP_INDEX)) return null;
    stream.rtcp.take(index);
    this.streams.set(ssrc, stream);
    return packet.subarray(0, end);
  }
}

/** What goes out. `seal…` gives a protected copy; null = it must not be sent. */
export class SrtpSender extends Direction {
  sealRtp(packet: Buffer): Buffer | null {
    const start = payloadStart(packet, packet.length);
    const ssrc = packet.readUInt32BE(8);
    if (start < 0 || !this.mayKeep(ssrc)) return null;
    const stream = this.stream(ssrc);
    const sequence = packet.readUInt16BE(2);
    const index = indexOf(sequence, stream.rtp.highest);
    // Two packets under one index would share a key stream (RFC 3711 §9.1): whoever sends us doubles does not make us do it.
    if (index < 0 || !stream.rtp.isNew(index)) return null;
    stream.rtp.take(index);
    this.streams.set(ssrc, stream);
    const sealed = Buffer.allocUnsafe(packet.length + this.suite.rtpTagBytes);
    packet.copy(sealed);
    this.cipher.sealRtp(sealed, start, packet.length, ssrc, Math.floor(index / WHOLE), sequence);
    return sealed;
  }

  sealRtcp(packet: Buffer): Buffer | null {
    const ssrc = packet.readUInt32BE(4);
    const stream = this.stream(ssrc);
    const index = stream.rtcp.highest + 1;
    if (!this.mayKeep(ssrc) || index > LAST_RTCP_INDEX) return null;
    stream.rtcp.take(index);
    this.streams.set(ssrc, stream);
    const sealed = Buffer.allocUnsafe(packet.length + RTCP_INDEX_BYTES + this.suite.rtcpTagBytes);
    packet.copy(sealed);
    this.cipher.sealRtcp(sealed, packet.length, ssrc, index);
    return sealed;
  }
}
