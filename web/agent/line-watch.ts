/** What may have broken every line of this page at once: the network went, came back or is another, the page is seen again, the computer slept. */
import { browserClock } from '../shared/clock.ts';

const LOOK_EVERY_MS = 5_000;
/** Timers that stood still for so long stood still because the computer slept; a page in the background is only called late. */
const SLEPT_MS = 20_000;

export interface LineWatcher {
  /** The network says it is gone. */
  gone(): void;
  /** Look whether the line still lives; `changed`: the way to the server may be another. */
  back(changed: boolean): void;
}

/** The Network Information API, where there is one: wireless to cable without a moment offline. */
const networkOf = (): EventTarget | null => ('connection' in navigator && navigator.connection instanceof EventTarget ? navigator.connection : null);

/** Returns how to end it. */
export function watchLine({ gone, back }: LineWatcher): () => void {
  const online = () => back(true);
  const seen = () => document.visibilityState === 'visible' && back(false);
  const network = networkOf();
  window.addEventListener('online', online);
  window.addEventListener('offline', gone);
  document.addEventListener('visibilitychange', seen);
  network?.addEventListener('change', online);
  let looked = browserClock.now();
  let cancel = (): void => undefined;
  const look = () => {
    const now = browserClock.now();
    if (now - looked > SLEPT_MS) back(true);
    looked = now;
    cancel = browserClock.after(LOOK_EVERY_MS, look);
  };
  look();
  return () => {
    cancel();
    window.removeEventListener('online', online);
    window.removeEventListener('offline', gone);
    document.removeEventListener('visibilitychange', seen);
    network?.removeEventListener('change', online);
  };
}
