/** SIP over TLS: who is let in, whom we trust, and certificates that are renewed while calls go on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls';
import { randomToken } from '../../kernel/ids.ts';
import { isFor } from '../../sip/transport/identity.ts';
import { Authority } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, portOf, SDP, type SipProgram, startProgram } from './support/program.ts';

const closers: (() => void)[] = [];
const programs: SipProgram[] = [];
let authority: Authority;
let withdrawn: { certificate: string; key: string };
let program: SipProgram;
let strict: SipProgram;
let renewed: SipProgram;
let app: App;
/** Nor does anybody listen at the two after it. */
const NOBODYS_PORT = 7;
/** A connection on which nobody shakes hands, until it is closed. */
let muteClosed: Promise<unknown>;

before(async () => {
  authority = new Authority();
  authority.sign('server', 'DNS:sip.test,IP:127.0.0.1');
  withdrawn = authority.sign('withdrawn', 'DNS:phone.test');
  authority.revoke(withdrawn);
  [program, strict, renewed] = await Promise.all([
    aProgram(),
    aProgram({ SIP_TLS_VERIFY_CLIENT: 'true', SIP_TLS_CRL_FILE: authority.revoked }),
    aProgram({ SIP_TLS_CERT_FILE: copy('server.pem', 'live.pem'), SIP_TLS_KEY_FILE: copy('server.key', 'live.key') }),
  ]);
  const mute = connectTcp(tlsPort(), '127.0.0.1');
  closers.push(() => mute.destroy());
  mute.on('error', () => undefined);
  muteClosed = once(mute, 'close');
  app = await connectApp(program);
  app.options((_req, res) => res.send(200));
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }));
  app.register((req, res) => res.send(200, { headers: { Contact: `${req.get('contact')};expires=60` } }));
});
after(async () => {
  leave(app);
  for (const close of closers) close();
  for (const each of programs) await each.stop();
  authority.remove();
});

async function aProgram(settings: Record<string, string> = {}): Promise<SipProgram> {
  const files = { SIP_TLS_CERT_FILE: authority.path('server.pem'), SIP_TLS_KEY_FILE: authority.path('server.key'), SIP_TLS_CA_FILE: authority.certificate };
  const started = await startProgram({ ...files, SIP_TLS_PORT: '0', ...settings });
  programs.push(started);
  return started;
}

const tlsPort = (of = program): number => portOf(of.hostports.find((each) => each.startsWith('tls/')) ?? '');
const trusting = (more: ConnectionOptions = {}): ConnectionOptions => ({ ca: readFileSync(authority.certificate), ...more });

async function aPeer(of = program, more: ConnectionOptions = {}): Promise<Peer> {
  const peer = await Peer.tls(tlsPort(of), trusting(more));
  closers.push(() => peer.close());
  return peer;
}

let attempts = 0;

/** The error that ends an attempt to talk TLS; undefined when an OPTIONS was answered. */
async function refusal(of: SipProgram, options: ConnectionOptions): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: tlsPort(of), ...options });
  closers.push(() => socket.destroy());
  // Each a request of its own: a copy would be answered where the first one came from.
  attempts += 1;
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('closed'));
    socket.once('data', () => resolve(undefined));
    socket.write(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKa${attempts}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\n`);
    socket.write(`Call-ID: c${attempts}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`);
  });
}

test('a call over TLS: answered, acknowledged and hung up on its own connection, our Contact says TLS', async () => {
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  assert.equal(ok.headers.get('contact'), `<sip:127.0.0.1:${tlsPort()};transport=tls>`);
  peer.send(peer.inside('ACK', invite, ok));
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
});

test('a request to a sips URI is answered with a sips Contact', async () => {
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE', (request) => {
    request.uri = request.uri.replace('sip:', 'sips:');
  });
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  assert.match(ok.headers.get('contact') ?? '', /^<sips:127\.0\.0\.1:\d+;transport=tls>$/);
  peer.send(peer.inside('ACK', invite, ok));
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
});

test('a phone registered over TLS is called over its own connection', async () => {
  const peer = await aPeer();
  const contact = '<sip:8001@10.9.8.7:5061;transport=tls>';
  peer.send(peer.newRequest('REGISTER', ({ headers }) => headers.set('Contact', contact)));
  await peer.response('REGISTER', 200);
  const calling = app.createUAC('sip:8001@10.9.8.7:5061;transport=tls', { localSdp: SDP });
  const { request, answer } = await peer.request('INVITE');
  assert.match(request.headers.get('via') ?? '', /^SIP\/2\.0\/TLS 127\.0\.0\.1:\d+;rport;alias;branch=/);
  answer(200, (response) => response.headers.set('Contact', contact));
  const dialog = await calling;
  await peer.request('ACK');
  const ended = dialog.destroy();
  (await peer.request('BYE')).answer(200);
  await ended;
});

test('C15: less than TLS 1.2 is refused with an alert, no SNI is served', async () => {
  const old = await refusal(program, trusting({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  assert.match(old ?? '', /ALERT|UNSUPPORTED|VERSION/i);
  assert.equal(await refusal(program, trusting({ maxVersion: 'TLSv1.2' })), undefined);
  assert.equal(await refusal(program, trusting({ minVersion: 'TLSv1.3' })), undefined);
});

test('C15: a client that asks for a new handshake over and over is closed', async () => {
  const socket = connect({ host: '127.0.0.1', port: tlsPort(), ...trusting({ maxVersion: 'TLSv1.2' }) });
  closers.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.renegotiate({}, () => undefined);
  await closed;
});

test('C15: client certificates: ours is let in; none, one of another authority, one that is over, one that was revoked are not', async () => {
  const pair = ({ certificate, key }: { certificate: string; key: string }): ConnectionOptions => ({ cert: readFileSync(certificate), key: readFileSync(key) });
  const other = new Authority('Another Authority');
  closers.push(() => other.remove());
  const good = authority.sign('phone', 'DNS:phone.test');
  const strictApp = await connectApp(strict);
  closers.push(() => leave(strictApp));
  strictApp.options((_req, res) => res.send(200));
  assert.equal(await refusal(strict, trusting(pair(good))), undefined);
  for (const bad of [{}, pair(other.sign('stranger', 'DNS:x.test')), pair(authority.sign('over', 'DNS:phone.test', -1)), pair(withdrawn)])
    assert.notEqual(await refusal(strict, trusting(bad)), undefined);
});

test('C15: a certificate renewed on disk is used by the next handshake, the call that is up goes on; a broken one changes nothing and is logged', async () => {
  const own = await connectApp(renewed);
  closers.push(() => leave(own));
  own.invite((req, res) => void own.createUAS(req, res, { localSdp: SDP }));
  const peer = await aPeer(renewed);
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));

  writeFileSync(authority.path('live.pem'), 'no certificate');
  await until('the fault in the log', () => renewed.log.some((line) => line.includes('cannot be used')));
  const before = await serialOf(renewed);
  const { certificate, key } = authority.sign('next', 'DNS:sip.test,IP:127.0.0.1');
  copyFileSync(key, authority.path('live.key'));
  copyFileSync(certificate, authority.path('live.pem'));
  await until('the new certificate', async () => (await serialOf(renewed)) !== before);
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
});

function copy(from: string, to: string): string {
  copyFileSync(authority.path(from), authority.path(to));
  return authority.path(to);
}

async function serialOf(of: SipProgram): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: tlsPort(of), ...trusting() });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('C7: a peer that opens a TLS connection and never shakes hands is closed, an honest one served meanwhile', async () => {
  assert.equal(await refusal(program, trusting()), undefined);
  await muteClosed;
});

test('we dial TLS: a server for whose address its certificate is gets the call, another certificate gets nothing, not a byte', async () => {
  const right = await aServer(authority.sign('right', 'IP:127.0.0.1'));
  const calling = app.createUAC(`sip:x@127.0.0.1:${right.port};transport=tls`, { localSdp: SDP }).catch((error: { status: number }) => error.status);
  const { answer } = await right.peer.request('INVITE');
  answer(486);
  assert.equal(await calling, 486);
  for (const wrong of [authority.sign('wrong', 'DNS:elsewhere.test'), new Authority('Nobody').sign('self', 'IP:127.0.0.1')]) {
    const server = await aServer(wrong);
    await assert.rejects(app.createUAC(`sips:x@127.0.0.1:${server.port}`, { localSdp: SDP }), (error: { status: number }) => error.status === 503);
    assert.equal(server.peer.arrived.length, 0);
  }
});

test('B21: RFC 5923: a peer with `alias` is called over its own connection at the address its verified certificate is for; no certificate, no alias', async () => {
  const own = await connectApp(strict);
  closers.push(() => leave(own));
  own.options((_req, res) => res.send(200));
  const introduce = async (peer: Peer, port: number): Promise<void> => {
    peer.send(peer.newRequest('OPTIONS', ({ headers }) => headers.set('Via', `SIP/2.0/TLS 127.0.0.1:${port};alias;branch=z9hG4bK${randomToken(8)}`)));
    await peer.response('OPTIONS', 200);
  };
  const statusOfCall = (caller: App, port: number): Promise<number> =>
    caller.createUAC(`sip:x@127.0.0.1:${port};transport=tls`, { localSdp: SDP }).then(
      () => 200,
      ({ status }: { status: number }) => status,
    );
  const pair = ({ certificate, key }: { certificate: string; key: string }): ConnectionOptions => ({ cert: readFileSync(certificate), key: readFileSync(key) });

  const named = await aPeer(strict, pair(authority.sign('gateway', 'IP:127.0.0.1')));
  await introduce(named, NOBODYS_PORT);
  const calling = statusOfCall(own, NOBODYS_PORT);
  (await named.request('INVITE')).answer(486);
  assert.equal(await calling, 486);
  await introduce(await aPeer(strict, pair(authority.sign('elsewhere', 'DNS:elsewhere.test'))), NOBODYS_PORT + 1);
  assert.equal(await statusOfCall(own, NOBODYS_PORT + 1), 503);
  await introduce(await aPeer(), NOBODYS_PORT + 2);
  assert.equal(await statusOfCall(app, NOBODYS_PORT + 2), 503);
});

/** A TLS server that the SIP server dials. */
async function aServer(pair: { certificate: string; key: string }): Promise<{ peer: Peer; port: number }> {
  const sockets: TLSSocket[] = [];
  const server = createServer({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }, (socket) => {
    sockets.push(socket);
    Peer.read(socket, peer);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const peer = new Peer(
    port,
    0,
    'TLS',
    () => undefined,
    () => undefined,
  );
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { peer, port };
}

test('RFC 5922: a SIP URI in a certificate outranks its DNS names, those its common name; no wildcards', () => {
  assert.equal(isFor('example.com', { subjectaltname: 'DNS:host.example.com, URI:sip:example.com' }), true);
  assert.equal(isFor('host.example.com', { subjectaltname: 'DNS:host.example.com, URI:sip:example.com' }), false);
  assert.equal(isFor('Example.COM', { subjectaltname: 'DNS:example.com' }), true);
  assert.equal(isFor('a.example.com', { subjectaltname: 'DNS:*.example.com' }), false);
  assert.equal(isFor('example.com', { subject: { CN: 'example.com' } }), true);
  assert.equal(isFor('example.com', { subjectaltname: 'DNS:other.test', subject: { CN: 'example.com' } }), false);
  assert.equal(isFor('::1', { subjectaltname: 'IP Address:0:0:0:0:0:0:0:1' }), true);
  assert.equal(isFor('evil.test', { subjectaltname: 'DNS:"good.test, DNS:evil.test"' }), false);
});
