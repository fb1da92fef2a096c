/**
 * The beep of an answering machine: one pure tone, anywhere from 350 to 2,600 Hz, that stands still. A sine obeys x[n] = c·x[n−1] − x[n−2]
 * with c = 2·cos ω: the c that fits a frame best gives its frequency, and what is left over how little else there is.
 */
import { FRAME, FRAME_MS, levelOf } from './frame.ts';

const LEAST_HZ = 350;
const MOST_HZ = 2600;
const LEAST_DBM0 = -38;
/** Of the frame's energy. */
const MOST_LEFT = 0.02;
const LEAST_FRAMES = 6;
/** Longer tones are ringing, fax or a fault. */
const MOST_FRAMES = 150;
const STEADY = 0.02;

export interface Beep {
  hz: number;
  /** How long it lasted. */
  ms: number;
}

export class BeepFinder {
  #hz = 0;
  #frames = 0;

  /** The next 20 ms; a beep is told when it is over, which is when a message may begin. */
  heard(samples: Int16Array): Beep | null {
    const hz = pureTone(samples);
    if (hz !== null && this.#frames > 0 && Math.abs(hz - this.#hz) <= STEADY * this.#hz) {
      this.#frames += 1;
      return null;
    }
    const frames = this.#frames;
    const ended = frames >= LEAST_FRAMES && frames <= MOST_FRAMES ? { hz: Math.round(this.#hz), ms: frames * FRAME_MS } : null;
    this.#frames = hz === null ? 0 : 1;
    this.#hz = hz ?? 0;
    return ended;
  }
}

/** The frequency of a frame that is one sine; null = it is something else. */
function pureTone(x: Int16Array): number | null {
  if (levelOf(x) < LEAST_DBM0) return null;
  let cross = 0;
  let middle = 0;
  for (let n = 2; n < FRAME; n += 1) {
    const before = x[n - 1] as number;
    cross += before * ((x[n] as number) + (x[n - 2] as number));
    middle += before * before;
  }
  const c = cross / middle;
  if (!(Math.abs(c) < 2)) return null;
  let left = 0;
  for (let n = 2; n < FRAME; n += 1) left += ((x[n] as number) - c * (x[n - 1] as number) + (x[n - 2] as number)) ** 2;
  const hz = (Math.acos(c / 2) * 8000) / (2 * Math.PI);
  return hz >= LEAST_HZ && hz <= MOST_HZ && left <= MOST_LEFT * middle ? hz : null;
}
