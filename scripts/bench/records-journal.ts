/**
 * The journal as the switchboard appends: the events of whole calls, a turn at a time, with the disk in between; what is personal sealed, and for comparison in
 * the clear, turn and turn about in one run. How long a start takes to read both; and how long the application stands while a snapshot is written, in turns and at once.
 */
import { join } from 'node:path';
import { systemClock as clock, turn } from '../../kernel/clock.ts';
import { asId, type CallId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { keysFrom } from '../../kernel/seal/keys.ts';
import { createCdr } from '../../src/cdr/fold.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover } from '../../src/journal/read.ts';
import { JournalOpener } from '../../src/journal/seal.ts';
import type { Event } from '../../src/vocabulary.ts';
import { quantile, round } from './figures.ts';

/** As many as call in the time of a segment. */
const CUSTOMERS = 5_000;
/** In a snapshot: those of two minutes at some twenty a second. */
const CALLS_IN_SNAPSHOT = 2_500;
const SNAPSHOTS = 5;
/** Calls between two looks at the disk. */
const SETTLE_EACH = 100;
const MOST_CALLS = 20_000;

interface Side {
  journal: FileJournal;
  took: number[];
  settled: number[];
  events: number;
  ms: number;
}

export async function benchJournal(dataDir: string, seconds: number): Promise<object> {
  const keys = keysFrom(null, join(dataDir, 'recording.keys'));
  const folders = { sealed: join(dataDir, 'journal-sealed'), clear: join(dataDir, 'journal-clear') };
  for (const folder of Object.values(folders)) recover(folder, log);
  const sideOf = (folder: string, sealed: boolean): Side => ({
    journal: new FileJournal({ folder, lastSeq: 0, clock, log, ...(sealed ? { keys } : {}) }),
    ...{ took: [], settled: [], events: 0, ms: 0 },
  });
  const sealed = sideOf(folders.sealed, true);
  const clear = sideOf(folders.clear, false);
  const until = clock.now() + seconds * 1000;
  for (let n = 0; clock.now() < until && n < MOST_CALLS; n += 1) {
    for (const side of n % 2 === 0 ? [sealed, clear] : [clear, sealed]) await aCall(side, n);
  }
  for (const { journal } of [sealed, clear]) await journal.close();
  const openClear = (): number => recoveryMs(folders.clear);
  const openSealed = (): number => recoveryMs(folders.sealed, new JournalOpener({ folder: folders.sealed, keys }));
  // Turn and turn about, the better of two: neither pays for the other's warming up.
  const starts = [openClear(), openSealed(), openSealed(), openClear()] as const;
  const start = { clear: Math.min(starts[0], starts[3]), sealed: Math.min(starts[1], starts[2]) };
  return {
    ...figures('journal', sealed),
    ...figures('journalClear', clear),
    journalSealedToClear: round(sealed.ms / sealed.events / (clear.ms / clear.events)),
    journalSealMicrosPerEvent: round((sealed.ms / sealed.events - clear.ms / clear.events) * 1000, 1),
    ...(await snapshotFigures(new FileJournal({ folder: folders.sealed, lastSeq: recover(folders.sealed, log).lastSeq, keys, clock, log }))),
    ...{ journalStartMs: Math.round(start.sealed), journalClearStartMs: Math.round(start.clear), journalStartSealedToClear: round(start.sealed / start.clear) },
  };
}

const figures = (name: string, { took, settled, events, ms }: Side): object => {
  const [appends, disk] = [took.sort((a, b) => a - b), settled.sort((a, b) => a - b)];
  return {
    [`${name}EventsPerSecond`]: Math.round((events / ms) * 1000),
    [`${name}AppendP50Ms`]: round(quantile(appends, 0.5), 4),
    [`${name}AppendP99Ms`]: round(quantile(appends, 0.99), 4),
    [`${name}OnDiskP99Ms`]: round(quantile(disk, 0.99)),
  };
};

async function snapshotFigures(journal: FileJournal): Promise<object> {
  const cdr = createCdr();
  for (let n = 0; n < CALLS_IN_SNAPSHOT; n += 1) for (const event of turnsOf(n).flat()) cdr.decide(event, 0);
  const taken = { bytes: 0, atOnce: [] as number[], said: [] as number[], longestTurn: [] as number[] };
  for (let n = 0; n < SNAPSHOTS; n += 1) {
    const state = { version: 1, cdr: cdr.snapshot() };
    taken.bytes = JSON.stringify(state).length;
    aWord(journal);
    const before = performance.now();
    journal.rotate(state);
    taken.atOnce.push(performance.now() - before);
    aWord(journal);
    const { saidMs, longestTurnMs } = await inTurns(journal, state);
    taken.said.push(saidMs);
    taken.longestTurn.push(longestTurnMs);
  }
  await journal.close();
  const middle = (values: number[]): number =>
    round(
      quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      ),
    );
  const [atOnce, said, longestTurn] = [middle(taken.atOnce), middle(taken.said), middle(taken.longestTurn)];
  return {
    ...{ snapshotMb: round(taken.bytes / 1024 / 1024), snapshotAtOnceMs: atOnce, snapshotSaidMs: said, snapshotLongestTurnMs: longestTurn },
    snapshotInTurnsToAtOnce: round(Math.max(said, longestTurn) / atOnce),
  };
}

function aWord(journal: FileJournal): void {
  journal.append({ type: 'serverStarted' }, clock.now(), false);
  journal.write();
}

async function inTurns(journal: FileJournal, state: object): Promise<{ saidMs: number; longestTurnMs: number }> {
  const before = performance.now();
  let isThere = false;
  const written = journal.rotateInTurns(state).then(() => {
    isThere = true;
  });
  let [last, longestTurnMs] = [performance.now(), 0];
  const saidMs = last - before;
  while (!isThere) {
    await turn();
    const now = performance.now();
    longestTurnMs = Math.max(longestTurnMs, now - last);
    last = now;
  }
  await written;
  return { saidMs, longestTurnMs };
}

async function aCall(side: Side, n: number): Promise<void> {
  const begins = performance.now();
  for (const turn of turnsOf(n)) {
    const before = performance.now();
    for (const [at, event] of turn.entries()) side.journal.append(event, clock.now(), at > 0);
    side.journal.write();
    side.took.push((performance.now() - before) / turn.length);
    side.events += turn.length;
  }
  side.ms += performance.now() - begins;
  if (n % SETTLE_EACH !== 0) return;
  const before = performance.now();
  await side.journal.settled();
  side.settled.push(performance.now() - before);
}

/** An answered call of the hotline: its events by the turns in which they come, as `huawu replay --print` shows them. */
function turnsOf(n: number): Event[][] {
  const callId = asId<CallId>(`c-${String(n).padStart(12, '0')}00000000000000000000`);
  const [legId, agentLeg, agentId, queueId] = [asId<never>(`${callId}.0`), asId<never>(`${callId}.1`), asId<never>('bench:8001'), asId<never>('bench:service')];
  const number = `+8613${String(700_000_000 + (n % CUSTOMERS)).padStart(9, '0')}`;
  const customer = {
    ...{ customerId: asId<never>(`k-${n % CUSTOMERS}`), name: '王小明', number, tier: 'gold', language: 'zh' as const, specialNeeds: [] },
    ...{ openTickets: [{ ticketId: 't-1', title: '宽带故障', status: 'open', openedAt: '2026-01-01T00:00:00Z' }], recentContacts: [] },
  };
  const offer = { callId, queueId, offerId: asId<never>(`${callId}.o1`), legId: agentLeg, agentId };
  const ending = { cause: 'normal', by: 'far_end' } as const;
  return [
    [
      {
        type: 'callArrived',
        callId,
        legId,
        tenantId: asId('bench'),
        caller: { number, raw: number.slice(3) },
        callee: { number: '10086', raw: '10086' },
        trunk: 'carrier',
        sipCallId: `${n}@carrier`,
      },
    ],
    [
      { type: 'customerFound', callId, customer, authLevel: 1 },
      { type: 'flowEntered', callId, version: asId('bench@1'), flow: 'main', step: '0' },
    ],
    [{ type: 'legAnswered', callId, legId }],
    [{ type: 'promptEnded', callId, legId, playId: 'p1', end: 'finished' }],
    [
      { type: 'digitsCollected', callId, legId, playId: 'p2', digits: '1', end: 'complete' },
      { type: 'dataSet', callId, data: { reason: 'bill', plan: '5G 128' }, by: 'flow' },
    ],
    [
      { type: 'callQueued', callId, queueId, priority: 50, skills: [], maxWaitMs: null },
      { type: 'callOffered', ...offer, record: true, until: 1 },
      { type: 'agentStateChanged', agentId, state: 'offered', reasons: [], callId, wrapUpUntil: null },
    ],
    [{ type: 'legRinging', callId, legId: agentLeg }],
    [
      { type: 'legAnswered', callId, legId: agentLeg },
      { type: 'offerEnded', ...offer, end: 'answered' },
      { type: 'callLeftQueue', callId, queueId, exit: 'answered' },
      { type: 'agentStateChanged', agentId, state: 'talking', reasons: [], callId, wrapUpUntil: null },
    ],
    [{ type: 'legsJoined', callId, legIds: [legId, agentLeg] }],
    [{ type: 'recordingStarted', callId, recordingId: `${callId}-1`, path: `2026/01/${callId}.wav` }],
    [
      { type: 'legEnded', callId, legId, ending },
      { type: 'callEnded', callId, ending },
    ],
    [
      { type: 'legEnded', callId, legId: agentLeg, ending },
      { type: 'agentStateChanged', agentId, state: 'wrapping_up', reasons: [], callId, wrapUpUntil: 1 },
    ],
    [{ type: 'cdrWritten', callId, revision: 1 }],
    [{ type: 'wrapUpEnded', agentId, callId, disposition: 'solved', notes: '已核对账单，客户满意', form: { reason: 'bill' } }],
    [{ type: 'cdrWritten', callId, revision: 2 }],
  ];
}

function recoveryMs(folder: string, opener?: JournalOpener): number {
  const before = performance.now();
  recover(folder, log, opener);
  return performance.now() - before;
}
