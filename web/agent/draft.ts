/** What she has written about a call and not yet handed in. Kept in the tab, so that a reload loses nothing. */
import { useState } from 'react';
import { type Disposition, dispositions } from './dispositions.ts';

export interface Draft {
  disposition: Disposition | null;
  notes: string;
}
const KEY = 'huawu.draft';
const blank: Draft = { disposition: null, notes: '' };

function read(callId: string): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('callId' in kept) || kept.callId !== callId) return blank;
    const notes = 'notes' in kept && typeof kept.notes === 'string' ? kept.notes : '';
    const disposition = dispositions.find((name) => 'disposition' in kept && kept.disposition === name) ?? null;
    return { disposition, notes };
  } catch {
    return blank;
  }
}

function write(callId: string, draft: Draft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ callId, ...draft }));
  } catch {
    // Storage is forbidden or full: the draft lives as long as the page.
  }
}

export const isBlank = (draft: Draft): boolean => draft.disposition === null && draft.notes.trim() === '';

export function useDraft(callId: string): { draft: Draft; change(part: Partial<Draft>): void; forget(): void } {
  const [draft, setDraft] = useState(() => read(callId));
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    write(callId, next);
  };
  return { draft, change, forget: () => write(callId, null) };
}
