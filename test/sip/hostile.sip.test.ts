/** Fault rows of parser, framing and transport that RFC 4475 does not name, at the running server with an application that sees each frame as it came. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeFrame } from '../../kernel/frames.ts';
import { randomToken } from '../../kernel/ids.ts';
import { until } from '../support/wait.ts';
import { type SipProgram, startProgram } from './support/program.ts';
import { RawApp, type RawFrame, TRANSACTION } from './support/raw-app.ts';
import { openWire, type Wire } from './support/wire.ts';

let program: SipProgram;
let app: RawApp;
const closers: (() => void)[] = [];
const OK = 'SIP/2.0 200 OK\r\n\r\n';
before(async () => {
  program = await startProgram();
  app = await RawApp.connect(program, ['options', 'message', 'notify', 'info', 'invite']);
});
after(async () => {
  for (const close of closers) close();
  app.close();
  assert.equal(await program.stop(), 0);
});

async function aWire(name: 'UDP' | 'TCP'): Promise<Wire> {
  const wire = await openWire(name, program);
  closers.push(() => wire.close());
  app.onSip = ({ tokens, text }) => void (text.startsWith('SIP/2.0') || app.ask(`sip|${tokens[TRANSACTION]}|`, OK));
  return wire;
}

interface Parts {
  method?: string;
  rows?: string[];
  from?: string;
  body?: Buffer | string;
  id?: string;
}
function message(
  wire: Wire,
  { method = 'OPTIONS', rows = [], from = '<sip:a@b>', body = '', id = `h${randomToken(6)}` }: Parts,
): { id: string; bytes: Buffer } {
  const bytes = Buffer.from(body);
  const head = [
    `${method} sip:10086@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${wire.name} 127.0.0.1:${wire.port};branch=z9hG4bK${id}`,
    ...['Max-Forwards: 70', `From: ${from};tag=1`, 'To: <sip:10086@127.0.0.1>', `Call-ID: ${id}`, `CSeq: 1 ${method}`],
    ...rows,
    ...(rows.some((row) => row.startsWith('Content-Length')) ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return { id, bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]) };
}
const answersTo = (wire: Wire, id: string): Buffer[] => wire.came.filter((bytes) => bytes.includes(id));
const statusOf = (bytes: Buffer): number => Number(bytes.toString().split(' ')[1]);
const answerTo = (wire: Wire, id: string): Promise<Buffer> => until('an answer', () => answersTo(wire, id).find((bytes) => statusOf(bytes) >= 200), 10_000);
const toldOf = (id: string): RawFrame[] => app.frames.filter(({ tokens, text }) => tokens[1] === 'sip' && text.includes(id));
async function ask(wire: Wire, parts: Parts = {}): Promise<{ answer: Buffer; told: string }> {
  const { id, bytes } = message(wire, parts);
  wire.send(bytes);
  const answer = await answerTo(wire, id);
  return { answer, told: toldOf(id)[0]?.text ?? '' };
}

test('C5: a Content-Length that is too large swallows what follows as a body, one that is too small closes the connection: nothing smuggled is run', async () => {
  const large = await aWire('TCP');
  const inner = message(large, { id: 'smuggledA' });
  large.send(message(large, { id: 'outerA', rows: ['Content-Type: text/plain', `Content-Length: ${inner.bytes.length}`] }).bytes);
  large.send(inner.bytes);
  assert.equal(statusOf(await answerTo(large, 'outerA')), 200);
  assert.deepEqual(answersTo(large, 'Call-ID: smuggledA'), []);
  assert.equal(toldOf('smuggledA').length, 1, 'it is seen as the body of the other, and that is all');
  const small = await aWire('TCP');
  small.send(message(small, { id: 'outerB', rows: ['Content-Type: text/plain', 'Content-Length: 4'], body: 'bodyX: and more\r\n\r\n' }).bytes);
  await until('the connection to close', small.isClosed);
});

test('C6: a head without end is 513 at 64 KB and its connection closed, a header of a megabyte too', async () => {
  for (const size of [70_000, 1_000_000]) {
    const wire = await aWire('TCP');
    const { id, bytes } = message(wire, {});
    wire.send(Buffer.concat([bytes.subarray(0, bytes.length - 2), Buffer.from(`X: ${'a'.repeat(size)}`)]));
    assert.equal(statusOf(await answerTo(wire, id)), 513);
    await until('the connection to close', wire.isClosed);
    assert.deepEqual(toldOf(id), []);
  }
});

test('C8: cut within its line ends, with keep-alives between, each request on a stream is answered', async () => {
  const wire = await aWire('TCP');
  const ids = Array.from({ length: 8 }, () => `cut${randomToken(4)}`);
  for (const [n, id] of ids.entries()) {
    const { bytes } = message(wire, { id });
    const end = bytes.indexOf('\r\n\r\n') + 1 + (n % 4);
    wire.send(bytes.subarray(0, end));
    await new Promise((resolve) => setImmediate(resolve));
    wire.send(Buffer.concat([bytes.subarray(end), Buffer.from('\r\n\r\n\r\n')]));
  }
  for (const id of ids) assert.equal(statusOf(await answerTo(wire, id)), 200);
});

/** Names as bytes, and what the application reads of them. */
const NAMES: readonly (readonly [string, Buffer, string])[] = [
  ['Chinese', Buffer.from('张伟'), '张伟'],
  ['an emoji', Buffer.from('😀'), '😀'],
  ['a direction override', Buffer.from('abc\u202edef'), 'abc\u202edef'],
  ['no UTF-8', Buffer.from([0x41, 0xff, 0xfe, 0x42]), 'A\ufffd\ufffdB'],
  ['an overlong slash', Buffer.from([0x41, 0xc0, 0xaf, 0x42]), 'A\ufffd\ufffdB'],
  ['GB 18030', Buffer.from([0xd5, 0xc5, 0xce, 0xb0]), '\ufffd\ufffd\u03b0'],
];
for (const transport of ['UDP', 'TCP'] as const)
  test(`C9 ${transport}: names in any script and in no encoding at all are echoed byte for byte, and valid UTF-8 at the application`, async () => {
    const wire = await aWire(transport);
    for (const [what, name, read] of NAMES) {
      const { id, bytes } = message(wire, { from: '"NAME" <sip:a@b>' });
      const at = bytes.indexOf('NAME');
      wire.send(Buffer.concat([bytes.subarray(0, at), name, bytes.subarray(at + 4)]));
      assert.ok((await answerTo(wire, id)).includes(Buffer.concat([Buffer.from('From: "'), name, Buffer.from('" <sip:a@b>;tag=1\r\n')])), what);
      assert.ok(toldOf(id)[0]?.text.includes(`From: "${read}" <sip:a@b>;tag=1\r\n`), what);
    }
  });

test('C9: a reason phrase in Chinese goes out as UTF-8, to a request that was none as well', async () => {
  const wire = await aWire('UDP');
  app.onSip = ({ tokens }) => void app.ask(`sip|${tokens[TRANSACTION]}|`, 'SIP/2.0 486 坐席忙\r\nX-Note: 稍后\r\n\r\n');
  const { id, bytes } = message(wire, { from: '"NAME" <sip:a@b>' });
  const at = bytes.indexOf('NAME');
  wire.send(Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 4)]));
  const answer = (await answerTo(wire, id)).toString();
  assert.match(answer, /^SIP\/2\.0 486 坐席忙\r\n/);
  assert.match(answer, /\r\nX-Note: 稍后\r\n/);
});

test('C10: no application text grows a line in a message: bare CR, LF, escapes, in values, names and the phrase', async () => {
  const wire = await aWire('UDP');
  const texts = ['a\rX-Injected: 1', 'a\nX-Injected: 1', 'a%0d%0aX-Injected: 1', 'a\u2028X-Injected: 1', 'a\u0000\nX-Injected: 1'];
  for (const text of texts) {
    app.onSip = ({ tokens }) =>
      void app.ask(`sip|${tokens[TRANSACTION]}|`, `SIP/2.0 200 OK\r\nX-Name: ${text}\r\nContact: "${text}" <sip:x@y>\r\n${text}: z\r\n\r\n`);
    const { id, bytes } = message(wire, {});
    wire.send(bytes);
    const lines = (await answerTo(wire, id)).toString().split(/\r\n|\r|\n/);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('X-Injected')),
      [],
      JSON.stringify(text),
    );
  }
  // A phrase with a line end in it is refused, and the refusal is one line too.
  let asked = '';
  app.onSip = ({ tokens }) => {
    asked = app.ask(`sip|${tokens[TRANSACTION]}|`, 'SIP/2.0 200 O\nX-Injected: 1\r\n\r\n');
    app.ask(`sip|${tokens[TRANSACTION]}|`, OK);
  };
  const { id, bytes } = message(wire, {});
  wire.send(bytes);
  assert.equal((await answerTo(wire, id)).toString().split('\r\n')[0], 'SIP/2.0 200 OK');
  const refusal = await until('the refusal', () => app.frames.find(({ tokens }) => tokens[2] === asked));
  assert.deepEqual([refusal.tokens[3], /[\r\n]/.test(refusal.tokens.join('|')), refusal.text], ['NOK', false, '']);
});

test('C10: what a caller writes as escapes or smuggles behind a bare CR or LF starts no line at the application', async () => {
  const wire = await aWire('UDP');
  const { told } = await ask(wire, { from: '"a%0d%0aX-Injected: 1" <sip:%0d%0aX-Injected:1@b>' });
  assert.deepEqual(
    told.split(/\r\n|\r|\n/).filter((line) => line.startsWith('X-Injected')),
    [],
  );
  for (const end of ['\r', '\n']) assert.equal(statusOf((await ask(wire, { rows: [`Subject: a${end}X-Injected: 1`] })).answer), 400);
});

test('C11: names of an object’s own are headers, parameters, Call-IDs and methods like any other', async () => {
  const wire = await aWire('UDP');
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
    const { answer, told } = await ask(wire, { rows: [`${name}: {"polluted":1}`, `Contact: <sip:x@y;${name}=1>;${name}=2`], id: `${name}${randomToken(4)}` });
    assert.equal(statusOf(answer), 200);
    assert.ok(told.includes(`${name}: {"polluted":1}\r\n`));
    const { id, bytes } = message(wire, { method: name });
    wire.send(bytes);
    assert.equal(statusOf(await answerTo(wire, id)), 501);
  }
});

test('C12: 60 KB of what parsers trip over, over TCP: an honest request beside it is answered at once', async () => {
  const wire = await aWire('TCP');
  const honest = await aWire('UDP');
  for (const trap of ['"', ',', ';', '\\', '<', ' ', '\t', '\r\n ', 'a ', '%', '=']) {
    const row = `From: ${trap.repeat(Math.floor(55_000 / trap.length))}`;
    const other = await aWire('TCP');
    other.send(message(other, { rows: [row, row.replace('From', 'Contact')].slice(0, 1) }).bytes);
    const began = performance.now();
    assert.equal(statusOf((await ask(honest)).answer), 200);
    assert.ok(performance.now() - began < 2_000, `${JSON.stringify(trap)}: ${Math.round(performance.now() - began)} ms`);
  }
  assert.equal(statusOf((await ask(wire)).answer), 200);
});

test('C17: garbage on every port is dropped or closed, with no log line for each', async () => {
  const before = program.log.length;
  const udp = await aWire('UDP');
  const rtp = Buffer.concat([Buffer.from([0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2]), Buffer.alloc(160, 0xd5)]);
  const stun = Buffer.from('000100002112a442000000000000000000000000', 'hex');
  for (let n = 0; n < 500; n += 1) for (const bytes of [rtp, stun, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), Buffer.from([0])]) udp.send(bytes);
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), Buffer.from('160301020001000000', 'hex'), Buffer.alloc(70_000, 0x41)]) {
    const wire = await aWire('TCP');
    wire.send(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]));
    await until('the connection to close', wire.isClosed);
  }
  for (const bytes of [Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'), Buffer.from('99999999999#x'), encodeFrame('a|sip||\r\nOPTIONS sip:x@y SIP/2.0\r\n\r\n')]) {
    const socket = connect(program.adminPort, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.write(bytes);
    await closed;
  }
  assert.equal(statusOf((await ask(udp)).answer), 200);
  assert.ok(program.log.length - before < 300, `${program.log.length - before} lines for 2,000 datagrams`);
});

test('C18: ten kilobytes in the bodies nobody reads with care, and XML entities, are carried as they are', async () => {
  const wire = await aWire('TCP');
  const long = 'x'.repeat(10_000);
  const bodies: readonly (readonly [string, string, string])[] = [
    ['MESSAGE', 'application/simple-message-summary', `Messages-Waiting: ${long}\r\nMessage-Account: sip:${long}\r\n`],
    ['INFO', 'application/dtmf-relay', `Signal=${long}\r\nDuration=${'9'.repeat(10_000)}\r\n`],
    ['MESSAGE', 'application/dialog-info+xml', `<!DOCTYPE x [<!ENTITY a "${long}"><!ENTITY b "&a;&a;&a;&a;">]><dialog-info>&b;</dialog-info>`],
    ['MESSAGE', 'message/sipfrag', `SIP/2.0 200 ${long}\r\n`],
  ];
  for (const [method, type, body] of bodies) {
    const { answer, told } = await ask(wire, { method, rows: [`Content-Type: ${type}`], body });
    assert.equal(statusOf(answer), 200);
    assert.equal(told.slice(told.indexOf('\r\n\r\n') + 4), body);
  }
});
