/** RTCP as we send it: a sender report with one report block and our CNAME, RFC 3550 §6.4.1 and §6.5. What we receive is only a sign of life. */
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
}

const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
/** Seconds from 1900 (NTP) to 1970 (UNIX). */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export function senderReport(sender: SenderFigures, block: ReportBlock | null): Buffer {
  const report = Buffer.alloc(block === null ? 28 : 52);
  report[0] = 0x80 | (block === null ? 0 : 1);
  report[1] = SENDER_REPORT;
  report.writeUInt16BE(report.length / 4 - 1, 2);
  report.writeUInt32BE(sender.ssrc, 4);
  const seconds = Math.floor(sender.nowMs / 1000);
  report.writeUInt32BE((seconds + NTP_EPOCH_SECONDS) >>> 0, 8);
  report.writeUInt32BE(Math.floor(((sender.nowMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
  report.writeUInt32BE(sender.timestamp, 16);
  report.writeUInt32BE(sender.packets >>> 0, 20);
  report.writeUInt32BE(sender.octets >>> 0, 24);
  if (block !== null) {
    report.writeUInt32BE(block.ssrc, 28);
    report.writeUInt32BE(((block.fractionLost << 24) | Math.min(block.lost, 0x7f_ffff)) >>> 0, 32);
    report.writeUInt32BE(block.highest, 36);
    report.writeUInt32BE(block.jitter >>> 0, 40);
  }
  return Buffer.concat([report, sourceDescription(sender.ssrc)]);
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
