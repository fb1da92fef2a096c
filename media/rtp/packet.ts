/** RTP data packets, RFC 3550 §5.1. */
export const RTP_HEADER_BYTES = 12;
/** One frame of everything we send ourselves: 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;

export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins and ends in the packet: behind contributing sources and extension, before the padding. */
  payloadStart: number;
  payloadEnd: number;
}

export const emptyHeader = (): RtpHeader => ({ marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 });

/** Reads a packet into `header` (one object is used for all packets); false = this is no sound RTP packet. */
export function readRtp(packet: Buffer, header: RtpHeader): boolean {
  if (packet.length < RTP_HEADER_BYTES) return false;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return false;
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (packet.length < start + 4) return false;
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  let end = packet.length;
  if ((first & 0x20) !== 0) {
    const padding = packet[end - 1] as number;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  const second = packet[1] as number;
  header.marker = (second & 0x80) !== 0;
  header.payloadType = second & 0x7f;
  header.sequence = packet.readUInt16BE(2);
  header.timestamp = packet.readUInt32BE(4);
  header.ssrc = packet.readUInt32BE(8);
  header.payloadStart = start;
  header.payloadEnd = end;
  return true;
}

/** Writes the fixed header, without padding, extension or contributing sources. */
export function writeRtpHeader(packet: Buffer, marker: boolean, payloadType: number, sequence: number, timestamp: number, ssrc: number): void {
  packet[0] = 0x80;
  packet[1] = (marker ? 0x80 : 0) | payloadType;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
}

/** RFC 5761 §4: on a port that carries both, these packet types are RTCP, and no RTP packet looks like them. */
export const isRtcp = (packet: Buffer): boolean => packet.length >= 8 && (packet[1] as number) >= 192 && (packet[1] as number) <= 223;

/** a − b of 16 bit sequence numbers, as −32768…32767. */
export const sequenceAhead = (a: number, b: number): number => ((a - b) << 16) >> 16;
/** a − b of 32 bit timestamps, as −2^31…2^31−1. */
export const timestampAhead = (a: number, b: number): number => (a - b) | 0;
