import { RATE, wavOf } from './wav.ts';

/** Sounds of any kind a browser knows, made into what the server takes: WAV, one channel, 8 kHz, PCM of 16 bits. */
export const LONGEST_SECONDS = 300;
export const MOST_SOURCE_BYTES = 50 * 1_048_576;

/** Rejects where the browser cannot make anything of it. */
export async function telephoneWav(source: Blob): Promise<{ wav: Blob; seconds: number }> {
  const bytes = await source.arrayBuffer();
  const decoded = await new OfflineAudioContext(1, 1, RATE * 6).decodeAudioData(bytes);
  const offline = new OfflineAudioContext(1, Math.max(1, Math.ceil(decoded.duration * RATE)), RATE);
  const player = offline.createBufferSource();
  player.buffer = decoded;
  player.connect(offline.destination);
  player.start();
  const rendered = await offline.startRendering();
  return { wav: new Blob([wavOf(rendered.getChannelData(0))], { type: 'audio/wav' }), seconds: decoded.duration };
}
