/** RTCP as we send it: a sender report (a receiver report while we are silent) with one report block and our CNAME, RFC 3550 §6.4 and §6.5. */
export interface SenderFigures {
  ssrc: number;
  nowMs: number;
  timestamp: number;
  packets: number;
  octets: number;
}
export interface ReportBlock {
  ssrc: number;
  fractionLost: number;
  lost: number;
  highest: number;
  jitter: number;
  /** Middle 32 bits of the NTP time in their last sender report, and how long ago it came, in 1/65,536 s; 0 = none came. */
  lastReport: number;
  delaySinceLast: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
const BLOCK_BYTES = 24;
/** Seconds from 1900 (NTP) to 1970 (UNIX). */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** Middle 32 bits of the NTP time, 1/65,536 s. */
export const ntpMiddle = (nowMs: number): number => {
  const seconds = Math.floor(nowMs / 1000);
  return (((seconds + NTP_EPOCH_SECONDS) << 16) | Math.floor(((nowMs - seconds * 1000) / 1000) * 65_536)) >>> 0;
};

export function senderReport(sender: SenderFigures, block: ReportBlock | null): Buffer {
  const report = Buffer.alloc(28 + (block === null ? 0 : BLOCK_BYTES));
  header(report, SENDER_REPORT, sender.ssrc, block);
  const seconds = Math.floor(sender.nowMs / 1000);
  report.writeUInt32BE((seconds + NTP_EPOCH_SECONDS) >>> 0, 8);
  report.writeUInt32BE(Math.floor(((sender.nowMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
  report.writeUInt32BE(sender.timestamp, 16);
  report.writeUInt32BE(sender.packets >>> 0, 20);
  report.writeUInt32BE(sender.octets >>> 0, 24);
  if (block !== null) writeBlock(report, 28, block);
  return Buffer.concat([report, sourceDescription(sender.ssrc)]);
}

/** §6.4.2: who has sent nothing since the last report still says what it hears. */
export function receiverReport(ssrc: number, block: ReportBlock): Buffer {
  const report = Buffer.alloc(8 + BLOCK_BYTES);
  header(report, RECEIVER_REPORT, ssrc, block);
  writeBlock(report, 8, block);
  return Buffer.concat([report, sourceDescription(ssrc)]);
}

function header(report: Buffer, type: number, ssrc: number, block: ReportBlock | null): void {
  report[0] = 0x80 | (block === null ? 0 : 1);
  report[1] = type;
  report.writeUInt16BE(report.length / 4 - 1, 2);
  report.writeUInt32BE(ssrc, 4);
}

function writeBlock(report: Buffer, at: number, block: ReportBlock): void {
  report.writeUInt32BE(block.ssrc, at);
  report.writeUInt32BE(((block.fractionLost << 24) | Math.min(block.lost, 0x7f_ffff)) >>> 0, at + 4);
  report.writeUInt32BE(block.highest, at + 8);
  report.writeUInt32BE(block.jitter >>> 0, at + 12);
  report.writeUInt32BE(block.lastReport, at + 16);
  report.writeUInt32BE(block.delaySinceLast >>> 0, at + 20);
}

function sourceDescription(ssrc: number): Buffer {
  const name = 'huawu';
  const length = Math.ceil((4 + 4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(length);
  packet[0] = 0x81;
  packet[1] = SOURCE_DESCRIPTION;
  packet.writeUInt16BE(length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet[8] = CNAME;
  packet[9] = name.length;
  packet.write(name, 10, 'latin1');
  return packet;
}
