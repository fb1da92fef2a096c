/**
 * Reads what a party tells of the sound it hears: reception report blocks of sender and receiver reports, RFC 3550 §6.4. Compound
 * packets are walked by their length words, never beyond the datagram; anything else in them (BYE, SDES, APP, XR) is passed over:
 * a call ends by signalling, never by RTCP.
 */
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const HEADER_BYTES = 8;
const SENDER_INFO_BYTES = 20;
const BLOCK_BYTES = 24;
/** A datagram of more parts than this is not of an honest party. */
const MOST_PARTS = 16;

export interface ReceivedReport {
  /** Middle 32 bits of the NTP time of its last sender report; null = none in this datagram. */
  senderReportAt: number | null;
  /** What it says of the stream we send; null = nothing. */
  about: { fractionLost: number; highest: number; jitter: number; lastReport: number; delaySinceLast: number } | null;
}

/** null = this is no RTCP. `ours` is the SSRC we send with. */
export function readReports(packet: Buffer, ours: number): ReceivedReport | null {
  const report: ReceivedReport = { senderReportAt: null, about: null };
  let at = 0;
  for (let parts = 0; at + HEADER_BYTES <= packet.length && parts < MOST_PARTS; parts += 1) {
    if ((packet[at] as number) >> 6 !== 2) return parts === 0 ? null : report;
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (end > packet.length) return parts === 0 ? null : report;
    readPart(packet, at, end, ours, report);
    at = end;
  }
  return at === 0 ? null : report;
}

function readPart(packet: Buffer, at: number, end: number, ours: number, report: ReceivedReport): void {
  const type = packet[at + 1] as number;
  if (type !== SENDER_REPORT && type !== RECEIVER_REPORT) return;
  let block = at + HEADER_BYTES;
  if (type === SENDER_REPORT) {
    if (block + SENDER_INFO_BYTES > end) return;
    report.senderReportAt = ((packet.readUInt16BE(block + 2) << 16) | packet.readUInt16BE(block + 4)) >>> 0;
    block += SENDER_INFO_BYTES;
  }
  for (let left = (packet[at] as number) & 0x1f; left > 0 && block + BLOCK_BYTES <= end; left -= 1, block += BLOCK_BYTES) {
    if (packet.readUInt32BE(block) === ours) report.about = readBlock(packet, block);
  }
}

const readBlock = (packet: Buffer, at: number): NonNullable<ReceivedReport['about']> => ({
  fractionLost: (packet[at + 4] as number) / 256,
  highest: packet.readUInt32BE(at + 8),
  jitter: packet.readUInt32BE(at + 12),
  lastReport: packet.readUInt32BE(at + 16),
  delaySinceLast: packet.readUInt32BE(at + 20),
});
