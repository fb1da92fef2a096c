/** The guard over real sockets: a server that trusts 127.0.0.1 as a trunk, honest callers there, and a stranger at 127.0.0.9. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Request, Response } from '../../sip/message/message.ts';
import { writeMessage } from '../../sip/message/write.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, type AppDialog, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

const STRANGER = '127.0.0.9';
let program: SipProgram;
let app: App;
let socketPath: string;
/** What reached the application: method and the head as it saw it. */
const heard: { method: string; from: string; headers: string }[] = [];
const dialogs: AppDialog[] = [];
const closers: (() => void)[] = [];

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-'));
  socketPath = join(folder, 'sip.sock');
  program = await startProgram({
    ...{ TRUSTED_TRUNKS: '127.0.0.1', SIP_CHALLENGE_REALM: 'huawu', SIP_METRICS_PORT: '0' },
    ...{ SIP_OPERATION_SOCKET: socketPath, SIP_TRACE_MESSAGES: '1000' },
  });
  closers.push(() => rmSync(folder, { recursive: true }));
  app = await connectApp(program);
  const note = (req: Parameters<Parameters<App['invite']>[0]>[0]): void =>
    void heard.push({ method: req.method, from: req.source_address, headers: JSON.stringify((req as unknown as { msg: { headers: object } }).msg.headers) });
  app.invite((req, res) => {
    note(req);
    if (req.uri.includes('ring@')) {
      res.send(180);
      return;
    }
    app.createUAS(req, res, { localSdp: SDP }).then(
      (dialog) => dialogs.push(dialog),
      () => undefined,
    );
  });
  for (const method of ['register', 'options', 'message', 'refer'] as const)
    app[method]((req, res) => {
      note(req);
      res.send(200, { headers: { Allow: 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, REFER, NOTIFY, INFO, UPDATE, PRACK', Server: 'secret/1.0' } });
    });
});
after(async () => {
  for (const close of closers) close();
  leave(app);
  assert.equal(await program.stop(), 0);
});

async function peerAt(address: string): Promise<Peer> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const send = (bytes: Buffer): void => socket.send(bytes, program.sipPort, '127.0.0.1');
  const peer = new Peer(socket.address().port, program.sipPort, 'UDP', send, () => socket.close());
  socket.on('message', (bytes, from) => peer.take(bytes, (answer) => socket.send(answer, from.port, from.address)));
  closers.push(() => peer.close());
  return peer;
}
/** A call of the trunk that is up. */
async function callUp(): Promise<{ trunk: Peer; invite: Request; ok: Response; dialog: AppDialog }> {
  const trunk = await peerAt('127.0.0.1');
  const before = dialogs.length;
  const invite = trunk.newRequest('INVITE');
  trunk.send(invite);
  const ok = await trunk.response('INVITE', 200);
  trunk.send(trunk.inside('ACK', invite, ok));
  const dialog = await until('the dialog', () => dialogs[before]);
  return { trunk, invite, ok, dialog };
}
/** Asks on the socket file, or on a port. */
async function ask(
  where: { socketPath: string } | { host: string; port: number },
  method: string,
  path: string,
  body = '',
): Promise<{ status: number; text: string }> {
  const asked = request({ ...where, method, path });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, text };
}
/** Everything sent before was handled when this was answered. */
async function settled(): Promise<void> {
  const trunk = await peerAt('127.0.0.1');
  trunk.send(trunk.newRequest('OPTIONS'));
  await trunk.response('OPTIONS', 200);
}

test('D1, E6: whoever a stranger asks for, the same answer in the same length, of no more than one and a half of his bytes, and sent once', async () => {
  const length = (message: Request | Response): number => writeMessage(message).length;
  for (const method of ['INVITE', 'REGISTER', 'SUBSCRIBE', 'MESSAGE', 'REFER']) {
    const answers: object[] = [];
    for (const user of ['8001', '9999']) {
      const stranger = await peerAt(STRANGER);
      const request = stranger.newRequest(method, undefined, user);
      stranger.send(request);
      const answer = await stranger.response(method, 401);
      assert.ok(length(answer) <= 1.5 * length(request), `${method}: ${length(answer)} for ${length(request)}`);
      answers.push({ names: [...answer.headers].map(({ key }) => key).join(), reason: answer.reason, length: length(answer) });
    }
    assert.deepEqual(answers[0], answers[1]);
  }
  // A transaction would have sent it again after 500 ms (RFC 3261 timer G), and the second time after one second more.
  const stranger = await peerAt(STRANGER);
  stranger.send(stranger.newRequest('INVITE'));
  await stranger.response('INVITE', 401);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(stranger.countResponses('INVITE', 401), 1);
  assert.deepEqual(
    heard.filter(({ from }) => from === STRANGER),
    [],
  );
});

test('E6: an answer goes where the datagram came from, whatever received, rport and maddr say; an answer to OPTIONS is cut, and names no software', async () => {
  const stranger = await peerAt(STRANGER);
  const victim = await peerAt('127.0.0.8');
  const lie = `SIP/2.0/UDP ${STRANGER}:${stranger.port};rport=${victim.port};received=127.0.0.8;maddr=127.0.0.8;branch=z9hG4bKlie`;
  stranger.send(stranger.newRequest('INVITE', ({ headers }) => headers.set('Via', lie)));
  await stranger.response('INVITE', 401);
  const options = stranger.newRequest('OPTIONS');
  stranger.send(options);
  const ok = await stranger.response('OPTIONS', 200);
  assert.ok(writeMessage(ok).length <= 1.5 * writeMessage(options).length);
  for (const name of ['server', 'user-agent']) assert.ok(!ok.headers.has(name));
  assert.equal(victim.arrived.length, 0);
});

test('D6: requests of dialogs that are not there are answered 481 to a stranger, and nothing of them is told', async () => {
  const stranger = await peerAt(STRANGER);
  const before = heard.length;
  for (const method of ['BYE', 'UPDATE', 'INFO', 'NOTIFY', 'REFER', 'INVITE']) {
    stranger.send(stranger.newRequest(method, ({ headers }) => headers.set('To', '<sip:8001@127.0.0.1>;tag=guessed')));
    await stranger.response(method, 481);
  }
  assert.equal(heard.length, before);
});

test('D7: a BYE, re-INVITE, INFO or REFER with the right tags from another address is refused 403, and the call stays', async () => {
  const { trunk, invite, ok, dialog } = await callUp();
  const forger = await peerAt(STRANGER);
  for (const method of ['BYE', 'INVITE', 'INFO', 'REFER']) {
    const forged = trunk.inside(method, invite, ok);
    forged.headers.set('Via', `SIP/2.0/UDP ${STRANGER}:${forger.port};rport;branch=z9hG4bKforged${method}`);
    forger.send(forged);
    await forger.response(method, 403);
  }
  assert.ok(dialog.connected);
  trunk.send(trunk.inside('BYE', invite, ok, 7));
  await trunk.response('BYE', 200);
});

test('D7: a CANCEL from another address does not end the call that rings, its caller’s own does', async () => {
  const [trunk, stranger] = [await peerAt('127.0.0.1'), await peerAt(STRANGER)];
  const invite = trunk.newRequest('INVITE', undefined, 'ring');
  trunk.send(invite);
  await trunk.response('INVITE', 180);
  const cancel = trunk.newRequest('CANCEL', undefined, 'ring');
  for (const name of ['Via', 'From', 'To', 'Call-ID']) cancel.headers.set(name, invite.headers.get(name) ?? '');
  stranger.send(cancel);
  await stranger.response('CANCEL', 481);
  assert.equal(trunk.countResponses('INVITE', 487), 0);
  trunk.send(cancel);
  await trunk.response('CANCEL', 200);
  await trunk.response('INVITE', 487);
});

test('D10, D11: a stranger is trusted for no header he writes, and a Route to a third party is followed for nobody', async () => {
  const stranger = await peerAt(STRANGER);
  const third = await peerAt('127.0.0.7');
  const lies: [string, string][] = [
    ['Via', `SIP/2.0/UDP 127.0.0.1:5060;received=127.0.0.1;rport;branch=z9hG4bKtrunk`],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Route', `<sip:127.0.0.7:${third.port};lr>`],
  ];
  for (const [name, value] of lies) {
    stranger.send(stranger.newRequest('INVITE', ({ headers }) => (name === 'Via' ? headers.set(name, value) : headers.add(name, value))));
    await until('a refusal', () => stranger.arrived.find(({ message, taken }) => !taken && message.kind === 'response' && [401, 403].includes(message.status)));
    for (const each of stranger.arrived) each.taken = true;
  }
  for (const uri of [`sip:x@127.0.0.7:${third.port}`, `sip:x@127.0.0.1:${program.sipPort};maddr=127.0.0.7`]) {
    stranger.send(
      stranger.newRequest('INVITE', (request) => {
        request.uri = uri;
      }),
    );
    await until('a refusal', () => stranger.arrived.find(({ message, taken }) => !taken && message.kind === 'response' && [401, 403].includes(message.status)));
    for (const each of stranger.arrived) each.taken = true;
  }
  assert.equal(third.arrived.length, 0);
  assert.deepEqual(
    heard.filter(({ from, method }) => from === STRANGER && method === 'INVITE'),
    [],
  );
});

test('D13: a scanner gets no answer to anything', async () => {
  const scanner = await peerAt('127.0.0.66');
  for (const method of ['OPTIONS', 'REGISTER', 'INVITE'])
    scanner.send(scanner.newRequest(method, ({ headers }) => headers.add('User-Agent', 'friendly-scanner')));
  scanner.send(scanner.newRequest('OPTIONS'));
  await settled();
  assert.equal(scanner.arrived.length, 0);
});

test('D14: bytes told to the application hold no internal header of a stranger, in no spelling', async () => {
  const stranger = await peerAt('127.0.0.10');
  const before = heard.length;
  const plain = writeMessage(stranger.newRequest('OPTIONS')).toString();
  const smuggled = ['X-Tenant: evil', 'x-tenant : evil', 'X-TENANT:\r\n evil', 'P-Asserted-Identity: <sip:evil@x>', 'p-asserted-identity\t: <sip:evil@x>'];
  stranger.raw(plain.replace('Max-Forwards', `${[...smuggled, 'Remote-Party-ID: <sip:evil@x>', 'X-Huawu-Call-Id: evil'].join('\r\n')}\r\nMax-Forwards`));
  const told = await until('the OPTIONS', () => heard[before]);
  assert.doesNotMatch(told.headers, /evil/);
});

test('E1: a flood of one stranger leaves calls of the trunk as they were, and costs no memory of transactions', async () => {
  const flood = createSocket('udp4');
  flood.bind(0, '127.0.0.11');
  await once(flood, 'listening');
  closers.push(() => flood.close());
  let challenged = 0;
  flood.on('message', () => {
    challenged += 1;
  });
  const template = await peerAt('127.0.0.11');
  let sent = 0;
  const timer = setInterval(() => {
    for (let nth = 0; nth < 20; nth += 1) {
      sent += 1;
      flood.send(writeMessage(template.newRequest('INVITE')), program.sipPort, '127.0.0.1');
    }
  }, 20);
  closers.push(() => clearInterval(timer));
  const waits: number[] = [];
  for (let nth = 0; nth < 20; nth += 1) {
    const began = performance.now();
    const { trunk, invite, ok } = await callUp();
    waits.push(performance.now() - began);
    trunk.send(trunk.inside('BYE', invite, ok));
    await trunk.response('BYE', 200);
  }
  await until('2,000 INVITEs of the flood', () => sent >= 2_000);
  clearInterval(timer);
  await settled();
  waits.sort((a, b) => a - b);
  assert.ok((waits[18] ?? 0) < 500, `a call took ${waits[18]} ms`);
  assert.ok(challenged > 0 && challenged < 600, `${challenged} answers to ${sent}`);
  assert.deepEqual(
    heard.filter(({ from }) => from === '127.0.0.11'),
    [],
  );
});

test('twenty malformed messages, and their sender is not heard for a while; a trunk always is', async () => {
  const [noisy, trunk] = [await peerAt('127.0.0.12'), await peerAt('127.0.0.1')];
  for (const peer of [noisy, trunk]) for (let nth = 0; nth < 25; nth += 1) peer.raw('INVITE sip:x SIP/2.0\r\nbroken\r\n\r\n');
  await settled();
  noisy.send(noisy.newRequest('OPTIONS'));
  trunk.send(trunk.newRequest('OPTIONS'));
  await trunk.response('OPTIONS', 200);
  assert.equal(noisy.countResponses('OPTIONS', 200), 0);
  assert.ok(program.log.some((line) => line.includes('source blocked') && line.includes('127.0.0.12')));
});

test('figures stand on a loopback port: traffic, drops and refusals by cause, sources, dialogs, lag', async () => {
  const line = program.log.find((each) => each.includes('"listening"')) ?? '{}';
  const [host = '', port = ''] = (JSON.parse(line) as { metrics: string }).metrics.split(':');
  const { text } = await ask({ host, port: Number(port) }, 'GET', '/metrics');
  for (const figure of [
    /^huawu_sip_messages_total\{direction="in",method="INVITE",transport="udp"\} [1-9]/m,
    /^huawu_sip_dropped_total\{cause="rate"\} [1-9]/m,
    /^huawu_sip_dropped_total\{cause="scanner"\} [1-9]/m,
    /^huawu_sip_refused_total\{cause="challenge"\} [1-9]/m,
    /^huawu_sip_refused_total\{cause="foreign dialog"\} [1-9]/m,
    /^huawu_sip_blocked_sources_total\{cause="malformed"\} 1/m,
    /^huawu_sip_malformed_total\{code="header"\} [1-9]/m,
    /^huawu_sip_sources_tracked [1-9]/m,
    /^huawu_sip_applications 1$/m,
    /^huawu_sip_dialogs \d/m,
    /^huawu_sip_transactions \d/m,
    /^huawu_sip_loop_lag_seconds_bucket\{le="0.25"\} [1-9]/m,
  ])
    assert.match(text, figure);
  for (const [method, path] of [
    ['GET', '/trace?sip=x'],
    ['PUT', '/trusted-trunks'],
  ] as const)
    assert.equal((await ask({ host, port: Number(port) }, method, path, method === 'PUT' ? '[]' : '')).status, 404, 'the rest is on the socket file alone');
});

test('the trace of a call is given on the socket file, with its secrets masked', async () => {
  const trunk = await peerAt('127.0.0.1');
  const invite = trunk.newRequest('INVITE', ({ headers }) => headers.add('Proxy-Authorization', 'Digest response="s3cret"'), 'ring');
  trunk.send(invite);
  await trunk.response('INVITE', 180);
  const { status, text } = await ask({ socketPath }, 'GET', `/trace?sip=${encodeURIComponent(invite.headers.get('call-id') ?? '')}`);
  assert.equal(status, 200);
  const { messages } = JSON.parse(text) as { messages: { direction: string; peer: string; text: string }[] };
  assert.deepEqual(
    messages.map(({ direction, peer, text: message }) => [direction, peer, message.split('\r\n')[0]?.split(' ').slice(0, 2).join(' ')]),
    [
      ['in', `udp/127.0.0.1:${trunk.port}`, `INVITE ${invite.uri}`],
      ['out', `udp/127.0.0.1:${trunk.port}`, 'SIP/2.0 100'],
      ['out', `udp/127.0.0.1:${trunk.port}`, 'SIP/2.0 180'],
    ],
  );
  assert.doesNotMatch(text, /s3cret/);
  assert.match(text, /Proxy-Authorization: \*\*\*/);
});

test('trunks that the application knows of are told on the socket file; a list with a fault changes nothing', async () => {
  const trunk = await peerAt('127.0.0.20');
  const invite = async (status: number): Promise<void> => {
    trunk.send(trunk.newRequest('INVITE', undefined, 'ring'));
    await trunk.response('INVITE', status);
  };
  await invite(401);
  assert.equal((await ask({ socketPath }, 'PUT', '/trusted-trunks', '["127.0.0.20"]')).status, 204);
  await invite(180);
  for (const wrong of ['["nonsense"]', '{', '"127.0.0.20"']) assert.equal((await ask({ socketPath }, 'PUT', '/trusted-trunks', wrong)).status, 400, wrong);
  await invite(180);
  assert.equal((await ask({ socketPath }, 'PUT', '/trusted-trunks', '[]')).status, 204);
  await invite(401);
});
