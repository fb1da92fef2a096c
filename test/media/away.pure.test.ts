/** A browser whose page is gone: said by DTLS, or known by its silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainCipher } from '../../media/srtp/plain-cipher.ts';
import { SrtpSender } from '../../media/srtp/session.ts';
import { DtlsAssociation } from '../../media/webrtc/dtls/association.ts';
import { fingerprintOf, makeCertificate, ownCertificate } from '../../media/webrtc/dtls/certificate.ts';
import { type Shield, shieldFor } from '../../media/webrtc/shield.ts';
import { bindingRequest } from '../../media/webrtc/stun.ts';

const BEGAN_MS = 1_700_000_000_000;
const ours = makeCertificate(BEGAN_MS);
const theirs = makeCertificate(BEGAN_MS);
const FROM = ['192.0.2.7', 40_000] as const;
const check = (pwd = 'a password of twenty-two'): Buffer =>
  bindingRequest(Buffer.alloc(12, 9), { username: 'ours:theirs', password: pwd, priority: 100, useCandidate: true, role: 'controlling' });
const audio = Buffer.alloc(172, 0x55);
audio.writeUInt32BE(0x80080001, 0);

/** A shield with its keys, the browser's end of the handshake, and what the endpoint was told. */
function up(): { shield: Shield; browser: DtlsAssociation; told: boolean[]; sealed: () => Buffer } {
  const told: boolean[] = [];
  const out: Buffer[] = [];
  const fingerprint = { hash: 'sha-256', value: fingerprintOf(theirs.der) };
  const ice = { local: { ufrag: 'ours', pwd: 'a password of twenty-two' }, remoteUfrag: 'theirs' };
  const wire = {
    sendTo: (packet: Buffer) => void out.push(Buffer.from(packet)),
    aim: () => undefined,
    failed: (reason: string) => assert.fail(reason),
    away: (isAway: boolean) => void told.push(isAway),
  };
  const shield = shieldFor({ kind: 'dtls', role: 'server', fingerprint, ice, certificate: ours }, wire, BEGAN_MS);
  shield.open(check(), ...FROM, null, BEGAN_MS);
  const browser = new DtlsAssociation({
    role: 'client',
    own: ownCertificate(theirs),
    fingerprint: { hash: 'sha-256', value: fingerprintOf(ours.der) },
    nowMs: BEGAN_MS,
    send: (datagram) => void shield.open(Buffer.from(datagram), ...FROM, null, BEGAN_MS),
  });
  for (let heard = 0; heard < out.length; heard += 1) browser.heard(out[heard] ?? Buffer.alloc(0), BEGAN_MS);
  const { keys = assert.fail() } = browser;
  const sender = new SrtpSender(keys?.local ?? assert.fail('no keys'), plainCipher);
  let sequence = 0;
  const sealed = (): Buffer => {
    sequence += 1;
    audio.writeUInt16BE(sequence, 2);
    return Buffer.from(sender.sealRtp(audio) ?? assert.fail('not sealed'));
  };
  return { shield, browser, told, sealed };
}

test('its goodbye is told once, and what was under way does not bring it back', () => {
  const { shield, browser, told, sealed } = up();
  assert.notEqual(shield.open(sealed(), ...FROM, null, BEGAN_MS + 20), null);
  browser.close();
  shield.open(sealed(), ...FROM, null, BEGAN_MS + 40);
  shield.open(check(), ...FROM, null, BEGAN_MS + 60);
  shield.check(BEGAN_MS + 10_000);
  assert.deepEqual(told, [true]);
});

test('six seconds without a packet: it is away; with the next one that proves itself it is there again', () => {
  const { shield, told, sealed } = up();
  shield.open(sealed(), ...FROM, null, BEGAN_MS + 1000);
  shield.check(BEGAN_MS + 7000);
  assert.deepEqual(told, [], 'six seconds are not over');
  shield.check(BEGAN_MS + 7001);
  shield.check(BEGAN_MS + 8000);
  shield.open(audio, ...FROM, null, BEGAN_MS + 8100);
  shield.open(check('guessed by somebody else'), ...FROM, null, BEGAN_MS + 8200);
  assert.deepEqual(told, [true], 'what is not proved is no sign of life');
  shield.open(sealed(), ...FROM, null, BEGAN_MS + 9000);
  assert.deepEqual(told, [true, false]);
});

test('on hold, without audio, its checks alone keep it', () => {
  const { shield, told } = up();
  for (let ms = 0; ms < 60_000; ms += 2500) {
    shield.open(check(), ...FROM, null, BEGAN_MS + ms);
    shield.check(BEGAN_MS + ms + 1000);
  }
  assert.deepEqual(told, []);
});
