/** The spool lies sealed on disk: read with its key, refused without, and lines of before are read as they are. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { isOfCall, type KeptRecord } from '../../src/cdr/kept.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { records } from './records.ts';

const keys = readKeyRing('e1'.repeat(32));
const NUMBER = /1380000/;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huawu-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const three = (): KeptRecord[] => records(3, 1_800_000_000_000).map((record) => ({ ...record, caller: { number: '+8613800001234', raw: '13800001234' } }));
const onDisk = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');

test('what waits there is sealed, and comes out as it went in', async () => {
  const spool = new Spool(folder, 1e6, keys);
  await spool.append(three());
  await spool.close();
  assert.doesNotMatch(onDisk(), NUMBER);
  const again = new Spool(folder, 1e6, keys);
  assert.deepEqual(await again.read(10), JSON.parse(JSON.stringify(three())));
  await again.close();
});

test('lines of before it was sealed are read; without the key those that are sealed are not passed over', async () => {
  const [one, ...rest] = three();
  const spool = new Spool(folder, 1e6, keys);
  await spool.append(rest);
  await spool.close();
  const [name = ''] = readdirSync(folder);
  appendFileSync(join(folder, name), `${JSON.stringify(one)}\n`);
  const again = new Spool(folder, 1e6, keys);
  assert.equal((await again.read(10)).length, 3);
  await again.close();
  const other = new Spool(folder, 1e6, readKeyRing('f2'.repeat(32)));
  await assert.rejects(other.read(10), new RegExp(`${keys.current.id}.*RECORDING_KEY`));
  await other.close();
  assert.ok(readdirSync(folder).includes(name), 'it waits for its key');
});

test('of those that were set aside one person goes, the others stay', async () => {
  const spool = new Spool(folder, 1e6, keys);
  const [one, other] = three();
  assert.ok(one !== undefined && other !== undefined);
  for (const record of [one, other]) await spool.setAside(record);
  assert.doesNotMatch(onDisk(), NUMBER);
  await spool.eraseRefused((record) => isOfCall(record) && record.callId === one.callId);
  assert.deepEqual(
    (await spool.refused()).map(({ callId }) => callId),
    [other.callId],
  );
  await spool.close();
});
