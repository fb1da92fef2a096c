/** Ports that are bound before anybody asks. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { PortPool } from '../../media/control/ports.ts';
import { SPARES_A_WORKER, SparePorts } from '../../media/control/spares.ts';
import type { OrderName, Orders } from '../../media/worker/messages.ts';
import { FakeClock } from '../support/clock.ts';

const PAIRS = 600;

function room(pairs = PAIRS, held: readonly number[] = []) {
  const orders: string[] = [];
  const pool = {
    order: <Name extends OrderName>(worker: number, name: Name, params: Orders[Name]['params']): Promise<Orders[Name]['result']> => {
      const { port } = params as { port: number };
      orders.push(`${worker} ${name} ${port}`);
      return Promise.resolve((name === 'prepare' ? { taken: held.includes(port) } : null) as Orders[Name]['result']);
    },
  };
  const clock = new FakeClock();
  const ports = new PortPool(10_000, 10_000 + 2 * pairs - 1);
  return { spares: new SparePorts(pool, ports, clock, '127.0.0.1', 2), ports, orders, clock };
}
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('the first asks in vain and has them prepared; from then on one is ready, of that worker alone, and each that goes is followed by another', async () => {
  const { spares, ports, orders } = room();
  assert.equal(spares.take(1), null);
  await settled();
  assert.equal(orders.length, SPARES_A_WORKER);
  assert.equal(spares.take(1), 10_000);
  await settled();
  assert.equal(orders.length, SPARES_A_WORKER + 1);
  assert.equal(spares.take(0), null, 'of another worker');
  assert.ok(ports.inUse(10_000) && ports.inUse(10_002), 'nobody else is given them');
});

test('one that another program holds rests, and is not tried again and again', async () => {
  const { spares, ports, orders } = room(PAIRS, [10_000]);
  spares.take(0);
  await settled();
  assert.equal(orders.length, SPARES_A_WORKER);
  assert.equal(ports.inUse(10_000), false);
  assert.equal(spares.take(0), 10_002);
});

test('where ports are few none is held back, and what is held is let go for whoever needs it', async () => {
  const few = room(200);
  few.spares.take(0);
  await settled();
  assert.deepEqual([few.orders, few.ports.free], [[], 200]);

  const { spares, ports, orders, clock } = room();
  spares.take(0);
  await settled();
  while (ports.take(clock.now()) !== null);
  assert.equal(await spares.release(), true);
  assert.equal(orders.at(-1), '0 discard 10000');
  assert.equal(ports.take(clock.now()), 10_000, 'it need not rest');
});

test('of a worker that died none is given out; its ports are free at once', async () => {
  const { spares, ports } = room();
  spares.take(0);
  await settled();
  spares.workerLost(0);
  assert.equal(ports.free, PAIRS);
  assert.equal(spares.take(0), null);
  assert.equal(await spares.release(), false);
});
