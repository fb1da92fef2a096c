/** SIP over WebSocket (RFC 7118): browsers that cannot be dialled, and clients that break the framing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { writeMessage } from '../../sip/message/write.ts';
import { Authority } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, portOf, SDP, type SipProgram, startProgram } from './support/program.ts';
import { BINARY, CONTINUATION, PING, RawWebSocket, TEXT } from './support/raw-websocket.ts';

const PAGE = 'https://desk.example.com';
const closers: (() => void)[] = [];
let authority: Authority;
let program: SipProgram;
let app: App;
let port: number;
/** Half an upgrade, until it is closed. */
let halfClosed: Promise<unknown>;

before(async () => {
  authority = new Authority();
  const { certificate, key } = authority.sign('server', 'IP:127.0.0.1');
  program = await startProgram({
    SIP_WS_PORT: '0',
    SIP_WSS_PORT: '0',
    SIP_WS_ORIGINS: PAGE,
    SIP_TLS_PORT: '0',
    SIP_TLS_CERT_FILE: certificate,
    SIP_TLS_KEY_FILE: key,
  });
  port = portOfListener('ws');
  const slow = connect(port, '127.0.0.1');
  closers.push(() => slow.destroy());
  slow.on('error', () => undefined);
  halfClosed = once(slow, 'close');
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
  app = await connectApp(program);
  app.options((req, res) => res.send(200, { headers: { 'X-Protocol': String(req.protocol) } }));
  app.register((req, res) => res.send(200, { headers: { Contact: `${req.get('contact')};expires=60` } }));
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialog.on('destroy', () => undefined)));
});
after(async () => {
  leave(app);
  for (const close of closers) close();
  await program.stop();
  authority.remove();
});

const portOfListener = (protocol: string): number => portOf(program.hostports.find((each) => each.startsWith(`${protocol}/`)) ?? '');

async function aBrowser(origin = PAGE): Promise<Peer> {
  const peer = await Peer.ws(`ws://127.0.0.1:${port}`, { origin });
  closers.push(() => peer.close());
  return peer;
}
async function aRaw(headers: Record<string, string> = {}): Promise<{ status: string; raw: RawWebSocket }> {
  const opened = await RawWebSocket.open(port, headers);
  closers.push(() => opened.raw.socket.destroy());
  return opened;
}
/** The message of an OPTIONS that the application answers. */
const options = (edit = ''): string =>
  writeMessage(
    new Peer(
      0,
      port,
      'WS',
      () => undefined,
      () => undefined,
    ).newRequest('OPTIONS', (request) => request.headers.set('Subject', edit)),
  ).toString();

/** The server still answers. */
async function isServing(): Promise<void> {
  const peer = await aBrowser();
  peer.send(peer.newRequest('OPTIONS'));
  await peer.response('OPTIONS', 200, 1_000);
}

test('a browser registers, is called over its socket though its Contact ends in .invalid, and hangs up over it', async () => {
  const browser = await aBrowser();
  const contact = '<sip:k2j4@abc123.invalid;transport=ws>';
  browser.send(browser.newRequest('REGISTER', ({ headers }) => headers.set('Contact', contact)));
  await browser.response('REGISTER', 200);
  const calling = app.createUAC('sip:k2j4@abc123.invalid;transport=ws', { localSdp: SDP });
  const { request, answer } = await browser.request('INVITE');
  assert.match(request.headers.get('via') ?? '', /^SIP\/2\.0\/WS 127\.0\.0\.1:\d+;rport;branch=/);
  assert.match(request.headers.get('contact') ?? '', /;transport=ws>/);
  const ok = answer(200, (response) => response.headers.set('Contact', contact));
  const dialog = await calling;
  await browser.request('ACK');
  const modified = dialog.modify(SDP);
  (await browser.request('INVITE')).answer(200, (response) => response.headers.set('Contact', contact));
  await browser.request('ACK');
  await modified;
  const destroyed = once(dialog, 'destroy');
  browser.send(browser.insideAsCallee('BYE', request, ok));
  await browser.response('BYE', 200);
  await destroyed;
});

test('a browser calls: answered on its socket with a Contact that leads back to it', async () => {
  const browser = await aBrowser();
  const invite = browser.newRequest('INVITE');
  browser.send(invite);
  const ok = await browser.response('INVITE', 200);
  assert.match(ok.headers.get('contact') ?? '', /^<sip:127\.0\.0\.1:\d+;transport=ws>$/);
  browser.send(browser.inside('ACK', invite, ok));
  browser.send(browser.inside('BYE', invite, ok));
  await browser.response('BYE', 200);
});

test('B21: a browser that has gone is a 430 made here, at once; its name is never asked of DNS', async () => {
  const browser = await aBrowser();
  const contact = '<sip:gone@xyz987.invalid;transport=ws>';
  browser.send(browser.newRequest('REGISTER', ({ headers }) => headers.set('Contact', contact)));
  await browser.response('REGISTER', 200);
  browser.close();
  const status = async (): Promise<number> =>
    app.createUAC('sip:gone@xyz987.invalid;transport=ws', { localSdp: SDP }).then(
      () => 200,
      (error: { status: number }) => error.status,
    );
  await until('430', async () => (await status()) === 430);
});

test('B21: the newest connection of a phone that registered twice is taken; when it dies, the other', async () => {
  const [first, second] = [await aBrowser(), await aBrowser()];
  for (const [regId, browser] of [first, second].entries()) {
    const contact = `<sip:two@abc123.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=${regId + 1}`;
    browser.send(browser.newRequest('REGISTER', ({ headers }) => headers.set('Contact', contact).set('Supported', 'outbound, path')));
    await browser.response('REGISTER', 200);
  }
  const call = (): Promise<number> =>
    app.createUAC('sip:two@abc123.invalid;transport=ws', { localSdp: SDP }).then(Number, (error: { status: number }) => error.status);
  const one = call();
  (await second.request('INVITE')).answer(486);
  assert.equal(await one, 486);
  second.close();
  await until('the call to take the other connection', async () => {
    const next = call();
    const came = await Promise.race([first.request('INVITE', 300).catch(() => undefined), next]);
    if (typeof came !== 'object') return false;
    came.answer(486);
    return (await next) === 486;
  });
});

test('WSS: the same over TLS', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${portOfListener('wss')}`, 'sip', { ca: readFileSync(authority.certificate) });
  closers.push(() => socket.terminate());
  await once(socket, 'open');
  socket.send(options());
  const [answer] = (await once(socket, 'message')) as [Buffer];
  assert.match(answer.toString(), /^SIP\/2\.0 200 OK\r\n(.+\r\n)+X-Protocol: wss\r\n/);
});

test('C16: without the subprotocol sip 400, from another site 403, from a listed page, the same host or no browser 101', async () => {
  assert.match((await aRaw({ 'Sec-WebSocket-Protocol': '' })).status, /^400 /);
  assert.match((await aRaw({ 'Sec-WebSocket-Protocol': 'chat' })).status, /^400 /);
  assert.match((await aRaw({ 'Sec-WebSocket-Version': '7' })).status, /^400 /);
  assert.match((await aRaw({ Origin: 'https://evil.example' })).status, /^403 /);
  assert.match((await aRaw({ Origin: 'null' })).status, /^403 /);
  for (const headers of [{ Origin: PAGE }, { Origin: `http://127.0.0.1:${port}` }, {}]) assert.match((await aRaw(headers)).status, /^101 /);
  const { raw } = await aRaw({ 'Sec-WebSocket-Protocol': 'chat, sip', 'Sec-WebSocket-Extensions': 'permessage-deflate' });
  assert.match(raw.head, /\r\nSec-WebSocket-Protocol: sip\r\n/i);
  assert.doesNotMatch(raw.head, /deflate/);
});

test('C16: an unmasked frame, a deflated one, a reserved opcode are 1002', async () => {
  for (const send of [
    (raw: RawWebSocket) => raw.frame(TEXT, options(), { masked: false }),
    (raw: RawWebSocket) => raw.frame(TEXT, deflateRawSync(Buffer.alloc(1_000_000)), { deflated: true }),
    (raw: RawWebSocket) => raw.frame(0x5, 'x'),
    (raw: RawWebSocket) => raw.frame(CONTINUATION, 'x'),
  ]) {
    const { raw } = await aRaw();
    send(raw);
    assert.equal(await raw.closeCode(), 1002);
    await until('the end', () => raw.isClosed);
  }
  await isServing();
});

test('C16: a length of 2^62, a message over 256 KB in one frame or in many, 65 fragments: closed with 1009 or 1002 or 1008, memory bounded', async () => {
  for (const send of [
    (raw: RawWebSocket) => raw.frame(TEXT, 'x', { length: 2n ** 62n }),
    (raw: RawWebSocket) => raw.frame(TEXT, 'x', { length: 300_000n }),
    (raw: RawWebSocket) => {
      raw.frame(TEXT, 'x'.repeat(100_000), { fin: false });
      for (let n = 0; n < 3; n += 1) raw.frame(CONTINUATION, 'x'.repeat(100_000), { fin: false });
    },
    (raw: RawWebSocket) => {
      raw.frame(TEXT, 'x', { fin: false });
      for (let n = 0; n < 100; n += 1) raw.frame(CONTINUATION, 'x', { fin: false });
    },
  ]) {
    const { raw } = await aRaw();
    send(raw);
    assert.ok([1002, 1008, 1009].includes(await raw.closeCode()));
  }
  await isServing();
});

test('C16: text and binary, whole and in fragments, with pings between, are all taken; the answer is text', async () => {
  const { raw } = await aRaw();
  raw.frame(TEXT, options());
  raw.frame(BINARY, options());
  const text = options();
  raw.frame(TEXT, text.slice(0, 50), { fin: false });
  raw.frame(PING, 'are you there');
  raw.frame(CONTINUATION, text.slice(50));
  await until('three answers', () => raw.messages().length === 3);
  for (const { opcode, text } of raw.messages()) {
    assert.equal(opcode, TEXT);
    assert.match(text, /^SIP\/2\.0 200 /);
  }
});

test('C16: what is not UTF-8 goes back as binary, byte for byte', async () => {
  const { raw } = await aRaw();
  raw.frame(BINARY, Buffer.from(options().replace('<sip:caller@', '"\xe9t\xe9" <sip:caller@'), 'latin1'));
  const [answer] = await until('the answer', () => (raw.messages().length > 0 ? raw.messages() : undefined));
  assert.equal(answer?.opcode, BINARY);
  assert.match(answer?.text ?? '', /From: "\xe9t\xe9" <sip:caller@/);
});

test('C16: a flood of pings is closed with 1008', async () => {
  const { raw } = await aRaw();
  for (let n = 0; n < 200; n += 1) raw.frame(PING, 'x');
  assert.equal(await raw.closeCode(), 1008);
});

test('C8: twenty messages in one segment are all answered, a double CRLF gets a single one', async () => {
  const { raw } = await aRaw();
  raw.socket.cork();
  for (let n = 0; n < 20; n += 1) raw.frame(TEXT, options());
  raw.frame(TEXT, '\r\n\r\n');
  raw.socket.uncork();
  await until('every answer', () => raw.messages().length === 21);
  assert.equal(raw.messages().filter(({ text }) => text.startsWith('SIP/2.0 200')).length, 20);
  assert.equal(raw.messages().filter(({ text }) => text === '\r\n').length, 1);
});

test('C7: half an upgrade is closed after ten seconds, plain HTTP is told to upgrade', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 426);
  await isServing();
  await halfClosed;
});
