/**
 * C1, C2: RFC 4475 and RFC 5118 by category against the server as a program of its own, over each transport: what is valid reaches a
 * drachtio application and its answer echoes Via, From, Call-ID and CSeq byte for byte; what is invalid gets the exact code, or silence.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { randomToken } from '../../kernel/ids.ts';
import { Authority } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { type SipProgram, startProgram } from './support/program.ts';
import { RawApp, type RawFrame, TRANSACTION } from './support/raw-app.ts';
import { IPV6, RESPONSES, STRANGE_METHODS, TORTURES, type Torture, type TortureResponse } from './support/torture.ts';
import { openWire, WIRES, type Wire } from './support/wire.ts';

// What drachtio-srf makes of the text of a frame.
const { SipMessage } = createRequire(import.meta.url)('drachtio-srf') as { SipMessage: new (text: string) => { method: string; get(name: string): string } };

const METHODS = ['invite', 'options', 'register', 'message', 'subscribe', ...STRANGE_METHODS];
let program: SipProgram;
let app: RawApp;
let authority: Authority;
before(async () => {
  authority = new Authority();
  const { certificate, key } = authority.sign('server', 'IP:127.0.0.1');
  program = await startProgram({ SIP_WS_PORT: '0', SIP_WSS_PORT: '0', SIP_TLS_PORT: '0', SIP_TLS_CERT_FILE: certificate, SIP_TLS_KEY_FILE: key });
  app = await RawApp.connect(program, METHODS);
  app.onSip = (frame) => {
    if (frame.text.startsWith('SIP/2.0')) return;
    const status = frame.text.startsWith('INVITE') ? '486 Busy Here' : '200 OK';
    app.ask(`sip|${frame.tokens[TRANSACTION]}|`, `SIP/2.0 ${status}\r\n\r\n`);
  };
});
after(async () => {
  app.close();
  authority.remove();
  assert.equal(await program.stop(), 0);
});

/** The bytes of a row: the head in UTF-8, placeholders filled in. */
function bytesOf({ text }: Torture, wire: Wire, id: string): Buffer {
  const end = text.indexOf('\r\n\r\n') + 4;
  const length = Buffer.byteLength(text.slice(end));
  return Buffer.from(
    text
      .replaceAll('{T}', wire.name)
      .replaceAll('{P}', String(wire.port))
      .replaceAll('{S}', `127.0.0.1:${program.sipPort}`)
      .replaceAll('{N}', id)
      .replaceAll('{L}', String(length)),
  );
}

/** The values of a header in a head, folds as one space; by long or compact name. */
function valuesOf(head: string, name: string, compact: string): string[] {
  return (head.split('\r\n\r\n')[0] ?? '')
    .replace(/\s*\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .slice(1)
    .filter((line) => [name, compact].includes(line.slice(0, line.indexOf(':')).trim().toLowerCase()))
    .map((line) => line.slice(line.indexOf(':') + 1).trim());
}
const ECHOED: readonly (readonly [string, string])[] = [
  ['via', 'v'],
  ['from', 'f'],
  ['call-id', 'i'],
  ['cseq', 'cseq'],
];

const textsWith = (came: readonly Buffer[], id: string): string[] => came.map((bytes) => bytes.toString()).filter((text) => text.includes(id));
const statusOf = (text: string): number => Number(text.split(' ')[1]);
const finalWith = (wire: Wire, id: string): Promise<string> =>
  until('a final answer', () => textsWith(wire.came, id).find((text) => statusOf(text) >= 200), 3_000);
const told = (id: string): RawFrame | undefined => app.frames.find(({ tokens, text }) => tokens[1] === 'sip' && text.includes(id));

/** An honest request is answered: whatever came before it has been dealt with. */
async function honest(wire: Wire): Promise<void> {
  const id = `honest${randomToken(6)}`;
  wire.send(
    `OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/${wire.name} 127.0.0.1:${wire.port};branch=z9hG4bK${id}\r\nFrom: <sip:a@b>;tag=1\r\n` +
      `To: <sip:x@b>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
  );
  assert.equal(statusOf(await finalWith(wire, id)), 200);
}

async function check(torture: Torture, wire: Wire): Promise<void> {
  const id = `N${randomToken(6)}`;
  const sent = bytesOf(torture, wire, id);
  const { expected } = torture;
  wire.send(sent);
  if (expected.is === 'dropped') {
    await honest(wire);
    assert.deepEqual(textsWith(wire.came, id), []);
    return;
  }
  if (expected.is === 'unfinished' && wire.isStream) {
    const other = await openWire(wire.name, program);
    await honest(other);
    other.close();
    assert.deepEqual([textsWith(wire.came, id), told(id), wire.isClosed()], [[], undefined, false]);
    return;
  }
  const answer = await finalWith(wire, id);
  if (expected.is !== 'delivered') {
    assert.equal(statusOf(answer), expected.status);
    assert.equal(told(id), undefined, 'the application hears nothing of it');
    if (expected.is === 'broken' && wire.isStream) await until('the connection to close', wire.isClosed);
    return;
  }
  const frame = told(id);
  assert.ok(frame !== undefined, 'the application was told');
  const message = new SipMessage(frame.text);
  assert.equal(frame.text.split(' ')[0], expected.method);
  for (const [name, compact] of ECHOED) {
    const wanted = valuesOf(sent.toString(), name, compact);
    assert.deepEqual(valuesOf(answer, name, compact), wanted, `${name} is echoed byte for byte`);
    assert.equal(message.get(name), wanted.join(','), `drachtio-srf reads the ${name}`);
  }
}

for (const name of WIRES)
  for (const torture of TORTURES) {
    const { expected } = torture;
    const claim = expected.is === 'delivered' ? 'delivered and echoed' : expected.is === 'dropped' ? 'dropped' : `${expected.status}, ${expected.is}`;
    test(`${IPV6.has(torture.name) ? 'C14' : 'C1/C2'} ${name}: ${torture.name} (${torture.what}): ${claim}`, async (context) => {
      const wire = await openWire(name, program);
      context.after(() => wire.close());
      await check(torture, wire);
    });
  }

test('C1 UDP: dblreq: what follows the message in its datagram is no second message', async (context) => {
  const wire = await openWire('UDP', program);
  context.after(() => wire.close());
  const plain = TORTURES.find((torture) => torture.name === 'lwsdisp');
  assert.ok(plain !== undefined);
  wire.send(Buffer.concat([bytesOf(plain, wire, 'dblreqA'), bytesOf(plain, wire, 'dblreqB')]));
  assert.equal(statusOf(await finalWith(wire, 'dblreqA')), 200);
  await honest(wire);
  assert.equal(told('dblreqB'), undefined);
});

// ── responses ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A response to `request` as a row makes it. */
function answerTo(request: string, { start, rows = [], edit = (head) => head }: TortureResponse): string {
  const head = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) => valuesOf(request, name.toLowerCase(), '').map((value) => `${name}: ${value}`));
  const to = `To: ${valuesOf(request, 'to', 't')[0]};tag=peer`;
  return `${start}\r\n${edit([...head, to, ...rows].join('\r\n'))}\r\nContent-Length: 0\r\n\r\n`;
}

for (const response of RESPONSES)
  test(`C1/C2 UDP: ${response.name} (${response.what}): ${response.reaches === null ? 'dropped' : 'told as it came'}`, async (context) => {
    const wire = await openWire('UDP', program);
    context.after(() => wire.close());
    const id = app.ask('sip||', `OPTIONS sip:peer@127.0.0.1:${wire.port} SIP/2.0\r\n\r\n`);
    const request = await until('the request', () => wire.came.map(String).find((text) => text.startsWith('OPTIONS')));
    const transaction = await until('its echo', () => app.frames.find(({ tokens }) => tokens[2] === id)?.tokens[10]);
    const heard = (): string[] => app.frames.filter(({ tokens }) => tokens[1] === 'sip' && tokens[TRANSACTION] === transaction).map(({ text }) => text);
    wire.send(answerTo(request, response));
    if (response.reaches === null) {
      await honest(wire);
      assert.deepEqual(heard(), []);
      wire.send(answerTo(request, { name: '', what: '', start: 'SIP/2.0 404 Not Found', reaches: null }));
    }
    const [status, reason] = response.reaches ?? [404, 'Not Found'];
    const text = await until('the response at the application', () => heard()[0]);
    assert.equal(text.split('\r\n')[0], `SIP/2.0 ${status} ${reason}`);
    assert.ok(new SipMessage(text));
  });
