/** A call of ours to phones of several kinds: which offer each is sent, and what becomes of a phone that cannot speak SRTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../kernel/clock.ts';
import type { Target } from '../../src/phone/bindings.ts';
import type { Rim } from '../../src/phone/rim.ts';
import { Fork } from '../../src/phone/ring.ts';

type Final = (error: { status: number } | null) => void;

const target = (name: string, kind: Partial<Target>): Target => ({
  ...{ uri: `sip:${name}@192.0.2.7`, proxy: null, address: '192.0.2.7', takes: [], isBrowser: false, isPrivate: false },
  ...kind,
});

function ring(targets: Target[]): { sent: { to: string; sdp: string; final: Final }[]; fork: Fork; failed: number[] } {
  const sent: { to: string; sdp: string; final: Final }[] = [];
  const failed: number[] = [];
  const createUAC = (uri: string, options: { localSdp: string }, _progress: object, final: Final): void => {
    sent.push({ to: uri, sdp: options.localSdp, final });
  };
  const clock: Pick<Clock, 'after'> = { after: () => () => undefined };
  const rim: Partial<Record<keyof Rim, unknown>> = { sip: { createUAC }, clock };
  const fork = new Fork(rim as Rim, targets, {
    sent: () => undefined,
    ringing: () => undefined,
    pickable: () => undefined,
    answered: () => undefined,
    failed: (ending) => void failed.push(ending.sip ?? 0),
  });
  fork.invite({ headers: {}, sdp: 'plain', browserSdp: 'for browsers', keyedSdp: 'with keys', impatient: true });
  return { sent, fork, failed };
}

test('a phone over TLS is offered keys, a browser ICE and DTLS, and any other nothing of the kind', () => {
  const { sent } = ring([target('tls', { isPrivate: true }), target('page', { isBrowser: true }), target('udp', {})]);
  assert.deepEqual(
    sent.map(({ sdp }) => sdp),
    ['with keys', 'for browsers', 'plain'],
  );
});

for (const status of [415, 488, 606])
  test(`a phone over TLS that does not take keys (${status}) is asked once more, in clear, and its second refusal counts`, () => {
    const { sent, failed } = ring([target('tls', { isPrivate: true })]);
    sent[0]?.final({ status });
    assert.deepEqual(
      sent.map(({ sdp }) => sdp),
      ['with keys', 'plain'],
    );
    assert.deepEqual(failed, []);
    sent[1]?.final({ status: 488 });
    assert.equal(sent.length, 2);
    assert.deepEqual(failed, [488]);
  });

test('busy is busy: it is not asked again, nor is anybody once the call was cancelled', () => {
  const busy = ring([target('tls', { isPrivate: true })]);
  busy.sent[0]?.final({ status: 486 });
  assert.equal(busy.sent.length, 1);
  assert.deepEqual(busy.failed, [486]);
  const gone = ring([target('tls', { isPrivate: true })]);
  gone.fork.cancel('over');
  gone.sent[0]?.final({ status: 488 });
  assert.equal(gone.sent.length, 1);
});
