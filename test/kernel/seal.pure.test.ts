import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ownKeys, readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile, shred } from '../../kernel/seal/read.ts';
import { type Disk, realDisk, SealedWriter } from '../../kernel/seal/write.ts';

const KEY = 'a1'.repeat(32);
const OTHER_KEY = 'b2'.repeat(32);
const keys = readKeyRing(KEY);
const FRAME = 1000;
/** What is on disk for a frame, and before the first. */
const SEALED_FRAME = FRAME + 16;
const HEAD = 512;

const folder = mkdtempSync(join(tmpdir(), 'huawu-seal-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => {
  made += 1;
  return join(folder, `${made}.seal`);
};

const contentOf = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
function writer(path: string, disk?: Disk): SealedWriter {
  return new SealedWriter(path, keys, { about: 'a test', frameBytes: FRAME }, disk);
}
/** Written in pieces that do not fit the frames. */
function written(bytes: number): { path: string; content: Buffer; seal: string } {
  const path = fresh();
  const content = contentOf(bytes);
  const file = writer(path);
  for (let at = 0; at < bytes; at += 333) file.append(content.subarray(at, at + 333));
  return { path, content, seal: file.finish().seal };
}
async function reading<T>(path: string, job: (file: SealedFile) => Promise<T>, ring = keys): Promise<T> {
  const file = await SealedFile.open(path, ring);
  try {
    return await job(file);
  } finally {
    await file.close();
  }
}
async function contentIn(path: string, from = 0, to = Number.POSITIVE_INFINITY, ring = keys): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await reading(
    path,
    async (file) => {
      for await (const piece of file.read(from, to)) pieces.push(piece);
    },
    ring,
  );
  return Buffer.concat(pieces);
}
const proof = (path: string): Promise<{ seal: string }> => reading(path, (file) => file.prove());

test('what was sealed is read again, whole and from any byte to any other; nothing of it stands on the disk', async () => {
  for (const bytes of [0, 1, 999, 1000, 1001, 3000, 4321]) {
    const { path, content, seal } = written(bytes);
    assert.deepEqual(await contentIn(path), content, `${bytes} bytes`);
    assert.equal((await proof(path)).seal, seal);
    for (const [from, to] of [
      [0, 1],
      [990, 1010],
      [1000, 2000],
      [1500, 4000],
      [4000, 4321],
    ] as const)
      assert.deepEqual(await contentIn(path, from, to), content.subarray(from, to), `${from} to ${to} of ${bytes}`);
    if (bytes > 64) assert.equal(readFileSync(path).indexOf(content.subarray(0, 16)), -1);
  }
});

test('I5: a flipped byte anywhere, a cut, two frames exchanged, a frame of another file: each is seen', async () => {
  const { path, seal } = written(3500);
  const whole = readFileSync(path);
  const refused = async (what: string, bytes: Buffer): Promise<void> => {
    const changed = fresh();
    writeFileSync(changed, bytes);
    const same = await proof(changed).then(
      (found) => found.seal === seal,
      () => false,
    );
    assert.equal(same, false, what);
  };
  // The zero bytes behind the wrapped key hold nothing.
  for (let at = 0; at < whole.length; at += 7) {
    if (at >= HEAD - 36 && at < HEAD) continue;
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await refused(`byte ${at} flipped`, flipped);
  }
  for (const length of [0, 100, HEAD, HEAD + SEALED_FRAME, HEAD + 3 * SEALED_FRAME, whole.length - 68, whole.length - 1])
    await refused(`cut to ${length}`, whole.subarray(0, length));
  const [first, second] = [HEAD, HEAD + SEALED_FRAME].map((at) => whole.subarray(at, at + SEALED_FRAME)) as [Buffer, Buffer];
  await refused('frames exchanged', Buffer.concat([whole.subarray(0, HEAD), second, first, whole.subarray(HEAD + 2 * SEALED_FRAME)]));
  await refused('a frame left out', Buffer.concat([whole.subarray(0, HEAD), second, whole.subarray(HEAD + 2 * SEALED_FRAME)]));
  const other = readFileSync(written(3500).path);
  await refused(
    'a frame of another file',
    Buffer.concat([whole.subarray(0, HEAD), other.subarray(HEAD, HEAD + SEALED_FRAME), whole.subarray(HEAD + SEALED_FRAME)]),
  );
  await refused('another whole file in its place', other);
});

test('F10: after a death every whole frame is read; the repaired file has an end, its chain stops at the last frame, twice is once', async () => {
  const path = fresh();
  const content = contentOf(5700);
  writer(path).append(content);
  assert.equal(statSync(path).size, HEAD + 5 * SEALED_FRAME);
  // Torn: half a frame more was on its way.
  writeFileSync(path, Buffer.concat([readFileSync(path), contentOf(400)]));
  assert.deepEqual(await contentIn(path), content.subarray(0, 5000), 'readable before it is repaired');
  const repaired = await SealedFile.repair(path, keys);
  assert.equal(repaired.plainBytes, 5000);
  assert.equal((await proof(path)).seal, repaired.seal);
  assert.equal(await reading(path, async (file) => file.end?.kind), 'repaired');
  assert.deepEqual(await contentIn(path), content.subarray(0, 5000));
  const bytes = readFileSync(path);
  assert.deepEqual(await SealedFile.repair(path, keys), repaired);
  assert.deepEqual(readFileSync(path), bytes);
  const chain = Array.from({ length: 5 }, (_, frame) => bytes.subarray(HEAD + frame * SEALED_FRAME, HEAD + (frame + 1) * SEALED_FRAME)).reduce(
    (last, frame) => createHash('sha256').update(last).update(frame).digest(),
    createHash('sha256').update(bytes.subarray(0, 408)).digest(),
  );
  assert.equal(chain.toString('hex'), repaired.seal, 'the chain is what the format says');
});

test('F8: a disk that is full leaves a valid file of the frames before', async () => {
  let room = HEAD + 2 * SEALED_FRAME + 700;
  const disk: Disk = {
    ...realDisk,
    write(file, bytes, offset, length, position) {
      const taken = Math.min(length, room - position);
      if (taken <= 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return realDisk.write(file, bytes, offset, taken, position);
    },
  };
  const path = fresh();
  const file = writer(path, disk);
  assert.throws(() => file.append(contentOf(5000)), { code: 'ENOSPC' });
  const cut = file.cut();
  assert.equal(cut?.plainBytes, 2000);
  assert.equal((await proof(path)).seal, cut?.seal);
  assert.deepEqual(await contentIn(path), contentOf(2000));
  // So full that not even the end finds room: still readable, and repaired once there is some.
  room = HEAD + SEALED_FRAME + 10;
  const tight = fresh();
  const next = writer(tight, disk);
  assert.throws(() => next.append(contentOf(5000)), { code: 'ENOSPC' });
  assert.equal(next.cut(), null);
  assert.deepEqual(await contentIn(tight), contentOf(1000));
  assert.equal((await SealedFile.repair(tight, keys)).plainBytes, 1000);
});

test("I4: keys rotate without a file being touched; a wrong key is said to be one; a shredded file is nobody's any more", async () => {
  const { path, content } = written(2500);
  const rotated = readKeyRing(`${OTHER_KEY}\n${KEY}\n`);
  assert.notEqual(rotated.current.id, keys.current.id);
  assert.deepEqual(await contentIn(path, 0, 9999, rotated), content);
  await assert.rejects(SealedFile.open(path, readKeyRing(OTHER_KEY)), { fault: 'wrong_key' });
  const copy = fresh();
  writeFileSync(copy, readFileSync(path));
  await shred(path);
  assert.throws(() => statSync(path));
  await shred(path);
  const head = readFileSync(copy);
  head.fill(0, 408, 512);
  writeFileSync(copy, head);
  await assert.rejects(SealedFile.open(copy, rotated), { fault: 'shredded' });
  assert.throws(() => readKeyRing('abc'), /key 1 is not 64 hex digits/);
  assert.throws(() => readKeyRing(' \n'), /there is no key/);
});

test('our own master key is made once, for us alone', () => {
  const path = join(folder, 'deep', 'recording.keys');
  const text = ownKeys(path);
  assert.equal(ownKeys(path), text);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readKeyRing(text).current.key.length, 32);
});
