/** Things to be heard, already encoded: one code word a sample, so that any stretch of one can be copied behind any stretch of another. */
import { type Codec, encode, SILENCE } from '../codec/g711.ts';
import { keyHz } from '../dtmf/pad.ts';
import { FRAME_SAMPLES } from '../rtp/packet.ts';

/**
 * `sound` is heard from its beginning, `times` it is repeated (Infinity: for ever), cut to `samples` in all.
 * `speech` comes from elsewhere while it is heard.
 * `music` is heard from wherever it stands now: all its listeners hear the same moment.
 */
export type Clip =
  | { kind: 'sound'; audio: Audio; samples: number }
  | { kind: 'music'; audio: Audio; frames: Readonly<Record<Codec, SharedFrames>> }
  | { kind: 'speech'; speech: Stream };

/** Comes as it is made: fills up to `most`, returns how much; 0 = it is over. */
export interface Stream {
  fill(into: Buffer, at: number, codec: Codec, most: number): number;
}

export type Audio = Readonly<Record<Codec, Buffer>>;

/** The 20 ms of music that all its listeners hear at one time, cut once for all of them. */
export class SharedFrames {
  readonly #audio: Buffer;
  #frame = -1;
  #bytes: Buffer | null = null;

  constructor(audio: Buffer) {
    this.#audio = audio;
  }

  /** null = the music comes round within this frame. */
  at(frame: number): Buffer | null {
    if (frame === this.#frame) return this.#bytes;
    const from = (frame * FRAME_SAMPLES) % Math.max(1, this.#audio.length);
    this.#frame = frame;
    this.#bytes = from + FRAME_SAMPLES <= this.#audio.length ? this.#audio.subarray(from, from + FRAME_SAMPLES) : null;
    return this.#bytes;
  }
}

type MusicClip = Extract<Clip, { kind: 'music' }>;
const musics = new WeakMap<Audio, MusicClip>();

/** One clip for all who listen to the same audio. */
export function musicOf(audio: Audio): MusicClip {
  let clip = musics.get(audio);
  if (clip === undefined) {
    clip = { kind: 'music', audio, frames: { PCMA: new SharedFrames(audio.PCMA), PCMU: new SharedFrames(audio.PCMU) } };
    musics.set(audio, clip);
  }
  return clip;
}

export const soundOnce = (audio: Audio): Clip => ({ kind: 'sound', audio, samples: audio.PCMA.length });

const SAMPLES_PER_MS = 8;
const quiet: Audio = { PCMA: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMA), PCMU: Buffer.alloc(FRAME_SAMPLES, SILENCE.PCMU) };

export const silence = (ms: number): Clip => ({ kind: 'sound', audio: quiet, samples: Math.round(ms * SAMPLES_PER_MS) });

/** G.711 table 5/6: the code limits lie at +3.14 dBm0 for A-law; that is the full scale of our samples. */
const FULL_SCALE_DBM0 = 3.14;
const FULL_SCALE = 32_767;
/** A steady tone is kept as one second of it: frequencies are whole Hertz, so that it joins itself without a click. */
const STEADY_MS = 1000;

export interface Tone {
  hz: number[];
  /** Of each frequency. */
  dbm0: number;
  onMs: number;
  offMs: number;
  /** absent = for ever */
  ms?: number;
}

export function toneAudio({ hz, dbm0, onMs, offMs }: Tone): Audio {
  const on = (offMs === 0 ? STEADY_MS : onMs) * SAMPLES_PER_MS;
  const samples = new Int16Array(offMs === 0 ? on : (onMs + offMs) * SAMPLES_PER_MS);
  samples.set(toneSamples(hz, dbm0, on));
  return { PCMA: encode(samples, 'PCMA'), PCMU: encode(samples, 'PCMU') };
}

/** Frequencies at once, each at `dbm0`. */
export function toneSamples(hz: readonly number[], dbm0: number, count: number): Int16Array {
  const amplitude = FULL_SCALE * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20);
  const samples = new Int16Array(count);
  for (let at = 0; at < count; at += 1) {
    let sum = 0;
    for (const each of hz) sum += amplitude * Math.sin((2 * Math.PI * each * at) / 8000);
    samples[at] = Math.max(-32_768, Math.min(FULL_SCALE, Math.round(sum)));
  }
  return samples;
}

export const toneClip = (tone: Tone, audio: Audio): Clip => ({
  kind: 'sound',
  audio,
  samples: tone.ms === undefined ? Number.POSITIVE_INFINITY : Math.round(tone.ms * SAMPLES_PER_MS),
});

/** The keys as tones, for parties that understand no telephone-events. */
const keyTones = new Map<string, Audio>();
const KEY_DBM0 = -9;

export function keyAudio(key: string): Audio {
  let audio = keyTones.get(key);
  if (audio === undefined) {
    audio = toneAudio({ hz: keyHz(key), dbm0: KEY_DBM0, onMs: 0, offMs: 0 });
    keyTones.set(key, audio);
  }
  return audio;
}
