/**
 * Where each chain stood, noted outside the database (`DATA_DIR/audit-heads.json`): who may do anything in PostgreSQL could write a whole chain anew, or cut its
 * end off, and what is left would agree with itself.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainHead } from './chain.ts';

const FILE = 'audit-heads.json';

export class AuditNotes {
  readonly #path: string;
  #heads: Record<string, ChainHead>;

  constructor(dataDir: string) {
    this.#path = join(dataDir, FILE);
    this.#heads = read(this.#path);
  }

  of(tenantId: string): ChainHead | null {
    return this.#heads[tenantId] ?? null;
  }

  /** Never back. */
  note(tenantId: string, head: ChainHead): void {
    if (head.seq <= (this.#heads[tenantId]?.seq ?? 0)) return;
    this.#heads = { ...this.#heads, [tenantId]: head };
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#heads), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function read(path: string): Record<string, ChainHead> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, ChainHead>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${path} cannot be read: put it right, or away if it is lost`, { cause: error });
  }
}
