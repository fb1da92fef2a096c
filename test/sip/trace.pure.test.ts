/** What is shown of a message, and which messages of a call are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { masked } from '../../sip/operation/mask.ts';
import { Trace } from '../../sip/operation/trace.ts';
import { Traffic } from '../../sip/operation/traffic.ts';
import type { Hop } from '../../sip/transport/hop.ts';

const peer: Hop = { protocol: 'udp', address: '192.0.2.7', port: 5060 };
const message = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));
const invite = (callId: string, ...more: string[]): Buffer => message('INVITE sip:10086@x SIP/2.0', `Call-ID: ${callId}`, 'CSeq: 1 INVITE', ...more, '', '');

describe('a message as people may read it', () => {
  const hidden: [what: string, text: Buffer, secret: RegExp][] = [
    ['credentials', invite('a', 'Authorization: Digest username="8001", response="s3cret"'), /s3cret|8001/],
    ['credentials, spaced and in another case', invite('a', 'AUTHORIZATION  :Digest response="s3cret"'), /s3cret/],
    ['credentials on a second line', invite('a', 'Proxy-Authorization: Digest username="u",', '\tresponse="s3cret",', '  cnonce="s3cret"'), /s3cret/],
    ['a nonce', invite('a', 'WWW-Authenticate: Digest realm="r", nonce="s3cret"'), /s3cret/],
    ['proof of both sides', invite('a', 'Authentication-Info: rspauth="s3cret"'), /s3cret/],
    ['a password in an address', invite('a', 'Contact: <sip:8001:s3cret@192.0.2.7:5060>'), /s3cret/],
    ['a password in the Request-URI', message('OPTIONS sip:u:s3cret@x SIP/2.0', 'Call-ID: a', '', ''), /s3cret/],
    ['a media key', invite('a', 'Content-Type: application/sdp', '', 'v=0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s3cret|2^20|1:4'), /s3cret/],
    ['an ICE password', invite('a', 'Content-Type: application/sdp', '', 'v=0', 'a=ice-pwd:s3cret'), /s3cret/],
    ['a key of old', invite('a', 'c: application/sdp', '', 'v=0', 'k=base64:s3cret'), /s3cret/],
    ['a pressed digit', message('INFO sip:x SIP/2.0', 'Call-ID: a', 'Content-Type: application/dtmf-relay', '', 'Signal=7', 'Duration=160'), /7/],
    ['a bare pressed digit', message('INFO sip:x SIP/2.0', 'Call-ID: a', 'c: application/dtmf', '', '7'), /7/],
    ['a pressed digit in a part', message('INFO sip:x SIP/2.0', 'Call-ID: a', 'c: multipart/mixed;boundary=b', '', '--b', '', 'Signal= 7'), /7/],
    ['credentials in a message without an end', message('INVITE sip:x SIP/2.0', 'Authorization: Digest response="s3cret"'), /s3cret/],
  ];
  for (const [what, text, secret] of hidden)
    it(`hides ${what}`, () => {
      assert.match(text.toString(), secret);
      assert.doesNotMatch(masked(text), secret);
      assert.match(masked(text), /\*\*\*/);
    });

  it('is otherwise as it was on the wire', () => {
    const text = invite('a', 'From: "王" <sip:8001@192.0.2.7:5060>;tag=1', 'Content-Type: application/sdp', '', 'v=0', 'm=audio 4000 RTP/AVP 8');
    assert.equal(masked(text), text.toString());
  });
});

describe('the trace of a call', () => {
  it('holds the messages of the Call-IDs asked for and of dialogs that name the call, in order', () => {
    const trace = new Trace(100);
    const told: [string, 'in' | 'out', Buffer][] = [
      ['first', 'in', invite('a')],
      ['another', 'in', invite('ab')],
      ['second leg', 'out', invite('b', 'X-Huawu-Call-Id: c-1')],
      ['its answer', 'in', message('SIP/2.0 200 OK', 'i: b', '', '')],
      ['a liar', 'in', invite('x', 'Subject: X-Huawu-Call-Id: c-1')],
      ['answer', 'out', message('SIP/2.0 200 OK', 'Call-ID: a', '', '')],
    ];
    for (const [nth, [, direction, bytes]] of told.entries()) trace.note(direction, bytes, peer, 1_000 * nth, nth % 2 === 0);
    assert.deepEqual(
      trace.of(['a'], 'c-1').map(({ callId, direction, at, peer: from }) => [callId, direction, at, from]),
      [
        ['a', 'in', '1970-01-01T00:00:00.000Z', 'udp/192.0.2.7:5060'],
        ['b', 'out', '1970-01-01T00:00:02.000Z', 'udp/192.0.2.7:5060'],
        ['b', 'in', '1970-01-01T00:00:03.000Z', 'udp/192.0.2.7:5060'],
        ['a', 'out', '1970-01-01T00:00:05.000Z', 'udp/192.0.2.7:5060'],
      ],
    );
    assert.deepEqual(trace.of([], undefined), []);
  });

  it('a flood of strangers pushes out strangers alone', () => {
    const trace = new Trace(100);
    trace.note('in', invite('call'), peer, 1, false);
    trace.note('in', invite('early'), peer, 1, true);
    for (let nth = 0; nth < 1_000; nth += 1) trace.note('in', invite(`flood-${nth}`), peer, 2, true);
    assert.equal(trace.of(['call'], undefined).length, 1);
    assert.equal(trace.of(['early'], undefined).length, 0);
  });

  it('is bounded in messages and in bytes, the newest stay', () => {
    const trace = new Trace(3_000);
    for (let nth = 0; nth < 4_000; nth += 1) trace.note('in', invite(`c${nth}`, `Subject: ${'x'.repeat(20_000)}`), peer, nth, false);
    assert.ok(trace.bytesHeld <= 17 * 1024 * 1024);
    assert.equal(trace.of(['c3999'], undefined).length, 1);
    assert.equal(trace.of(['c10'], undefined).length, 0);
    assert.ok((trace.of(['c3999'], undefined)[0]?.text.length ?? 0) <= 8 * 1024);
  });

  it('none is kept when it is off', () => {
    const trace = new Trace(0);
    trace.note('in', invite('a'), peer, 0, false);
    assert.deepEqual([trace.isOn, trace.bytesHeld, trace.of(['a'], undefined)], [false, 0, []]);
  });
});

it('traffic is counted by direction, method or class, and transport, whatever comes', () => {
  const traffic = new Traffic();
  for (const text of ['INVITE sip:x SIP/2.0', 'INVITE sip:y SIP/2.0', 'SIP/2.0 486 Busy', 'NOSUCH x SIP/2.0', '\r\n\r\n', 'x'.repeat(2_000)])
    traffic.note('in', Buffer.from(text), 'tcp');
  traffic.note('out', Buffer.from('SIP/2.0 200 OK'), 'udp');
  assert.deepEqual(
    [...traffic.rows].map(({ direction, method, transport, count }) => `${direction} ${method} ${transport} ${count}`),
    ['in INVITE tcp 2', 'in 4xx tcp 1', 'in other tcp 3', 'out 2xx udp 1'],
  );
});
