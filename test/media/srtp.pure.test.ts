/** SRTP against the test vectors of RFC 3711 and RFC 7714, those of libsrtp's `srtp_driver`, and what an attacker would try (F3). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CipherMaker } from '../../media/srtp/cipher.ts';
import { deriveKeys } from '../../media/srtp/derive.ts';
import { cipherOf, plainCipher } from '../../media/srtp/plain-cipher.ts';
import { ReplayWindow } from '../../media/srtp/replay.ts';
import { SrtpReceiver, SrtpSender } from '../../media/srtp/session.ts';
import { type MasterKey, SUITES, type Suite, type SuiteName, suiteNamed } from '../../media/srtp/suite.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const suite = (name: SuiteName): Suite => suiteNamed(name) ?? assert.fail(name);

const CM_KEY: MasterKey = { suite: 'AES_CM_128_HMAC_SHA1_80', key: hex('e1f97a0d3e018be0d64fa32c06de4139'), salt: hex('0ec675ad498afeebb6960b3aabe6') };
const GCM_KEY: MasterKey = { suite: 'AEAD_AES_128_GCM', key: hex('000102030405060708090a0b0c0d0e0f'), salt: hex('a0a1a2a3a4a5a6a7a8a9aaab') };
const RTP = '800f1234 decafbad cafebabe abababababababababababababababab';
const RTCP = '81c8000b cafebabe abababababababababababababababab';

test('RFC 3711 B.3: session keys are derived as in the test vector', () => {
  const keys = deriveKeys(CM_KEY, suite('AES_CM_128_HMAC_SHA1_80'), 'rtp');
  assert.equal(keys.cipher.toString('hex'), 'c61e7a93744f39ee10734afe3ff7a087');
  assert.equal(keys.salt.toString('hex'), '30cbbc08863d8c85d49db34a9ae1');
  assert.equal(keys.authentication.toString('hex'), 'cebe321f6ff7716b6fd4ab49af256a156d38baa4');
});

test('RFC 3711 B.2: the key stream of AES in counter mode is that of the test vector', () => {
  const keys = { cipher: hex('2b7e151628aed2a6abf7158809cf4f3c'), salt: hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd'), authentication: Buffer.alloc(20) };
  const packet = Buffer.alloc(48 + 10);
  cipherOf(suite('AES_CM_128_HMAC_SHA1_80'), keys, keys).sealRtp(packet, 0, 48, 0, 0, 0);
  assert.equal(packet.subarray(0, 48).toString('hex'), 'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0');
});

test('RFC 7714 16.1: an RTP packet sealed by AES-128-GCM is that of the test vector', () => {
  const keys = { cipher: hex('000102030405060708090a0b0c0d0e0f'), salt: hex('517569642070726f2071756f'), authentication: Buffer.alloc(0) };
  const plain = hex('8040f17b 8041f8d3 5501a0b2 47616c6c696120657374206f6d6e69732064697669736120696e20706172746573207472 6573');
  const packet = Buffer.concat([plain, Buffer.alloc(16)]);
  cipherOf(suite('AEAD_AES_128_GCM'), keys, keys).sealRtp(packet, 12, plain.length, 0x5501a0b2, 0, 0xf17b);
  assert.equal(
    packet.toString('hex'),
    hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3fb34de6cacba861c9d7e4bca be633bd50d294e6f42a5f47a51c7d19b 36de3adf8833899d7f27beb16a9152cf 765ee4390cce`).toString(
      'hex',
    ),
  );
});

export function srtpTests(name: string, make: CipherMaker): void {
  describe(name, () => {
    const pair = (master: MasterKey): { sender: SrtpSender; receiver: SrtpReceiver } => ({
      sender: new SrtpSender(master, make),
      receiver: new SrtpReceiver(master, make),
    });
    const packetOf = (sequence: number, ssrc = 0xcafebabe): Buffer => {
      const packet = hex(RTP);
      packet.writeUInt16BE(sequence, 2);
      packet.writeUInt32BE(ssrc, 8);
      return packet;
    };
    const masterOf = (name: SuiteName): MasterKey => ({ ...(name === 'AEAD_AES_128_GCM' ? GCM_KEY : CM_KEY), suite: name });
    const must = (packet: Buffer | null): Buffer => packet ?? assert.fail('was dropped');

    test('whole packets are those of libsrtp, both profiles, RTP and RTCP', () => {
      const cm = pair(CM_KEY).sender;
      assert.equal(cm.sealRtp(hex(RTP))?.toString('hex'), '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb');
      const gcm = pair(GCM_KEY).sender;
      assert.equal(gcm.sealRtp(hex(RTP))?.toString('hex'), '800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392');
      // libsrtp's first SRTCP packet has index 1, as ours has after one that is thrown away.
      for (const sender of [cm, gcm]) sender.sealRtcp(hex(RTCP));
      assert.equal(cm.sealRtcp(hex(RTCP))?.toString('hex'), '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798');
      assert.equal(gcm.sealRtcp(hex(RTCP))?.toString('hex'), '81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001');
    });

    for (const { name } of SUITES) {
      test(`${name}: RTP with contributing sources, extension and padding, and RTCP, come back as they were sent`, () => {
        const { sender, receiver } = pair(masterOf(name));
        const odd = hex(`b1080001 00000001 cafebabe 11111111 bede0001 01020304 ${'55'.repeat(33)} 000003`);
        for (const packet of [odd, packetOf(2), Buffer.concat([packetOf(3), Buffer.alloc(1180, 7)])])
          assert.deepEqual(receiver.openRtp(must(sender.sealRtp(packet))), packet);
        for (const packet of [hex(RTCP), hex(RTCP)]) assert.deepEqual(receiver.openRtcp(must(sender.sealRtcp(packet))), packet);
      });

      test(`F3: ${name}: in clear, without its tag, with a bit changed anywhere, of another key, too short: dropped, and what follows is not disturbed`, () => {
        const { sender, receiver } = pair(masterOf(name));
        const stranger = new SrtpSender({ ...masterOf(name), key: Buffer.alloc(16, 1) }, make);
        const sealed = must(sender.sealRtp(packetOf(100)));
        const report = must(sender.sealRtcp(hex(RTCP)));
        const flipped = (packet: Buffer, at: number): Buffer => {
          const copy = Buffer.from(packet);
          copy[at] = (copy[at] as number) ^ 0x01;
          return copy;
        };
        const bad = [packetOf(101), sealed.subarray(0, 28), must(stranger.sealRtp(packetOf(60_000))), Buffer.alloc(0), sealed.subarray(0, 11)];
        // Byte 0 holds version and lengths; all others are covered by the tag.
        for (let at = 1; at < sealed.length; at += 1) bad.push(flipped(sealed, at));
        for (const packet of bad) assert.equal(receiver.openRtp(Buffer.from(packet)), null);
        const badReports = [hex(RTCP), report.subarray(0, 12), report.subarray(0, 7), Buffer.alloc(4), must(stranger.sealRtcp(hex(RTCP)))];
        for (let at = 1; at < report.length; at += 1) badReports.push(flipped(report, at));
        for (const packet of badReports) assert.equal(receiver.openRtcp(Buffer.from(packet)), null);
        assert.deepEqual(receiver.openRtp(sealed), packetOf(100));
        assert.deepEqual(receiver.openRtcp(report), hex(RTCP));
      });
    }

    test('F3: a packet that comes again is dropped, one that was overtaken is not, one older than the window is', () => {
      const { sender, receiver } = pair(CM_KEY);
      const sealed = Array.from({ length: 200 }, (_, sequence) => must(sender.sealRtp(packetOf(sequence))));
      const at = (sequence: number): Buffer => Buffer.from(sealed[sequence] ?? assert.fail());
      assert.notEqual(receiver.openRtp(at(10)), null);
      assert.equal(receiver.openRtp(at(10)), null);
      assert.notEqual(receiver.openRtp(at(8)), null);
      assert.equal(receiver.openRtp(at(8)), null);
      assert.notEqual(receiver.openRtp(at(199)), null);
      assert.equal(receiver.openRtp(at(199 - 64)), null);
      assert.notEqual(receiver.openRtp(at(199 - 63)), null);
      const report = must(sender.sealRtcp(hex(RTCP)));
      assert.notEqual(receiver.openRtcp(Buffer.from(report)), null);
      assert.equal(receiver.openRtcp(report), null);
    });

    test('F3: the rollover counter follows the sequence number over its end, also in disorder and with loss, forward and back', () => {
      const { sender, receiver } = pair(GCM_KEY);
      const sequences = Array.from({ length: (3 * 65_536) / 61 }, (_, n) => (65_000 + n * 61) & 0xffff);
      const sealed = sequences.map((sequence) => must(sender.sealRtp(packetOf(sequence))));
      for (let n = 0; n + 1 < sealed.length; n += 2) {
        for (const each of [n + 1, n]) {
          // Every 20th pair is lost.
          if (n % 40 !== 0) assert.notEqual(receiver.openRtp(sealed[each] ?? assert.fail()), null, `packet ${each}, sequence ${sequences[each]}`);
        }
      }
    });

    test('two packets under one index are never sent: they would share a key stream', () => {
      const { sender } = pair(GCM_KEY);
      assert.notEqual(sender.sealRtp(packetOf(7)), null);
      assert.equal(sender.sealRtp(packetOf(7)), null);
    });

    test('streams are kept apart by SSRC, and there are never more than 16', () => {
      const { sender, receiver } = pair(CM_KEY);
      for (let ssrc = 1; ssrc <= 16; ssrc += 1) assert.notEqual(receiver.openRtp(must(sender.sealRtp(packetOf(1, ssrc)))), null);
      assert.equal(sender.sealRtp(packetOf(1, 17)), null);
      assert.equal(receiver.openRtp(must(new SrtpSender(CM_KEY, make).sealRtp(packetOf(1, 17)))), null);
    });
  });
}

srtpTests('on node:crypto', plainCipher);

test('the replay window agrees with a plain set over random disorder', () => {
  const window = new ReplayWindow();
  const seen = new Set<number>();
  let highest = -1;
  let state = 12_345;
  for (let turn = 0; turn < 20_000; turn += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const index = Math.max(0, highest + 1 + ((state >>> 8) % 160) - 120);
    const expected = !seen.has(index) && index > highest - 64;
    assert.equal(window.isNew(index), expected, `turn ${turn}, index ${index}, highest ${highest}`);
    if (!expected) continue;
    window.take(index);
    seen.add(index);
    highest = Math.max(highest, index);
  }
});
