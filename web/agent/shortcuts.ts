/** Keys that work anywhere on the page. A part of the desk owns a key for as long as its button would work. */
import { useEffect, useRef } from 'react';

/** With Alt by the place of the key, which is the same whatever the keyboard writes there. */
export const shortcutKeys = [
  'F1',
  'F2',
  'F3',
  'F4',
  'F6',
  'F7',
  'F8',
  'F9',
  'F10',
  '?',
  'Alt+P',
  'Alt+T',
  'Alt+M',
  'Alt+K',
  'Alt+B',
  'Alt+R',
  'Alt+C',
  'Alt+G',
  'Alt+J',
  'Alt+X',
  'Alt+S',
] as const;
export type ShortcutKey = (typeof shortcutKeys)[number];

const owners = new Map<string, () => void>();

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.key === '?' && isTyping(event.target)) return;
  const key = event.altKey ? event.code.replace(/^Key/, 'Alt+') : event.key;
  if (!(shortcutKeys as readonly string[]).includes(key)) return;
  // Even when nothing can be done: F6 must not jump to the address bar, F4 must not open it.
  event.preventDefault();
  if (!event.repeat) owners.get(key)?.();
}

/** Also in a window of hers that is none of its own. */
export const hearKeysIn = (place: Window): void => place.addEventListener('keydown', pressed);

hearKeysIn(window);

/** `run` null: the key does nothing now. */
export function useShortcut(key: ShortcutKey, run: (() => void) | null): void {
  const latest = useRef(run);
  latest.current = run;
  const works = run !== null;
  useEffect(() => {
    if (!works) return;
    const own = () => latest.current?.();
    owners.set(key, own);
    return () => {
      if (owners.get(key) === own) owners.delete(key);
    };
  }, [key, works]);
}
