/** How this browser calls its supervisor: two tones, a notification of the system, both, or neither. A matter of her room and her machine, so it is kept here. */
import { useSyncExternalStore } from 'react';

export interface Bell {
  sound: boolean;
  notify: boolean;
}

const KEYS: Record<keyof Bell, string> = { sound: 'huawu.wall.sound', notify: 'huawu.wall.notify' };
const listeners = new Set<() => void>();
let current: Bell = { sound: kept('sound'), notify: kept('notify') };

function kept(what: keyof Bell): boolean {
  try {
    return localStorage.getItem(KEYS[what]) === 'on';
  } catch {
    return false;
  }
}

export function setBell(what: keyof Bell, on: boolean): void {
  current = { ...current, [what]: on };
  try {
    localStorage.setItem(KEYS[what], on ? 'on' : 'off');
  } catch {
    // Then it holds until the page is closed.
  }
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
export const useBell = (): Bell => useSyncExternalStore(subscribe, () => current);

/** Two short tones, low enough for a room full of people. */
export function chime(): void {
  const context = new AudioContext();
  for (const [at, hz] of [
    [0, 660],
    [0.18, 880],
  ] as const) {
    const tone = new OscillatorNode(context, { frequency: hz });
    const gain = new GainNode(context, { gain: 0.12 });
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.15);
  }
  setTimeout(() => void context.close(), 1_000);
}

/** What the browser lets us do: `missing` where it has none. */
export const notifying = (): NotificationPermission | 'missing' => ('Notification' in window ? Notification.permission : 'missing');

/** Asks the person where the browser has to; true: notifications may be shown. */
export async function mayNotify(): Promise<boolean> {
  if (notifying() === 'default') await Notification.requestPermission();
  return notifying() === 'granted';
}

export function notify(title: string, body: string): void {
  if (notifying() === 'granted') new Notification(title, { body, tag: 'huawu.wall' });
}
