/** Which recordings are being written: a small file for each, so that after our death nobody has to search for what was left open. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LedgerEntry {
  recordingId: string;
  path: string;
  sealed: boolean;
}

export class Ledger {
  readonly #folder: string;
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Throws the disk's error. */
  opened(entry: LedgerEntry): void {
    writeFileSync(this.#pathOf(entry.path), JSON.stringify(entry), { mode: 0o600 });
  }

  closed(path: string): void {
    rmSync(this.#pathOf(path), { force: true });
  }

  /** What is noted as open. An entry that cannot be read was being written as we died: its file holds nothing yet. */
  left(): LedgerEntry[] {
    return readdirSync(this.#folder).flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as LedgerEntry];
      } catch {
        return [];
      }
    });
  }

  /** A name of ours for it, whatever the path is. */
  #pathOf(path: string): string {
    return join(this.#folder, `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);
  }
}
