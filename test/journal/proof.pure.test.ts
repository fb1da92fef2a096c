/** The journal's own lines of simulated shifts with callbacks, redials, overflow and restarts are proved equal, and one altered decision is the first difference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import { type Entry, isFault, runShift } from '../../src/acd/simulation/run.ts';
import type { QueueExit } from '../../src/call/event.ts';
import { readLine, writeLine } from '../../src/journal/line.ts';
import { type Difference, Proof } from '../../src/journal/proof.ts';
import type { Event, Recorded } from '../../src/vocabulary.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const EVENTS = 500;
const NUMBER = '+8613800001001';

const callingBack = (queue: QueueConfiguration): QueueConfiguration => ({
  ...queue,
  redialMs: 60_000,
  callback: { first: 'agent', attempts: 2, retryMs: 5_000 },
});

/** What a shift was told, to queues that call back, keep a place for who redials, and are asked for a callback by every third caller. */
function told({ event }: Entry, n: number): Event[] {
  if (event.type === 'queueConfigured') return [{ ...event, queue: callingBack(event.queue) }];
  if (event.type !== 'callQueued' || n % 3 > 0) return [event];
  const wish = { number: NUMBER, callee: { number: '10086', raw: '' }, priority: 0, skills: [], language: 'zh', data: {} } as const;
  return [event, { type: 'callbackAsked', callId: event.callId, queueId: event.queueId, ...wish, skills: [] }];
}

/** As the switchboard has them written: each event, then the facts it led to. */
function journalOf(seed: number): string[] {
  const shift = runShift(seed, EVENTS);
  assert.ok(!isFault(shift), `again: npx huawu simulate --seed ${seed} --events ${EVENTS}`);
  const acd = createAcd();
  const lines: string[] = [];
  const take = (event: Event, at: number): void => {
    const facts: Event[] = [event];
    for (const fact of facts) {
      lines.push(writeLine({ seq: lines.length + 1, at, event: fact, ...(fact === event ? {} : { derived: true }) }));
      facts.push(...acd.decide(fact, at).events);
    }
  };
  for (const [n, entry] of shift.log.entries()) for (const event of told(entry, n)) take(event, entry.at);
  const last = shift.log.at(-1)?.at ?? 0;
  take({ type: 'serverStarted' }, last);
  take({ type: 'timePassed' }, last + 60_000);
  return lines;
}

const alteredExit = (exit: QueueExit): QueueExit => (exit === 'key' ? 'full' : 'key');

function read(line: string): Recorded {
  const recorded = readLine(line.trimEnd());
  assert.ok(recorded !== null, `cannot be read: ${line}`);
  return recorded;
}

function proved(journal: readonly Recorded[]): { difference: Difference | null; hashes: { journal: string; now: string } } {
  const proof = new Proof([createAcd()], true);
  for (const recorded of journal) {
    const answer = proof.take(recorded);
    if (!Array.isArray(answer)) return { difference: answer, hashes: proof.hashes() };
  }
  return { difference: proof.end(), hashes: proof.hashes() };
}

test('journals of shifts with callbacks, redials, overflow and restarts are proved equal, and the first decision that was altered is shown', () => {
  const seen = new Set<string>();
  for (const seed of SEEDS) {
    const journal = journalOf(seed).map(read);
    for (const { event } of journal) seen.add(event.type);
    const { difference, hashes } = proved(journal);
    assert.equal(difference, null, `seed ${seed}: ${JSON.stringify(difference)}`);
    assert.equal(hashes.journal, hashes.now, `seed ${seed}`);
    const at = journal.findIndex(({ event }, n) => n > journal.length / 3 && event.type === 'callLeftQueue');
    const altered = journal.map((recorded, n) =>
      n >= at && recorded.event.type === 'callLeftQueue' ? { ...recorded, event: { ...recorded.event, exit: alteredExit(recorded.event.exit) } } : recorded,
    );
    const found = proved(altered).difference;
    assert.equal(found?.seq, journal[at]?.seq, `seed ${seed}`);
    assert.match(found?.fields.join() ?? '', /exit: was "(key|full)", is now/);
  }
  for (const type of ['callbackPlaced', 'callOverflowed', 'serverStarted', 'callbackEnded']) assert.ok(seen.has(type), `no ${type} in ${SEEDS.length} shifts`);
});
