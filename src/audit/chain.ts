/**
 * The audit trail as a chain: each entry of a tenant has the SHA-256 of what it says and of the entry before it. PostgreSQL makes the hashes as entries
 * are written (`migrations/0027_audit_chain.sql`); here they are computed anew, by nothing but what was read, to see whether they still hold.
 */
import { createHash } from 'node:crypto';
import type { TenantId } from '../../kernel/ids.ts';

/** As it is hashed: numbers as decimal text, hashes as hex. */
export interface ChainedEntry {
  tenantId: TenantId;
  seq: number;
  /** Microseconds since 1970. */
  at: string;
  userId: string | null;
  source: string | null;
  action: string;
  resource: string;
  /** jsonb as PostgreSQL writes it. */
  before: string | null;
  after: string | null;
  previous: string;
  hash: string;
}

/** Where a chain stands; of an empty one 0 and ''. */
export interface ChainHead {
  seq: number;
  hash: string;
}
export const emptyChain: ChainHead = { seq: 0, hash: '' };

export type BrokenBy =
  /** It does not say any more what its hash was made of. */
  | 'changed'
  /** Entries before it are gone. */
  | 'missing'
  /** It does not follow from the one before it. */
  | 'unlinked'
  /** Entries after it are gone. */
  | 'cut'
  /** It is not the one that stood there when it was last noted outside the database. */
  | 'rewritten';

export interface Breach {
  tenantId: TenantId;
  /** The first entry that is broken. */
  seq: number;
  by: BrokenBy;
}

const field = (value: string | null): string => (value === null ? '-,' : `${Buffer.byteLength(value)}:${value},`);

export function hashOf({ tenantId, seq, at, userId, source, action, resource, before, after, previous }: Omit<ChainedEntry, 'hash'>): string {
  const fields = [tenantId, String(seq), at, userId, source, action, resource, before, after, previous];
  return createHash('sha256').update(fields.map(field).join('')).digest('hex');
}

/** Entries in order that should follow on `head`: where the chain stands after them, or the first that is broken. */
export function follow(head: ChainHead, entries: readonly ChainedEntry[]): { head: ChainHead; breach: Breach | null } {
  let at = head;
  for (const entry of entries) {
    const by = brokenBy(at, entry);
    if (by !== null) return { head: at, breach: { tenantId: entry.tenantId, seq: by === 'missing' ? at.seq + 1 : entry.seq, by } };
    at = { seq: entry.seq, hash: entry.hash };
  }
  return { head: at, breach: null };
}

function brokenBy(head: ChainHead, entry: ChainedEntry): BrokenBy | null {
  if (entry.seq !== head.seq + 1) return 'missing';
  if (hashOf(entry) !== entry.hash) return 'changed';
  return entry.previous === head.hash ? null : 'unlinked';
}
