/**
 * A flow (`../rtp/flow.ts`) carried out in TypeScript, by the rules of `sendThrough` in `../native/packets.cc`: a packet that is the next
 * of its audio is noted and rewritten where it lies. No object is made, nothing is asked of anybody.
 */
import { FLOW, FLOW_FIELDS, type Flow, fieldOf } from '../rtp/flow.ts';
import { RTP_HEADER_BYTES } from '../rtp/packet.ts';

/** Version 2; no padding, no extension, no contributing sources. */
const PLAIN_RTP = 0x80;

export const newFlow = (): Flow => new Float64Array(FLOW_FIELDS);

/** Takes note of a packet that belongs to a live flow, and makes it one of the stream that goes out; false = it is none, and is told. */
export function passes(flow: Flow, packet: Buffer, nowMs: number): boolean {
  if (!belongs(flow, packet) || !allows(flow, nowMs)) return false;
  const timestamp = packet.readInt32BE(4);
  noteArrival(flow, timestamp, nowMs);
  const payloadBytes = packet.length - RTP_HEADER_BYTES;
  flow[FLOW.payloadBytes] = payloadBytes;
  flow[FLOW.packets] = fieldOf(flow, FLOW.packets) + 1;
  flow[FLOW.octets] = fieldOf(flow, FLOW.octets) + payloadBytes;
  const sequence = fieldOf(flow, FLOW.next);
  flow[FLOW.next] = (sequence + 1) & 0xffff;
  rewrite(flow, packet, sequence, timestamp);
  return true;
}

function belongs(flow: Flow, packet: Buffer): boolean {
  return (
    fieldOf(flow, FLOW.live) !== 0 &&
    packet.length > RTP_HEADER_BYTES &&
    packet[0] === PLAIN_RTP &&
    ((packet[1] as number) & 0x7f) === fieldOf(flow, FLOW.payloadTypeIn) &&
    packet.readUInt16BE(2) === fieldOf(flow, FLOW.next) &&
    packet.readUInt32BE(8) === fieldOf(flow, FLOW.ssrcIn)
  );
}

/** The flood guard, as an endpoint has it for what it is told. */
function allows(flow: Flow, nowMs: number): boolean {
  const allowance = fieldOf(flow, FLOW.allowance) + (nowMs - fieldOf(flow, FLOW.atMs)) * fieldOf(flow, FLOW.allowancePerMs);
  const left = Math.min(allowance, fieldOf(flow, FLOW.mostAllowance));
  flow[FLOW.atMs] = nowMs;
  flow[FLOW.allowance] = left < 1 ? left : left - 1;
  return left >= 1;
}

/** RFC 3550 appendix A.8. */
function noteArrival(flow: Flow, timestamp: number, nowMs: number): void {
  const arrival = Math.round(nowMs * fieldOf(flow, FLOW.ticksPerMs)) | 0;
  const transit = (arrival - timestamp) | 0;
  const change = Math.abs((transit - fieldOf(flow, FLOW.transit)) | 0);
  const jitter = fieldOf(flow, FLOW.jitter);
  flow[FLOW.transit] = transit;
  flow[FLOW.jitter] = jitter + (change - jitter) / 16;
}

function rewrite(flow: Flow, packet: Buffer, sequence: number, timestamp: number): void {
  const sent = (timestamp + fieldOf(flow, FLOW.timestampShift)) >>> 0;
  flow[FLOW.timestampOut] = sent;
  packet[1] = ((packet[1] as number) & 0x80) | fieldOf(flow, FLOW.payloadTypeOut);
  packet.writeUInt16BE((sequence + fieldOf(flow, FLOW.sequenceShift)) & 0xffff, 2);
  packet.writeUInt32BE(sent, 4);
  packet.writeUInt32BE(fieldOf(flow, FLOW.ssrcOut), 8);
}
