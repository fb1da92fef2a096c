import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bdecode, bencode } from '../../src/sound/rtpengine/bencode.ts';
import { innerSdp, readAudio } from '../../src/sound/rtpengine/inside.ts';
import { readPress } from '../../src/sound/rtpengine/keys.ts';

test('bencoding comes back as it went; lengths count bytes', () => {
  const value = { command: 'offer', n: -7, flags: ['strict source', '话务'], deep: { empty: {}, list: [[], ''] } };
  assert.equal(bencode({ a: '话' }), 'd1:a3:话e');
  assert.deepEqual(bdecode(Buffer.from(bencode(value))), value);
});

for (const broken of ['', 'i7e', 'le', 'd', 'd1:a', 'd1:a5:xe', 'd1:ai7', 'd1:aixe', 'd1:a1:be!', `d1:a${'l'.repeat(99)}${'e'.repeat(99)}e`])
  test(`what is no dictionary is refused: ${broken.slice(0, 12)}`, () => {
    assert.throws(() => bdecode(Buffer.from(broken)), /bencode/);
  });

test('the inner side says where its audio goes, and what it says can be read', () => {
  const aim = { family: 'IP4', address: '192.0.2.9', port: 30_002 } as const;
  assert.deepEqual(readAudio(innerSdp(aim, 'recvonly')), { aim, direction: 'recvonly' });
  assert.equal(readAudio('v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 7 RTP/AVP 96\r\n'), null);
});

test('a report of a key is read; anything else is none', () => {
  const report = { callid: 'c', source_tag: 'party', tags: ['party', 'inner'], type: 'DTMF', event: 11, duration: 100 };
  assert.deepEqual(readPress(JSON.stringify(report)), { callId: 'c', tag: 'party', key: '#' });
  for (const other of ['', '[]', '7', '{"type":"DTMF"}', JSON.stringify({ ...report, event: 99 })]) assert.equal(readPress(other), null);
});
