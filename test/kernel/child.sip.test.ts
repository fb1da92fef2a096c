import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { SupervisedChild } from '../../kernel/child.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { until } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'huawu-child-'));
after(() => rmSync(folder, { recursive: true }));

function childOf(name: string, program: string, onGivenUp = (): void => undefined, fingerprint = 'a'): SupervisedChild {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, program);
  return new SupervisedChild({
    name,
    entry: pathToFileURL(path),
    args: [],
    env: process.env,
    stateFile: join(folder, `${name}.json`),
    fingerprint,
    clock: systemClock,
    log: silentLog,
    onGivenUp,
  });
}
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const FOREVER = 'setInterval(() => {}, 1000);';

describe('a supervised program', () => {
  test('is started again when it is killed', async () => {
    const child = childOf('killed', FOREVER);
    assert.equal(await child.start(), 'started');
    const first = await until('a pid', () => child.pid);
    process.kill(first, 'SIGKILL');
    await until('another pid', () => child.pid !== null && child.pid !== first);
    await child.stop();
  });

  test('that outlived its parent is adopted, watched, and ended by the adopter', async () => {
    const parent = childOf('orphan', FOREVER);
    await parent.start();
    const pid = await until('a pid', () => parent.pid);
    const adopter = childOf('orphan', FOREVER);
    assert.equal(await adopter.start(), 'adopted');
    assert.equal(adopter.pid, pid);
    await adopter.stop();
    assert.equal(alive(pid), false);
    await parent.stop();
  });

  test('with other settings is ended and started anew', async () => {
    const parent = childOf('changed', FOREVER);
    await parent.start();
    const pid = await until('a pid', () => parent.pid);
    const next = childOf('changed', FOREVER, undefined, 'b');
    assert.equal(await next.start(), 'started');
    assert.equal(alive(pid), false);
    await next.stop();
    await parent.stop();
  });

  test('whose pid now belongs to a stranger is neither adopted nor ended', async () => {
    const child = childOf('stranger', FOREVER);
    writeFileSync(join(folder, 'stranger.json'), JSON.stringify({ pid: process.pid, fingerprint: 'a' }));
    assert.equal(await child.start(), 'started');
    assert.notEqual(child.pid, process.pid);
    assert.equal(JSON.parse(readFileSync(join(folder, 'stranger.json'), 'utf8')).pid, child.pid);
    await child.stop();
  });

  test('A12: that dies at once five times is given up', async () => {
    let givenUp = false;
    const child = childOf('loop', 'process.exit(1)', () => {
      givenUp = true;
    });
    await child.start();
    await until('the end of its tries', () => givenUp, 20_000);
    await child.stop();
  });
});
