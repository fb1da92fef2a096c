/** Which connection and which socket a message takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { Framed } from '../../sip/message/stream.ts';
import { Addresses, parseNet } from '../../sip/transport/addresses.ts';
import type { Connection, Line } from '../../sip/transport/connection.ts';
import { Connections } from '../../sip/transport/connections.ts';
import { KeepAlives } from '../../sip/transport/keep-alive.ts';
import type { Reader } from '../../sip/transport/reader.ts';
import { bindingRequestIn, bindingResponse } from '../../sip/transport/stun.ts';
import { FakeClock } from '../support/clock.ts';

const silentLine: Line = { unread: 0, write: () => undefined, pause: () => undefined, resume: () => undefined, end: () => undefined, destroy: () => undefined };
const listener = { id: 'tls:0', protocol: 'tls', address: '0.0.0.0', port: 5061 } as const;

test('B21: RFC 5923: a connection aliased by name is found for that name at its address and port, until it closes; what we dialled is not replaced', () => {
  const connections = new Connections({ onMessage: () => undefined, onBroken: () => undefined, onClosed: () => undefined }, systemClock);
  const accepted = (address: string): { connection: Connection; closed: () => void } =>
    connections.open({ protocol: 'tls', address, port: 40_000, listener, isPeerNamed: (host) => host === 'gw.test' }, silentLine, undefined);
  const hop = { protocol: 'tls', address: '192.0.2.7', port: 5061, name: 'gw.test' } as const;
  const first = accepted('192.0.2.7');
  connections.alias(first.connection, 'other.test', 5061);
  assert.equal(connections.to({ ...hop, name: 'other.test' }), undefined);
  connections.alias(first.connection, 'gw.test', 5061);
  connections.alias(first.connection, 'gw.test', 5071);
  assert.equal(connections.to(hop), first.connection);
  for (const elsewhere of [{ name: undefined }, { port: 5062 }, { port: 5071 }, { address: '192.0.2.8' }])
    assert.equal(connections.to({ ...hop, ...elsewhere }), undefined, JSON.stringify(elsewhere));
  first.closed();
  assert.equal(connections.to(hop), undefined);

  const dialled = connections.open({ ...hop, listener: undefined }, silentLine, undefined).connection;
  connections.alias(accepted('192.0.2.7').connection, 'gw.test', 5061);
  assert.equal(connections.to(hop), dialled);
});

const COOKIE_AND_ID = Buffer.from('2112a442b7e7a701bc34d686fa87dfae', 'hex');
const bindingRequest = (attributes = ''): Buffer => {
  const rows = Buffer.from(attributes, 'hex');
  return Buffer.concat([Buffer.from([0, 1, 0, rows.length]), COOKIE_AND_ID, rows]);
};

test('RFC 5769: the mapped addresses of its sample responses, IPv4 and IPv6', () => {
  assert.equal(bindingResponse(COOKIE_AND_ID, '192.0.2.1', 32_853).subarray(20).toString('hex'), '002000080001a147e112a643');
  const v6 = bindingResponse(COOKIE_AND_ID, '2001:db8:1234:5678:11:2233:4455:6677', 32_853);
  assert.equal(v6.subarray(20).toString('hex'), '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  assert.equal(v6.readUInt16BE(2), v6.length - 20);
});

test('C4: only a well-formed binding request without attributes that must be understood is answered', () => {
  assert.deepEqual(bindingRequestIn(bindingRequest()), COOKIE_AND_ID);
  assert.deepEqual(bindingRequestIn(bindingRequest('8022000361626300')), COOKIE_AND_ID, 'SOFTWARE');
  const wrong: Record<string, Buffer> = {
    'a USERNAME': bindingRequest('0006000461626364'),
    'an attribute longer than the message': bindingRequest('8022000861626364'),
    'half an attribute': bindingRequest('8022'),
    'bytes after its end': Buffer.concat([bindingRequest(), Buffer.alloc(4)]),
    'a response': bindingResponse(COOKIE_AND_ID, '192.0.2.1', 1),
    'no header': bindingRequest().subarray(0, 19),
  };
  for (const [what, bytes] of Object.entries(wrong)) assert.equal(bindingRequestIn(bytes), undefined, what);
});

test('E6: a flood of binding requests in the name of one address is answered 200 times and not more; another address is still answered', () => {
  const keepAlives = new KeepAlives({ ...systemClock, now: () => 0 });
  const answers: Buffer[] = [];
  const ask = (address: string): boolean => keepAlives.take(bindingRequest(), address, 5060, (bytes) => void answers.push(bytes));
  for (let n = 0; n < 10_000; n += 1) assert.equal(ask('192.0.2.1'), true);
  assert.equal(answers.length, 200);
  ask('192.0.2.2');
  assert.equal(answers.length, 201);
});

/** Bound address, peer, and what it is told with PUBLIC_ADDRESS 203.0.113.1 and SIP_LOCAL_NETS 10.0.0.0/8,fd00::/8. */
const TOLD: readonly (readonly [bound: string, peer: string, told: string, why: string])[] = [
  ['10.1.2.3', '198.51.100.9', '203.0.113.1', 'the world gets the public address'],
  ['10.1.2.3', '10.255.0.1', '10.1.2.3', 'a local net gets the bound one'],
  ['10.1.2.3', '11.0.0.1', '203.0.113.1', 'just outside the net'],
  ['10.1.2.3', '127.0.0.1', '10.1.2.3', 'this host'],
  ['0.0.0.0', '127.0.0.1', '127.0.0.1', 'this host, all addresses'],
  ['::', '::1', '::1', 'this host, all addresses of IPv6'],
  ['127.0.0.1', '198.51.100.9', '127.0.0.1', 'a loopback socket is not the public address'],
  ['fd00::1', 'fd12::9', 'fd00::1', 'a local net of IPv6'],
  ['fd00::1', '2001:db8::9', 'fd00::1', 'a public address of the other family is none'],
];

test('SIP_LOCAL_NETS: who is told the public address, and who the one that is bound', () => {
  const addresses = new Addresses({ publicAddress: '203.0.113.1', localNets: ['10.0.0.0/8', 'fd00::/8'] }, systemClock);
  for (const [bound, peer, told, why] of TOLD) assert.equal(addresses.advertised({ address: bound }, peer), told, why);
});

test('SIP_LOCAL_NETS: what is a net, and what is not', () => {
  assert.deepEqual(parseNet('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  assert.deepEqual(parseNet('fd00::1'), { address: 'fd00::1', prefix: 128, family: 'ipv6' });
  for (const wrong of ['', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0/8', '10.0.0.0/8/8', '256.0.0.0/8', 'office', '10.0.0.0/-1'])
    assert.equal(parseNet(wrong), undefined, wrong);
});

/** Sockets that are bound, the peer, and the one that reaches it best. */
const CHOSEN: readonly (readonly [bound: readonly string[], peer: string, chosen: string | undefined])[] = [
  [['10.1.0.1', '192.168.7.1'], '192.168.7.20', '192.168.7.1'],
  [['10.1.0.1', '10.2.0.1'], '10.2.9.9', '10.2.0.1'],
  [['10.1.0.1', '10.2.0.1'], '10.2.0.1', '10.2.0.1'],
  [['127.0.0.1', '10.1.0.1'], '127.0.0.1', '127.0.0.1'],
  [['127.0.0.1', '10.1.0.1'], '198.51.100.9', '10.1.0.1'],
  [['127.0.0.1', '126.0.0.1'], '127.0.0.5', '127.0.0.1'],
  [['0.0.0.0', '::'], '2001:db8::9', '::'],
  [['0.0.0.0', '10.1.0.1'], '10.1.0.9', '10.1.0.1'],
  [['10.1.0.1', '0.0.0.0'], '198.51.100.9', '0.0.0.0'],
  [['10.1.0.1'], '2001:db8::9', undefined],
];

test('the socket chosen for a peer: of its family, nearest by leading bits, a loopback one for loopback, all addresses before another net', () => {
  const addresses = new Addresses({ publicAddress: undefined, localNets: [] }, systemClock);
  for (const [bound, peer, chosen] of CHOSEN) {
    const listeners = bound.map((address, n) => ({ id: `udp-${n}`, protocol: 'udp', address, port: 5060 }) as const);
    assert.equal(addresses.choose(listeners, peer)?.address, chosen, `${bound.join()} for ${peer}`);
  }
});

/** One accepted connection on a clock of the test's own. */
function aReader(): { clock: FakeClock; reader: Reader; did: string[] } {
  const [clock, did]: [FakeClock, string[]] = [new FakeClock(), []];
  const line: Line = { ...silentLine, pause: () => void did.push('pause'), resume: () => void did.push('resume'), destroy: () => void did.push('destroy') };
  const user = { onMessage: (bytes: Buffer) => void did.push(bytes.toString()), onBroken: () => undefined, onClosed: () => undefined };
  const about = { protocol: 'tcp', address: '192.0.2.7', port: 40_000, listener } as const;
  const { reader } = new Connections(user, clock).open(about, line, { heard: () => undefined, leave: () => undefined });
  return { clock, reader, did };
}
const framed = (text: string): Framed => ({ kind: 'message', bytes: Buffer.from(text) });

test('C7: a connection that says nothing is closed after 32 s, one that never ends its message 30 s after its beginning, one that spoke is left alone', () => {
  const silent = aReader();
  silent.clock.forward(31_999);
  assert.deepEqual(silent.did, []);
  silent.clock.forward(1);
  assert.deepEqual(silent.did, ['destroy']);

  const slow = aReader();
  slow.reader.take([framed('whole')], false);
  slow.clock.forward(3_600_000);
  assert.deepEqual(slow.did, ['whole'], 'it may rest');
  // A byte every ten seconds is no progress.
  for (let n = 0; n < 3; n += 1) {
    slow.reader.take([], true);
    slow.clock.forward(9_999);
  }
  assert.deepEqual(slow.did, ['whole']);
  slow.clock.forward(3);
  assert.deepEqual(slow.did, ['whole', 'destroy']);
});

test('C7: keep-alives alone are not a message: they do not stay the deadline', () => {
  const { clock, reader, did } = aReader();
  reader.take([{ kind: 'keepAlive' }], false);
  clock.forward(32_000);
  assert.deepEqual(did, ['destroy']);
});

test('E4: of one connection that floods 16 messages are handled a turn, and it is not read until all of them are', () => {
  const { clock, reader, did } = aReader();
  const texts = Array.from({ length: 40 }, (_, n) => `m${n}`);
  reader.take(texts.map(framed), false);
  assert.deepEqual(did, [...texts.slice(0, 16), 'pause']);
  clock.forward(0);
  clock.forward(0);
  assert.deepEqual(did, [...texts.slice(0, 16), 'pause', ...texts.slice(16), 'resume']);
});

test('E4: nor are more handled a turn when they come one by one, as they do over a WebSocket; and a turn in which nothing came is not waited for', () => {
  const { clock, reader, did } = aReader();
  const texts = Array.from({ length: 40 }, (_, n) => `m${n}`);
  for (const text of texts) reader.take([framed(text)], false);
  assert.deepEqual(did, [...texts.slice(0, 16), 'pause']);
  clock.forward(0);
  clock.forward(0);
  assert.deepEqual(did, [...texts.slice(0, 16), 'pause', ...texts.slice(16), 'resume']);
  assert.equal(clock.armed, 0);
});
