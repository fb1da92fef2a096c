import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../kernel/loopback.ts';
import { MediaError, type MediaErrorCode } from '../../media/port.ts';
import { canonicalAddress, refusedTarget } from '../../media/sdp/address.ts';
import { type Agreed, Negotiation } from '../../media/sdp/negotiate.ts';
import { Security } from '../../media/sdp/security.ts';
import { noise } from './noise.ts';

const local = { address: '192.0.2.1', family: 4, port: 20_000, sessionId: 77 } as const;
const head = ['v=0', 'o=- 5 1 IN IP4 198.51.100.1', 's=-', 'c=IN IP4 198.51.100.1', 't=0 0'];
const sdp = (...lines: string[]): string => `${[...head, ...lines].join('\r\n')}\r\n`;
const security = (privateSignalling: boolean): Security =>
  new Security({ fingerprint: 'AB:CD', address: local.address, port: local.port, ssrc: 7, privateSignalling });
const negotiation = (privateSignalling = false): Negotiation => new Negotiation({ ...local, security: security(privateSignalling) });
const mediaOf = (text: string): string[] => text.split('\r\n').filter((line) => /^[ma]=/.test(line));

const answered: Record<string, { offer: string; answer: string[]; agreed: Partial<Agreed> }> = {
  'A-law first is taken first, with events under the number offered': {
    offer: sdp('m=audio 4000 RTP/AVP 8 0 96', 'a=rtpmap:96 telephone-event/8000', 'a=sendrecv'),
    answer: ['m=audio 20000 RTP/AVP 8 96', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-15', 'a=ptime:20', 'a=sendrecv'],
    agreed: {
      codec: 'PCMA',
      payloadType: 8,
      eventOut: 96,
      eventIn: 96,
      direction: 'sendrecv',
      remote: { family: 4, address: '198.51.100.1', port: 4000, rtcpPort: 4001 },
    },
  },
  'comfort noise is answered to who offers it': {
    offer: sdp('m=audio 4000 RTP/AVP 8 13'),
    answer: ['m=audio 20000 RTP/AVP 8 13', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:13 CN/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { codec: 'PCMA', comfortNoise: true },
  },
  'the order of who offers is kept, codecs we lack are passed over': {
    offer: sdp('m=audio 4000 RTP/AVP 9 18 0 8'),
    answer: ['m=audio 20000 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { codec: 'PCMU', eventOut: null, eventIn: null },
  },
  'a codec under a dynamic number is known by its name': {
    offer: sdp('m=audio 4000 RTP/AVP 107', 'a=rtpmap:107 pcma/8000/1'),
    answer: ['m=audio 20000 RTP/AVP 107', 'a=rtpmap:107 PCMA/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { codec: 'PCMA', payloadType: 107 },
  },
  'a static number that is given another meaning is not taken for what it was': {
    offer: sdp('m=audio 4000 RTP/AVP 8 0', 'a=rtpmap:8 opus/48000/2'),
    answer: ['m=audio 20000 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { codec: 'PCMU' },
  },
  'events at another clock rate are not ours': {
    offer: sdp('m=audio 4000 RTP/AVP 8 101 102', 'a=rtpmap:101 telephone-event/48000', 'a=rtpmap:102 telephone-event/8000'),
    answer: ['m=audio 20000 RTP/AVP 8 102', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:102 telephone-event/8000', 'a=fmtp:102 0-15', 'a=ptime:20', 'a=sendrecv'],
    agreed: { eventOut: 102 },
  },
  'further streams are refused in their place': {
    offer: sdp(
      'm=video 5000 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 4000 RTP/AVP 8',
      'm=audio 4002 RTP/AVP 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ),
    answer: [
      'm=video 0 RTP/AVP 96',
      'm=audio 20000 RTP/AVP 8',
      'a=rtpmap:8 PCMA/8000',
      'a=ptime:20',
      'a=sendrecv',
      'm=audio 0 RTP/AVP 0',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ],
    agreed: { remote: { family: 4, address: '198.51.100.1', port: 4000, rtcpPort: 4001 } },
  },
  'an encrypted stream is passed over for a plain one': {
    offer: sdp('m=audio 4000 RTP/SAVP 8', 'm=audio 4002 RTP/AVP 8'),
    answer: ['m=audio 0 RTP/SAVP 8', 'm=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { remote: { family: 4, address: '198.51.100.1', port: 4002, rtcpPort: 4003 } },
  },
  'C14: of both families in one offer (RFC 4091) the first is taken, and the other refused in its place': {
    offer: sdp('a=group:ANAT 1 2', 'm=audio 4000 RTP/AVP 8', 'c=IN IP6 2001:db8::5', 'a=mid:1', 'm=audio 4002 RTP/AVP 8', 'c=IN IP4 198.51.100.1', 'a=mid:2'),
    answer: ['m=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendrecv', 'm=audio 0 RTP/AVP 8'],
    agreed: { remote: { family: 6, address: '2001:db8::5', port: 4000, rtcpPort: 4001 } },
  },
  'hold by sendonly is answered recvonly': {
    offer: sdp('a=sendonly', 'm=audio 4000 RTP/AVP 8'),
    answer: ['m=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=recvonly'],
    agreed: { direction: 'sendonly' },
  },
  'recvonly is answered sendonly, the stream over the session': {
    offer: sdp('a=inactive', 'm=audio 4000 RTP/AVP 8', 'a=recvonly'),
    answer: ['m=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendonly'],
    agreed: { direction: 'recvonly' },
  },
  'hold by the null address of RFC 2543 is inactive': {
    offer: sdp('m=audio 4000 RTP/AVP 8', 'c=IN IP4 0.0.0.0'),
    answer: ['m=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { direction: 'inactive' },
  },
  'C14: IPv6, a port for RTCP, line feeds alone': {
    offer: sdp('m=audio 4000 RTP/AVP 8', 'c=IN IP6 2001:db8::5', 'a=rtcp:4711').replaceAll('\r\n', '\n'),
    answer: ['m=audio 20000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendrecv'],
    agreed: { remote: { family: 6, address: '2001:db8::5', port: 4000, rtcpPort: 4711 } },
  },
};

for (const [claim, { offer, answer, agreed }] of Object.entries(answered)) {
  test(claim, () => {
    const result = negotiation().answer(offer);
    assert.deepEqual(mediaOf(result.sdp), answer);
    for (const [field, value] of Object.entries(agreed)) assert.deepEqual(result.agreed[field as keyof Agreed], value, field);
  });
}

const refused: Record<string, [string, MediaErrorCode]> = {
  'no codec in common': [sdp('m=audio 4000 RTP/AVP 18 9'), 'incompatible'],
  'no audio': [sdp('m=video 4000 RTP/AVP 96'), 'incompatible'],
  'only encrypted audio': [sdp('m=audio 4000 RTP/SAVPF 8'), 'incompatible'],
  'no media': [sdp(), 'incompatible'],
  'no SDP at all': ['hello', 'bad_request'],
  empty: ['', 'bad_request'],
  'a port beyond the last': [sdp('m=audio 99999 RTP/AVP 8'), 'bad_request'],
  'a port that is no number': [sdp('m=audio x RTP/AVP 8'), 'bad_request'],
  'a media line without formats': [sdp('m=audio 4000 RTP/AVP'), 'bad_request'],
  'a name where an address belongs': [sdp('c=IN IP4 phone.example', 'm=audio 4000 RTP/AVP 8'), 'bad_request'],
  'an address of the other family': [sdp('c=IN IP6 10.0.0.1', 'm=audio 4000 RTP/AVP 8'), 'bad_request'],
  'no connection': ['v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n', 'bad_request'],
  'a broken origin': ['v=0\r\no=- x\r\ns=-\r\n', 'bad_request'],
  'two hundred media lines': [sdp(...Array.from({ length: 200 }, () => 'm=audio 4000 RTP/AVP 8')), 'bad_request'],
  'a thousand formats': [sdp(`m=audio 4000 RTP/AVP ${Array.from({ length: 1000 }, () => 8).join(' ')}`), 'bad_request'],
  'a hundred thousand characters': [sdp('m=audio 4000 RTP/AVP 8', `a=x:${'y'.repeat(100_000)}`), 'bad_request'],
};

for (const [what, [offer, code]] of Object.entries(refused)) {
  test(`C13: ${what}: refused as ${code}`, () => {
    assert.throws(
      () => negotiation().answer(offer),
      (error) => error instanceof MediaError && error.code === code,
    );
  });
}

test('C13: noise in the place of SDP makes typed errors only', () => {
  const next = noise(42);
  const good = sdp('m=audio 4000 RTP/AVP 8 0 96', 'a=rtpmap:96 telephone-event/8000', 'a=rtcp:4001', 'a=sendonly');
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(good);
    for (let change = 0; change <= next(6); change += 1) bytes[next(bytes.length)] = next(256);
    try {
      negotiation().answer(bytes.toString('latin1'));
    } catch (error) {
      assert.ok(error instanceof MediaError, `round ${round}: ${error}`);
    }
  }
});

test('our offer names both laws, the preferred one first; the answer to it decides', () => {
  const ours = negotiation();
  assert.deepEqual(mediaOf(ours.offer('PCMU')), [
    'm=audio 20000 RTP/AVP 0 8 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    'a=sendrecv',
  ]);
  const agreed = ours.accept(sdp('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000'));
  assert.deepEqual([agreed.codec, agreed.eventOut, agreed.eventIn], ['PCMA', 96, 101]);
  assert.throws(() => negotiation().accept(sdp('m=audio 0 RTP/AVP 8')), /refuses our audio/);
});

test('the version grows when the description changes and stays when it does not', () => {
  const ours = negotiation();
  const version = (text: string): string | undefined => /^o=huawu 77 ([0-9]+) /m.exec(text)?.[1];
  assert.equal(version(ours.answer(sdp('m=audio 4000 RTP/AVP 8')).sdp), '1');
  assert.equal(version(ours.answer(sdp('m=audio 4000 RTP/AVP 8')).sdp), '1');
  assert.equal(version(ours.answer(sdp('m=audio 4000 RTP/AVP 8', 'a=sendonly')).sdp), '2');
});

test('C13: addresses are compared in one spelling, and audio goes to no multicast, broadcast or null address', () => {
  assert.equal(canonicalAddress('[2001:DB8:0:0::5]'), '2001:db8::5');
  assert.equal(canonicalAddress('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(canonicalAddress('phone.example'), 'phone.example');
  for (const address of ['224.0.0.1', '239.1.1.1', '255.255.255.255', '240.0.0.1', '0.1.2.3', 'ff02::1'])
    assert.notEqual(refusedTarget(address, 4000), null, address);
  for (const address of ['10.0.0.1', '192.0.2.1', '127.0.0.1', '2001:db8::1']) assert.equal(refusedTarget(address, 4000), null, address);
  assert.notEqual(refusedTarget('10.0.0.1', 0), null);
  assert.ok(isLoopback('127.1.2.3') && isLoopback('::1') && !isLoopback('10.0.0.1'));
});
