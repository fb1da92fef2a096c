/** One ticking clock for all timers of a page. */
import { useSyncExternalStore } from 'react';
import { browserClock } from './clock.ts';

const TICK_MS = 250;
const listeners = new Set<() => void>();
let cancel: (() => void) | null = null;
let now = browserClock.now();

function tick(): void {
  now = browserClock.now();
  for (const tell of listeners) tell();
  cancel = listeners.size > 0 ? browserClock.after(TICK_MS, tick) : null;
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  if (cancel === null) tick();
  return () => listeners.delete(tell);
}

/** The server's time in ms since 1970, to the second, so that a page draws once a second and not four times. */
export const useServerNow = (skewMs: number): number => useSyncExternalStore(subscribe, () => Math.floor((now + skewMs) / 1000) * 1000);
