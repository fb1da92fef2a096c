import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Feed, type Missed } from '../../src/cti/feed.ts';

const text = (seq: number): string => `m${seq}`;
const filled = (messages: number, write = text): Feed => {
  const feed = new Feed('e1');
  for (let n = 0; n < messages; n += 1) feed.append(write);
  return feed;
};
const seqs = (missed: Missed): number[] | 'lost' => (missed.result === 'lost' ? 'lost' : missed.messages.map((message) => message.seq));

test('a desk cut off after any message gets exactly those after it, in order', () => {
  const feed = filled(50);
  for (let last = 1; last <= 50; last += 1) {
    const expected = Array.from({ length: 50 - last }, (_, n) => last + 1 + n);
    assert.deepEqual(seqs(feed.since('e1', last)), expected);
  }
});

test('numbers begin at 1 and have no gap', () => {
  const feed = new Feed('e1');
  assert.equal(feed.last, 0);
  assert.deepEqual([feed.append(text).seq, feed.append(text).seq, feed.append(text).seq], [1, 2, 3]);
});

test('another epoch, a number never given, and none at all are lost', () => {
  const feed = filled(5);
  assert.equal(seqs(feed.since('e2', 3)), 'lost');
  assert.equal(seqs(feed.since('e1', 6)), 'lost');
  assert.equal(seqs(feed.since('e1', 0)), 'lost');
  assert.equal(seqs(filled(0).since('e1', 1)), 'lost');
});

test('1,000 messages are kept: the oldest number that can be resumed from is the one before them', () => {
  const feed = filled(1_500);
  assert.equal(feed.kept, 1_000);
  assert.equal(seqs(feed.since('e1', 499)), 'lost');
  assert.equal(seqs(feed.since('e1', 500)).length, 1_000);
  assert.deepEqual(seqs(feed.since('e1', 1_500)), []);
});

test('at most 1 MB is kept, and always the newest', () => {
  const feed = filled(20, () => 'x'.repeat(100_000));
  assert.ok(feed.bytes <= 1_048_576);
  assert.equal(feed.kept, 10);
  feed.append(() => 'y'.repeat(2_000_000));
  assert.equal(feed.kept, 1);
  assert.deepEqual(seqs(feed.since('e1', 20)), [21]);
});
