/** The recordings of one RTP worker: whose packets go into each, and when it ends. */
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../kernel/clock.ts';
import { MediaError } from '../port.ts';
import { Rota } from '../worker/rota.ts';
import type { FromRecorder, RecordingFile } from './messages.ts';
import { Recording, type Tap } from './recording.ts';

const FLUSH_EACH_MS = 500;

/** A leg as a recording sees it. */
export interface Heard {
  readonly taps: Set<Tap>;
  /** Its place in a mixer, while it sits in one. */
  readonly seat: unknown;
  /** What it hears of a mixer. */
  readonly overheard: { readonly taps: Set<Tap> };
}
interface Legs {
  left: Heard;
  right: Heard;
}

interface Running {
  recording: Recording;
  legs: Legs;
  left: Ear[];
  right: Ear[];
}
/** A tap where it hangs. */
interface Ear {
  at: Set<Tap>;
  tap: Tap;
  /** The recording's own, by which it knows the party. */
  party: Tap;
}

export class Recordings {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  readonly #flushes: Rota<Recording>;
  #recorder: MessagePort | null = null;

  constructor(clock: Clock, faulty: (error: unknown) => void) {
    this.#clock = clock;
    this.#flushes = new Rota(clock, FLUSH_EACH_MS, (recording, nowMs) => recording.flush(nowMs), faulty);
  }

  begin(recordingId: string, file: RecordingFile, legs: Legs, paused: boolean): void {
    if (this.#running.has(recordingId)) throw new MediaError('bad_request', `recording ${recordingId} is running`);
    if (this.#recorder === null) throw new MediaError('unavailable', 'the recorder is not there');
    const nowMs = this.#clock.now();
    const recording = new Recording(recordingId, file, this.#recorder, nowMs);
    if (paused) recording.pause(ASKED, nowMs);
    this.#running.set(recordingId, { recording, legs, left: leftEars(recording, legs), right: rightEars(recording, legs) });
    this.#flushes.add(recording);
  }

  pause(recordingId: string, by: string = ASKED): void {
    this.#running.get(recordingId)?.recording.pause(by, this.#clock.now());
  }

  resume(recordingId: string, by: string = ASKED): void {
    this.#running.get(recordingId)?.recording.resume(by, this.#clock.now());
  }

  /** From now on these two legs are what it records, in the same file and without a gap. */
  move(recordingId: string, legs: Legs): void {
    const running = this.#running.get(recordingId);
    if (running === undefined) return;
    const { recording } = running;
    if (legs.left !== running.legs.left) {
      this.#take(recording, running.left);
      running.left = leftEars(recording, legs);
    }
    if (legs.right !== running.legs.right || legs.left !== running.legs.left) {
      this.#take(recording, running.right);
      running.right = rightEars(recording, legs);
    }
    running.legs = legs;
  }

  end(recordingId: string): void {
    this.#forget(recordingId)?.end(this.#clock.now());
  }

  /** Every recording of this leg ends with it. */
  legClosed(leg: Heard): void {
    for (const [recordingId, { legs }] of this.#running) if (legs.left === leg || legs.right === leg) this.end(recordingId);
  }

  /** What an earlier recorder had begun died with it, and the main thread has told so. */
  meetRecorder(port: MessagePort): void {
    for (const recordingId of [...this.#running.keys()]) this.#forget(recordingId);
    this.#recorder?.close();
    this.#recorder = port;
    port.on('message', (message: FromRecorder) => this.#forget(message.recordingId));
  }

  #take(recording: Recording, ears: readonly Ear[]): void {
    for (const { at, tap, party } of ears) {
      at.delete(tap);
      recording.partyLeft(party, this.#clock.now());
    }
  }

  #forget(recordingId: string): Recording | undefined {
    const running = this.#running.get(recordingId);
    this.#running.delete(recordingId);
    if (running === undefined) return undefined;
    this.#flushes.delete(running.recording);
    for (const { at, tap } of [...running.left, ...running.right]) at.delete(tap);
    return running.recording;
  }
}

/** Who paused it when the application asked. */
const ASKED = 'application';

function eared(at: Set<Tap>, party: Tap, tap: Tap = party): Ear {
  at.add(tap);
  return { at, tap, party };
}

const leftEars = (recording: Recording, { left }: Legs): Ear[] => [eared(left.taps, recording.party(0))];

/** What the left side hears of a mixer holds the right side, and whoever else is there. */
function rightEars(recording: Recording, { left, right }: Legs): Ear[] {
  const party = recording.party(1);
  const alone: Tap = { heard: (packet, header, codec, nowMs) => (left.seat === null ? party.heard(packet, header, codec, nowMs) : undefined) };
  return [eared(right.taps, party, alone), eared(left.overheard.taps, recording.party(1))];
}
