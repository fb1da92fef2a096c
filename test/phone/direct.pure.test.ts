import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directOffer } from '../../src/phone/direct.ts';

const sdp = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;
const SESSION = ['v=0', 'o=- 7 7 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0'];
const AUDIO = ['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000'];
const phone = sdp(...SESSION, ...AUDIO, 'a=sendrecv');

test('a phone’s description becomes an offer to another: its session and its audio, without what was meant for us alone', () => {
  assert.equal(directOffer(phone, '192.0.2.9'), phone);
  const whole = sdp(...SESSION, 'a=tool:x', ...AUDIO, 'a=rtcp:4001', 'a=candidate:1 1 UDP 1 10.0.0.1 4000 typ host', 'm=video 5000 RTP/AVP 96');
  assert.equal(directOffer(whole, '192.0.2.9'), sdp(...SESSION, ...AUDIO));
  assert.equal(
    directOffer(sdp(...SESSION.filter((line) => !line.startsWith('c=')), AUDIO[0] ?? '', 'c=IN IP4 192.0.2.9'), '192.0.2.9')?.includes('192.0.2.9'),
    true,
  );
});

for (const [what, text, address = '192.0.2.9'] of [
  ['audio that is protected', phone.replace('RTP/AVP', 'RTP/SAVP')],
  ['a browser', phone.replace('RTP/AVP', 'UDP/TLS/RTP/SAVPF')],
  ['audio on hold', phone.replace('sendrecv', 'sendonly')],
  ['a session on hold', phone.replace('a=sendrecv\r\n', '').replace('t=0 0', 't=0 0\r\na=inactive')],
  ['no audio', sdp(...SESSION)],
  ['audio refused', phone.replace('m=audio 4000', 'm=audio 0')],
  ['a phone behind NAT', phone, '198.51.100.1'],
  ['nothing', ''],
] as const)
  test(`stays where it is: ${what}`, () => assert.equal(directOffer(text, address), null));
