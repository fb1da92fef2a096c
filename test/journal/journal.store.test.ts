import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover, segmentName } from '../../src/journal/read.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

let folder: string;
const ready = (n: number): Event => ({ type: 'agentWentReady', agentId: asId(`demo:${n}`) });
const open = (lastSeq = 0): FileJournal => new FileJournal({ folder, lastSeq, clock: systemClock, log: silentLog });
const segment = (): string =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => name.startsWith('events-'))
      .sort()
      .at(-1) ?? '',
  );

async function writeThree(): Promise<void> {
  recover(folder, silentLog);
  const journal = open();
  for (const n of [1, 2, 3]) journal.append(ready(n), 1000 + n, false);
  await journal.close();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huawu-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the journal', () => {
  test('gives back what was appended, numbered from 1 without a gap', async () => {
    await writeThree();
    const { events, lastSeq } = recover(folder, silentLog);
    assert.deepEqual(
      events,
      [1, 2, 3].map((n) => ({ seq: n, at: 1000 + n, event: ready(n) })),
    );
    assert.equal(lastSeq, 3);
  });

  test('has the events of a turn with the operating system before write returns', () => {
    recover(folder, silentLog);
    const journal = open();
    journal.append(ready(1), 1, false);
    journal.append(ready(2), 1, true);
    journal.write();
    assert.match(readFileSync(segment(), 'utf8'), /demo:1.*\n.*demo:2.*\n$/);
    return journal.close();
  });

  for (const [damage, hurt] of [
    ['half a last line', (path: string) => truncateSync(path, readFileSync(path).length - 20)],
    [
      'a flipped byte in the last line',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
  ] as const) {
    test(`with ${damage} uses all before it, sets the rest aside and goes on from there`, async () => {
      await writeThree();
      hurt(segment());
      const first = recover(folder, silentLog);
      assert.equal(first.lastSeq, 2);
      assert.ok(first.setAsideBytes > 0);
      assert.ok(readdirSync(folder).some((name) => name.startsWith('torn-')));
      const journal = open(2);
      journal.append(ready(9), 9, false);
      await journal.close();
      const again = recover(folder, silentLog);
      assert.deepEqual(
        again.events.map((recorded) => recorded.seq),
        [1, 2, 3],
      );
      assert.equal(again.setAsideBytes, 0);
    });
  }

  test('with rubbish appended sets it aside', async () => {
    await writeThree();
    appendFileSync(segment(), 'deadbeef {"seq":4}\n');
    assert.equal(recover(folder, silentLog).lastSeq, 3);
  });

  test('starts from a snapshot after a rotation, and the files before it are gone', async () => {
    recover(folder, silentLog);
    const journal = open();
    journal.append(ready(1), 1, false);
    journal.rotate({ acd: 'state' });
    journal.append(ready(2), 2, false);
    await journal.close();
    const { snapshot, snapshotSeq, events } = recover(folder, silentLog);
    assert.deepEqual(snapshot, { acd: 'state' });
    assert.equal(snapshotSeq, 1);
    assert.deepEqual(
      events.map((recorded) => recorded.seq),
      [2],
    );
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('events-')).length, 1);
  });

  test('writes a snapshot in turns while events go on: of when it was asked for; until it is there all is read as before', async () => {
    recover(folder, silentLog);
    const journal = open();
    journal.append(ready(1), 1, false);
    const state = { acd: ['state'] };
    const written = journal.rotateInTurns(state);
    state.acd.push('of later');
    await journal.rotateInTurns({ acd: 'another, while the first is not there' });
    journal.append(ready(2), 2, false);
    journal.write();
    const before = recover(folder, silentLog);
    assert.equal(before.snapshot, null);
    assert.deepEqual(
      before.events.map(({ seq }) => seq),
      [1, 2],
    );
    await written;
    const { snapshot, snapshotSeq, events } = recover(folder, silentLog);
    assert.deepEqual(snapshot, { acd: ['state'] });
    assert.equal(snapshotSeq, 1);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      [2],
    );
    assert.deepEqual(readdirSync(folder).sort(), [segmentName(2), 'snapshot-0000000000000001.json']);
    await journal.close();
  });

  test('gives up a snapshot that another has taken the place of, and leaves nothing of it', async () => {
    recover(folder, silentLog);
    const journal = open();
    journal.append(ready(1), 1, false);
    const written = journal.rotateInTurns({ acd: 'state' });
    journal.append(ready(2), 2, false);
    journal.rotate({ acd: 'state of later' });
    await written;
    await journal.close();
    assert.deepEqual(readdirSync(folder).sort(), [segmentName(3), 'snapshot-0000000000000002.json']);
  });

  test('goes on, and says so, when a snapshot cannot be written', async () => {
    recover(folder, silentLog);
    const journal = open();
    journal.append(ready(1), 1, false);
    mkdirSync(join(folder, 'slow-snapshot-0000000000000001.json.part'));
    await journal.rotateInTurns({ acd: 'state' });
    journal.append(ready(2), 2, false);
    await journal.close();
    const { snapshot, lastSeq } = recover(folder, silentLog);
    assert.deepEqual([snapshot, lastSeq], [null, 2]);
  });

  test('on a disk that is full takes events all the same, says so, and rejects nobody', async () => {
    recover(folder, silentLog);
    symlinkSync('/dev/full', join(folder, segmentName(1)));
    const clock = new FakeClock();
    const journal = new FileJournal({ folder, lastSeq: 0, clock, log: silentLog });
    assert.equal(journal.healthy, true);
    assert.deepEqual(
      [1, 2].map((n) => journal.append(ready(n), n, false).seq),
      [1, 2],
    );
    journal.write();
    assert.equal(journal.healthy, false);
    clock.forward(1_000);
    assert.equal(journal.healthy, false, 'it goes on trying');
    assert.equal(clock.armed > 0, true);
    journal.rotate({});
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('snapshot-')),
      [],
      'no snapshot of events that are not on disk',
    );
  });

  test('settled resolves only for what is on disk, and at once when all is', async () => {
    recover(folder, silentLog);
    const journal = open();
    await journal.settled();
    journal.append(ready(1), 1, false);
    await journal.settled();
    await journal.close();
  });
});
