import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import { SpaceWatch } from '../../src/recordings/space.ts';
import { FakeClock } from '../support/clock.ts';

const MB = 1024 * 1024;

function watch() {
  const clock = new FakeClock();
  const told: boolean[] = [];
  let bytes = 10_000 * MB;
  const space = new SpaceWatch({
    ...{ dir: '/r', leastBytes: 512 * MB, clock, log: silentLog, changed: (full) => void told.push(full) },
    free: () => (bytes < 0 ? Promise.reject(new Error('no folder yet')) : Promise.resolve(bytes)),
  });
  const look = async (free: number): Promise<string> => {
    bytes = free;
    await space.look();
    return space.space;
  };
  return { clock, told, space, look };
}

test('F8: less than the least is full, less than four times as much is low; only full and no longer full are told', async () => {
  const { told, look } = watch();
  assert.deepEqual(
    [await look(3000 * MB), await look(1000 * MB), await look(511 * MB), await look(600 * MB), await look(3000 * MB)],
    ['ok', 'low', 'full', 'low', 'ok'],
  );
  assert.deepEqual(told, [true, false]);
});

test('F8: a recording that ended for want of room is believed for half a minute, whatever the disk says', async () => {
  const { clock, told, space, look } = watch();
  space.ranOut();
  assert.deepEqual([await look(9000 * MB), told], ['full', [true]]);
  clock.forward(30_000);
  assert.equal(await look(9000 * MB), 'ok');
});

test('a folder that is not there yet changes nothing', async () => {
  assert.equal(await watch().look(-1), 'ok');
});
