/** A recording's audio as a WAV of PCM16, whatever its file is: sealed (decrypted as it is read, from any byte on) or a plain WAV. */

import { open } from 'node:fs/promises';
import { SealError } from '../../kernel/seal/format.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { WAV_HEADER_BYTES, wavHeader } from '../../kernel/wav.ts';
import { type OggFile, oggOf } from './ogg.ts';
import { opusData, pcmBytes } from './opus.ts';

export interface RecordedAudio {
  /** Of the whole WAV. */
  bytes: number;
  /** null: a plain file, or one without an end. */
  seal: string | null;
  /** Bytes `from` up to, not including, `to`. Throws a SealError where the file was changed. */
  read(from: number, to: number): AsyncGenerator<Buffer>;
  /** For what is kept beside a sealed file under its key; null: a plain or unfinished file. */
  beside: Pick<SealedFile, 'sealBeside' | 'openBeside'> | null;
  /** The same as an Ogg file; only where it lies as Opus. */
  ogg?: OggFile;
  close(): Promise<void>;
}

export const RATE = 8000;
export const CHANNELS = 2;
const PIECE_BYTES = 65_536;

/** Throws a SealError (wrong key, changed), or the disk's error. */
export async function openAudio(path: string, keys: KeyRing): Promise<RecordedAudio> {
  try {
    return sealedAudio(await SealedFile.open(path, keys));
  } catch (error) {
    if (!(error instanceof SealError) || error.fault !== 'not_sealed') throw error;
    return plainAudio(path);
  }
}

function sealedAudio(file: SealedFile): RecordedAudio {
  const { format } = JSON.parse(file.about) as { format: 'pcm16' | 'alaw' | 'opus' };
  /** Bytes of PCM for a byte of the file. */
  const ratio = format === 'alaw' ? 2 : 1;
  const dataBytes = format === 'opus' ? pcmBytes(file.plainBytes) : file.plainBytes * ratio;
  async function* data(from: number, to: number): AsyncGenerator<Buffer> {
    let at = Math.floor(from / ratio) * ratio;
    for await (const piece of file.read(at / ratio, Math.ceil(to / ratio))) {
      const pcm = ratio === 2 ? fromALaw(piece) : piece;
      yield pcm.subarray(Math.max(0, from - at), Math.min(pcm.length, to - at));
      at += pcm.length;
    }
  }
  return {
    bytes: WAV_HEADER_BYTES + dataBytes,
    seal: file.end?.chain.toString('hex') ?? null,
    beside: file.end === null ? null : file,
    close: once(() => file.close()),
    ...(format === 'opus' ? { ogg: oggOf(file) } : {}),
    async *read(from, to) {
      const head = wavHeader(CHANNELS, RATE, dataBytes);
      if (from < head.length) yield head.subarray(from, Math.min(to, head.length));
      if (to <= head.length) return;
      const [first, last] = [Math.max(0, from - head.length), to - head.length];
      yield* format === 'opus' ? opusData(file, first, last) : data(first, last);
    },
  };
}

async function plainAudio(path: string): Promise<RecordedAudio> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    bytes: size,
    seal: null,
    beside: null,
    close: once(() => file.close()),
    async *read(from, to) {
      for (let at = from; at < Math.min(to, size); ) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(PIECE_BYTES, to - at)), 0, null, at);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => {
    closed ??= close();
    return closed;
  };
}

/** ITU-T G.711, table 1a: the even bits of a code word are inverted on the line; the value is the middle of its interval. */
const LINEAR = Int16Array.from({ length: 256 }, (_, code) => {
  const word = code ^ 0x55;
  const segment = (word >> 4) & 0x07;
  const inSegment = ((word & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? inSegment : (inSegment + 256) << (segment - 1);
  return (word & 0x80) === 0 ? -magnitude : magnitude;
});

function fromALaw(codes: Buffer): Buffer {
  const pcm = Buffer.allocUnsafe(codes.length * 2);
  for (let at = 0; at < codes.length; at += 1) pcm.writeInt16LE(LINEAR[codes[at] as number] as number, at * 2);
  return pcm;
}
