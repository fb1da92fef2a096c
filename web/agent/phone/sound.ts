/** What the page itself plays and listens to: the ring, the level of a microphone, a few seconds of it played back. */
import { browserClock } from '../../shared/clock.ts';
import { playBy } from './devices.ts';

const RATE = 8_000;
const RING_HZ = [440, 480] as const;
const RING_MS = 1_000;
const PAUSE_MS = 2_000;
const AMPLITUDE = 0.2;

/** One second of ringing and two of rest, to be played again and again (no file: the page's policy lets none in). */
function ringSound(): Blob {
  const samples = (RATE * (RING_MS + PAUSE_MS)) / 1_000;
  const view = new DataView(new ArrayBuffer(44 + samples * 2));
  const word = (at: number, text: string) => [...text].forEach((letter, n) => void view.setUint8(at + n, letter.charCodeAt(0)));
  word(0, 'RIFF');
  view.setUint32(4, 36 + samples * 2, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, samples * 2, true);
  for (let at = 0; at < (RATE * RING_MS) / 1_000; at += 1) {
    const wave = RING_HZ.reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * at) / RATE), 0) / RING_HZ.length;
    view.setInt16(44 + at * 2, Math.round(wave * AMPLITUDE * 32_767), true);
  }
  return new Blob([view.buffer], { type: 'audio/wav' });
}

export class Ringer {
  readonly #element = new Audio();

  constructor(speaker: string) {
    this.#element.src = URL.createObjectURL(ringSound());
    this.#element.loop = true;
    this.use(speaker);
  }

  use(speaker: string): void {
    playBy(this.#element, speaker);
  }

  /** A browser that lets no page make a sound yet leaves her the screen and the desktop note. */
  ring(): void {
    this.#element.currentTime = 0;
    void this.#element.play().catch(() => undefined);
  }

  stop(): void {
    this.#element.pause();
  }
}

/** Tells how loud `stream` is, 0 to 1, as a person would draw it; returns how to end it. */
export function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1_024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    tell(rms === 0 ? 0 : Math.max(0, Math.min(1, 1 + Math.log10(rms) / 3)));
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
  };
}

const TEST_MS = 3_000;

/** Records three seconds of her own voice; resolves with what plays them back. */
export function recordTest(stream: MediaStream): Promise<string> {
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  return new Promise((resolve, reject) => {
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onerror = () => reject(new Error('the recording broke'));
    recorder.onstop = () => resolve(URL.createObjectURL(new Blob(parts, { type: recorder.mimeType })));
    recorder.start();
    browserClock.after(TEST_MS, () => recorder.state === 'recording' && recorder.stop());
  });
}
