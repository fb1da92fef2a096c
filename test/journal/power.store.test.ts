/**
 * A10: the power fails while the journal and the spool are at work, at any step of the disk. What was said to be stored is there afterwards, in its order, and
 * a server starts on it. One seed: SEED=17 node --import tsx --test test/journal/power.store.test.ts
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { asId, type CallId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { KeptRecord } from '../../src/cdr/kept.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover } from '../../src/journal/read.ts';
import { JournalOpener } from '../../src/journal/seal.ts';
import type { Event } from '../../src/vocabulary.ts';
import { records } from '../cdr/records.ts';
import { FakeClock } from '../support/clock.ts';
import { PowerLossDisk } from '../support/power-loss.ts';

const SEEDS = process.env.SEED === undefined ? Array.from({ length: 200 }, (_, at) => at + 1) : [Number(process.env.SEED)];
const STEPS = 25;
/** Of the steps of the disk, as many are followed by a look at what a cut there would leave. */
const CUTS = 0.05;

const root = mkdtempSync(join(tmpdir(), 'huawu-power-'));
after(() => rmSync(root, { recursive: true }));
const keys = readKeyRing('a7'.repeat(32));

function event(n: number): Event {
  const callId = asId<CallId>(`c-${n}`);
  if (n % 3 === 0) return { type: 'heartbeat' };
  return {
    ...{ type: 'callArrived', callId, legId: asId(`${callId}.0`), tenantId: asId('demo'), trunk: 't', sipCallId: `${n}` },
    ...{ caller: { number: `+86139${n % 7}`, raw: `139${n % 7}`, name: 'x'.repeat(n % 400) }, callee: { number: '10086', raw: '10086' } },
  };
}

async function closed(journal: FileJournal, clock: FakeClock): Promise<void> {
  let open = true;
  const closing = journal.close().finally(() => (open = false));
  while (open) {
    clock.forward(20);
    await turn();
  }
  await closing;
}

/** What a seed does; `again`: how to see it once more. */
async function eachSeed(run: (dice: Dice, folder: string, cutFolder: () => string) => Promise<void>): Promise<void> {
  for (const seed of SEEDS) {
    const folder = mkdtempSync(join(root, 'disk-'));
    try {
      await run(new Dice(seed), folder, () => mkdtempSync(join(root, 'cut-')));
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\nagain: SEED=${seed} node --import tsx --test test/journal/power.store.test.ts`, {
        cause: error,
      });
    }
    for (const name of [folder]) rmSync(name, { recursive: true });
  }
}

test(`A10 ${SEEDS.length} runs of the journal in which the power fails at any step: what had settled is there, and a journal goes on from it`, async () => {
  let cuts = 0;
  await eachSeed(async (dice, folder, cutFolder) => {
    const clock = new FakeClock();
    const disk = new PowerLossDisk(folder);
    const told: Event[] = [];
    const closing: Promise<void>[] = [];
    let settled = 0;
    const luck = (): number => dice.fraction();
    const lookAt = (): void => {
      disk.onStep = () => undefined;
      const into = cutFolder();
      disk.cut(into, luck);
      const again = (): number => {
        const { snapshot, snapshotSeq, events, lastSeq } = recover(into, silentLog, new JournalOpener({ folder: into, keys }));
        assert.ok(lastSeq >= settled, `${settled} events had settled, ${lastSeq} are there`);
        if (snapshot !== null) assert.deepEqual(snapshot, { upTo: snapshotSeq });
        for (const { seq, event } of events) if (seq <= settled) assert.deepEqual(event, told[seq - 1], `event ${seq}`);
        return lastSeq;
      };
      const lastSeq = again();
      cuts += 1;
      disk.onStep = step;
      if (dice.chance(0.7)) return;
      // Whoever is started next writes on, and dies at once.
      const later = new FakeClock();
      const next = new FileJournal({ folder: into, lastSeq, keys, clock: later, log: silentLog });
      next.append({ type: 'serverStarted' }, 1, false);
      next.write();
      assert.equal(again(), lastSeq + 1);
      closing.push(next.close());
      later.forward(20);
    };
    const step = (): void => {
      if (dice.fraction() < CUTS) lookAt();
    };
    disk.onStep = step;
    try {
      let journal = new FileJournal({ folder, lastSeq: 0, keys, clock, log: silentLog });
      for (let at = 0; at < STEPS; at += 1) {
        const what = dice.fraction();
        if (what < 0.7) {
          for (let n = dice.between(1, 4); n > 0; n -= 1) {
            told.push(event(told.length + 1));
            journal.append(told.at(-1) as Event, told.length, false);
          }
          journal.write();
          const upTo = told.length;
          if (dice.fraction() < 0.5) void journal.settled().then(() => (settled = Math.max(settled, upTo)));
        } else if (what < 0.75) journal.rotate({ upTo: told.length });
        else if (what < 0.78) void journal.rotateInTurns({ upTo: told.length });
        else if (what < 0.82) {
          await closed(journal, clock);
          settled = told.length;
          const { lastSeq } = recover(folder, silentLog, new JournalOpener({ folder, keys }));
          assert.equal(lastSeq, told.length);
          journal = new FileJournal({ folder, lastSeq, keys, clock, log: silentLog });
        } else clock.forward(dice.between(0, 30));
        if (dice.fraction() < 0.5) await turn();
      }
      lookAt();
      disk.onStep = () => undefined;
      await closed(journal, clock);
      await Promise.all(closing);
    } finally {
      disk.close();
    }
  });
  assert.ok(cuts > 2 * SEEDS.length, `${cuts} cuts`);
});

test(`A10 ${SEEDS.length} runs of the spool in which the power fails at any step: each record that was put by is read again until it was taken off`, async () => {
  let cuts = 0;
  const all = JSON.parse(JSON.stringify(records(30, 1_800_000_000_000))) as KeptRecord[];
  await eachSeed(async (dice, folder, cutFolder) => {
    const disk = new PowerLossDisk(folder);
    const waiting: KeptRecord[] = [];
    const looks: { into: string; were: KeptRecord[] }[] = [];
    const step = (): void => {
      if (dice.fraction() >= 2 * CUTS) return;
      const into = cutFolder();
      disk.onStep = () => undefined;
      disk.cut(into, () => dice.fraction());
      disk.onStep = step;
      looks.push({ into, were: [...waiting] });
      cuts += 1;
    };
    disk.onStep = step;
    try {
      const spool = new Spool(folder, 1e9, keys);
      for (let at = 0; at < all.length; ) {
        const put = all.slice(at, at + dice.between(1, 4));
        at += put.length;
        await spool.append(put);
        waiting.push(...put);
        if (dice.fraction() < 0.3) {
          const read = await spool.read(dice.between(1, 6));
          // Taken off as it is asked for: from then on it may be gone.
          waiting.splice(0, read.length);
          await spool.advance();
        }
      }
      await spool.close();
      disk.onStep = () => undefined;
    } finally {
      disk.close();
    }
    for (const { into, were } of looks) await found(into, were);
  });
  assert.ok(cuts > SEEDS.length, `${cuts} cuts`);
});

async function found(folder: string, waiting: readonly KeptRecord[]): Promise<void> {
  const spool = new Spool(folder, 1e9, keys);
  const there = new Set<string>();
  for (let read = await spool.read(50); read.length > 0; read = await spool.read(50)) {
    for (const { callId } of read) there.add(callId);
    await spool.advance();
  }
  await spool.close();
  for (const { callId } of waiting) assert.ok(there.has(callId), `${callId} had been put by and is not there`);
  rmSync(folder, { recursive: true });
}
