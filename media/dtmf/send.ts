/** Keys as RFC 4733 events: 100 ms each with 60 ms between, a packet every 20 ms, the end three times (§2.5.1.4). */
import { FRAME_SAMPLES } from '../rtp/packet.ts';
import { KEYS } from './receive.ts';

export const EVENT_PAYLOAD_BYTES = 4;
/** More keys waiting than this are refused. */
export const MOST_KEYS_WAITING = 64;

const KEY_FRAMES = 5;
const PAUSE_FRAMES = 3;
const ENDS = 3;
/** Power level of the tone, −dBm0. */
const VOLUME = 10;

/** What to send in this frame: nothing, or one or more event packets (the ends go out together, so that the pause stays a pause). */
export interface EventFrame {
  key: string;
  first: boolean;
  samples: number;
  payload: Buffer;
  times: number;
}

export class KeySender {
  #waiting: number[] = [];
  #frame = 0;

  /** false = too many are waiting. Throws on a character that is no key. */
  add(keys: string): boolean {
    const codes = [...keys.toUpperCase()].map((key) => KEYS.indexOf(key));
    if (codes.includes(-1)) throw new Error('the keys hold characters that are not keys');
    if (this.#waiting.length + codes.length > MOST_KEYS_WAITING) return false;
    this.#waiting.push(...codes);
    return true;
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** One call each 20 ms while busy. */
  next(): EventFrame | null {
    const code = this.#waiting[0];
    if (code === undefined) return null;
    const frame = this.#frame;
    this.#frame += 1;
    if (frame >= KEY_FRAMES) {
      if (this.#frame >= KEY_FRAMES + PAUSE_FRAMES) {
        this.#waiting.shift();
        this.#frame = 0;
      }
      return null;
    }
    const ends = frame === KEY_FRAMES - 1;
    const samples = (frame + 1) * FRAME_SAMPLES;
    return {
      key: KEYS[code] ?? '',
      first: frame === 0,
      samples,
      payload: Buffer.from([code, (ends ? 0x80 : 0) | VOLUME, samples >> 8, samples & 0xff]),
      times: ends ? ENDS : 1,
    };
  }
}
