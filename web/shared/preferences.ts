/** What this browser remembers of its user's taste: language and light or dark. Nothing secret, so it stays after sign-out. */
import { useSyncExternalStore } from 'react';
import type { Language } from './language.ts';

export type Appearance = 'system' | 'light' | 'dark';
export interface Preferences {
  language: Language;
  appearance: Appearance;
}

const KEY = 'huawu.preferences';
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  const preferred: Preferences = { language: navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en', appearance: 'system' };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return preferred;
    if ('language' in kept && (kept.language === 'zh' || kept.language === 'en')) preferred.language = kept.language;
    if ('appearance' in kept && (kept.appearance === 'light' || kept.appearance === 'dark')) preferred.appearance = kept.appearance;
  } catch {
    // Storage may be forbidden or hold something old: the defaults are fine.
  }
  return preferred;
}

export const preferences = (): Preferences => current;

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Then it holds until the page is closed.
  }
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences);
