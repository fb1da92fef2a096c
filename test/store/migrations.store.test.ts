import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import type { ChainHead } from '../../src/audit/chain.ts';
import { proveChain } from '../../src/audit/prove.ts';
import { listAudit, writeAudit } from '../../src/store/audit.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensureMonths } from '../../src/store/months.ts';
import { writeRecords } from '../../src/store/records.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { records } from '../cdr/records.ts';
import { inProject } from '../support/project.ts';
import { openCluster, query, type TestCluster } from './cluster.ts';

type AuditRow = Awaited<ReturnType<typeof listAudit>>[number];

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

/** In the order of their numbers, as they lie in the folder. */
const MIGRATIONS = readdirSync(inProject('src/store/migrations'))
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
  const url = await cluster.database('migrated');
  const store = connectStore({ url, clock: systemClock, log, embedded: null });
  const tenantId = asId<TenantId>('demo');
  await writeAudit(store.db, {
    at: 1_000,
    tenantId,
    userId: null,
    source: '192.0.2.7',
    action: 'queue.change',
    resource: 'demo:service',
    before: { record: true },
    after: { record: false },
  });
  const [{ hash, ...entry }] = (await listAudit(store.db, tenantId, 10, null)) as [AuditRow];
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.deepEqual(entry, {
    ...{ auditId: 1, seq: 1, source: '192.0.2.7' },
    ...{ at: 1_000, tenantId, userId: null, action: 'queue.change', resource: 'demo:service', before: { record: true }, after: { record: false } },
  });
  await assert.rejects(store.db.deleteFrom('audit_log').execute(), /append-only/);
  await assert.rejects(store.db.updateTable('audit_log').set({ action: 'x' }).execute(), /append-only/);
  await assert.rejects(query(url, 'truncate audit_log'), /append-only/);
  await assert.rejects(query(url, 'delete from audit_heads'), /append-only/);
  await store.close();
});

const wrote = (db: Store['db'], tenant: string, n: number): Promise<void> =>
  writeAudit(db, {
    ...{ at: 1_700_000_000_123 + n, tenantId: asId<TenantId>(tenant), userId: asId<UserId>(`${tenant}:admin`), source: 'cli', action: 'queue.change' },
    ...{ resource: `queue/${n}`, before: { b: n, a: '话务 "1,2:3"', z: [1.5, null] }, after: { n } },
  });
const aside = (statements: string): string => `set session_replication_role = replica; ${statements}`;

test('I6: entries of each tenant are one chain, whoever writes them at the same time; what is changed, taken out, cut off or put in shows', async () => {
  const url = await cluster.database('migrated');
  const store = connectStore({ url, clock: systemClock, log, embedded: null });
  const [demo, other] = [asId<TenantId>('demo'), asId<TenantId>('other')];
  try {
    await Promise.all(Array.from({ length: 24 }, (_, n) => wrote(store.db, n % 3 === 0 ? 'other' : 'demo', n)));
    await assert.rejects(
      store.db.transaction().execute(async (trx) => {
        await wrote(trx, 'demo', 99);
        throw new Error('the change failed');
      }),
    );
    const whole = await proveChain(store, demo);
    assert.deepEqual([whole.head.seq, whole.breach], [16, null], 'a change that failed has left no entry and no gap');
    assert.deepEqual((await proveChain(store, other)).head.seq, 8);
    const breachOf = async (statements: string, noted: ChainHead | null = null) => {
      await query(url, `create table kept as select * from audit_log; create table kept_heads as select * from audit_heads; ${aside(statements)}`);
      const { breach } = await proveChain(store, demo, undefined, noted);
      const later = await proveChain(store, demo, whole.head, noted);
      assert.equal((await proveChain(store, other)).breach, null, 'the other tenant’s chain is its own');
      await query(
        url,
        aside(
          'delete from audit_log; insert into audit_log overriding system value select * from kept; drop table kept; delete from audit_heads; insert into audit_heads select * from kept_heads; drop table kept_heads',
        ),
      );
      return [breach?.seq, breach?.by, later.breach?.by];
    };
    const ofDemo = `tenant_id = 'demo'`;
    assert.deepEqual(await breachOf(`update audit_log set after = '{"n": 7}' where ${ofDemo} and seq = 5`), [5, 'changed', undefined]);
    assert.deepEqual(await breachOf(`update audit_log set at = at + interval '1 microsecond' where ${ofDemo} and seq = 1`), [1, 'changed', undefined]);
    assert.deepEqual(await breachOf(`update audit_log set source = null where ${ofDemo} and seq = 9`), [9, 'changed', undefined]);
    assert.deepEqual(await breachOf(`delete from audit_log where ${ofDemo} and seq = 3`), [3, 'missing', undefined]);
    assert.deepEqual(await breachOf(`delete from audit_log where ${ofDemo} and seq > 12`), [13, 'cut', 'cut']);
    const anew = `update audit_log l set hash = audit_hash(l) where ${ofDemo} and seq = 16`;
    assert.deepEqual(await breachOf(`update audit_log set action = 'x' where ${ofDemo} and seq = 16; ${anew}`, whole.head), [16, 'rewritten', 'rewritten']);
    assert.deepEqual(await breachOf(`update audit_log set action = 'x' where ${ofDemo} and seq = 7; ${anew.replace('16', '7')}`), [8, 'unlinked', undefined]);
    const cutClean = `delete from audit_log where ${ofDemo} and seq > 12; update audit_heads set seq = 12, hash = (select hash from audit_log where ${ofDemo} and seq = 12) where ${ofDemo}`;
    assert.deepEqual(await breachOf(cutClean), [undefined, undefined, 'cut'], 'what agrees with itself is found by what was noted elsewhere');
    assert.deepEqual(await breachOf(cutClean, whole.head), [13, 'cut', 'cut']);
    await wrote(store.db, 'demo', 100);
    assert.deepEqual((await proveChain(store, demo, whole.head)).head.seq, 17);
  } finally {
    await store.close();
  }
});

test('what was in the audit trail before there were chains is chained as it stood', async () => {
  const url = await cluster.database('empty');
  const files = (isBefore: boolean): string[] => MIGRATIONS.filter((name) => (isBefore ? name < '0027' : name.startsWith('0027')));
  const run = async (names: string[]): Promise<void> => {
    for (const name of names) await query(url, readFileSync(inProject(`src/store/migrations/${name}.sql`), 'utf8'));
  };
  const store = connectStore({ url, clock: systemClock, log, embedded: null });
  try {
    await run(files(true));
    for (const tenant of ['b', 'a', 'b', 'b'])
      await query(url, `insert into audit_log (at, tenant_id, action, resource, after) values (now(), '${tenant}', 'x', 'y', '{"z": 1, "a": 2}')`);
    await run(files(false));
    const proved = await Promise.all(['a', 'b'].map((tenant) => proveChain(store, asId<TenantId>(tenant))));
    assert.deepEqual(
      proved.map(({ head, breach }) => [head.seq, breach]),
      [
        [1, null],
        [3, null],
      ],
    );
  } finally {
    await store.close();
  }
});
