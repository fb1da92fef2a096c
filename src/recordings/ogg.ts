/**
 * A recording that lies as Opus (kernel/opus-recording.ts) as an Ogg file (RFC 3533, RFC 7845), made as it is read: no sound is decoded for it. Each side is a
 * stream of its own (mapping family 1, nothing coupled), and each page holds half a second of packets of one length, so that any byte is found.
 */
import { isSilent, PACKET_BYTES, PACKETS_A_FRAME, SIDE_BYTES } from '../../kernel/opus-recording.ts';
import type { SealedFile } from '../../kernel/seal/read.ts';

const PAGE_HEAD_BYTES = 27;
/** RFC 6716 Appendix B: all streams of a packet but the last say how long their frame is, which takes one byte more. */
const OGG_PACKET_BYTES = PACKET_BYTES + 1;
const FULL_PAGE_BYTES = PAGE_HEAD_BYTES + PACKETS_A_FRAME * (1 + OGG_PACKET_BYTES);
/** RFC 7845 §4: positions count samples of 48 kHz, whatever the rate was. */
const SAMPLES_A_PACKET = 960;
/** What libopus looks ahead at 8 kHz: 6.5 ms. */
const PRE_SKIP = 312;
const [FIRST, LAST] = [2, 4];
/** One number will do: there is one stream in the file. */
const SERIAL = 0x68_75_61_77;

/** A frame of CELT, narrow band, 20 ms, that says silence, filled up to the length that all packets have (RFC 6716 §3.2.5). */
const SILENT = Buffer.alloc(SIDE_BYTES);
SILENT.set([0x9b, 0x41, SIDE_BYTES - 5, 0xff, 0xfe]);

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

function checksum(page: Buffer): number {
  let crc = 0;
  for (const byte of page) crc = ((crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0;
  return crc;
}

function pageOf(packets: readonly Buffer[], number: number, position: number, flags: number): Buffer {
  const head = Buffer.alloc(PAGE_HEAD_BYTES + packets.length);
  head.write('OggS', 0, 'latin1');
  head[5] = flags;
  head.writeBigUInt64LE(BigInt(position), 6);
  head.writeUInt32LE(SERIAL, 14);
  head.writeUInt32LE(number, 18);
  head[26] = packets.length;
  for (const [index, packet] of packets.entries()) head[PAGE_HEAD_BYTES + index] = packet.length;
  const page = Buffer.concat([head, ...packets]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

function heads(): Buffer {
  const opusHead = Buffer.from('OpusHead\x01\x02\0\0\0\0\0\0\0\0\x01\x02\0\0\x01', 'latin1');
  opusHead.writeUInt16LE(PRE_SKIP, 10);
  opusHead.writeUInt32LE(8000, 12);
  const tags = Buffer.from('OpusTags\x05\0\0\0huawu\0\0\0\0', 'latin1');
  return Buffer.concat([pageOf([opusHead], 0, 0, FIRST), pageOf([tags], 1, 0, 0)]);
}
const HEADS = heads();

/** RFC 6716 Appendix B: where its frame begins, its length is written before it. */
function selfDelimited(packet: Buffer): Buffer {
  let at = 1;
  let padding = 0;
  // Code 3: a count of frames, which is 1, and how much stands behind it that is nothing.
  if (((packet[0] as number) & 3) === 3) {
    at = 2;
    for (let more = ((packet[1] as number) & 0x40) !== 0; more; at += 1) {
      const length = packet[at] as number;
      more = length === 255;
      padding += more ? 254 : length;
    }
  }
  return Buffer.concat([packet.subarray(0, at), Buffer.from([packet.length - at - padding]), packet.subarray(at)]);
}

const sideOf = (packets: Buffer, at: number): Buffer => {
  const side = packets.subarray(at, at + SIDE_BYTES);
  return isSilent(side) ? SILENT : side;
};

export interface OggFile {
  bytes: number;
  /** Bytes `from` up to, not including, `to`. Throws a SealError where the file was changed. */
  read(from: number, to: number): AsyncGenerator<Buffer>;
}

export function oggOf(file: Pick<SealedFile, 'read' | 'plainBytes'>): OggFile {
  const all = Math.floor(file.plainBytes / PACKET_BYTES);
  const bytes = HEADS.length + Math.ceil(all / PACKETS_A_FRAME) * PAGE_HEAD_BYTES + all * (1 + OGG_PACKET_BYTES);
  const page = async (number: number): Promise<Buffer> => {
    const first = number * PACKETS_A_FRAME;
    const last = Math.min(all, first + PACKETS_A_FRAME);
    const parts: Buffer[] = [];
    for await (const part of file.read(first * PACKET_BYTES, last * PACKET_BYTES)) parts.push(part);
    const plain = Buffer.concat(parts);
    const packets = Array.from({ length: last - first }, (_, index) => {
      const at = index * PACKET_BYTES;
      return Buffer.concat([selfDelimited(sideOf(plain, at)), sideOf(plain, at + SIDE_BYTES)]);
    });
    return pageOf(packets, number + 2, last * SAMPLES_A_PACKET, last === all ? LAST : 0);
  };
  return {
    bytes,
    async *read(from, to) {
      if (from < HEADS.length) yield HEADS.subarray(from, Math.min(to, HEADS.length));
      const begin = Math.max(0, Math.floor((from - HEADS.length) / FULL_PAGE_BYTES));
      for (let number = begin; HEADS.length + number * FULL_PAGE_BYTES < Math.min(to, bytes); number += 1) {
        const at = HEADS.length + number * FULL_PAGE_BYTES;
        yield (await page(number)).subarray(Math.max(0, from - at), Math.max(0, to - at));
      }
    },
  };
}
