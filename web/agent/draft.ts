/** What she has written about a call and not yet handed in. Kept in the tab, so that a reload loses nothing. */
import { useState } from 'react';

export interface Draft {
  disposition: string | null;
  notes: string;
  /** By the names of the queue's form. */
  form: Readonly<Record<string, string>>;
}
const KEY = 'huawu.draft';
const blank: Draft = { disposition: null, notes: '', form: {} };

function read(callId: string): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('callId' in kept) || kept.callId !== callId) return blank;
    const notes = 'notes' in kept && typeof kept.notes === 'string' ? kept.notes : '';
    const disposition = 'disposition' in kept && typeof kept.disposition === 'string' ? kept.disposition : null;
    return { disposition, notes, form: 'form' in kept ? textsOf(kept.form) : {} };
  } catch {
    return blank;
  }
}

function textsOf(kept: unknown): Record<string, string> {
  const entries = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function write(callId: string, draft: Draft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ callId, ...draft }));
  } catch {
    // Storage is forbidden or full: the draft lives as long as the page.
  }
}

export const isBlank = (draft: Draft): boolean =>
  draft.disposition === null && draft.notes.trim() === '' && Object.values(draft.form).every((value) => value === '');

export function useDraft(callId: string): { draft: Draft; change(part: Partial<Draft>): void; forget(): void } {
  const [draft, setDraft] = useState(() => read(callId));
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    write(callId, next);
  };
  return { draft, change, forget: () => write(callId, null) };
}
