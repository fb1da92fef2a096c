/** Random shifts of the routing core, folded: what the ledger's intervals add up to is what an independent count of the same facts says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentId, CallId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { isFault, runShift } from '../../src/acd/simulation/run.ts';
import { signedInOf } from '../../src/ledger/definitions.ts';
import { createLedger, type LedgerRoom } from '../../src/ledger/fold.ts';
import { BASE_MS } from '../../src/ledger/interval.ts';
import { discrepancies } from '../../src/ledger/reconcile.ts';
import type { LedgerRecord } from '../../src/ledger/record.ts';
import type { Event } from '../../src/vocabulary.ts';

const SEEDS = 12;
const EVENTS = 250;
const only = process.env.SEED;
const rerun = (seed: number): string => `again: SEED=${seed} node --import tsx --test test/ledger/simulation.pure.test.ts`;

/** Every event of a shift, with the facts behind it, as a journal would hold them. */
function journalOf(seed: number): { at: number; event: Event }[] {
  const shift = runShift(seed, EVENTS);
  if (isFault(shift)) throw new Error(shift.message);
  const acd = createAcd();
  const journal: { at: number; event: Event }[] = [];
  for (const { at, event } of shift.log) {
    const facts: Event[] = [event];
    for (const fact of facts) {
      journal.push({ at, event: fact });
      facts.push(...acd.decide(fact, at).events);
    }
  }
  return journal;
}

/** Knows nothing of intervals: one line of time an agent, one list of visits. */
class Count {
  readonly ms = new Map<string, number>();
  readonly exits = new Map<string, number>();
  readonly arrived = new Set<CallId>();
  signedInMs = 0;
  readonly #agents = new Map<AgentId, { state: string; since: number }>();
  /** How often it waits: who is queued anew is told to have left behind that. */
  readonly #waiting = new Map<CallId, number>();
  entered = 0;
  #now = 0;

  see(event: Event, told: number): void {
    const at = Math.max(this.#now, told);
    if (event.type === 'serverStarted') this.#restart(at);
    this.#now = at;
    if (event.type === 'callArrived') this.arrived.add(event.callId);
    else if (event.type === 'callQueued' && this.arrived.has(event.callId)) {
      this.entered += 1;
      this.#waiting.set(event.callId, (this.#waiting.get(event.callId) ?? 0) + 1);
    } else if (event.type === 'callLeftQueue') this.#left(event.callId, event.exit);
    else if (event.type === 'agentStateChanged') {
      this.#end(event.agentId, at);
      if (event.state === 'signed_out') this.#agents.delete(event.agentId);
      else this.#agents.set(event.agentId, { state: event.state, since: at });
    }
  }

  #left(callId: CallId, exit: string): void {
    const waits = this.#waiting.get(callId) ?? 0;
    if (waits === 0) return;
    this.#waiting.set(callId, waits - 1);
    this.exits.set(exit, (this.exits.get(exit) ?? 0) + 1);
  }

  /** Nobody saw what they were since the last event. */
  #restart(at: number): void {
    this.over(this.#now);
    for (const was of this.#agents.values()) {
      this.ms.set('unobserved', (this.ms.get('unobserved') ?? 0) + at - was.since);
      this.signedInMs += at - was.since;
      was.since = at;
    }
    this.#waiting.clear();
  }

  over(at: number): void {
    for (const agentId of [...this.#agents.keys()]) this.#end(agentId, at);
  }

  #end(agentId: AgentId, at: number): void {
    const was = this.#agents.get(agentId);
    if (was === undefined) return;
    this.ms.set(was.state, (this.ms.get(was.state) ?? 0) + at - was.since);
    this.signedInMs += at - was.since;
    was.since = at;
  }
}

/** What the database would hold: of each interval the record with the highest revision. */
class Written {
  readonly records = new Map<CallId, LedgerRecord>();
  take(room: LedgerRoom, event: Event, at: number): void {
    for (const { record } of room.decide(event, at).commands) {
      assert.equal(record.revision, (this.records.get(record.callId)?.revision ?? 0) + 1, 'revisions without a gap');
      assert.ok(record.arrivedAt + BASE_MS <= at && record.arrivedAt % BASE_MS === 0, 'what is handed out is over');
      this.records.set(record.callId, record);
    }
  }
}

const total = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((sum, row) => sum + of(row), 0);

function check(seed: number): number {
  const isOrdered = seed % 3 !== 1 && seed % 5 !== 0;
  const journal = journalOf(seed);
  const room = createLedger();
  const written = new Written();
  const count = new Count();
  for (const { at, event } of journal) {
    count.see(event, at);
    written.take(room, event, at);
  }
  const last = Math.max(...journal.map(({ at }) => at));
  const end = last - (last % BASE_MS) + 2 * BASE_MS;
  written.take(room, { type: 'timePassed' }, end);
  count.over(end);
  const records = [...written.records.values()];
  for (const record of records) {
    const wrong = discrepancies(record.reconciliation).filter(({ what }) => isOrdered || (what !== 'talkMs' && what !== 'answered'));
    assert.deepEqual(wrong, [], `${record.callId}: its sums agree`);
  }
  const agents = records.flatMap(({ ledger }) => ledger.agents);
  const visits = records.flatMap(({ ledger }) => ledger.visits);
  assert.equal(
    total(
      records.flatMap(({ ledger }) => ledger.calls),
      (row) => row.arrived,
    ),
    count.arrived.size,
    'every call is counted once',
  );
  if (!isOrdered) return records.length;
  assert.equal(total(agents, signedInOf), count.signedInMs, 'every second of an agent is counted once');
  const states = {
    ready: total(agents, (row) => row.readyMs + row.servingMs),
    offered: total(agents, (row) => row.reservedMs + row.ringingMs),
    talking: total(agents, (row) => row.talkingMs + row.holdingMs + row.consultingMs),
    wrapping_up: total(agents, (row) => row.wrappingUpMs),
    not_ready: total(agents, (row) => row.notReadyMs),
    unobserved: total(agents, (row) => row.unobservedMs),
  };
  for (const [state, ms] of Object.entries(states)) assert.equal(ms, count.ms.get(state) ?? 0, `time ${state}`);
  assert.equal(
    total(visits, (row) => row.entered),
    count.entered,
    'every visit is counted once',
  );
  assert.equal(
    total(visits, (row) => row.answered),
    count.exits.get('answered') ?? 0,
    'answered',
  );
  assert.equal(
    total(visits, (row) => row.abandoned + row.shortAbandoned),
    count.exits.get('abandoned') ?? 0,
    'abandoned',
  );
  assert.equal(
    total(agents, (row) => row.notReadyMs),
    total(agents, (row) => total(Object.values(row.reasons), (ms) => ms ?? 0)),
    'reasons make up what is not ready',
  );
  return records.length;
}

test(`${only ?? SEEDS} random shifts: the ledger's intervals add up to an independent count`, () => {
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, n) => n + 1) : [Number(only)];
  let records = 0;
  for (const seed of seeds) {
    try {
      records += check(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${rerun(seed)}`, { cause: error });
    }
  }
  assert.ok(records > seeds.length, `${records} intervals are too few to have tried anything`);
});
