/**
 * The one clock. Wall time for what people read, monotonic time for what is measured and waited for,
 * so that a jump of the wall clock fires no timer early or late.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

export interface Clock {
  /** Milliseconds since 1970 that never go backwards while the process runs, the same in all its threads: wall time at start + monotonic time since. */
  now(): number;
  /** Calls `fn` once after `ms` (0 or more); returns its cancel. */
  after(ms: number, fn: () => void): () => void;
  /** Calls `fn` each `ms` until cancelled. */
  every(ms: number, fn: () => void): () => void;
}

/** Of the process: what one thread has noted down means the same in another. */
const STARTED = 'huawu:clock started';
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const noted: unknown = getEnvironmentData(STARTED);
/** What monotonic time has to be added to. */
const started = typeof noted === 'number' ? noted : Date.now() - monotonicMs();
setEnvironmentData(STARTED, started);
const startedHere = started + monotonicMs() - performance.now();
/** setTimeout overflows to "at once" beyond 2^31 - 1 ms: longer waits are made of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The same clock, on which nothing that is thrown gets out of what it calls: one fault must not end all that wait on it. */
export const enduring = (clock: Clock, onFault: (error: unknown) => void): Clock => {
  const safe = (fn: () => void) => (): void => {
    try {
      fn();
    } catch (error) {
      onFault(error);
    }
  };
  return { now: () => clock.now(), after: (ms, fn) => clock.after(ms, safe(fn)), every: (ms, fn) => clock.every(ms, safe(fn)) };
};

export const systemClock: Clock = {
  now: () => startedHere + performance.now(),
  after(ms, fn) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const wait = Math.min(Math.max(0, left), LONGEST_TIMER_MS);
      timer = setTimeout(() => (left > wait ? arm(left - wait) : fn()), wait);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms` of `clock`. */
export const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

/** Resolves when what had come for this thread has been handled. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** `promise`, or a rejection with `error()` when it takes longer than `ms`. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>, error: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(error()));
    promise.then(resolve, reject).finally(cancel);
  });
}
