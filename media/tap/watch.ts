/** What is watched for in what a party says, while somebody has asked for it: its voice, and who or what has answered. */
import type { Player, Tick } from '../play/tick.ts';
import type { AnswerTimes, MediaEvent } from '../port.ts';
import type { Tap } from '../record/recording.ts';
import { VoiceActivity } from './activity.ts';
import { AnswerDetector, USUAL_TIMES } from './answering-machine.ts';
import { FRAME_MS } from './frame.ts';
import { FrameMaker } from './frames.ts';

/** A beep that has not come by then does not come. */
const LONGEST_ANSWER_MS = 90_000;

export class Watch implements Player {
  /** Takes what the party says. */
  readonly tap: Tap;
  readonly #endpointId: string;
  readonly #tell: (event: MediaEvent) => void;
  readonly #frames: FrameMaker;
  readonly #tick: Tick;
  #voice: { activity: VoiceActivity; ms: number } | null = null;
  #answer: { detector: AnswerDetector; ms: number; told: boolean } | null = null;

  constructor(endpointId: string, nowMs: number, tick: Tick, tell: (event: MediaEvent) => void) {
    this.#endpointId = endpointId;
    this.#tell = tell;
    this.#tick = tick;
    this.#frames = new FrameMaker(nowMs, (frame) => this.#hear(frame));
    this.tap = { heard: (packet, header, codec, at) => this.#frames.heard(packet, header, codec, at) };
    tick.add(this);
  }

  watchVoice(on: boolean): void {
    this.#voice = on ? { activity: new VoiceActivity(), ms: 0 } : null;
  }

  detectAnswer(times: Partial<AnswerTimes>): void {
    this.#answer = { detector: new AnswerDetector({ ...USUAL_TIMES, ...times }), ms: 0, told: false };
  }

  /** Nobody wants to know anything any more. */
  get idle(): boolean {
    return this.#voice === null && this.#answer === null;
  }

  beat(_frame: number, _skipped: number, nowMs: number): void {
    this.#frames.beat(nowMs);
  }

  close(): void {
    this.#tick.remove(this);
  }

  #hear(frame: Int16Array): void {
    if (this.#voice !== null) this.#hearVoice(this.#voice, frame);
    if (this.#answer !== null) this.#hearAnswer(this.#answer, frame);
  }

  #hearVoice(voice: { activity: VoiceActivity; ms: number }, frame: Int16Array): void {
    voice.ms += FRAME_MS;
    const { activity, ms } = voice;
    if (activity.heard(frame)) this.#tell({ type: 'voice', endpointId: this.#endpointId, speaking: activity.speaking, atMs: ms });
  }

  #hearAnswer(answer: { detector: AnswerDetector; ms: number; told: boolean }, frame: Int16Array): void {
    answer.ms += FRAME_MS;
    const { detector } = answer;
    if (detector.heard(frame)) this.#tellAnswer(answer);
    const { verdict } = detector;
    if (detector.beep !== null || (verdict !== null && verdict.by !== 'machine') || answer.ms >= LONGEST_ANSWER_MS) this.#answer = null;
  }

  #tellAnswer(answer: { detector: AnswerDetector; ms: number; told: boolean }): void {
    const { verdict, beep } = answer.detector;
    const endpointId = this.#endpointId;
    if (verdict !== null && !answer.told) this.#tell({ type: 'answeredBy', endpointId, by: verdict.by, why: verdict.why, atMs: verdict.atMs });
    answer.told = verdict !== null;
    if (beep !== null) this.#tell({ type: 'beep', endpointId, hz: beep.hz, ms: beep.ms, atMs: answer.ms });
  }
}
