/**
 * Watches that the event loop of this process turns (A14), from a thread of its own, which goes on when the loop stands: after 500 ms it asks the main
 * thread where it is and logs the stack; after `limitMs` it ends the process, for whoever supervises it to start it again. Its calls go on meanwhile, at
 * the SIP and media servers.
 */
import type { Clock } from './clock.ts';
import { startThread } from './thread.ts';

/** What the thread is started with. `beats`: one more each time the loop has turned. */
export interface Watched {
  beats: Int32Array<SharedArrayBuffer>;
  program: string;
  logLevel: string;
  limitMs: number;
}

export const BEAT_MS = 100;
/** The thread's own young objects: it makes few. */
const YOUNG_MB = 1;

/** `limitMs` 0: it is told, and never ended. Returns its end. */
export function watchLoop(clock: Clock, { program, logLevel, limitMs }: Omit<Watched, 'beats'>): () => void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const stop = clock.every(BEAT_MS, () => void Atomics.add(beats, 0, 1));
  const thread = startThread(new URL('./watchdog-thread', import.meta.url), { beats, program, logLevel, limitMs } satisfies Watched, YOUNG_MB);
  // Without it the process is as it was before.
  thread.on('error', () => undefined);
  thread.unref();
  return () => {
    stop();
    void thread.terminate();
  };
}

export interface Stand {
  /** The loop has turned since the look before. */
  turned: boolean;
  /** Of how long it stands by now, as far as the thread ran itself: of a process that was stopped as a whole (B20) nothing counts. */
  stoodMs: number;
}

/** Follows one look upon another. Pure. */
export function stand(before: Stand, turned: boolean, sinceLookMs: number): Stand {
  return { turned, stoodMs: turned ? 0 : before.stoodMs + Math.min(sinceLookMs, 2 * BEAT_MS) };
}
