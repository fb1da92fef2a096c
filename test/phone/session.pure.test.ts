import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionOf, OurSession } from '../../src/phone/session.ts';

const sdp = (id: number, port: number, ...more: string[]): string =>
  ['v=0', `o=huawu ${id} 1 IN IP4 192.0.2.1`, 's=huawu', 'c=IN IP4 192.0.2.1', 't=0 0', `m=audio ${port} RTP/AVP 8`, 'a=sendrecv', ...more, ''].join('\r\n');

test('a description of another endpoint is told under the first one’s origin, one version later; told again unchanged the version stays', () => {
  const session = new OurSession(sdp(7, 20_000));
  const moved = session.offer(sdp(99, 30_000));
  assert.equal(moved, sdp(99, 30_000).replace('o=huawu 99 1 ', 'o=huawu 7 2 '));
  assert.equal(session.tell(sdp(99, 30_000)), moved);
  assert.match(session.tell(sdp(99, 30_000).replace('a=sendrecv', 'a=recvonly')), /^o=huawu 7 3 IN/m);
  assert.match(session.current, /a=recvonly/);
});

test('an offer has as many media lines as before: audio where it stood, the others still refused', () => {
  const session = new OurSession(sdp(7, 20_000, 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'));
  const lines = session.offer(sdp(99, 30_000)).split('\r\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('m=')),
    ['m=audio 30000 RTP/AVP 8', 'm=video 0 RTP/AVP 96'],
  );
  const behind = new OurSession(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', 'm=video 0 RTP/AVP 96', 'm=audio 20000 RTP/AVP 8', ''].join('\r\n'));
  assert.deepEqual(behind.offer(sdp(99, 30_000)).match(/^m=.*$/gm), ['m=video 0 RTP/AVP 96', 'm=audio 30000 RTP/AVP 8']);
});

test('how audio stands protected is read from the stream that was taken, or else from the one that was switched off', () => {
  const over = (protocol: string): string => sdp(1, 20_000).replace('RTP/AVP', protocol);
  assert.equal(new OurSession(over('RTP/AVP')).profile, 'plain');
  assert.equal(new OurSession(over('RTP/SAVP')).profile, 'sdes');
  assert.equal(new OurSession(over('UDP/TLS/RTP/SAVPF')).profile, 'webrtc');
  assert.equal(new OurSession(sdp(1, 0, 'm=audio 20000 RTP/SAVP 8')).profile, 'sdes');
  assert.equal(new OurSession(over('RTP/SAVP').replace('20000', '0')).profile, 'sdes');
});

test('the direction of audio is its own, else the session’s, else both ways', () => {
  assert.equal(directionOf(sdp(1, 1).replace('sendrecv', 'sendonly')), 'sendonly');
  assert.equal(directionOf('v=0\r\na=inactive\r\nm=audio 1 RTP/AVP 8\r\n'), 'inactive');
  assert.equal(directionOf('v=0\r\nm=audio 1 RTP/AVP 8\r\nm=video 0 RTP/AVP 96\r\na=inactive\r\n'), 'sendrecv');
});
