/** The program as operators and strangers meet it: settings, the admin port, streams, noise, a graceful end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeFrame, FrameDecoder } from '../../kernel/frames.ts';
import { readSipConfig } from '../../sip/config.ts';
import { program as programOf } from '../support/project.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type AppDialog, connectApp, leave, SDP, SECRET, type SipProgram, startProgram } from './support/program.ts';

let program: SipProgram;
const closers: (() => void)[] = [];
before(async () => {
  program = await startProgram();
});
after(async () => {
  for (const close of closers) close();
  assert.equal(await program.stop(), 0);
});

/** A raw connection to the admin port. */
async function rawApp(port = program.adminPort): Promise<{ socket: Socket; frames: string[]; ask: (text: string) => void; closed: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  const frames: string[] = [];
  const decoder = new FrameDecoder(10_000_000);
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk)));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  return { socket, frames, ask: (text) => void socket.write(encodeFrame(text)), closed: () => isClosed };
}
async function aPeer(transport: 'udp' | 'tcp' = 'udp'): Promise<Peer> {
  const peer = await Peer[transport](program.sipPort);
  closers.push(() => peer.close());
  return peer;
}

// ── the admin port ────────────────────────────────────────────────────────────────────────────────────────────────────

test('a wrong secret is refused and the connection closed', async () => {
  await assert.rejects(connectApp(program, 'wrong'), /failed to authenticate/);
  const app = await rawApp();
  app.ask('1|authenticate|wrong|');
  await until('the connection to close', app.closed);
  assert.match(app.frames[0] ?? '', /^[0-9a-f-]{36}\|response\|1\|NO\|incorrect secret$/);
});

test('nothing is done for a connection that has not shown the secret', async () => {
  for (const frame of ['1|route|invite', '1|ping', `1|sip||\r\nOPTIONS sip:x@127.0.0.1:9 SIP/2.0\r\n\r\n`]) {
    const app = await rawApp();
    app.ask(frame);
    await until('the connection to close', app.closed);
    assert.match(app.frames[0] ?? '', /\|response\|1\|NO\|not authenticated$/);
  }
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE'));
  await peer.response('INVITE', 503);
});

test('authenticate tells hostports and a version that drachtio-srf pings; frames in one write and in single bytes are all answered', async () => {
  const app = await rawApp();
  const all = Buffer.concat([`a|authenticate|${SECRET}|tag1,tag2`, 'b|route|invite', 'c|ping', 'd|remove_route|invite'].map(encodeFrame));
  for (const byte of all.subarray(0, 60)) app.socket.write(Buffer.from([byte]));
  app.socket.write(all.subarray(60));
  await until('four answers', () => app.frames.length === 4);
  const hosts = `udp/127.0.0.1:${program.sipPort},tcp/127.0.0.1:${program.sipPort}`;
  assert.deepEqual(
    app.frames.map((frame) => frame.split('|').slice(1).join('|')),
    [`response|a|OK|${hosts}|v0.9.10-huawu|${hosts}`, 'response|b|OK', 'response|c|OK|pong', 'response|d|OK'],
  );
});

test('a new request is told in the thirteen tokens of the protocol, its response echoed with the dialog id', async () => {
  const app = await rawApp();
  for (const frame of [`a|authenticate|${SECRET}|`, 'b|route|invite']) app.ask(frame);
  const peer = await aPeer();
  await until('the route', () => app.frames.length === 2);
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const event = await until('the event', () => app.frames[2]);
  const meta = event.slice(0, event.indexOf('\r\n')).split('|');
  assert.equal(meta.length, 13);
  const [, verb, source, bytes, protocol, address, port, time, transaction = '', dialog, localAddress, localPort, token] = meta;
  assert.deepEqual(
    [verb, source, protocol, address, port, dialog, localAddress, localPort, token],
    ['sip', 'network', 'udp', '127.0.0.1', String(peer.port), '', '127.0.0.1', String(program.sipPort), ''],
  );
  assert.equal(Number(bytes), Buffer.byteLength(event.slice(event.indexOf('\r\n') + 2)));
  assert.match(time ?? '', /^\d\d:\d\d:\d\d\.\d{6}$/);
  app.ask(`c|sip|${transaction}|\r\nSIP/2.0 486 Busy Here\r\nX-a: 1\r\n\r\n`);
  const echo = await until('the echo', () => app.frames[3]);
  const fromTag = /;tag=(\w+)/.exec(invite.headers.get('from') ?? '')?.[1];
  assert.deepEqual(echo.slice(0, echo.indexOf('\r\n')).split('|').toSpliced(5, 1).toSpliced(8, 1).slice(1), [
    'response',
    'c',
    'OK',
    'application',
    'udp',
    '127.0.0.1',
    String(peer.port),
    transaction,
    `${invite.headers.get('call-id')};from-tag=${fromTag}`,
    '',
    'Msg sent:',
    '',
  ]);
  await peer.response('INVITE', 486);
  app.socket.destroy();
});

test('a frame of 100 kB works, one of more than 1 MB closes the connection', async () => {
  const app = await connectApp(program);
  closers.push(() => leave(app));
  const peer = await aPeer('tcp');
  app.message((req, res) => res.send(200, { headers: { 'X-Length': String(req.body.length) }, body: req.body }));
  const body = 'x'.repeat(100_000);
  peer.send(
    peer.newRequest('MESSAGE', (message) => {
      message.headers.add('Content-Type', 'text/plain');
      message.body = Buffer.from(body);
    }),
  );
  const ok = await peer.response('MESSAGE', 200);
  assert.equal(ok.headers.get('x-length'), '100000');
  assert.equal(ok.body.toString(), body);
  const greedy = await rawApp();
  greedy.ask(`a|authenticate|${SECRET}|`);
  greedy.socket.write(Buffer.from('2000000#'));
  await until('the connection to close', greedy.closed);
});

test('an unknown verb closes the connection, an proxy of nothing does not', async () => {
  const app = await rawApp();
  app.ask(`a|authenticate|${SECRET}|`);
  app.ask('b|proxy|t|||||||sip:x');
  await until('both answers', () => app.frames.length === 2);
  assert.match(app.frames[1] ?? '', /\|NOK\|Unknown transaction id: t/);
  app.ask('c|sing');
  await until('the connection to close', app.closed);
  assert.match(app.frames[2] ?? '', /\|response\|c\|NO\|Unknown message type$/);
});

// ── streams and noise ─────────────────────────────────────────────────────────────────────────────────────────────────

test('over TCP single bytes, twenty requests in one write and keep-alives are all answered', async () => {
  const app = await connectApp(program);
  closers.push(() => leave(app));
  app.options((_req, res) => res.send(200));
  const peer = await aPeer('tcp');
  const one = peer.newRequest('OPTIONS');
  const { writeMessage } = await import('../../sip/message/write.ts');
  for (const byte of writeMessage(one)) peer.raw(Buffer.from([byte]));
  await peer.response('OPTIONS', 200);
  peer.raw(Buffer.concat(Array.from({ length: 20 }, () => Buffer.concat([writeMessage(peer.newRequest('OPTIONS')), Buffer.from('\r\n\r\n')]))));
  await until('twenty answers', () => peer.countResponses('OPTIONS', 200) === 21);
});

test('a keep-alive of two line ends is answered with one', async () => {
  const socket = connect(program.sipPort, '127.0.0.1');
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.write('\r\n\r\n');
  const [pong] = (await once(socket, 'data')) as [Buffer];
  assert.equal(pong.toString(), '\r\n');
});

test('a stream that lies about its length is closed, and no second request comes of it', async () => {
  const app = await connectApp(program);
  closers.push(() => leave(app));
  const seen: string[] = [];
  app.options((req, res) => {
    seen.push(req.get('call-id'));
    res.send(200);
  });
  const peer = await aPeer('tcp');
  const { writeMessage } = await import('../../sip/message/write.ts');
  const inner = writeMessage(peer.newRequest('OPTIONS')).toString();
  const outer = writeMessage(peer.newRequest('OPTIONS', (request) => request.headers.set('Call-ID', 'outer'))).toString();
  const socket = connect(program.sipPort, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  // What is not read keeps a socket from closing.
  socket.resume();
  const closed = once(socket, 'close');
  socket.write(outer.replace('Content-Length: 0', 'Content-Length: 0\r\nContent-Length: 400') + inner);
  await closed;
  assert.deepEqual(seen, []);
});

test('no answer names the software', async () => {
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE'));
  const deadline = await until('an answer', () => peer.arrived.find(({ message }) => message.kind === 'response' && message.status > 100));
  for (const name of ['server', 'user-agent']) assert.ok(!deadline.message.headers.has(name));
});

test('C14: IPv6: a call over UDP and TCP on ::1', async (context) => {
  const six = await startProgram({ SIP_HOST: '127.0.0.1,[::1]' });
  closers.push(() => six.child.kill());
  const app = await connectApp(six);
  closers.push(() => leave(app));
  app.options((req, res) => res.send(200, { headers: { 'X-From': `${req.source_address} ${req.receivedOn}` } }));
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp6');
  socket.bind(0, '::1');
  await once(socket, 'listening');
  const peer = new Peer(
    socket.address().port,
    six.sipPort,
    'UDP',
    (bytes) => socket.send(bytes, six.sipPort, '::1'),
    () => socket.close(),
  );
  socket.on('message', (bytes) => peer.take(bytes, () => undefined));
  closers.push(() => peer.close());
  peer.send(peer.newRequest('OPTIONS', ({ headers }) => headers.set('Via', `SIP/2.0/UDP [::1]:${peer.port};rport;branch=z9hG4bKsix`)));
  const ok = await peer.response('OPTIONS', 200);
  assert.equal(ok.headers.get('x-from'), `::1 ::1:${six.sipPort}`);
  assert.match(ok.headers.get('via') ?? '', /;received=::1$/);
  const asked = new Promise<string>((resolve, reject) =>
    app.request(`sip:x@[::1]:${peer.port}`, { method: 'OPTIONS' }, (error, req) => (error === null ? resolve(req.get('via')) : reject(error))),
  );
  const { request, answer } = await peer.request('OPTIONS');
  peer.send(answer(200));
  assert.match(request.headers.get('via') ?? '', new RegExp(`^SIP/2\\.0/UDP \\[::1\\]:${six.sipPort};`));
  assert.equal(await asked, request.headers.get('via'));
  context.diagnostic(await six.stop().then(String));
});

// ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test('SIGTERM: new calls get 503 with Retry-After, the call that is up goes on, then the server leaves with 0', async () => {
  const leaving = await startProgram();
  const app = await connectApp(leaving);
  closers.push(() => leave(app));
  let up: AppDialog | undefined;
  app.invite((req, res) => {
    app.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
      up = dialog;
    });
  });
  const peer = await Peer.udp(leaving.sipPort);
  closers.push(() => peer.close());
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  await until('the dialog', () => up);
  const stopped = leaving.stop();
  await until('draining', () => leaving.log.some((line) => line.includes('draining')));
  peer.send(peer.newRequest('INVITE'));
  assert.ok((await peer.response('INVITE', 503)).headers.has('retry-after'));
  assert.equal(leaving.child.exitCode, null);
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
  assert.equal(await stopped, 0);
});

test('a server that no application comes to leaves by itself when told to', async () => {
  const orphan = await startProgram({ ORPHAN_EXIT_SECONDS: '1' });
  const [code] = (await once(orphan.child, 'exit')) as [number];
  assert.equal(code, 0);
});

test('a port in use is named, exit 1', async () => {
  const child = spawn(process.execPath, [...programOf('sip/main'), '--sip-port', String(program.sipPort)], {
    env: { ...process.env, SIP_HOST: '127.0.0.1', DRACHTIO_PORT: '0', DRACHTIO_SECRET: SECRET },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 1);
  assert.match(said, new RegExp(`cannot start: .*EADDRINUSE.*${program.sipPort}`));
});

test('every fault of the settings is named with its mend, the secret may come from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sip-config-'));
  try {
    const nowhere = { HUAWU_CONFIG: join(folder, 'none.yaml') };
    const wrong = readSipConfig(['--sip-port', '70000', 'what'], {
      ...nowhere,
      SIP_HOST: 'example.com',
      LOG_LEVEL: 'loud',
      PUBLIC_ADDRESS: 'x',
      SIP_OUTBOUND_PROXY: 'y',
    });
    assert.ok('faults' in wrong);
    for (const name of ['SIP_PORT', 'SIP_HOST', 'LOG_LEVEL', 'PUBLIC_ADDRESS', 'SIP_OUTBOUND_PROXY', 'DRACHTIO_SECRET', '"what"'])
      assert.ok(
        wrong.faults.some((fault) => fault.includes(name)),
        name,
      );
    writeFileSync(join(folder, 'secret'), 'hush\n');
    const right = readSipConfig([], { ...nowhere, DRACHTIO_SECRET_FILE: join(folder, 'secret'), SIP_HOST: '127.0.0.1, [::1]' });
    assert.ok('config' in right);
    assert.equal(right.config.secret, 'hush');
    assert.deepEqual(right.config.hosts, ['127.0.0.1', '::1']);
    assert.deepEqual([right.config.adminHost, right.config.adminPort, right.config.port], ['127.0.0.1', 9022, 5060]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
