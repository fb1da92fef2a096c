import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyReceiver } from '../../media/dtmf/receive.ts';
import { KeySender } from '../../media/dtmf/send.ts';

/** [event, duration, end, timestamp] */
type Packet = readonly [number, number, boolean, number];

function keysOf(packets: readonly Packet[]): string {
  const receiver = new KeyReceiver();
  let keys = '';
  for (const [code, duration, end, timestamp] of packets) {
    keys += receiver.heard(Buffer.from([code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]), 0, 4, timestamp >>> 0) ?? '';
  }
  return keys;
}

const press = (code: number, timestamp: number): Packet[] => [
  [code, 160, false, timestamp],
  [code, 320, false, timestamp],
  [code, 480, true, timestamp],
  [code, 480, true, timestamp],
  [code, 480, true, timestamp],
];

const cases: Record<string, { packets: Packet[]; keys: string }> = {
  'one press with its three ends is one key': { packets: press(5, 1000), keys: '5' },
  'a press of which only one end arrived is one key': { packets: press(5, 1000).slice(4), keys: '5' },
  'a press that lost its beginning is one key': { packets: press(5, 1000).slice(1), keys: '5' },
  'a press whose ends were all lost, then another, are two keys': { packets: [...press(5, 1000).slice(0, 2), ...press(5, 3000)], keys: '55' },
  'the same key twice is two keys': { packets: [...press(1, 1000), ...press(1, 2600)], keys: '11' },
  'every packet twice is still one key': { packets: press(9, 1000).flatMap((each) => [each, each]), keys: '9' },
  'an end that comes after the next key began is not a key': {
    packets: [...press(1, 1000).slice(0, 3), ...press(2, 2600).slice(0, 1), ...press(1, 1000).slice(4), ...press(2, 2600).slice(1)],
    keys: '12',
  },
  'a press longer than the duration field goes on in segments and is one key': {
    packets: [
      [7, 0xfff0, false, 1000],
      [7, 0xffff, false, 1000],
      [7, 160, false, 1000 + 0xffff],
      [7, 480, true, 1000 + 0xffff],
    ],
    keys: '7',
  },
  'a clock that wraps is no new key': { packets: [...press(3, 0xffff_ff00), ...press(4, 1000)], keys: '34' },
  'a sender that set its clock back is heard': { packets: [...press(3, 900_000), ...press(4, 1000)], keys: '34' },
  'all sixteen keys have their sign': {
    packets: Array.from({ length: 16 }, (_, code) => press(code, 1000 + code * 1600)).flat(),
    keys: '0123456789*#ABCD',
  },
  'flash and other events are no keys': { packets: press(16, 1000), keys: '' },
};

for (const [claim, { packets, keys }] of Object.entries(cases)) test(`E7: ${claim}`, () => assert.equal(keysOf(packets), keys));

test('a payload cut short is no key', () => {
  assert.equal(new KeyReceiver().heard(Buffer.from([5, 0, 1]), 0, 3, 1), null);
});

test('keys are sent 100 ms long with 60 ms between and their end three times', () => {
  const sender = new KeySender();
  assert.equal(sender.add('1#'), true);
  const frames = Array.from({ length: 16 }, () => sender.next());
  assert.deepEqual(
    frames.map((frame) => (frame === null ? null : [frame.payload.toString('hex'), frame.times])),
    [
      ...[['010a00a0', 1], ['010a0140', 1], ['010a01e0', 1], ['010a0280', 1], ['018a0320', 3], null, null, null],
      ...[['0b0a00a0', 1], ['0b0a0140', 1], ['0b0a01e0', 1], ['0b0a0280', 1], ['0b8a0320', 3], null, null, null],
    ],
  );
  assert.equal(sender.busy, false);
});

test('E7: what is no key is refused, and so are too many', () => {
  const sender = new KeySender();
  assert.throws(() => sender.add('12x'), /not keys/);
  assert.equal(sender.add('1'.repeat(64)), true);
  assert.equal(sender.add('1'), false);
});
