/**
 * A customer is erased: her recordings, what is personal in the records of her calls and of what she wrote, her card with all that hangs on it, and the keys under
 * which the journal holds her. What stays says that there was a call, when, how long and with whom of ours; not with whom. A legal hold on a call or a recording of it wins: that call
 * stays as it is, and her card with it.
 *
 * First it is noted that it begins, then the steps are taken, each of which taken twice is the same, and each so that what names the rest goes last; then it is
 * noted that it has ended. Whoever finds the first note without the last (a start after `kill -9`, PostgreSQL away for a while) takes the steps again.
 */
import type { Clock } from '../../kernel/clock.ts';
import { pause } from '../../kernel/clock.ts';
import { type CallbackId, type CallId, type CustomerId, randomToken, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { AcdView } from '../acd/view.ts';
import type { CallsView } from '../call/call.ts';
import { isOfCall, isOfInteraction, type KeptRecord } from '../cdr/kept.ts';
import { personOfCall, personOfNumber } from '../journal/people.ts';
import type { Recordings } from '../recordings/recordings.ts';
import { writeAudit } from '../store/audit.ts';
import {
  blankCalls,
  blankInteractions,
  type CallToErase,
  callsToErase,
  customerOfNumber,
  type Erasure,
  type ErasureCounts,
  endErasureOf,
  interactionsToErase,
  listErasures,
  noteErasure,
  numberOfCustomer,
  openErasures,
  removeCustomer,
  saveErasure,
} from '../store/erasures.ts';
import type { Store } from '../store/store.ts';
import type { Event } from '../vocabulary.ts';
import { normaliseNumber } from './normalise.ts';

const BATCH = 1_000;
/** Somebody waits for the answer so long for records that are on their way into the database; then it is gone on with by itself. */
const RECORDS_MS = 5_000;
const LOOK_MS = 20;
const AGAIN_MS = 60_000;

export interface ErasureParts {
  store: Store;
  clock: Clock;
  log: Logger;
  recordings: Pick<Recordings, 'ofCall' | 'erase'>;
  /** The journal. */
  journal: { erase(people: readonly string[], calls: readonly CallId[]): Promise<void> };
  /** Records that are not in the database. */
  records: {
    unwritten(): KeptRecord[];
    readonly spooledBytes: number;
    forget(callIds: readonly CallId[]): void;
    eraseRefused(isGone: (record: KeptRecord) => boolean): Promise<void>;
  };
  calls: CallsView;
  acd: Pick<AcdView, 'callbacks' | 'interactions'>;
  take(event: Event): void;
}

export interface ErasureBy {
  userId: UserId;
  source: string | null;
}

/** It cannot be done as things stand; `message` says why. */
export class NotNow extends Error {}

const nothing: ErasureCounts = { calls: 0, interactions: 0, recordings: 0, held: 0, failed: 0 };

/** As records may have it: whole, as people write it, an address in whatever letters. */
export function writtenAs(number: string): string[] {
  const text = number.trim();
  const whole = normaliseNumber(text);
  return [...new Set([text, text.toLowerCase(), whole, whole.replace(/^\+86/, ''), whole.replace(/^\+/, '')])].filter((each) => each !== '');
}

export class Erasures {
  readonly #parts: ErasureParts;
  readonly #stop: () => void;
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
    this.#stop = parts.clock.every(AGAIN_MS, () => void this.resume());
  }

  list(tenantId: TenantId): Promise<Erasure[]> {
    return listErasures(this.#parts.store.db, tenantId);
  }

  /** null: there is no such customer. Throws NotNow while she is on a call or writes with us. Resolves as far as it has come: `endedAt` null = it goes on by itself. */
  async begin(tenantId: TenantId, who: { customerId: CustomerId } | { number: string }, reason: string, by: ErasureBy): Promise<Erasure | null> {
    const { store, clock } = this.#parts;
    const number = 'number' in who ? who.number : await numberOfCustomer(store.db, tenantId, who.customerId);
    if (number === null) return null;
    const customerId = 'number' in who ? await customerOfNumber(store.db, tenantId, normaliseNumber(number)) : who.customerId;
    const erasure: Erasure = {
      ...{ erasureId: `${tenantId}:${randomToken(8)}`, tenantId, customerId, numbers: writtenAs(number), reason, ...by },
      ...{ begunAt: Math.floor(clock.now()), endedAt: null, report: {} },
    };
    const busy = this.#busy(erasure);
    if (busy !== null) throw new NotNow(busy);
    await store.db.transaction().execute(async (trx) => {
      await saveErasure(trx, erasure);
      await writeAudit(trx, {
        at: clock.now(),
        tenantId,
        ...by,
        action: 'customer.erase',
        resource: `erasure/${erasure.erasureId}`,
        after: { customerId, reason },
      });
    });
    await this.#inTurn(() => this.#tried(erasure));
    return (await this.list(tenantId)).find(({ erasureId }) => erasureId === erasure.erasureId) ?? erasure;
  }

  /** Goes on with those that were begun and have not ended. */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        for (const erasure of await openErasures(this.#parts.store.db)) await this.#tried(erasure);
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'erasures that were begun could not be looked for: tried again in a minute');
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#turn;
  }

  #inTurn(job: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => (this.#closed ? undefined : job()));
    this.#turn = done.catch(() => undefined); // told to who asked for it
    return done;
  }

  async #tried(erasure: Erasure): Promise<void> {
    const { log } = this.#parts;
    const { erasureId } = erasure;
    try {
      log.info({ erasureId, ...(await this.#run(erasure)) }, 'a customer was erased');
    } catch (error) {
      if (error instanceof NotNow) log.info({ erasureId, why: error.message }, 'an erasure waits');
      else log.error({ err: error, erasureId }, 'an erasure did not come to its end: tried again in a minute');
    }
  }

  async #run(erasure: Erasure): Promise<ErasureCounts> {
    const { store, clock, journal, records } = this.#parts;
    const { erasureId, tenantId, numbers, userId, source } = erasure;
    for (const callbackId of this.#callbacksOf(erasure)) this.#parts.take({ type: 'callbackCancelled', callbackId, by: userId as UserId });
    const busy = this.#busy(erasure);
    if (busy !== null) throw new NotNow(busy);
    await this.#written(erasure);
    const counts: ErasureCounts = { ...nothing, ...erasure.report, held: 0, failed: 0 };
    await this.#eraseCalls(erasure, counts);
    await this.#eraseInteractions(erasure, counts);
    await journal.erase(
      numbers.map((number) => personOfNumber(tenantId, number)),
      [],
    );
    await records.eraseRefused((record) => isHers(erasure, record));
    if (counts.failed > 0) {
      await noteErasure(store.db, erasureId, counts);
      throw new Error(`${counts.failed} recordings could not be destroyed`);
    }
    await store.db.transaction().execute(async (trx) => {
      await removeCustomer(trx, erasure, erasureId, counts.held > 0);
      await endErasureOf(trx, erasureId, counts, clock.now());
      await writeAudit(trx, { at: clock.now(), tenantId, userId, source, action: 'customer.erased', resource: `erasure/${erasureId}`, after: counts });
    });
    return counts;
  }

  async #eraseCalls(erasure: Erasure, counts: ErasureCounts): Promise<void> {
    const { store, journal, records } = this.#parts;
    for (let after = ''; ; ) {
      const batch = await callsToErase(store.db, erasure, after, BATCH);
      const going: CallToErase[] = [];
      for (const call of batch) if (await this.#eraseRecordings(erasure, call, counts)) going.push(call);
      const ids = going.map(({ callId }) => callId);
      if (ids.length > 0) {
        await journal.erase(ids.map(personOfCall), ids);
        records.forget(ids);
        const blanked = await store.db.transaction().execute((trx) => blankCalls(trx, erasure, going));
        counts.calls += blanked;
        counts.held += ids.length - blanked;
        await noteErasure(store.db, erasure.erasureId, counts);
      }
      const last = batch.at(-1);
      if (last === undefined || batch.length < BATCH) return;
      after = last.callId;
    }
  }

  /** false: the call stays. */
  async #eraseRecordings({ tenantId, reason, userId, source }: Erasure, { callId, held }: CallToErase, counts: ErasureCounts): Promise<boolean> {
    const { recordings, log } = this.#parts;
    if (held) {
      counts.held += 1;
      return false;
    }
    for (const recording of await recordings.ofCall(tenantId, callId)) {
      if (recording.erasedAt !== null) continue;
      try {
        // Held in this very moment: the hold wins.
        if ((await recordings.erase(recording, reason, { userId: userId as UserId, source })) === 'held') {
          counts.held += 1;
          return false;
        }
        counts.recordings += 1;
      } catch (error) {
        log.error({ err: error, recordingId: recording.recordingId }, 'a recording could not be erased');
        counts.failed += 1;
        return false;
      }
    }
    return true;
  }

  async #eraseInteractions(erasure: Erasure, counts: ErasureCounts): Promise<void> {
    const { store, journal, records } = this.#parts;
    for (;;) {
      const ids = await interactionsToErase(store.db, erasure, BATCH);
      if (ids.length === 0) return;
      await journal.erase(ids.map(personOfCall), ids);
      records.forget(ids);
      await blankInteractions(store.db, erasure, ids);
      counts.interactions += ids.length;
    }
  }

  #callbacksOf({ tenantId, numbers }: Erasure): CallbackId[] {
    return this.#parts.acd.callbacks(tenantId).flatMap(({ callbackId, number }) => (numbers.includes(number) ? [callbackId] : []));
  }

  /** What she has with us just now must come to its end first. */
  #busy({ tenantId, customerId, numbers }: Erasure): string | null {
    const { calls, acd } = this.#parts;
    for (const call of calls.values()) {
      const isHers = [call.caller.number, call.callee.number].some((number) => numbers.includes(number));
      if (call.tenantId === tenantId && (isHers || (customerId !== null && call.customer?.customerId === customerId)))
        return 'she is on a call: ask again when it is over';
    }
    return acd.interactions(tenantId).some(({ from }) => numbers.includes(from)) ? 'something she wrote is not answered yet: ask again when it is' : null;
  }

  /** What is known of her must be in the database before it is taken out of it. */
  async #written(erasure: Erasure): Promise<void> {
    const { records, clock } = this.#parts;
    const until = clock.now() + RECORDS_MS;
    while (records.spooledBytes > 0 || records.unwritten().some((record) => isHers(erasure, record))) {
      if (clock.now() >= until || this.#closed) throw new NotNow('records of hers wait to be written to the database');
      await pause(clock, LOOK_MS);
    }
  }
}

/** At a start: those that were cut are gone on with. */
export function beginErasures(parts: ErasureParts): Erasures {
  const erasures = new Erasures(parts);
  void erasures.resume();
  return erasures;
}

function isHers({ tenantId, customerId, numbers }: Erasure, record: KeptRecord): boolean {
  if (record.tenantId !== tenantId) return false;
  if (isOfInteraction(record)) return numbers.includes(record.from);
  if (!isOfCall(record)) return false;
  return numbers.includes(record.caller.number) || numbers.includes(record.callee.number) || (customerId !== null && record.customerId === customerId);
}
