import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { listAudit, writeAudit } from '../../src/store/audit.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensureMonths } from '../../src/store/months.ts';
import { writeRecords } from '../../src/store/records.ts';
import { records } from '../cdr/records.ts';
import { openCluster, query, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

/** In the order of their numbers, as they lie in the folder. */
const MIGRATIONS = readdirSync(fileURLToPath(new URL('../../src/store/migrations', import.meta.url)))
  .map((name) => name.replace(/\.sql$/, ''))
  .sort();

test('an empty database is brought up to date once, in the order of the numbers', async () => {
  const url = await cluster.database('empty');
  assert.deepEqual(await migrate(url, log), MIGRATIONS);
  assert.deepEqual(await migrate(url, log), []);
});

test('two that migrate at the same time wait for each other', async () => {
  const url = await cluster.database('empty');
  const applied = await Promise.all([migrate(url, log), migrate(url, log)]);
  assert.deepEqual(applied.map((names) => names.length).sort(), [0, MIGRATIONS.length]);
});

const partitionsOf = (url: string, table: string) =>
  query(url, `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${table}'::regclass order by 1`).then((rows) =>
    rows.map(({ name }) => name),
  );

test('months are made ahead, again without harm, and two at a time', async () => {
  const store = await cluster.store();
  const url = await cluster.database('migrated');
  await query(url, `select ensure_call_months('2026-11-22', 3)`);
  await Promise.all([query(url, `select ensure_call_months('2026-12-01', 2)`), query(url, `select ensure_call_months('2026-12-01', 3)`)]);
  for (const table of ['calls', 'call_legs']) {
    assert.deepEqual(await partitionsOf(url, table), ['202611', '202612', '202701', '202702'].map((month) => `${table}_${month}`).concat(`${table}_default`));
  }
  await ensureMonths(store.db, Date.parse('2030-06-01T00:00:00Z'), 1);
});

test('what went to the default partition moves into its month when that is made', async () => {
  const store = await cluster.store();
  const may = records(3, Date.parse('2031-05-31T23:59:59Z'));
  await writeRecords(store.db, may);
  const count = async (table: string) =>
    (
      await store.db
        .selectFrom(store.db.dynamic.table<'calls'>(table as 'calls').as('t'))
        .select((count) => count.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n;
  assert.equal(await count('calls_default'), 3);
  await ensureMonths(store.db, Date.parse('2031-05-01T00:00:00Z'), 1);
  assert.deepEqual([await count('calls_default'), await count('calls_203105'), await count('calls')], [0, 3, 3]);
  await writeRecords(
    store.db,
    may.map((record) => ({ ...record, revision: 2 })),
  );
  assert.equal(await count('calls'), 3);
});

test('the audit log takes entries and gives none up', async () => {
  const store = await cluster.store();
  const tenantId = asId<TenantId>('demo');
  await writeAudit(store.db, {
    at: 1_000,
    tenantId,
    userId: null,
    action: 'queue.change',
    resource: 'demo:service',
    before: { record: true },
    after: { record: false },
  });
  const [entry] = await listAudit(store.db, tenantId, 10, null);
  assert.deepEqual(entry, {
    auditId: 1,
    ...{ at: 1_000, tenantId, userId: null, action: 'queue.change', resource: 'demo:service', before: { record: true }, after: { record: false } },
  });
  await assert.rejects(store.db.deleteFrom('audit_log').execute(), /append-only/);
  await assert.rejects(store.db.updateTable('audit_log').set({ action: 'x' }).execute(), /append-only/);
});
