/**
 * A recording that lies as Opus (kernel/opus-recording.ts), played as PCM from any byte on. Each half second is decoded for itself, after the packets
 * before it have been heard and dropped, so that the same bytes come out wherever somebody began to read.
 */
import { OpusDecoder } from '../../kernel/opus.ts';
import { isSilent, PACKET_BYTES, PACKET_PAIRS, PACKETS_A_FRAME, SIDE_BYTES } from '../../kernel/opus-recording.ts';
import type { SealedFile } from '../../kernel/seal/read.ts';

const RATE = 8000;
const BYTES_PER_PAIR = 4;
const FRAME_BYTES = PACKETS_A_FRAME * PACKET_BYTES;
const FRAME_PCM_BYTES = PACKETS_A_FRAME * PACKET_PAIRS * BYTES_PER_PAIR;
/** RFC 7845 §4.6 asks for 80 ms before a decoder that begins in the middle is believed; voice wants some more. */
const HEARD_BEFORE = 10;

export const pcmBytes = (plainBytes: number): number => Math.floor(plainBytes / PACKET_BYTES) * PACKET_PAIRS * BYTES_PER_PAIR;

/** PCM of 16 bit, stereo: bytes `from` up to, not including, `to`. */
export async function* opusData(file: Pick<SealedFile, 'read' | 'plainBytes'>, from: number, to: number): AsyncGenerator<Buffer> {
  const sides = [new OpusDecoder(RATE), new OpusDecoder(RATE)] as const;
  try {
    for (let frame = Math.floor(from / FRAME_PCM_BYTES); frame * FRAME_PCM_BYTES < Math.min(to, pcmBytes(file.plainBytes)); frame += 1) {
      const before = Math.min(frame * PACKETS_A_FRAME, HEARD_BEFORE);
      const begin = frame * FRAME_BYTES - before * PACKET_BYTES;
      const packets = await gathered(file.read(begin, Math.min(file.plainBytes, (frame + 1) * FRAME_BYTES)));
      const pcm = decoded(sides, packets).subarray(before * PACKET_PAIRS * BYTES_PER_PAIR);
      const at = frame * FRAME_PCM_BYTES;
      yield pcm.subarray(Math.max(0, from - at), Math.min(pcm.length, to - at));
    }
  } finally {
    for (const side of sides) side.close();
  }
}

async function gathered(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function decoded(sides: readonly OpusDecoder[], packets: Buffer): Buffer {
  const count = Math.floor(packets.length / PACKET_BYTES);
  const pcm = Buffer.alloc(count * PACKET_PAIRS * BYTES_PER_PAIR);
  const samples = new Int16Array(PACKET_PAIRS);
  for (const [side, decoder] of sides.entries()) {
    decoder.reset();
    for (let packet = 0; packet < count; packet += 1) {
      const at = packet * PACKET_BYTES + side * SIDE_BYTES;
      const bytes = packets.subarray(at, at + SIDE_BYTES);
      // The writer's encoder began anew behind it, too.
      if (isSilent(bytes)) decoder.reset();
      else if (decoder.decode(bytes, 0, SIDE_BYTES, samples, 0) === PACKET_PAIRS)
        for (let each = 0; each < PACKET_PAIRS; each += 1) pcm.writeInt16LE(samples[each] as number, ((packet * PACKET_PAIRS + each) * 2 + side) * 2);
    }
  }
  return pcm;
}
