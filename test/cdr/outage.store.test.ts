/** The embedded server dies under a house at work, twice: calls hardly notice, no record is lost or doubled. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock as clock, pause } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { recordWriter } from '../../src/store/records.ts';
import { connectStore } from '../../src/store/store.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { until } from '../support/wait.ts';
import { records } from './records.ts';

const MAY = Date.parse('2026-05-17T02:00:00Z');
/** A record each tick, a question of the call path each tick. */
const TICK_MS = 25;
const MOST_TICKS = 2_000;
/** SIGTERM to Postgres is a smart shutdown, SIGINT a fast one: admin_shutdown, 57P01. */
const KILLS: NodeJS.Signals[] = ['SIGKILL', 'SIGINT'];
/** The server is left alone for so long before, between and after. */
const CALM_TICKS = 40;

let cluster: TestCluster;
let folder: string;
before(async () => {
  cluster = await openCluster();
  folder = await mkdtemp(join(tmpdir(), 'huawu-spool-'));
});
after(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

test('A4, A8, A9: killed at once, then told to shut down: degraded in between, and every record is there once', async () => {
  const store = connectStore({ url: await cluster.database('migrated'), clock, log, embedded: null });
  const writer = new CdrWriter({ write: recordWriter(store.db), spool: new Spool(folder, 1e9), clock, log });
  const seen: string[] = [];
  store.watchHealth((state) => seen.push(state));
  const waits: number[] = [];
  try {
    const batch = records(MOST_TICKS, MAY);
    const kills = [...KILLS];
    let calm = 0;
    while (waits.length < MOST_TICKS && (kills.length > 0 || calm < CALM_TICKS)) {
      calm = store.health().state === 'ok' ? calm + 1 : 0;
      const signal = calm > CALM_TICKS ? kills.shift() : undefined;
      if (signal !== undefined) {
        process.kill(cluster.server.pid(), signal);
        calm = 0;
      }
      const record = batch[waits.length];
      if (record !== undefined) writer.accept({ type: 'writeCdr', record });
      const from = performance.now();
      await store.quickly('one', (db) => db.selectFrom('tenants').selectAll().execute());
      waits.push(performance.now() - from);
      await pause(clock, TICK_MS);
    }
    assert.equal(await writer.drained(30_000), true, 'all written within 30 s of the server being back');
    await until('the store to be well', () => store.health().state === 'ok');
    const rows = await store.db.selectFrom('calls').select(['call_id', 'revision']).orderBy('call_id').execute();
    assert.deepEqual(
      rows,
      batch.slice(0, waits.length).map(({ callId }) => ({ call_id: callId, revision: 1 })),
    );
    assert.deepEqual(seen, ['degraded', 'ok', 'degraded', 'ok']);
    const worst = waits.sort((a, b) => b - a);
    assert.ok((worst[0] ?? 0) < 600, `the longest wait was ${worst[0]} ms`);
    const p95 = worst[Math.ceil(worst.length / 20)] ?? 0;
    assert.ok(p95 < 100, `95 % waited less than ${p95} ms`);
  } finally {
    await writer.close(0);
    await store.close();
  }
});
