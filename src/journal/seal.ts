/** What is personal in the journal, sealed as it is written and opened as it is read: each person's under a key of her own (`keys.ts`). */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { turn } from '../../kernel/clock.ts';
import { type CallId, randomToken } from '../../kernel/ids.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { Event, Recorded } from '../vocabulary.ts';
import { dropKeysOf, KEYS, KeyFile, keysName, SegmentKeys, seal, unseal } from './keys.ts';
import { type StoredEvent, writeLine } from './line.ts';
import { openParts, type PartOf, type SaidSnapshot, sayParts } from './parts.ts';
import { People, personOfNumber } from './people.ts';
import { personalFields } from './personal.ts';

/** Calls of people who were erased while rooms may still remember them. */
const MOST_ERASED = 100_000;
/** Stands where a key was; `*0`: nothing was kept of it at all. */
const markOf = (k: number): string => `*${k}`;

const aboutLine = (seq: number): string => `event ${seq}`;
const aboutPart = (seq: number, n: number): string => `snapshot ${seq} ${n}`;

export interface SealParts {
  folder: string;
  keys: KeyRing;
}

export interface NextSegment {
  /** Its JSON as it stands now, piece by piece; what is personal is sealed as it is asked for. */
  snapshot(state: object): Iterable<string>;
  /** To be done before the snapshot is there for who starts next. */
  syncKeys(): void;
  /** Of the segment that ends: before its lines are. */
  syncBefore(): void;
  use(): void;
  giveUp(): void;
}

/** Writes. One segment at a time is written to. */
export class JournalSeal {
  readonly #parts: SealParts;
  readonly people = new People();
  #keys: KeyFile;
  readonly #erasedCalls = new Set<CallId>();
  readonly #erasedPeople = new Set<string>();

  /** Throws when the segment has keys already, and they lie under a master key that is not ours. */
  constructor(parts: SealParts, firstSeq: number) {
    this.#parts = parts;
    // What somebody died over: keys, or a snapshot.
    for (const name of readdirSync(parts.folder)) if (name.endsWith('.part')) rmSync(join(parts.folder, name));
    this.#keys = KeyFile.open(parts.folder, firstSeq, parts.keys);
  }

  line(recorded: Recorded): string {
    const { seq, at, event, derived } = recorded;
    this.people.hear(event);
    const told = new Map<number, Record<string, unknown>>();
    const keysOf = new Map<number, ReturnType<KeyFile['of']>>();
    const gone = this.#isErased(event);
    const keyed = (whose: string | null): number => {
      if (gone) return 0;
      const key = this.#keys.of(this.#person(event, whose));
      keysOf.set(key.k, key);
      return key.k;
    };
    const fields = personalFields(event, (whose) => markOf(keyed(whose)));
    if (fields.length === 0) return writeLine(recorded);
    const shown: Event = { ...event };
    for (const { name, value, blanked, whose } of fields) {
      Object.assign(shown, { [name]: blanked });
      const k = keyed(whose);
      told.set(k, { ...told.get(k), [name]: value });
    }
    const sealed = [...told].flatMap(([k, values]): [number, string][] => {
      const key = keysOf.get(k);
      return key === undefined ? [] : [[k, seal(key.key, aboutLine(seq), JSON.stringify(values))]];
    });
    return writeLine({ seq, at, event: shown, ...(derived === true ? { derived } : {}), sealed });
  }

  /** Keys are with the operating system before what they lock. Throws when the disk refuses. */
  flush(): void {
    this.#keys.flush();
  }

  sync(done: (error: Error | null) => void): void {
    this.#keys.sync(done);
  }

  /** The segment behind a snapshot that is about to be written: with `use` it is the one that is written to. */
  next(seq: number): NextSegment {
    const { folder, keys: ring } = this.#parts;
    const before = this.#keys;
    const keys = before.first === seq + 1 ? before : KeyFile.open(folder, seq + 1, ring);
    return {
      snapshot: (state) =>
        this.#sealed(
          sayParts(state, (of) => this.#isErasedPart(of), randomToken()),
          seq,
          keys,
        ),
      syncKeys: () => keys.syncNow(),
      syncBefore: () => before.syncNow(),
      use: () => {
        if (keys !== before) before.close();
        this.#keys = keys;
      },
      giveUp: () => {
        if (keys !== before) keys.close();
      },
    };
  }

  *#sealed({ parts, texts, numbers }: SaidSnapshot, seq: number, keys: KeyFile): Generator<string> {
    for (const [at, text] of texts.entries()) {
      yield text;
      const n = numbers[at];
      const part = n === undefined ? undefined : parts[n];
      if (n === undefined || part === undefined) continue;
      const { k, key } = keys.of(this.#personOf(part.of));
      yield JSON.stringify([k, seal(key, aboutPart(seq, n), part.text)]);
    }
  }

  /** Drops the keys of these in every segment there is; what rooms still remember of their calls is not written again. */
  async erase(people: readonly string[], calls: readonly CallId[]): Promise<void> {
    for (const callId of calls) this.#erasedCalls.add(callId);
    for (const person of people) this.#erasedPeople.add(person);
    for (const callId of this.#erasedCalls) {
      if (this.#erasedCalls.size <= MOST_ERASED) break;
      this.#erasedCalls.delete(callId);
    }
    const { folder, keys: ring } = this.#parts;
    for (const name of readdirSync(folder)) {
      const first = Number(KEYS.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(first)) continue;
      // Calls go on meanwhile; a file may be pruned.
      await turn();
      if (first === this.#keys.first) this.#keys.drop(people);
      else dropKeysOf(join(folder, name), ring, people);
    }
    // One that was begun meanwhile.
    this.#keys.drop(people);
  }

  close(): void {
    this.#keys.close();
  }

  #person(event: Event, whose: string | null): string {
    const person = this.people.of(event, whose);
    // She calls again: that is another matter.
    if (event.type === 'callArrived' || event.type === 'interactionAsked') this.#erasedPeople.delete(person);
    return person;
  }

  #personOf({ tenantId, number, callId }: PartOf): string {
    return tenantId !== null && number !== '' ? personOfNumber(tenantId, number) : callId === null ? '' : this.people.ofCall(callId);
  }

  #isErased(event: Event): boolean {
    return 'callId' in event && event.callId !== null && this.#erasedCalls.has(event.callId);
  }

  #isErasedPart(of: PartOf): boolean {
    return of.callId === null ? this.#erasedPeople.has(this.#personOf(of)) : this.#erasedCalls.has(of.callId);
  }
}

/** Reads, in any order; of a journal that is being written too. */
export class JournalOpener {
  readonly #parts: SealParts;
  readonly #segments = new Map<number, SegmentKeys>();
  /** Events and parts whose key is gone. */
  erased = 0;

  constructor(parts: SealParts) {
    this.#parts = parts;
  }

  /** Reads keys as they are on disk now: whose were dropped since is not read by those that were kept here. */
  anew(): void {
    this.#segments.clear();
  }

  /** Throws SealBroken when it was changed, an Error that says how to mend it when no key can be had at all. */
  event(stored: StoredEvent, firstSeq: number): Recorded {
    const { sealed, ...recorded } = stored;
    if (sealed === undefined) return recorded;
    const event = { ...recorded.event };
    let isWhole = sealed.length > 0;
    for (const [k, text] of sealed) {
      const opened = this.#open(firstSeq, k, aboutLine(recorded.seq), text);
      if (opened === null) isWhole = false;
      else Object.assign(event, JSON.parse(opened));
    }
    if (!isWhole) this.erased += 1;
    return { ...recorded, event };
  }

  snapshot(state: object, seq: number): object {
    return openParts(state, (k, text, n) => {
      const opened = this.#open(seq + 1, k, aboutPart(seq, n), text);
      if (opened === null) this.erased += 1;
      return opened;
    });
  }

  #open(firstSeq: number, k: number, about: string, text: string): string | null {
    const keys = this.#keysOf(firstSeq);
    const key = keys.numbered(k) ?? (keys.isBehind() ? this.#read(firstSeq).numbered(k) : undefined);
    return key === undefined ? null : unseal(key, about, text);
  }

  #keysOf(firstSeq: number): SegmentKeys {
    return this.#segments.get(firstSeq) ?? this.#read(firstSeq);
  }

  #read(firstSeq: number): SegmentKeys {
    const { folder, keys: ring } = this.#parts;
    const read = SegmentKeys.read(folder, firstSeq, ring);
    if (read === null) {
      const file = join(folder, keysName(firstSeq));
      throw new Error(
        `journal: ${file} is missing, which holds the keys of what is personal in events from ${firstSeq} on. Put it back from a backup; to go on without these events, move the journal's folder away`,
      );
    }
    // One at a time is read, and perhaps its snapshot.
    if (this.#segments.size > 1) this.#segments.clear();
    this.#segments.set(firstSeq, read);
    return read;
  }
}
