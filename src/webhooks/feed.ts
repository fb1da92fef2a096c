/**
 * Puts into the database what the journal says that is to be told, and up to where it has read, in one transaction: an event is told once in effect and none is
 * lost, whoever is killed and whatever is away meanwhile. What is live comes past here; whenever that was not enough (a start, PostgreSQL away, too much
 * at once) it is read from the journal again, as far back as JOURNAL_KEEP_MB reaches.
 */
import { type Clock, turn } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { listedSegments, type Opener } from '../journal/read.ts';
import { walk } from '../journal/walk.ts';
import type { Store } from '../store/store.ts';
import { anyWebhooks, enqueueFacts, readCursor, writeCursor } from '../store/webhooks.ts';
import type { Recorded } from '../vocabulary.ts';
import { factOf, type WebhookFact } from './facts.ts';

const FLUSH_MS = 250;
const RETRY_MS = 2_000;
/** Held between two flushes; beyond, it is read from the journal. */
const MOST_HELD = 5_000;
/** Of the journal in one go, before others have their turn. */
const SLICE = 500;
/** How old the word may be that nobody asks to be told anything. */
const ASKED_AGAIN_MS = 10_000;
/** So far the cursor may lag behind events that nobody is told of. */
const MOST_LAG = 20_000;

export interface FeedParts {
  store: Pick<Store, 'db'>;
  clock: Clock;
  log: Logger;
  /** Of the journal. */
  folder: string;
  /** Opens what is personal in it; absent = nothing there is sealed. */
  opener?: Opener;
  /** The same after each start, and no other house's. */
  house: string;
  /** The journal's last event before the first that comes by here. */
  lastSeq: number;
  /** Something was put in. */
  told(): void;
}

export class WebhookFeed {
  readonly #parts: FeedParts;
  readonly #stop: () => void;
  #held: WebhookFact[] = [];
  #seen: number;
  /** Up to here it is in the database. */
  #cursor: number | null = null;
  /** What comes by is not held: it will be read from the journal. */
  #behind = true;
  #running: Promise<void> | null = null;
  #notBefore = 0;
  /** Does any webhook want to be told? As it was known last, and until when that holds. */
  #wanted = true;
  #wantedUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#seen = parts.lastSeq;
    this.#stop = parts.clock.every(FLUSH_MS, () => void this.flush());
  }

  /** A watcher for the switchboard. */
  watch(recorded: Recorded): void {
    this.#seen = recorded.seq;
    if (this.#behind) return;
    const fact = factOf(recorded);
    if (fact === null) return;
    if (this.#held.length >= MOST_HELD) this.#fellBehind();
    else this.#held.push(fact);
  }

  /** A webhook is about to be made or changed: what happens from here on is put in, if it turns out to want that. */
  expect(): void {
    this.#wanted = true;
    this.#wantedUntil = this.#parts.clock.now() + ASKED_AGAIN_MS;
  }

  /** Resolves when what has come by so far is in the database, or could not be put there now. */
  flush(): Promise<void> {
    if (this.#parts.clock.now() < this.#notBefore) return Promise.resolve();
    this.#running ??= this.#work()
      .catch((error: unknown) => {
        this.#parts.log.warn({ err: error }, 'webhooks: what is to be told waits in the journal');
        this.#fellBehind();
        this.#notBefore = this.#parts.clock.now() + RETRY_MS;
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#running;
    await this.flush();
  }

  #fellBehind(): void {
    this.#behind = true;
    this.#held = [];
  }

  async #work(): Promise<void> {
    if (this.#behind) await this.#catchUp();
    const lag = this.#seen - (this.#cursor ?? 0);
    if (this.#behind || (this.#held.length === 0 && lag < MOST_LAG)) return;
    const wanted = await this.#isWanted();
    if (!wanted && lag < MOST_LAG) {
      this.#held = [];
      return;
    }
    const facts = wanted ? this.#held : [];
    this.#held = [];
    await this.#put(facts, this.#seen);
  }

  /** Most houses have no webhook: the database is then asked once in a while whether that is still so, and not bothered with facts. */
  async #isWanted(): Promise<boolean> {
    const { clock, store } = this.#parts;
    if (clock.now() < this.#wantedUntil) return this.#wanted;
    const before = this.#wantedUntil;
    const wanted = await anyWebhooks(store.db);
    // Where one is about to be made meanwhile, that counts.
    if (this.#wantedUntil !== before) return this.#wanted;
    this.#wanted = wanted;
    this.#wantedUntil = clock.now() + ASKED_AGAIN_MS;
    return wanted;
  }

  async #put(facts: readonly WebhookFact[], seq: number): Promise<void> {
    const { store, house, told } = this.#parts;
    await store.db.transaction().execute(async (trx) => {
      await enqueueFacts(trx, facts);
      await writeCursor(trx, house, seq);
    });
    this.#cursor = seq;
    if (facts.length > 0) told();
  }

  async #catchUp(): Promise<void> {
    const { store, house, folder, opener, lastSeq, log } = this.#parts;
    const stored = await readCursor(store.db, house);
    // The first time there is nothing to be told of what was; and a journal whose end was lost with its machine goes on before the cursor.
    if (stored === null) await this.#put([], lastSeq);
    let at = Math.min(stored ?? lastSeq, this.#seen);
    const first = listedSegments(folder)[0]?.seq ?? at + 1;
    if (first > at + 1) {
      log.error({ from: at + 1, to: first - 1 }, 'ALARM: webhooks are not told of events that the journal no longer has: JOURNAL_KEEP_MB');
      at = first - 1;
    }
    let facts: WebhookFact[] = [];
    let read = 0;
    for (const recorded of walk(folder, at, () => undefined, opener)) {
      const fact = factOf(recorded);
      if (fact !== null) facts.push(fact);
      at = recorded.seq;
      read += 1;
      if (read % SLICE !== 0) continue;
      if (facts.length > 0) await this.#put(facts, at);
      else await turn();
      facts = [];
    }
    this.#cursor = at;
    // Its last word was read with nothing in between: what comes by from here on is held, also while these are put in.
    if (at >= this.#seen) this.#behind = false;
    if (facts.length > 0) await this.#put(facts, at);
  }
}
