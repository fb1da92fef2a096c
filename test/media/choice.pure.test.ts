import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseWorker, type WorkerState } from '../../media/control/choice.ts';
import { Lag } from '../../media/worker/lag.ts';

const worker = (endpoints: number, lagMs = 1, alive = true): WorkerState => ({ endpoints, lagMs, alive });

test('a new group goes to the worker that carries least', () => {
  assert.equal(chooseWorker([worker(4), worker(2), worker(3)]), 1);
  assert.equal(chooseWorker([worker(2), worker(2)]), 0);
});

test('a worker that lags is given no more while another keeps time, however little it carries', () => {
  assert.equal(chooseWorker([worker(0, 80), worker(500), worker(600)]), 1);
});

test('when all lag the least loaded is taken: it is the machine that is late', () => {
  assert.equal(chooseWorker([worker(9, 90), worker(3, 300), worker(5, 50)]), 1);
});

test('a worker that is being started again is given nothing while another lives', () => {
  assert.equal(chooseWorker([worker(0, 0, false), worker(500, 90)]), 1);
  assert.equal(chooseWorker([worker(0, 0, false)]), 0);
});

test('lag is the worst lateness since it was asked last, what is overdue included', () => {
  let nowMs = 1000;
  let due: () => void = assert.fail;
  const lag = new Lag({
    now: () => nowMs,
    after: () => () => undefined,
    every: (_, fn) => {
      due = fn;
      return () => undefined;
    },
  });
  for (const atMs of [1050, 1130, 1180]) {
    nowMs = atMs;
    due();
  }
  assert.equal(lag.take(), 30);
  nowMs = 1230;
  due();
  assert.equal(lag.take(), 0);
  nowMs = 1380;
  assert.equal(lag.take(), 100);
});
