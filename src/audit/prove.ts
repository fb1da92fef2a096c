/** Proves the chain of a tenant from some point on, page by page, against where it should end and against what was noted outside the database. */
import type { TenantId } from '../../kernel/ids.ts';
import { auditHead, chainedEntries } from '../store/audit-chain.ts';
import type { Store } from '../store/store.ts';
import { type Breach, type BrokenBy, type ChainHead, emptyChain, follow } from './chain.ts';

const PAGE = 1_000;

export interface Proof {
  /** So far it holds. */
  head: ChainHead;
  breach: Breach | null;
}

/** `noted`: where it stood once (null = nothing is known); entries that were written meanwhile may be left for the next time. */
export async function proveChain({ db }: Pick<Store, 'db'>, tenantId: TenantId, from: ChainHead = emptyChain, noted: ChainHead | null = null): Promise<Proof> {
  const last = await auditHead(db, tenantId);
  const gone = await whatBecameOf(db, tenantId, from);
  if (gone !== null) return { head: emptyChain, breach: { tenantId, seq: from.seq, by: gone } };
  let head = from;
  for (;;) {
    const page = await chainedEntries(db, tenantId, head.seq, PAGE);
    const found = follow(head, page);
    const broken = found.breach ?? rewritten(tenantId, noted, page);
    if (broken !== null) return { head: found.head, breach: broken };
    head = found.head;
    if (page.length < PAGE) break;
  }
  const least = Math.max(last.seq, noted?.seq ?? 0);
  if (head.seq < least) return { head, breach: { tenantId, seq: head.seq + 1, by: 'cut' } };
  return { head, breach: null };
}

/** Of the entry up to which it was proved before. */
async function whatBecameOf(db: Store['db'], tenantId: TenantId, { seq, hash }: ChainHead): Promise<BrokenBy | null> {
  if (seq === 0) return null;
  const [there] = await chainedEntries(db, tenantId, seq - 1, 1);
  if (there?.seq !== seq) return 'cut';
  return there.hash === hash ? null : 'rewritten';
}

function rewritten(tenantId: TenantId, noted: ChainHead | null, page: readonly { seq: number; hash: string }[]): Breach | null {
  const there = noted === null ? undefined : page.find(({ seq }) => seq === noted.seq);
  return there === undefined || there.hash === noted?.hash ? null : { tenantId, seq: there.seq, by: 'rewritten' };
}
