/** The engines that carry packets, and which of them is taken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPacketPath, type PacketPath } from '../../media/native/addon.ts';
import { chooseEngine } from '../../media/worker/engine.ts';
import { testEngine } from './engine-claims.ts';

testEngine('plain');
testEngine('epoll');

test('where the native engine was not built, or cannot be loaded, the plain one is taken and the reason told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-engine-'));
  const broken = join(folder, 'packets.node');
  writeFileSync(broken, 'no shared object');
  const choose = (place: string): ReturnType<typeof chooseEngine> => chooseEngine('auto', () => loadPacketPath([place]));
  assert.deepEqual(choose(join(folder, 'nowhere')), { name: 'plain', why: 'it was not built: npm run native' });
  const { name, why } = choose(broken);
  assert.equal(name, 'plain');
  assert.match(why ?? '', /packets\.node/);
  assert.deepEqual(
    chooseEngine('plain', () => assert.fail('not asked for')),
    { name: 'plain', why: null },
  );
  rmSync(folder, { recursive: true });
});

test('where the kernel, or the container, lets us have no io_uring, epoll does it and the reason is told; who asks for epoll gets it', () => {
  const pathThat = (fault: number) => (): PacketPath => ({ ...loadPacketPath(), ring: () => fault });
  assert.deepEqual(chooseEngine('auto', pathThat(-1)), { name: 'epoll', why: 'io_uring: EPERM' });
  assert.deepEqual(chooseEngine('native', pathThat(-38)), { name: 'epoll', why: 'io_uring: ENOSYS' });
  assert.deepEqual(chooseEngine('auto', pathThat(0)), { name: 'io_uring', why: null });
  assert.deepEqual(chooseEngine('epoll', pathThat(0)), { name: 'epoll', why: null });
});
