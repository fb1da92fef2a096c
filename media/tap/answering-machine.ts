/**
 * Did a person answer, or a machine? Told by timing: a person says a word or two and waits for an answer, a machine goes on and on, and beeps.
 *
 *     heard                                                            │ verdict
 *     ─────────────────────────────────────────────────────────────────┼─────────────────────────────────────────────
 *     a beep                                                           │ machine
 *     speech of `greetingMs` without a real pause                      │ machine
 *     as much speech over several spurts, none of them long            │ machine
 *     a short spurt (or two), then silence of `answerMs`               │ human
 *     nothing for `silenceMs`, or nothing decided within `mostMs`      │ unknown
 *
 * After the verdict beeps are still looked for: at the end of one a message may be left.
 */
import type { Answer, AnswerTimes } from '../port.ts';
import { VoiceActivity } from './activity.ts';
import { type Beep, BeepFinder } from './beep.ts';
import { FRAME_MS } from './frame.ts';

export const USUAL_TIMES: AnswerTimes = { greetingMs: 2300, answerMs: 700, silenceMs: 4000, mostMs: 6000 };

interface Verdict extends Answer {
  atMs: number;
}

/** Pauses within a sentence are shorter. */
const HANGOVER_MS = 160;
/** A spurt shorter than this is a cough, a click, a breath. */
const LEAST_SPURT_MS = 100;

export class AnswerDetector {
  readonly #times: AnswerTimes;
  readonly #voice = new VoiceActivity(HANGOVER_MS);
  readonly #beeps = new BeepFinder();
  #ms = 0;
  /** All speech so far, and of the spurt that goes on. */
  #spokenMs = 0;
  #spurtMs = 0;
  #quietMs = 0;
  verdict: Verdict | null = null;
  beep: Beep | null = null;

  constructor(times: AnswerTimes = USUAL_TIMES) {
    this.#times = times;
  }

  /** The next 20 ms; true = `verdict` or `beep` is new. */
  heard(samples: Int16Array): boolean {
    this.#ms += FRAME_MS;
    const beep = this.#beeps.heard(samples);
    if (beep !== null) this.beep = beep;
    if (this.verdict !== null) return beep !== null;
    this.#count(samples);
    this.verdict = beep === null ? this.#judge() : this.#is('machine', 'beep');
    return this.verdict !== null;
  }

  #count(samples: Int16Array): void {
    const ended = this.#voice.heard(samples) && !this.#voice.speaking;
    if (this.#voice.speaking) {
      this.#spurtMs += FRAME_MS;
      this.#quietMs = 0;
      return;
    }
    if (ended) {
      // The hangover was silence already.
      const spurtMs = this.#spurtMs - HANGOVER_MS;
      if (spurtMs >= LEAST_SPURT_MS) this.#spokenMs += spurtMs;
      this.#quietMs = HANGOVER_MS;
      this.#spurtMs = 0;
    }
    this.#quietMs += FRAME_MS;
  }

  #judge(): Verdict | null {
    const { greetingMs, answerMs, silenceMs, mostMs } = this.#times;
    if (this.#spokenMs + this.#spurtMs >= greetingMs) return this.#is('machine', 'long_greeting');
    if (this.#spokenMs > 0 && this.#quietMs >= answerMs) return this.#is('human', 'short_greeting');
    if (this.#spokenMs === 0 && this.#quietMs >= silenceMs) return this.#is('unknown', 'silence');
    return this.#ms >= mostMs ? this.#is('unknown', 'undecided') : null;
  }

  #is(by: Verdict['by'], why: Verdict['why']): Verdict {
    return { by, why, atMs: this.#ms };
  }
}
