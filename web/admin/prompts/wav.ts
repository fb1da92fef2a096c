/** Samples as a WAV file: one channel, 8 kHz, PCM of 16 bits. Pure. */
export const RATE = 8_000;
const HEAD_BYTES = 44;
/** A little below the loudest: what is resampled overshoots. */
const LOUDEST = 0.97;

export function wavOf(samples: Float32Array): ArrayBuffer {
  const buffer = new ArrayBuffer(HEAD_BYTES + samples.length * 2);
  const view = new DataView(buffer);
  const text = (at: number, word: string): void => {
    for (let n = 0; n < word.length; n += 1) view.setUint8(at + n, word.charCodeAt(n));
  };
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  // Too loud is made quieter as a whole, not cut off.
  const gain = loudest > LOUDEST ? LOUDEST / loudest : 1;
  text(0, 'RIFF');
  view.setUint32(4, HEAD_BYTES - 8 + samples.length * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (const [at, sample] of samples.entries()) view.setInt16(HEAD_BYTES + at * 2, Math.round(sample * gain * 32_767), true);
  return buffer;
}
