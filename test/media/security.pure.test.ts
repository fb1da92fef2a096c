/** Descriptions of protected audio: offers of browsers and of desk phones with SDES, ours to both, and what must be refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaError } from '../../media/port.ts';
import { Negotiation } from '../../media/sdp/negotiate.ts';
import { type Protection, Security } from '../../media/sdp/security.ts';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const negotiation = (privateSignalling = false): Negotiation => {
  const where = { address: '192.0.2.1', port: 20_000 };
  return new Negotiation({ ...where, family: 4, sessionId: 77, security: new Security({ ...where, fingerprint: 'CD:EF', ssrc: 7, privateSignalling }) });
};
const linesOf = (sdp: string): string[] => sdp.split('\r\n');
const incompatible = (pattern: RegExp) => (error: unknown) => error instanceof MediaError && error.code === 'incompatible' && pattern.test(error.message);

/** What Chromium writes for a call with audio and video, shortened. */
const browserOffer = (changes: { ufrag?: string; setup?: string; fingerprint?: string; direction?: string; mux?: string } = {}): string =>
  [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS stream',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=candidate:1 1 udp 2122260223 4d3b6b1c-93a5-4a4e-8d8c-2f0c1d1c6a0e.local 51234 typ host generation 0',
    `a=ice-ufrag:${changes.ufrag ?? 'F7gI'}`,
    'a=ice-pwd:x9cml/YzichV2+XlhiMu8g',
    'a=ice-options:trickle',
    `a=fingerprint:${changes.fingerprint ?? `sha-256 ${FINGERPRINT}`}`,
    `a=setup:${changes.setup ?? 'actpass'}`,
    'a=mid:0',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    `a=${changes.direction ?? 'sendrecv'}`,
    'a=msid:stream track',
    changes.mux ?? 'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:13 CN/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:126 telephone-event/8000',
    'a=ssrc:1234 cname:abc',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:1',
    'a=rtpmap:96 VP8/90000',
    '',
  ].join('\r\n');

const dtls = (protection: Protection | null): Extract<Protection, { kind: 'dtls' }> => (protection?.kind === 'dtls' ? protection : assert.fail('no DTLS'));
const sdes = (protection: Protection | null): Extract<Protection, { kind: 'sdes' }> => (protection?.kind === 'sdes' ? protection : assert.fail('no SDES'));

test("a browser's offer is answered on one port: lite, passive, muxed, bundled, with our fingerprint and candidate; its video is refused in its place", () => {
  const { sdp, agreed } = negotiation().answer(browserOffer());
  const lines = linesOf(sdp);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('m=')),
    ['m=audio 20000 UDP/TLS/RTP/SAVPF 0 13 126', 'm=video 0 UDP/TLS/RTP/SAVPF 96'],
  );
  const session = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('m=')),
  );
  assert.ok(session.includes('a=ice-lite') && session.includes('a=group:BUNDLE 0'));
  const wanted = [
    'a=mid:0',
    'a=mid:1',
    'a=rtcp-mux',
    'a=setup:passive',
    'a=fingerprint:sha-256 CD:EF',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 20000 typ host',
    'a=ssrc:7 cname:huawu',
    'a=sendrecv',
  ];
  for (const line of wanted) assert.ok(lines.includes(line), `${line} in\n${sdp}`);
  assert.equal(agreed.direction, 'sendrecv');
  assert.equal(agreed.eventIn, 126);
  const { role, fingerprint, ice } = dtls(agreed.protection);
  assert.deepEqual({ role, fingerprint, remote: ice.remoteUfrag }, { role: 'server', fingerprint: { hash: 'sha-256', value: FINGERPRINT }, remote: 'F7gI' });
  assert.ok(lines.includes(`a=ice-ufrag:${ice.local.ufrag}`) && lines.includes(`a=ice-pwd:${ice.local.pwd}`));
  assert.ok(ice.local.ufrag.length >= 4 && ice.local.pwd.length >= 22);
});

test('hold and retrieve keep everything; other ICE credentials are a restart, answered by other ones of ours', () => {
  const ours = negotiation();
  const first = dtls(ours.answer(browserOffer()).agreed.protection);
  const held = ours.answer(browserOffer({ direction: 'sendonly' }));
  assert.ok(linesOf(held.sdp).includes('a=recvonly'));
  assert.equal(held.agreed.direction, 'sendonly');
  assert.deepEqual(dtls(held.agreed.protection), first);
  const restarted = dtls(ours.answer(browserOffer({ ufrag: 'other' })).agreed.protection);
  assert.notEqual(restarted.ice.local.ufrag, first.ice.local.ufrag);
  assert.deepEqual(restarted.fingerprint, first.fingerprint);
});

test('an offer of ours to a browser: actpass; who answers active makes us the server, who answers passive the client', () => {
  for (const [setup, role] of [
    ['active', 'server'],
    ['passive', 'client'],
  ] as const) {
    const ours = negotiation();
    const lines = linesOf(ours.offer('PCMA', 'webrtc'));
    assert.ok(
      lines.some((line) => /^m=audio 20000 UDP.TLS.RTP.SAVPF 8 0 (13 )?101/.test(line)) &&
        lines.includes('a=setup:actpass') &&
        lines.includes('a=ice-lite') &&
        lines.includes('a=group:BUNDLE 0'),
    );
    const { protection } = ours.accept(browserOffer({ setup }).replace(/m=video[\s\S]*/, ''));
    assert.equal(dtls(protection).role, role);
    assert.ok(lines.includes(`a=ice-pwd:${dtls(protection).ice.local.pwd}`));
  }
});

test('what a browser cannot mean is refused: no rtcp-mux, no fingerprint, one by SHA-1; an answer in clear to a protected offer', () => {
  assert.throws(() => negotiation().answer(browserOffer({ mux: 'a=x' })), incompatible(/rtcp-mux/));
  assert.throws(() => negotiation().answer(browserOffer().replace(/a=fingerprint.*\r\n/, '')), incompatible(/fingerprint/));
  assert.throws(() => negotiation().answer(browserOffer({ fingerprint: 'sha-1 AB:CD' })), incompatible(/SHA-2/));
  for (const profile of ['webrtc', 'sdes'] as const) {
    const ours = negotiation(true);
    ours.offer('PCMA', profile);
    assert.throws(() => ours.accept(deskOffer([]).replace('RTP/SAVP', 'RTP/AVP')), incompatible(/not offered/));
  }
});

const KEY_A = Buffer.alloc(30, 1).toString('base64');
const KEY_B = Buffer.alloc(28, 2).toString('base64');
const deskOffer = (cryptos: string[]): string =>
  [
    'v=0',
    'o=- 5 1 IN IP4 198.51.100.1',
    's=-',
    'c=IN IP4 198.51.100.1',
    't=0 0',
    'm=audio 4000 RTP/SAVP 8 101',
    'a=rtpmap:101 telephone-event/8000',
    ...cryptos,
    '',
  ].join('\r\n');

test('SDES: the first suite we know is taken, under its tag, with a key of our own; and kept when the phone holds and retrieves', () => {
  const ours = negotiation(true);
  const offer = deskOffer([
    'a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:AAAA',
    `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${KEY_A}|2^31|1:4`,
    `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${KEY_A}|2^20`,
    `a=crypto:4 AEAD_AES_128_GCM inline:${KEY_B}`,
  ]);
  const { sdp, agreed } = ours.answer(offer);
  const { local, remote } = sdes(agreed.protection);
  assert.equal(remote.suite, 'AES_CM_128_HMAC_SHA1_32');
  assert.equal(Buffer.concat([remote.key, remote.salt]).toString('base64'), KEY_A);
  assert.deepEqual(
    linesOf(sdp).filter((line) => /^(m=|a=crypto)/.test(line)),
    ['m=audio 20000 RTP/SAVP 8 101', `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${Buffer.concat([local.key, local.salt]).toString('base64')}`],
  );
  assert.deepEqual(agreed.remote, { family: 4, address: '198.51.100.1', port: 4000, rtcpPort: 4001 });
  assert.deepEqual(ours.answer(offer).agreed.protection, agreed.protection);
});

test('SDES: over signalling that others can read, or with conditions we cannot keep, it is refused; plain audio beside it is taken', () => {
  const crypto = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY_A}`;
  assert.throws(() => negotiation(false).answer(deskOffer([crypto])), incompatible(/others can read/));
  assert.throws(() => negotiation(true).answer(deskOffer([`${crypto} UNENCRYPTED_SRTP`])), incompatible(/no crypto suite/));
  assert.throws(() => negotiation(true).answer(deskOffer([`${crypto}|2^20|1:4`])), incompatible(/no crypto suite/));
  assert.throws(() => negotiation(true).answer(deskOffer(['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'])), incompatible(/no crypto suite/));
  const both = `${deskOffer([crypto])}m=audio 4002 RTP/AVP 8\r\n`;
  assert.deepEqual(
    linesOf(negotiation(false).answer(both).sdp).filter((line) => line.startsWith('m=')),
    ['m=audio 0 RTP/SAVP 8 101', 'm=audio 20000 RTP/AVP 8'],
  );
});

test('SDES: our offer, and an answer to it by tag; a suite that was not offered under the tag is refused', () => {
  const ours = negotiation(true);
  const lines = linesOf(ours.offer('PCMU', 'sdes'));
  assert.equal(lines.filter((line) => /^a=crypto:[12] /.test(line)).length, 2);
  assert.throws(() => ours.accept(deskOffer([`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY_A}`])), incompatible(/not offered/));
  const { local, remote } = sdes(ours.accept(deskOffer([`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${KEY_A}`])).protection);
  assert.ok(lines.includes(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.concat([local.key, local.salt]).toString('base64')}`));
  assert.equal(remote.suite, local.suite);
});
