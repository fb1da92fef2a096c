/** The dialog of the call that is up, kept in the tab: after a reload a new leg takes its place by Replaces (RFC 3891). */
export interface KeptDialog {
  sipCallId: string;
  theirTag: string;
  ourTag: string;
  number: string;
}
const KEY = 'huawu.phone.call';

export function keepDialog(dialog: KeptDialog | null): void {
  try {
    if (dialog === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(dialog));
  } catch {
    // Storage is forbidden: the call lives as long as the page.
  }
}

export function keptDialog(): KeptDialog | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return null;
    const { sipCallId, theirTag, ourTag, number } = kept as Partial<Record<keyof KeptDialog, unknown>>;
    if (typeof sipCallId !== 'string' || typeof theirTag !== 'string' || typeof ourTag !== 'string') return null;
    return { sipCallId, theirTag, ourTag, number: typeof number === 'string' ? number : '' };
  } catch {
    return null;
  }
}

/** One phone, however often its page is loaded (RFC 5626 §4.1). */
export function instanceId(make: () => string): string {
  const name = 'huawu.phone.instance';
  try {
    const kept = sessionStorage.getItem(name) ?? make();
    sessionStorage.setItem(name, kept);
    return kept;
  } catch {
    return make();
  }
}
