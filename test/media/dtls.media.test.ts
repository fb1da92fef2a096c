/** The DTLS handshake with a stranger's implementation: OpenSSL on the other end, which prints the keys that it exports for SRTP (RFC 5764 §4.2). */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { DtlsAssociation } from '../../media/webrtc/dtls/association.ts';
import { fingerprintOf, makeCertificate, ownCertificate } from '../../media/webrtc/dtls/certificate.ts';
import { MESSAGE } from '../../media/webrtc/dtls/messages.ts';
import { HANDSHAKE } from '../../media/webrtc/dtls/record.ts';
import { until } from './support.ts';

const own = ownCertificate(makeCertificate(systemClock.now()));
const theirs = makeCertificate(systemClock.now());
const folder = mkdtempSync(join(tmpdir(), 'huawu-dtls-'));
const pem = (kind: string, der: Uint8Array): string => `-----BEGIN ${kind}-----\n${Buffer.from(der).toString('base64')}\n-----END ${kind}-----\n`;
const [certificatePath, keyPath] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
writeFileSync(certificatePath, pem('CERTIFICATE', theirs.der));
writeFileSync(keyPath, pem('PRIVATE KEY', theirs.key));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How OpenSSL names the suites, and the bytes of two keys and two salts. */
const SUITES = [
  { name: 'AES_CM_128_HMAC_SHA1_80', theirName: 'SRTP_AES128_CM_SHA1_80', keyBytes: 60 },
  { name: 'AEAD_AES_128_GCM', theirName: 'SRTP_AEAD_AES_128_GCM', keyBytes: 56 },
] as const;

/** The head of a record, behind which its message begins. */
const RECORD_BYTES = 13;

let openssl: ChildProcess | null = null;
let socket: Socket | null = null;
let said = '';
afterEach(() => {
  openssl?.kill();
  socket?.close();
  said = '';
});

function run(command: 's_client' | 's_server', { theirName, keyBytes }: (typeof SUITES)[number], ...more: string[]): void {
  const keys = ['-use_srtp', theirName, '-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', String(keyBytes)];
  const child = spawn('openssl', [command, '-dtls1_2', '-cert', certificatePath, '-key', keyPath, ...keys, ...more], { stdio: ['pipe', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      said += text;
    });
  openssl = child;
}

/** Our end on a socket of its own. `to`: 0 = whoever speaks first. */
async function ourEnd(role: 'client' | 'server', to = 0): Promise<{ port: number; association: DtlsAssociation; heard: Buffer[] }> {
  const ours = createSocket('udp4');
  socket = ours;
  ours.bind(0, '127.0.0.1');
  await once(ours, 'listening');
  let port = to;
  const association = new DtlsAssociation({
    role,
    own,
    fingerprint: { hash: 'sha-256', value: fingerprintOf(theirs.der) },
    nowMs: systemClock.now(),
    send: (datagram) => ours.send(datagram, port, '127.0.0.1'),
  });
  const heard: Buffer[] = [];
  ours.on('message', (datagram, from) => {
    heard.push(Buffer.from(datagram));
    port = from.port;
    association.heard(datagram, systemClock.now());
  });
  return { port: ours.address().port, association, heard };
}

/** Both have the same keys; which of the two is the client's is part of it. */
async function assertSameKeys(association: DtlsAssociation, role: 'client' | 'server', suite: (typeof SUITES)[number]): Promise<void> {
  const exported = (): string | undefined => /Keying material: ([0-9A-F]+)/.exec(said)?.[1];
  await until('OpenSSL is through', () => exported() !== undefined || association.state === 'failed', 20_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`);
  });
  await until('we are through', () => association.state !== 'shaking');
  assert.equal(association.state, 'up', association.reason);
  const { local = assert.fail(), remote = assert.fail() } = association.keys ?? {};
  const [client, server] = role === 'client' ? [local, remote] : [remote, local];
  assert.equal(local.suite, suite.name);
  assert.equal(Buffer.concat([client.key, server.key, client.salt, server.salt]).toString('hex').toUpperCase(), exported());
}

for (const suite of SUITES) {
  test(`OpenSSL calls, we answer: the same keys for SRTP on both ends (${suite.name})`, async () => {
    const { port, association } = await ourEnd('server');
    run('s_client', suite, '-connect', `127.0.0.1:${port}`);
    await assertSameKeys(association, 'server', suite);
  });

  test(`we call, OpenSSL answers after a HelloVerifyRequest: the same keys for SRTP on both ends (${suite.name})`, async () => {
    run('s_server', suite, '-accept', '127.0.0.1:0', '-listen', '-Verify', '1');
    const port = (): number => Number(/ACCEPT 127\.0\.0\.1:([0-9]+)/.exec(said)?.[1] ?? 0);
    await until('OpenSSL listens', () => port() !== 0);
    const { association, heard } = await ourEnd('client', port());
    await assertSameKeys(association, 'client', suite);
    assert.deepEqual([heard[0]?.[0], heard[0]?.[RECORD_BYTES]], [HANDSHAKE, MESSAGE.helloVerifyRequest]);
  });
}
