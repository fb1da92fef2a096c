import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Nonces } from '../../src/phone/nonce.ts';
import { FailureThrottle } from '../../src/phone/throttle.ts';

const now = 1_800_000_000_000;

describe('nonces', () => {
  it('are good for five minutes, then stale', () => {
    const nonces = new Nonces('key');
    const nonce = nonces.issue(now, '10.0.0.1');
    assert.equal(nonces.look(nonce, '00000001', '10.0.0.1', now + 300_000), 'good');
    assert.equal(nonces.look(nonce, '00000001', '10.0.0.1', now + 300_002), 'stale');
  });

  it('are foreign to another address, to another key, and when a byte was changed', () => {
    const nonces = new Nonces('key');
    const nonce = nonces.issue(now, '10.0.0.1');
    assert.equal(nonces.look(nonce, '00000001', '10.0.0.2', now), 'foreign');
    assert.equal(new Nonces('other').look(nonce, '00000001', '10.0.0.1', now), 'foreign');
    for (let at = 0; at < nonce.length; at += 1) {
      const changed = `${nonce.slice(0, at)}${nonce[at] === '0' ? '1' : '0'}${nonce.slice(at + 1)}`;
      assert.equal(nonces.look(changed, '00000001', '10.0.0.1', now), 'foreign', `byte ${at}`);
    }
    assert.equal(nonces.look('', '00000001', '10.0.0.1', now), 'foreign');
  });

  it('D3: are known again by a process with the same key, but stale when they may have been spent in the process before it', () => {
    const nonce = new Nonces('key').issue(now, 'a');
    assert.equal(new Nonces('key', now - 1).look(nonce, '00000001', 'a', now), 'good');
    assert.equal(new Nonces('key', now).look(nonce, '00000001', 'a', now), 'stale');
  });

  it('may be a little ahead of the clock of who reads them, not much', () => {
    const nonces = new Nonces('key');
    const nonce = nonces.issue(now, 'a');
    assert.equal(nonces.look(nonce, '00000001', 'a', now - 2_000), 'good');
    assert.equal(nonces.look(nonce, '00000001', 'a', now - 2_001), 'stale');
  });

  it('count strictly upwards, in hex', () => {
    const nonces = new Nonces('key');
    const nonce = nonces.issue(now, 'a');
    nonces.spend(nonce, '00000009');
    assert.equal(nonces.look(nonce, '00000009', 'a', now), 'stale');
    assert.equal(nonces.look(nonce, '00000008', 'a', now), 'stale');
    assert.equal(nonces.look(nonce, '0000000a', 'a', now), 'good');
  });

  it('do not spend by being looked at', () => {
    const nonces = new Nonces('key');
    const nonce = nonces.issue(now, 'a');
    nonces.look(nonce, 'ffffffff', 'a', now);
    assert.equal(nonces.look(nonce, '00000001', 'a', now), 'good');
  });

  it('pushed out of the full table are stale, never good again', () => {
    const nonces = new Nonces('key', 0, 2);
    const issued = [0, 1, 2].map((ms) => nonces.issue(now + ms, 'a'));
    for (const nonce of issued) nonces.spend(nonce, '00000001');
    assert.deepEqual(
      issued.map((nonce) => nonces.look(nonce, '00000002', 'a', now + 10)),
      ['stale', 'good', 'good'],
    );
  });
});

describe('the failure throttle', () => {
  it('blocks a source after its limit of failures and lets it go after a minute', () => {
    const throttle = new FailureThrottle(3);
    for (let failure = 0; failure < 3; failure += 1) {
      assert.equal(throttle.blocks('a', now), false);
      throttle.failed('a', now);
    }
    assert.equal(throttle.blocks('a', now + 59_999), true);
    assert.equal(throttle.blocks('b', now), false);
    assert.equal(throttle.blocks('a', now + 60_000), false);
  });

  it('forgets the source that was silent longest when its table is full', () => {
    const throttle = new FailureThrottle(1, 2);
    for (const source of ['a', 'b', 'c']) throttle.failed(source, now);
    assert.deepEqual(
      ['a', 'b', 'c'].map((source) => throttle.blocks(source, now)),
      [false, true, true],
    );
  });
});
