/**
 * Sessions looked up in as few queries as can be: what is asked while one is under way goes into the next together. A floor of a thousand desks that comes
 * back at once asks a handful of times, and the callers' own look-ups, which share the connections, wait for none of it.
 */
import type { User } from './user.ts';

export interface Session {
  user: User;
  expiresAt: number;
}

/** Of one query. */
const MOST_AT_ONCE = 500;
/** Beyond, it cannot be told now. */
const MOST_WAITING = 20_000;

/** Whether there is such a session cannot be told now: ask again. */
export class SessionUnknown extends Error {
  constructor() {
    super('sessions cannot be looked up now');
  }
}

interface Asked {
  tokenHash: Buffer;
  resolve(session: Session | null): void;
  reject(error: SessionUnknown): void;
}

export class SessionLookup {
  /** By the hash in hex; null: no answer. */
  readonly #read: (tokenHashes: Buffer[]) => Promise<Map<string, Session> | null>;
  #waiting: Asked[] = [];
  #busy = false;

  constructor(read: (tokenHashes: Buffer[]) => Promise<Map<string, Session> | null>) {
    this.#read = read;
  }

  /** null: there is none. Rejects with `SessionUnknown`. */
  find(tokenHash: Buffer): Promise<Session | null> {
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(new SessionUnknown());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tokenHash, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    // What else is asked in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      const found = await this.#read(batch.map(({ tokenHash }) => tokenHash)).catch(() => null);
      for (const { tokenHash, resolve, reject } of batch) {
        if (found === null) reject(new SessionUnknown());
        else resolve(found.get(tokenHash.toString('hex')) ?? null);
      }
    }
    this.#busy = false;
  }
}
