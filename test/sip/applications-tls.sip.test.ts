/** Applications over TLS: those that come to the admin port, and those that are dialled without any web-hook. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { Authority } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, newApp, SDP, SECRET, type SipProgram, startProgram } from './support/program.ts';

let authority: Authority;
let stranger: Authority;
let program: SipProgram;
const closers: (() => void)[] = [];
/** Listening applications by method. */
const dialled = new Map<string, App>();

before(async () => {
  authority = new Authority();
  stranger = new Authority('Nobody We Know');
  authority.sign('server', 'IP:127.0.0.1');
  authority.sign('renewed', 'IP:127.0.0.1,DNS:renewed.test');
  stranger.sign('stranger', 'IP:127.0.0.1');
  for (const ending of ['pem', 'key']) copyFileSync(authority.path(`server.${ending}`), authority.path(`live.${ending}`));
  const handlers: string[] = [];
  for (const [method, kind, pem] of [
    ['message', 'tls', authority.path('server')],
    ['options', 'tls', stranger.path('stranger')],
    ['register', 'tcp', undefined],
  ] as const) {
    const app = newApp();
    const tls = pem === undefined ? {} : { tls: { cert: readFileSync(`${pem}.pem`), key: readFileSync(`${pem}.key`) } };
    const server = app.listen({ host: '127.0.0.1', port: 0, secret: SECRET, ...tls }, () => undefined);
    await until('the application to listen', () => server.listening);
    closers.push(() => server.close());
    dialled.set(method, app);
    handlers.push(`${method}=${kind}:127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  program = await startProgram({
    SIP_TLS_CERT_FILE: authority.path('live.pem'),
    SIP_TLS_KEY_FILE: authority.path('live.key'),
    SIP_TLS_CA_FILE: authority.certificate,
    SIP_TLS_PORT: '0',
    DRACHTIO_TLS_PORT: '0',
    DRACHTIO_HTTP_HANDLER: handlers.join(','),
  });
});
after(() => {
  for (const close of closers) close();
  program.child.kill('SIGKILL');
  authority.remove();
  stranger.remove();
});

const adminTls = () => ({ port: program.adminTlsPort ?? 0, tls: { ca: readFileSync(authority.certificate) } });
async function aPeer(): Promise<Peer> {
  const peer = await Peer.udp(program.sipPort);
  closers.push(() => peer.close());
  return peer;
}

test('drachtio-srf with `tls` connects to the secure admin port and takes a call; a wrong secret is refused there too', async () => {
  const app = await connectApp(program, SECRET, adminTls());
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }));
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE'));
  await peer.response('INVITE', 200);
  leave(app);
  await assert.rejects(connectApp(program, 'wrong', adminTls()), /failed to authenticate/);
});

test('nothing in clear is heard on the secure admin port', async () => {
  const plain = connectTcp(program.adminTlsPort ?? 0, '127.0.0.1');
  closers.push(() => plain.destroy());
  plain.on('error', () => undefined);
  let heard = '';
  plain.on('data', (bytes: Buffer) => {
    heard += bytes.toString('latin1');
  });
  plain.write(`${`1|authenticate|${SECRET}|`.length}#1|authenticate|${SECRET}|`);
  await once(plain, 'close');
  assert.ok(!heard.includes('response'));
});

test('a renewed certificate is shown to the next application, those connected stay', async () => {
  const app = await connectApp(program, SECRET, adminTls());
  for (const ending of ['pem', 'key']) copyFileSync(authority.path(`renewed.${ending}`), authority.path(`live.${ending}`));
  const shown = async (): Promise<string> => {
    const socket: TLSSocket = connect({ port: program.adminTlsPort ?? 0, host: '127.0.0.1', ca: readFileSync(authority.certificate) });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  await until('the new certificate', async () => (await shown()) === 'renewed');
  app.invite((_req, res) => res.send(486));
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE'));
  await peer.response('INVITE', 486);
  leave(app);
});

test('a handler that is an address is dialled without HTTP: over TCP, and over TLS when its certificate is to be trusted', async () => {
  for (const method of ['message', 'register'] as const) dialled.get(method)?.[method]((_req, res) => res.send(200));
  dialled.get('options')?.options((_req, res) => res.send(200));
  const peer = await aPeer();
  const hears = async (method: string, status: number): Promise<void> => {
    peer.send(peer.newRequest(method));
    await peer.response(method, status);
  };
  await Promise.all([hears('MESSAGE', 200), hears('REGISTER', 200), hears('OPTIONS', 480)]);
});
