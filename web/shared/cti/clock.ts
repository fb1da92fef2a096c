/** What the client needs of time; a test gives one that stands still. */
export interface Clock {
  /** Milliseconds since 1970, as this machine believes. */
  now(): number;
  /** Calls `fn` once after `ms`; returns its cancel. */
  after(ms: number, fn: () => void): () => void;
}

/** Of a browser or of Node. */
export const machineClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
