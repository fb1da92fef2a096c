import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import type { WorkerState } from '../../media/control/choice.ts';
import { Moves } from '../../media/control/moves.ts';
import { Relief, type Relieve } from '../../media/control/relief.ts';
import { Reliever } from '../../media/control/reliever.ts';
import { MediaError } from '../../media/port.ts';
import type { WorkerPool } from '../../media/worker/pool.ts';
import { FakeClock } from '../support/clock.ts';

const worker = (endpoints: number, lagMs = 1, alive = true): WorkerState => ({ endpoints, lagMs, alive });

/** What each look finds, one a second. */
function looks(relief: Relief, seconds: number, workers: WorkerState[], fromSecond = 0): Relieve[][] {
  return Array.from({ length: seconds }, (_, at) => relief.look(workers, (fromSecond + at) * 1000));
}

test('a worker that has lagged for six seconds gives to the least loaded that was on time as long, and no sooner', () => {
  const found = looks(new Relief(), 8, [worker(90, 40), worker(30), worker(20), worker(0, 15)]);
  assert.deepEqual(found, [[], [], [], [], [], [], [{ from: 0, to: 2 }], [{ from: 0, to: 2 }]]);
});

test('one late moment moves nothing, however often it comes', () => {
  const relief = new Relief();
  for (let second = 0; second < 60; second += 1) assert.deepEqual(relief.look([worker(90, second % 6 === 5 ? 5 : 300), worker(1)], second * 1000), []);
});

test('once begun it goes on until the worker is punctual again, not merely less late, and begins anew only after six seconds', () => {
  const relief = new Relief();
  looks(relief, 7, [worker(90, 40), worker(1)]);
  assert.deepEqual(looks(relief, 2, [worker(80, 15), worker(9)], 7), [[{ from: 0, to: 1 }], [{ from: 0, to: 1 }]]);
  assert.deepEqual(looks(relief, 2, [worker(70, 9), worker(19)], 9), [[], []]);
  assert.deepEqual(looks(relief, 6, [worker(70, 30), worker(19)], 11), [[], [], [], [], [], []]);
  assert.deepEqual(looks(relief, 1, [worker(70, 30), worker(19)], 17), [[{ from: 0, to: 1 }]]);
});

test('when all lag, or the only other is being started again, nothing is moved', () => {
  assert.deepEqual(looks(new Relief(), 20, [worker(90, 40), worker(5, 30)]).flat(), []);
  assert.deepEqual(looks(new Relief(), 20, [worker(90, 40), worker(0, 0, false)]).flat(), []);
  assert.deepEqual(looks(new Relief(), 20, [worker(90, 400)]).flat(), []);
});

test('four calls a second at most go, those that cannot are passed over, and none is asked again within half a minute', async () => {
  const clock = new FakeClock();
  const where = new Map(Array.from({ length: 30 }, (_, at) => [`g${at}`, 0]));
  const asked: string[] = [];
  const reliever = new Reliever({
    ...{ clock, log: silentLog, workers: () => [worker(60, 50), worker(0)] },
    groupsOf: (of) => [...where].flatMap(([group, at]) => (at === of ? [group] : [])),
    move: async (group, to) => {
      asked.push(group);
      if (Number(group.slice(1)) % 2 === 1) return false;
      where.set(group, to);
      return true;
    },
  });
  const movedAfter: number[] = [];
  for (let second = 1; second <= 14; second += 1) {
    clock.forward(1000);
    for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
    movedAfter.push([...where.values()].filter((at) => at === 1).length);
  }
  reliever.stop();
  assert.deepEqual(movedAfter.slice(6), [4, 8, 12, 15, 15, 15, 15, 15]);
  assert.equal(new Set(asked).size, asked.length);
});

const order = (orders: Record<string, () => Promise<unknown>>): Pick<WorkerPool, 'order'> => ({
  order: ((_: number, name: string) => orders[name]?.() ?? Promise.reject(new Error(name))) as WorkerPool['order'],
});

test('what is asked of a group on its way waits until it has arrived; beyond five hundred it is refused', async () => {
  let arrive: (nothing: null) => void = () => assert.fail();
  const arrival = new Promise<null>((resolve) => {
    arrive = resolve;
  });
  const moves = new Moves(order({ yield: async () => [], adopt: () => arrival }));
  const told: string[] = [];
  const done = moves.move('g', { endpointIds: ['g.0'], from: 0, to: 1, place: () => told.push('placed'), lost: assert.fail });
  await moves.settled(['another']);
  const waiting = Array.from({ length: 500 }, () => moves.settled(['g']).then(() => told.push('asked')));
  await assert.rejects(moves.settled(['g']), (error) => error instanceof MediaError && error.code === 'unavailable');
  assert.deepEqual(told, ['placed']);
  arrive(null);
  assert.equal(await done, true);
  await Promise.all(waiting);
  assert.equal(told.length, 501);
  assert.deepEqual([moves.none, moves.moved], [true, 1]);
});

test('a group that cannot go stays; one that cannot be taken up is told lost; a worker that dies meanwhile is told as ever', async () => {
  const told: string[] = [];
  const move = { endpointIds: [], from: 0, to: 1, place: () => told.push('placed'), lost: (reason: string) => told.push(reason) };
  assert.equal(await new Moves(order({ yield: async () => null })).move('g', move), false);
  assert.equal(await new Moves(order({ yield: () => Promise.reject(new MediaError('unavailable', 'died')) })).move('g', move), false);
  assert.deepEqual(told, []);
  const moves = new Moves(order({ yield: async () => [], adopt: () => Promise.reject(new MediaError('internal', 'the port is taken')) }));
  assert.equal(await moves.move('g', move), false);
  assert.deepEqual([told, moves.moved], [['placed', 'the port is taken'], 0]);
});
