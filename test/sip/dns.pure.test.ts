/** RFC 3263: where a name leads, what is remembered of it, and what happens when DNS has a bad day. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hop } from '../../sip/transport/hop.ts';
import { Resolver, Unreachable } from '../../sip/transport/resolve.ts';
import { FakeDns } from './support/fake-dns.ts';
import { SimClock, seeded } from './support/simulation.ts';

const NAME = 'example.com';
const BOTH = { v4: true, v6: true };

function newWorld(families = { v4: true, v6: false }, seed = 1) {
  const clock = new SimClock();
  const dns = new FakeDns();
  const random = seeded(seed);
  const resolver = new Resolver(
    clock,
    () => families,
    dns,
    (below) => Math.floor(random() * below),
  );
  return { clock, dns, resolver };
}

/** `protocol address:port` of each hop in its order. */
async function hops(resolver: Resolver, uri: string): Promise<string[]> {
  const first = await resolver.resolve(uri);
  return [first, ...(first.others ?? [])].map(({ protocol, address, port }) => `${protocol} ${address}:${port}`);
}

test('an address is never asked for: UDP 5060, TLS 5061 for sips, what the URI says otherwise', () => {
  const { resolver, dns } = newWorld();
  const cases: Record<string, Partial<Hop>> = {
    'sip:a@10.0.0.1': { protocol: 'udp', address: '10.0.0.1', port: 5060, mayGrow: true },
    'sip:a@10.0.0.1:5070;transport=tcp': { protocol: 'tcp', address: '10.0.0.1', port: 5070 },
    'sips:a@10.0.0.1': { protocol: 'tls', address: '10.0.0.1', port: 5061 },
    'sips:a@10.0.0.1;transport=tcp': { protocol: 'tls', address: '10.0.0.1', port: 5061 },
    'sip:[2001:db8::1];transport=tls': { protocol: 'tls', address: '2001:db8::1', port: 5061 },
    'sip:a@name.test;maddr=10.0.0.2': { protocol: 'udp', address: '10.0.0.2', port: 5060, mayGrow: true },
  };
  for (const [uri, hop] of Object.entries(cases)) assert.deepEqual(resolver.resolve(uri), hop, uri);
  for (const uri of ['sip:k@x1y2.invalid', 'sip:k@x1y2.invalid;transport=ws', 'sip:a@10.0.0.1;transport=ws'])
    assert.deepEqual(resolver.resolve(uri), { protocol: 'ws', address: '', port: 0 }, uri);
  for (const uri of ['tel:10086', 'sips:a@10.0.0.1;transport=udp', 'sip:a@10.0.0.1;transport=sctp'])
    assert.throws(() => resolver.resolve(uri), Unreachable, uri);
  assert.deepEqual(dns.asked, []);
});

test('NAPTR chooses the transport by order and preference, SRV the servers by priority, A and AAAA their addresses', async () => {
  const { resolver, dns } = newWorld(BOTH);
  dns.naptrs[NAME] = [
    { order: 20, preference: 1, service: 'SIP+D2U', replacement: '_sip._udp.example.com' },
    { order: 10, preference: 2, service: 'SIP+D2T', replacement: '_sip._tcp.example.com' },
    { order: 10, preference: 1, service: 'SIPS+D2T', replacement: '_sips._tcp.example.com' },
    { order: 1, preference: 1, service: 'SIP+D2S', replacement: '_sip._sctp.example.com' },
  ];
  dns.srvs['_sips._tcp.example.com'] = [
    { priority: 2, weight: 0, port: 5061, name: 'b.example.com' },
    { priority: 1, weight: 0, port: 5071, name: 'a.example.com' },
  ];
  dns.srvs['_sip._tcp.example.com'] = [{ priority: 1, weight: 0, port: 5070, name: 'a.example.com' }];
  dns.srvs['_sip._udp.example.com'] = [{ priority: 1, weight: 0, port: 5080, name: 'a.example.com' }];
  Object.assign(dns.a, { 'a.example.com': ['10.0.0.1'], 'b.example.com': ['10.0.0.2', '10.0.0.3'] });
  dns.aaaa['b.example.com'] = ['2001:db8::2'];
  assert.deepEqual(await hops(resolver, 'sip:x@example.com'), [
    'tls 10.0.0.1:5071',
    'tls 10.0.0.2:5061',
    'tls 10.0.0.3:5061',
    'tls 2001:db8::2:5061',
    'tcp 10.0.0.1:5070',
    'udp 10.0.0.1:5080',
  ]);
  assert.deepEqual(await hops(resolver, 'sips:x@example.com'), ['tls 10.0.0.1:5071', 'tls 10.0.0.2:5061', 'tls 10.0.0.3:5061', 'tls 2001:db8::2:5061']);
  assert.equal((await resolver.resolve('sips:x@example.com')).name, 'example.com', 'the certificate must be for the name that was asked for');
});

test('without NAPTR the SRV records tell the transports; a transport or a port in the URI settles it', async () => {
  const { resolver, dns } = newWorld();
  dns.srvs['_sip._tcp.example.com'] = [{ priority: 1, weight: 0, port: 5070, name: 'a.example.com' }];
  Object.assign(dns.a, { 'a.example.com': ['10.0.0.1'], 'example.com': ['10.0.0.9'] });
  assert.deepEqual(await hops(resolver, 'sip:x@example.com'), ['tcp 10.0.0.1:5070']);
  assert.deepEqual(await hops(resolver, 'sip:x@example.com;transport=tcp'), ['tcp 10.0.0.1:5070']);
  assert.deepEqual(await hops(resolver, 'sip:x@example.com;transport=udp'), ['udp 10.0.0.9:5060']);
  assert.deepEqual(await hops(resolver, 'sip:x@example.com:5090'), ['udp 10.0.0.9:5090']);
  assert.deepEqual(await hops(resolver, 'sips:x@example.com'), ['tls 10.0.0.9:5061']);
});

test('of one priority each server is drawn by its weight, and all of it come before the next', async () => {
  const { resolver, dns } = newWorld();
  dns.srvs['_sip._udp.example.com'] = [
    { priority: 1, weight: 70, port: 5060, name: 'big.test' },
    { priority: 1, weight: 30, port: 5060, name: 'small.test' },
    { priority: 1, weight: 0, port: 5060, name: 'rare.test' },
    { priority: 2, weight: 100, port: 5060, name: 'last.test' },
  ];
  Object.assign(dns.a, { 'big.test': ['10.0.0.1'], 'small.test': ['10.0.0.2'], 'rare.test': ['10.0.0.3'], 'last.test': ['10.0.0.4'] });
  const firsts = new Map<string, number>();
  for (let n = 0; n < 1_000; n += 1) {
    const found = await hops(resolver, 'sip:x@example.com;transport=udp');
    assert.equal(found.length, 4);
    assert.equal(found[3], 'udp 10.0.0.4:5060');
    firsts.set(found[0] ?? '', (firsts.get(found[0] ?? '') ?? 0) + 1);
  }
  const big = firsts.get('udp 10.0.0.1:5060') ?? 0;
  assert.ok(big > 650 && big < 750, `${big} of 1000 went to the server of weight 70`);
});

test('an answer serves for its TTL and no longer, a name that is not there for 30 s; a call in the meantime asks nothing', async () => {
  const { resolver, dns, clock } = newWorld();
  dns.a['example.com'] = ['10.0.0.1'];
  dns.ttlSeconds = 20;
  const uri = 'sip:x@example.com:5060';
  await resolver.resolve(uri);
  clock.forward(19_000);
  await resolver.resolve(uri);
  assert.equal(dns.asked.length, 1);
  dns.a['example.com'] = ['10.0.0.2'];
  clock.forward(2_000);
  assert.deepEqual(await hops(resolver, uri), ['udp 10.0.0.2:5060']);
  await assert.rejects(async () => resolver.resolve('sip:x@nowhere.test:5060'), /no address for nowhere.test/);
  const before = dns.asked.length;
  await assert.rejects(async () => resolver.resolve('sip:x@nowhere.test:5060'));
  assert.equal(dns.asked.length, before);
  dns.a['nowhere.test'] = ['10.0.0.3'];
  clock.forward(31_000);
  assert.deepEqual(await hops(resolver, 'sip:x@nowhere.test:5060'), ['udp 10.0.0.3:5060']);
});

test('J3: while DNS fails the old answer serves for an hour, and not longer', async () => {
  const { resolver, dns, clock } = newWorld();
  dns.a['example.com'] = ['10.0.0.1'];
  const uri = 'sip:x@example.com:5060';
  await resolver.resolve(uri);
  dns.mood = 'servfail';
  for (let minutes = 0; minutes < 60; minutes += 10) {
    clock.forward(600_000 - 1_000);
    assert.deepEqual(await hops(resolver, uri), ['udp 10.0.0.1:5060']);
  }
  clock.forward(120_000);
  await assert.rejects(async () => resolver.resolve(uri), Unreachable);
});

test('J3: DNS that takes ten seconds delays a call to a known name by 0.3 s, one to an unknown name by 4 s; it is asked once for all', async () => {
  const { resolver, dns, clock } = newWorld();
  dns.a['example.com'] = ['10.0.0.1'];
  await resolver.resolve('sip:x@example.com:5060');
  clock.forward(61_000);
  dns.mood = 'silent';
  const known = hops(resolver, 'sip:x@example.com:5060');
  clock.forward(300);
  assert.deepEqual(await known, ['udp 10.0.0.1:5060']);
  const asked = dns.asked.length;
  const unknown = Promise.allSettled([1, 2, 3].map(async () => resolver.resolve('sip:x@new.test:5060')));
  await Promise.resolve();
  clock.forward(4_000);
  assert.deepEqual(
    (await unknown).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.equal(dns.asked.length, asked + 1);
});

test('J3: a target that failed is tried last for 30 s', async () => {
  const { resolver, dns, clock } = newWorld();
  dns.a['example.com'] = ['10.0.0.1', '10.0.0.2'];
  dns.ttlSeconds = 3_600;
  resolver.failed({ protocol: 'udp', address: '10.0.0.1', port: 5060 });
  assert.deepEqual(await hops(resolver, 'sip:x@example.com:5060'), ['udp 10.0.0.2:5060', 'udp 10.0.0.1:5060']);
  clock.forward(31_000);
  assert.deepEqual(await hops(resolver, 'sip:x@example.com:5060'), ['udp 10.0.0.1:5060', 'udp 10.0.0.2:5060']);
});
