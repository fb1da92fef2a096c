import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeFrame, FrameDecoder } from '../../kernel/frames.ts';

describe('frames', () => {
  const texts = ['ping', '', '话务 10086', 'x'.repeat(70_000)];
  const stream = Buffer.concat(texts.map(encodeFrame));

  for (const size of [1, 2, 7, 1000, stream.length]) {
    test(`cut every ${size} bytes come out as they went in, counted in bytes`, () => {
      const decoder = new FrameDecoder(100_000);
      const out: string[] = [];
      for (let at = 0; at < stream.length; at += size) out.push(...decoder.push(stream.subarray(at, at + size)));
      assert.deepEqual(out, texts);
      assert.equal(decoder.held, 0);
    });
  }

  test('over the limit are refused before they are buffered', () => {
    assert.throws(() => new FrameDecoder(10).push(Buffer.from('11#')), /over the limit/);
  });

  for (const broken of ['abc#', '-1#', '1x#', '#', '123456789']) {
    test(`with the length "${broken}" are refused`, () => {
      assert.throws(() => new FrameDecoder(1000).push(Buffer.from(broken)), /frame/);
    });
  }
});
