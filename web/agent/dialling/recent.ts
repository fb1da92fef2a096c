/** Numbers of late, newest first: who called her, and whom she called. In the tab alone and hers alone: the next agent at this computer sees none of them. */
import { useEffect } from 'react';
import type { DeskCall } from '../../../src/cti/protocol.ts';

const KEY = 'huawu.recent';
const MOST = 20;

export interface Recent {
  number: string;
  name: string | null;
  /** true: she called them. */
  called: boolean;
  /** RFC 3339 */
  at: string;
}

export function recentNumbers(agentId: string): Recent[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { agentId?: unknown; numbers?: unknown } | null;
    if (kept?.agentId !== agentId || !Array.isArray(kept.numbers)) return [];
    return (kept.numbers as Partial<Recent>[]).filter((one): one is Recent => typeof one.number === 'string' && typeof one.at === 'string').slice(0, MOST);
  } catch {
    return [];
  }
}

export function noteRecent(agentId: string, recent: Recent): void {
  const others = recentNumbers(agentId).filter(({ number }) => number !== recent.number);
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ agentId, numbers: [recent, ...others].slice(0, MOST) }));
  } catch {
    // Storage is forbidden: there are no numbers of late.
  }
}

/** Each call that is on her desk, once. */
export function useNoteRecent(agentId: string, call: DeskCall | null): void {
  const callId = call?.pop.callId ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a call, as it came
  useEffect(() => {
    if (call === null || call.pop.caller.number === '') return;
    const { caller, customer, arrivedAt, outbound } = call.pop;
    noteRecent(agentId, { number: caller.number, name: customer?.name ?? caller.name ?? null, called: outbound !== undefined, at: arrivedAt });
  }, [agentId, callId]);
}
