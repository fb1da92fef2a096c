/** `huawu call`: what an admin runs to see whether the hotline answers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { main } from '../../scripts/call.ts';
import { House } from '../support/house.ts';

let house: House;
before(async () => {
  house = await House.start();
});
after(() => house.stop());

const at = (): string[] => ['--host', house.sip.host, '--sip-port', String(house.sip.port)];

describe('huawu call', () => {
  test('the hotline answers, is heard, takes its keys, and is hung up after the time given', async () => {
    assert.equal(await main(['10086', ...at(), '--from', '13900000021', '--keys', '1', '--seconds', '2']), 0);
    const record = await house.record('+8613900000021');
    assert.deepEqual([record.cause, record.endedBy], ['normal', 'far_end']);
    assert.ok(
      record.ivrPath.some((step) => step.startsWith('balance/')),
      `the key was taken: ${record.ivrPath}`,
    );
  });

  test('a number nobody has ends with 1', async () => {
    assert.equal(await main(['99999', ...at(), '--seconds', '1']), 1);
  });

  test('wrong usage ends with 2', async () => {
    assert.equal(await main([]), 2);
    assert.equal(await main(['10086', '--keys', 'x']), 2);
    assert.equal(await main(['10086', '--seconds', '0']), 2);
  });
});
