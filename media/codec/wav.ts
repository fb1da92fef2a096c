/** RIFF/WAVE, as much of it as telephony uses: PCM16, A-law and µ-law, one channel in, two channels out. */
export type WavFormat = 'PCM16' | 'PCMA' | 'PCMU';
export interface WavAudio {
  format: WavFormat;
  rate: 8000 | 16000;
  /** The bytes of the data chunk, as they lie in the file. */
  data: Buffer;
}

const FORMATS: Readonly<Record<number, { format: WavFormat; bits: number }>> = {
  1: { format: 'PCM16', bits: 16 },
  6: { format: 'PCMA', bits: 8 },
  7: { format: 'PCMU', bits: 8 },
};
const EXTENSIBLE = 0xfffe;
const MOST_CHUNKS = 100;

/** Reads a whole file. Throws an Error that says what is wrong with it. A data chunk cut short (a copy under way, a crash) gives what is there. */
export function readWav(file: Buffer): WavAudio {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') throw new Error('not a WAV file');
  let shape: { format: WavFormat; rate: 8000 | 16000 } | undefined;
  let at = 12;
  for (let chunk = 0; chunk < MOST_CHUNKS && at + 8 <= file.length; chunk += 1) {
    const name = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + length);
    if (name === 'fmt ') shape = readFormat(body);
    if (name === 'data') {
      if (shape === undefined) throw new Error('WAV data before its format');
      return { ...shape, data: body };
    }
    // Chunks are padded to an even length.
    at += 8 + length + (length & 1);
  }
  throw new Error('WAV without data');
}

function readFormat(body: Buffer): { format: WavFormat; rate: 8000 | 16000 } {
  if (body.length < 16) throw new Error('WAV format cut short');
  const tag = body.readUInt16LE(0);
  const kind = FORMATS[tag === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : tag];
  const channels = body.readUInt16LE(2);
  const rate = body.readUInt32LE(4);
  if (kind === undefined || body.readUInt16LE(14) !== kind.bits) throw new Error('WAV must be PCM of 16 bit, A-law or µ-law');
  if (channels !== 1) throw new Error(`WAV has ${channels} channels: one is wanted`);
  if (rate !== 8000 && rate !== 16_000) throw new Error(`WAV has ${rate} Hz: 8000 or 16000 are wanted`);
  return { format: kind.format, rate };
}
