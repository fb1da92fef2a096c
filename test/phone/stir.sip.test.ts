/** D12 of the fault list: signed caller numbers (RFC 8224), absent, stale, about another call, or with a certificate that leads astray. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { trustedKey } from '../../src/phone/stir/certificates.ts';
import { fetchText, isPublic } from '../../src/phone/stir/fetch.ts';
import { CallerVerifier } from '../../src/phone/stir/verify.ts';
import { SipPhone } from '../support/phone.ts';
import { RimHouse } from '../support/phone-rim.ts';

const folder = mkdtempSync(join(tmpdir(), 'huawu-stir-'));
const path = (name: string): string => join(folder, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

function makeCertificate(name: string, issuer: string | null, days: number): void {
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  writeFileSync(path(`${name}.ext`), issuer === null ? 'basicConstraints=critical,CA:TRUE\n' : 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
  const by = issuer === null ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
  openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

const pem = (name: string): string => readFileSync(path(`${name}.pem`), 'utf8');
const served = new Map<string, () => { status: number; text: string; location?: string }>();
let server: Server;
let base = '';
let asked = 0;

before(async () => {
  makeCertificate('root', null, 30);
  makeCertificate('stranger', null, 30);
  makeCertificate('carrier', 'root', 30);
  makeCertificate('forger', 'stranger', 30);
  server = createServer({ key: readFileSync(path('carrier.key')), cert: pem('carrier') }, (request, response) => {
    asked += 1;
    const answer = served.get(request.url ?? '');
    if (answer === undefined) return; // never answered
    const { status, text, location } = answer();
    response.writeHead(status, location === undefined ? {} : { location });
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  served.set('/carrier.pem', () => ({ status: 200, text: pem('carrier') }));
  served.set('/forger.pem', () => ({ status: 200, text: pem('forger') }));
  served.set('/huge.pem', () => ({ status: 200, text: 'x'.repeat(10 * 1024 * 1024) }));
  served.set('/elsewhere.pem', () => ({ status: 302, text: '', location: '/carrier.pem' }));
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

test('D12: a call with a signature arrives at once; what is thought of it follows as its data, the record has it', async () => {
  const house = await RimHouse.open({ trustedTrunks: ['127.0.0.1'], stirRoots: pem('root') });
  const trunk = await SipPhone.open({ user: '13800001001', server: house.server });
  try {
    for (const [header, expected] of [
      [identity({ orig: '8613800001002' }), { verstat: 'TN-Validation-Failed', verstat_doubt: 'other_caller' }],
      [identity(), { verstat: 'No-TN-Validation', verstat_doubt: 'no_certificate' }], // it lies on loopback
      [undefined, { verstat: 'No-TN-Validation' }],
    ] as const) {
      const call = await trunk.call('10086', header === undefined ? [] : [['Identity', header]]);
      const { callId } = await house.until('callArrived');
      assert.deepEqual(await house.until('dataSet'), { type: 'dataSet', callId, data: expected, by: 'network' });
      await call.hangUp();
    }
  } finally {
    await trunk.close();
    await house.close();
  }
});

const CALL = { caller: '+8613800001001', callee: '10086' };

interface Wish {
  url?: string;
  key?: string;
  orig?: string;
  dest?: string;
  ageMs?: number;
  alg?: string;
}
function identity({ url = `${base}/carrier.pem`, key = 'carrier', orig = '8613800001001', dest = '10086', ageMs = 0, alg = 'ES256' }: Wish = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg, ppt: 'shaken', typ: 'passport', x5u: url });
  const payload = part({ attest: 'A', dest: { tn: [dest] }, iat: Math.floor((systemClock.now() - ageMs) / 1_000), orig: { tn: orig }, origid: 'any' });
  const signature = sign('sha256', Buffer.from(`${header}.${payload}`), { key: readFileSync(path(`${key}.key`)), dsaEncoding: 'ieee-p1363' });
  return `${header}.${payload}.${signature.toString('base64url')};info=<${url}>;alg=${alg};ppt=shaken`;
}
/** Patient with a busy machine, but for the certificate that never comes. */
const onLoopback = (url: string): Promise<string> => fetchText(url, { timeoutMs: url.includes('never') ? 300 : 1_900, ca: pem('root'), allows: () => true });
const verifier = (): CallerVerifier => new CallerVerifier(systemClock, pem('root'), onLoopback);

test('D12: a number signed for this call under a root of ours is proven, and its certificate is asked for once', async () => {
  const verify = verifier();
  const before = asked;
  const proven = { verstat: 'TN-Validation-Passed', attestation: 'A', doubt: null };
  assert.deepEqual(await Promise.all([verify.verify(identity(), CALL), verify.verify(identity(), CALL)]), [proven, proven]);
  assert.deepEqual(await verify.verify(identity({ orig: '13800001001' }), CALL), proven, 'the national form is the same number');
  assert.equal(asked - before, 1);
});

const doubts: [claim: string, header: () => string | undefined, verstat: string, doubt: string][] = [
  ['nobody signed', () => undefined, 'No-TN-Validation', 'absent'],
  ['an algorithm nobody promised', () => identity({ alg: 'ES512' }), 'No-TN-Validation', 'unsupported'],
  ['no token at all', () => 'abc.def.ghi;info=<https://a.example/>', 'TN-Validation-Failed', 'malformed'],
  ['info that names another certificate', () => identity().replace(/info=<[^>]*>/, 'info=<https://a.example/>'), 'TN-Validation-Failed', 'malformed'],
  ['signed more than sixty seconds ago', () => identity({ ageMs: 90_000 }), 'TN-Validation-Failed', 'stale'],
  ['signed in the future', () => identity({ ageMs: -90_000 }), 'TN-Validation-Failed', 'stale'],
  ['signed for another caller', () => identity({ orig: '8613800001002' }), 'TN-Validation-Failed', 'other_caller'],
  ['signed for another callee', () => identity({ dest: '95588' }), 'TN-Validation-Failed', 'other_callee'],
  ['signed with another key', () => identity({ key: 'forger' }), 'TN-Validation-Failed', 'bad_signature'],
  ['a certificate of nobody we know', () => identity({ key: 'forger', url: `${base}/forger.pem` }), 'TN-Validation-Failed', 'untrusted_certificate'],
  ['a certificate of ten megabytes', () => identity({ url: `${base}/huge.pem` }), 'No-TN-Validation', 'no_certificate'],
  ['a certificate that is elsewhere', () => identity({ url: `${base}/elsewhere.pem` }), 'No-TN-Validation', 'no_certificate'],
  ['a certificate that never comes', () => identity({ url: `${base}/never.pem` }), 'No-TN-Validation', 'no_certificate'],
  ['a certificate over plain HTTP', () => identity({ url: 'http://127.0.0.1/carrier.pem' }), 'No-TN-Validation', 'no_certificate'],
];
for (const [claim, header, verstat, doubt] of doubts)
  test(`D12: ${claim}: ${verstat}`, async () => {
    assert.deepEqual(await verifier().verify(header(), CALL), { verstat, attestation: null, doubt });
  });

test('D12: a certificate on a private address or on this host is never asked for', async () => {
  const before = asked;
  for (const url of [`${base}/carrier.pem`, base.replace('127.0.0.1', 'localhost'), 'https://[::1]:1/', 'https://169.254.169.254/latest'])
    await assert.rejects(fetchText(url, { timeoutMs: 2_000 }), /not a public address/);
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '172.16.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '224.0.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
  ])
    assert.equal(isPublic(address), false, address);
  for (const address of ['8.8.8.8', '2400:3200::1']) assert.equal(isPublic(address), true, address);
  assert.equal(asked, before);
});

test('D12: a certificate that has run out, or whose root has, proves nothing', () => {
  const roots = [new X509Certificate(pem('root'))];
  assert.equal(typeof trustedKey(pem('carrier'), roots, systemClock.now()), 'object');
  assert.equal(trustedKey(pem('carrier'), roots, systemClock.now() + 31 * 86_400_000), 'untrusted_certificate');
  assert.equal(trustedKey('nonsense', roots, systemClock.now()), 'no_certificate');
});
