import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodecName } from '../../media/codec/codec.ts';
import { Negotiation } from '../../media/sdp/negotiate.ts';
import { Security } from '../../media/sdp/security.ts';

const security = new Security({ fingerprint: '', address: '192.0.2.1', port: 20_000, ssrc: 7, privateSignalling: false });

const ALL: readonly CodecName[] = ['PCMA', 'PCMU', 'G722', 'opus'];
const head = ['v=0', 'o=- 5 1 IN IP4 198.51.100.1', 's=-', 'c=IN IP4 198.51.100.1', 't=0 0'];
const sdp = (...lines: string[]): string => `${[...head, ...lines].join('\r\n')}\r\n`;
const negotiation = (codecs?: readonly CodecName[]): Negotiation =>
  new Negotiation({ address: '192.0.2.1', family: 4, port: 20_000, sessionId: 77, security }, codecs);
const mediaOf = (text: string): string[] => text.split('\r\n').filter((line) => /^[ma]=/.test(line));
const BROWSER = sdp(
  'm=audio 4000 RTP/AVP 111 63 9 0 8 13 110 126',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
);

test('the first codec of an offer that we have is taken, with the telephone-event of its clock', () => {
  const opus = negotiation(ALL).answer(BROWSER);
  assert.deepEqual(mediaOf(opus.sdp), [
    'm=audio 20000 RTP/AVP 111 110',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 useinbandfec=1',
    'a=rtpmap:110 telephone-event/48000',
    'a=fmtp:110 0-15',
    'a=ptime:20',
    'a=sendrecv',
  ]);
  assert.deepEqual([opus.agreed.codec, opus.agreed.eventOut, opus.agreed.eventRate], ['opus', 110, 48_000]);
});

test('what the other leg speaks is taken before what stands first, so that nothing need be transcoded', () => {
  for (const [preferred, payloadType] of [
    ['PCMA', 8],
    ['PCMU', 0],
    ['G722', 9],
  ] as const) {
    const { agreed } = negotiation(ALL).answer(BROWSER, preferred);
    assert.deepEqual([agreed.codec, agreed.payloadType, agreed.eventOut, agreed.eventRate], [preferred, payloadType, 126, 8000]);
  }
});

test('unless told otherwise only the two laws are offered and taken', () => {
  assert.equal(negotiation().answer(BROWSER).agreed.codec, 'PCMU');
  assert.equal(mediaOf(negotiation().offer('opus'))[0], 'm=audio 20000 RTP/AVP 8 0 101');
});

test('our offer names every codec it may, what the other leg speaks first, and telephone-events of both clocks', () => {
  assert.deepEqual(mediaOf(negotiation(ALL).offer('opus')), [
    'm=audio 20000 RTP/AVP 111 8 0 9 101 110',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 useinbandfec=1',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=rtpmap:110 telephone-event/48000',
    'a=fmtp:110 0-15',
    'a=ptime:20',
    'a=sendrecv',
  ]);
});

test('an answer that names other numbers is sent to by its numbers and heard by ours', () => {
  const ours = negotiation(ALL);
  ours.offer(null);
  const agreed = ours.accept(sdp('m=audio 4000 RTP/AVP 96 8 97', 'a=rtpmap:96 opus/48000/2', 'a=rtpmap:97 telephone-event/48000'));
  assert.deepEqual([agreed.codec, agreed.payloadType, agreed.eventOut, agreed.eventIn], ['opus', 96, 97, 110]);
  const codecOf = (number: number): string | undefined => agreed.understood.find((each) => each.payloadType === number)?.codec;
  assert.deepEqual([codecOf(96), codecOf(111), codecOf(8), codecOf(0)], ['opus', 'opus', 'PCMA', undefined]);
});

test('a phone that speaks Opus and names telephone-events of 8000 only is sent those', () => {
  const { agreed } = negotiation(ALL).answer(sdp('m=audio 4000 RTP/AVP 96 101', 'a=rtpmap:96 opus/48000/2', 'a=rtpmap:101 telephone-event/8000'));
  assert.deepEqual([agreed.codec, agreed.eventOut, agreed.eventRate], ['opus', 101, 8000]);
});

test('Opus with another clock or one channel is none (RFC 7587 §4.2)', () => {
  for (const map of ['opus/48000', 'opus/16000/2', 'opus/48000/1'])
    assert.throws(() => negotiation(ALL).answer(sdp('m=audio 4000 RTP/AVP 96', `a=rtpmap:96 ${map}`)), /no audio/, map);
});
