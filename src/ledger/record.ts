/**
 * One interval of one tenant as it is written: all its rows, whole. Written when the interval is over, and again (same key, next revision) when
 * a contact that came in it has gone on since; the higher revision takes the place of the lower. It goes into the database by the way of the calls' records.
 */
import { asId, type CallId, type TenantId } from '../../kernel/ids.ts';
import type { AgentRow, CallRow, HandledRow, VisitRow } from './measures.ts';
import type { Reconciliation } from './reconcile.ts';

export interface LedgerRecord {
  /** The record's own name, which stands where a call's id does. */
  callId: CallId;
  revision: number;
  tenantId: TenantId;
  /** Begin of the interval. */
  arrivedAt: number;
  /** What tells it from other records. */
  ledger: LedgerRows;
  reconciliation: Reconciliation;
}

export interface LedgerRows {
  visits: VisitRow[];
  handled: HandledRow[];
  agents: AgentRow[];
  calls: CallRow[];
}

export interface WriteLedger {
  type: 'writeLedger';
  record: LedgerRecord;
}

const PREFIX = 'ledger:';

export const ledgerIdOf = (tenantId: TenantId, start: number): CallId => asId<CallId>(`${PREFIX}${tenantId}:${start}`);

/** null: it is no interval's. */
export function readLedgerId(callId: CallId): { tenantId: TenantId; start: number } | null {
  if (!callId.startsWith(PREFIX)) return null;
  const at = callId.lastIndexOf(':');
  return { tenantId: asId<TenantId>(callId.slice(PREFIX.length, at)), start: Number(callId.slice(at + 1)) };
}
