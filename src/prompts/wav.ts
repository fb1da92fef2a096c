/** What a prompt's file must be, so that every media server plays it without a thought: WAV, one channel, 8 or 16 kHz, PCM of 16 bits or G.711. Pure. */
export interface WavFacts {
  format: 'PCM16' | 'PCMA' | 'PCMU';
  rate: 8000 | 16000;
  seconds: number;
}
export type WavFault = 'no_wav' | 'format' | 'channels' | 'rate' | 'empty' | 'too_long';
export type ReadPrompt = { facts: WavFacts; fault: null } | { facts: null; fault: WavFault; found: string };

const LONGEST_SECONDS = 300;
const FORMATS: Record<number, { name: WavFacts['format']; bits: number }> = {
  1: { name: 'PCM16', bits: 16 },
  6: { name: 'PCMA', bits: 8 },
  7: { name: 'PCMU', bits: 8 },
};
/** A chunk's name and length. */
const CHUNK_HEAD = 8;

const refused = (fault: WavFault, found: string): ReadPrompt => ({ facts: null, fault, found });

export function readPrompt(bytes: Buffer): ReadPrompt {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') return refused('no_wav', '');
  const head = chunkOf(bytes, 'fmt ');
  const data = chunkOf(bytes, 'data');
  if (head === null || head.length < 16 || data === null) return refused('no_wav', '');
  const [tag, channels, rate, bits] = [head.readUInt16LE(0), head.readUInt16LE(2), head.readUInt32LE(4), head.readUInt16LE(14)];
  const format = FORMATS[tag];
  if (format === undefined || bits !== format.bits) return refused('format', `${tag}, ${bits} bit`);
  if (channels !== 1) return refused('channels', String(channels));
  if (rate !== 8000 && rate !== 16000) return refused('rate', String(rate));
  const seconds = data.length / (bits / 8) / rate;
  if (seconds === 0) return refused('empty', '');
  if (seconds > LONGEST_SECONDS) return refused('too_long', String(Math.round(seconds)));
  return { facts: { format: format.name, rate, seconds }, fault: null };
}

/** The body of a chunk; of one that says it is longer than the file, what there is. */
function chunkOf(bytes: Buffer, name: string): Buffer | null {
  for (let at = 12; at + CHUNK_HEAD <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const from = at + CHUNK_HEAD;
    if (bytes.toString('latin1', at, at + 4) === name) return bytes.subarray(from, Math.min(bytes.length, from + length));
    // Chunks begin at even places.
    at = from + length + (length % 2);
  }
  return null;
}
