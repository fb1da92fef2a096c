/** The day's figures on a wall: asked of the ledger, kept for a few seconds, and only for tenants whose queues somebody looks at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import { dayOfQueues } from '../../src/api/day.ts';
import { DayFigures, type DayOfQueues } from '../../src/cti/floor/day.ts';
import { visitMeasures, zero } from '../../src/ledger/measures.ts';
import { FakeClock } from '../support/clock.ts';

const tenantId = asId<TenantId>('demo');
const [service, quiet] = [asId<QueueId>('demo:service'), asId<QueueId>('demo:quiet')];
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
type Ports = Parameters<typeof dayOfQueues>[0];

function counted(visits: Partial<Record<(typeof visitMeasures)[number], number>>): { ports: Ports; asked: unknown[] } {
  const clock = new FakeClock(Date.parse('2026-03-01T17:30:00Z'));
  const asked: unknown[] = [];
  const queues: Partial<QueueConfiguration>[] = [service, quiet].map((queueId) => ({ queueId, tenantId, answerWithinMs: 15_000 }));
  const ledger: Partial<Ports['ledger']> = {
    memory: () => [],
    sums: async (sums) => {
      asked.push(sums);
      return [{ bin: 0, queueId: service, ...zero(visitMeasures), ...visits }];
    },
  };
  const parts: Partial<Record<keyof Ports, unknown>> = { clock, ledger, directory: { queues: () => queues, tenants: () => [] } };
  return { ports: parts as Ports, asked };
}

test('the day is that of the time zone, the variant is named by its formula, and a queue nobody came to has zeros', async () => {
  const { ports, asked } = counted({ entered: 12, answered: 9, abandoned: 1, shortAbandoned: 1, answeredWithin: 8, answerWaitMs: 45_000 });
  const day = await dayOfQueues(ports, tenantId);
  assert.deepEqual(day.get(service), {
    ...{ offered: 12, answered: 9, abandoned: 1, asaMs: 5_000, timeZone: 'Asia/Shanghai', since: '2026-03-01T16:00:00.000Z' },
    serviceLevel: { pct: 80, variant: 'A(≤T) / (A + B)', withinMs: 15_000 },
  });
  assert.deepEqual([day.get(quiet)?.offered, day.get(quiet)?.asaMs, day.get(quiet)?.serviceLevel.pct], [0, null, null]);
  assert.equal(asked.length, 1);
});

test('the ledger is asked every five seconds while somebody looks, and no more when nobody does; without a database there are no figures', async () => {
  const clock = new FakeClock();
  let [asked, isAway] = [0, false];
  const figures: DayOfQueues = await dayOfQueues(counted({ entered: 1 }).ports, tenantId);
  const day = new DayFigures(clock, async () => {
    asked += 1;
    if (isAway) throw new Error('the database is away');
    return figures;
  });
  assert.equal(day.of(service), null, 'not known yet');
  await settled();
  assert.equal(day.of(service)?.offered, 1);
  clock.forward(5_000);
  await settled();
  assert.equal(asked, 2);
  isAway = true;
  clock.forward(5_000);
  await settled();
  assert.equal(day.of(service), null, 'part of a day would be taken for all of it');
  clock.forward(60_000);
  await settled();
  const until = asked;
  clock.forward(60_000);
  assert.equal(asked, until, 'nobody looks');
  day.close();
});
