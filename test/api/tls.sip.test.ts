/** The HTTP port with a certificate of its own: consoles and API by https, a browser phone by wss, a renewed certificate without a restart. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { after, before, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { WebSocket } from 'ws';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { handOnBrowser } from '../../src/api/browser-phones.ts';
import { buildServer } from '../../src/api/server.ts';
import type { Api } from '../../src/api/shapes.ts';
import { HttpTls } from '../../src/api/tls.ts';
import { ha1Of, responseOf } from '../../src/phone/digest.ts';
import { SIP_REALM } from '../../src/tenants/directory.ts';
import { Authority } from '../support/certificates.ts';
import { agentId, passwordOf } from '../support/phone-directory.ts';
import { RimHouse, SECRET } from '../support/phone-rim.ts';
import { until } from '../support/wait.ts';
import { openFakeHouse } from './fake-house.ts';

let authority: Authority;
let house: RimHouse;
let app: Api;
let port: number;
let ca: string;
let complaints = 0;
const log = Object.assign(Object.create(silentLog) as typeof silentLog, {
  error: () => {
    complaints += 1;
  },
});

before(async () => {
  authority = new Authority();
  const first = authority.sign('first', 'IP:127.0.0.1');
  ca = readFileSync(authority.certificate, 'utf8');
  const socket = authority.path('ws.sock');
  house = await RimHouse.open({ browserSocket: socket });
  app = await buildServer((await openFakeHouse()).ports, new HttpTls(first, systemClock, log));
  app.server.on('upgrade', (request, stream, head) => handOnBrowser({ socket, secret: SECRET, log: silentLog }, request, stream, head));
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
});
after(async () => {
  await app.close();
  await house.close();
  authority.remove();
});

const ask = (path: string): Promise<{ status: number; hsts: string | undefined }> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, ca }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, hsts: response.headers['strict-transport-security'] });
    }).on('error', reject);
  });

const certificate = (): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(socket.getPeerCertificate());
      socket.end();
    });
    socket.on('error', reject);
  });

test('health and API answer by https, with HSTS', async () => {
  const { status, hsts } = await ask('/livez');
  assert.deepEqual([status, /max-age/.test(hsts ?? '')], [200, true]);
  assert.equal((await ask('/api/v1/agents')).status, 401);
});

test('a phone registers by wss at /sip with its password', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/sip`, 'sip', { ca, headers: { Origin: `https://127.0.0.1:${port}` } });
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(String(bytes)));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const register = (seq: number, authorization = ''): string =>
    [
      `REGISTER sip:127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/WSS x.invalid;branch=z9hG4bK${seq}`,
      'Max-Forwards: 70',
      'From: <sip:8001@127.0.0.1>;tag=a',
      'To: <sip:8001@127.0.0.1>',
      'Call-ID: browser',
      `CSeq: ${seq} REGISTER`,
      'Contact: <sip:8001@x.invalid;transport=ws>;expires=60',
      ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n');
  socket.send(register(1));
  await until('a challenge', () => heard.some((text) => text.startsWith('SIP/2.0 401')), 5_000);
  const nonce = /nonce="([^"]+)"[^\r]*algorithm=SHA-256/.exec(heard[0] ?? '')?.[1] ?? '';
  const shown = { nonce, uri: 'sip:127.0.0.1', algorithm: 'SHA-256' as const, nc: '00000001', cnonce: 'c' };
  const response = responseOf(ha1Of('SHA-256', '8001', SIP_REALM, passwordOf('8001')), 'REGISTER', shown);
  const fields = `username="8001", realm="${SIP_REALM}", nonce="${nonce}", uri="sip:127.0.0.1", response="${response}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`;
  socket.send(register(2, `Digest ${fields}`));
  assert.equal((await house.until('phoneReachable')).agentId, agentId('8001'));
  await until('200', () => heard.some((text) => text.startsWith('SIP/2.0 200')), 5_000);
  socket.close();
});

test('C15: a renewed certificate is shown to new connections, one that cannot be used changes nothing', async () => {
  const [shown, second] = [authority.path('first.pem'), authority.sign('second', 'IP:127.0.0.1')];
  assert.equal((await certificate()).subject.CN, 'first');
  // The certificate alone does not fit the key that is there.
  copyFileSync(second.certificate, shown);
  await until('it was looked at and refused', () => complaints > 0, 10_000);
  assert.equal((await certificate()).subject.CN, 'first');
  copyFileSync(second.key, authority.path('first.key'));
  await until('the new one', async () => (await certificate()).subject.CN === 'second', 10_000);
});

test('a server that is told to speak TLS with files that cannot be used does not start', () => {
  assert.throws(() => new HttpTls({ certificate: authority.certificate, key: authority.certificate }, systemClock, silentLog));
});
