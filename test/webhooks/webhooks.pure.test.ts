import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { type AgentId, asId, type CallbackId, type CallId, type QueueId } from '../../kernel/ids.ts';
import { openText, sealText } from '../../kernel/seal/box.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import type { Event } from '../../src/vocabulary.ts';
import { isPublic, targetOf, urlFault } from '../../src/webhooks/addresses.ts';
import { MOST_TRIES, retryAfter } from '../../src/webhooks/dispatcher.ts';
import { factOf, factsOfRecord } from '../../src/webhooks/facts.ts';
import { isSigned, signatureOf } from '../../src/webhooks/signature.ts';
import { records } from '../cdr/records.ts';

test('only addresses of the public Internet are public: no loopback, private, link-local, metadata, mapped or tunnelled one', () => {
  const inside =
    '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 192.0.2.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 2001:db8::1 2002:7f00:1::1 2001::1 ff02::1';
  for (const address of inside.split(' ')) assert.equal(isPublic(address), false, address);
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2400:3200::1', '2606:4700::1111']) assert.equal(isPublic(address), true, address);
  assert.equal(isPublic('localhost'), false, 'a name is no address');
});

test('an address is refused before anybody is asked for its name: no http, no password in it, nothing inside; the settings may name a host', () => {
  const allowed = new Set(['crm.lan', '10.0.0.7']);
  assert.equal(urlFault('https://crm.example.com/hook?x=1', allowed), null);
  assert.equal(urlFault('http://crm.lan:8080/', allowed), null);
  assert.equal(urlFault('http://10.0.0.7/', allowed), null);
  for (const url of [
    'http://crm.example.com/',
    'https://u:p@crm.example.com/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'ftp://crm.lan/',
    'nonsense',
  ])
    assert.notEqual(urlFault(url, allowed), null, url);
});

test('the connection goes to the address that was looked at, and nowhere when any of a name’s addresses is inside', async () => {
  const names: Record<string, string[]> = { good: ['8.8.8.8', '1.1.1.1'], rebound: ['8.8.8.8', '169.254.169.254'], inside: ['10.0.0.1'], none: [] };
  const resolve = async (host: string) => (names[host] ?? []).map((address) => ({ address, family: 4 }));
  assert.deepEqual(await targetOf(new URL('https://good/'), new Set(), resolve), { address: '8.8.8.8', family: 4 });
  for (const host of ['rebound', 'inside', 'none']) await assert.rejects(targetOf(new URL(`https://${host}/`), new Set(), resolve), new RegExp(host));
  assert.deepEqual(await targetOf(new URL('https://inside/'), new Set(['inside']), resolve), { address: '10.0.0.1', family: 4 });
});

test('a delivery is signed with each live secret over time and body: either proves it, a changed one or an old one does not', () => {
  const [at, body] = [1_700_000_000, '{"id":"x"}'];
  const header = signatureOf(['new', 'old'], at, body);
  assert.equal(header.split(',')[0], `v1=${createHmac('sha256', 'new').update(`${at}.${body}`).digest('hex')}`);
  for (const secret of ['new', 'old']) assert.equal(isSigned(secret, header, at, body, at * 1000 + 60_000), true, secret);
  assert.equal(isSigned('other', header, at, body, at * 1000), false);
  assert.equal(isSigned('new', header, at, `${body} `, at * 1000), false);
  assert.equal(isSigned('new', header, at + 1, body, at * 1000), false);
  assert.equal(isSigned('new', header, at, body, at * 1000 + 301_000), false);
  assert.equal(isSigned('new', 'v1=,v1=zz', at, body, at * 1000), false);
});

test('what failed is tried again after longer and longer, so many times and no more', () => {
  const waits = Array.from({ length: MOST_TRIES }, (_, n) => retryAfter(n + 1));
  assert.equal(waits.at(-1), null);
  const given = waits.slice(0, -1).map((wait) => wait ?? 0);
  assert.ok(
    given.every((wait, n) => n === 0 || wait > (given[n - 1] ?? 0)),
    given.join(),
  );
  assert.ok(given.reduce((sum, wait) => sum + wait, 0) > 1.5 * 86_400, 'somebody is away for a day');
});

test('facts have one key however often they are read, and are of the tenant of whom they tell; masked they tell no number, no data and no note', () => {
  const placed = {
    type: 'callbackPlaced',
    callId: asId<CallId>('c1'),
    callbackId: asId<CallbackId>('b1'),
    queueId: asId<QueueId>('demo:service'),
    number: '+8613800001001',
  } as const;
  const fact = factOf({ seq: 7, at: 5, event: placed });
  assert.deepEqual([fact?.tenantId, fact?.key, fact?.data.number, fact?.masked.number], ['demo', 'callback.placed:b1', '+8613800001001', '138****1001']);
  const state: Event = { type: 'agentStateChanged', agentId: asId<AgentId>('demo:8001'), state: 'ready', reasons: [], callId: null, wrapUpUntil: null };
  assert.notEqual(factOf({ seq: 8, at: 5, event: state })?.key, factOf({ seq: 9, at: 5, event: state })?.key);
  assert.equal(factOf({ seq: 1, at: 1, event: { type: 'heartbeat' } }), null);
  const [record] = records(1, 1_000_000);
  assert.ok(record !== undefined);
  const first = factsOfRecord({ ...record, revision: 1 });
  const later = factsOfRecord({ ...record, revision: 2, notes: 'asked for Mrs Zhang', data: { card: '6222' } });
  assert.deepEqual(
    [...first, ...later].map(({ key }) => key),
    [`call.ended:${record.callId}`, `call.ended:${record.callId}`, `call.changed:${record.callId}:2`],
  );
  const masked = JSON.stringify(later.map((one) => one.masked));
  assert.doesNotMatch(masked, /Zhang|6222/);
  assert.ok(!masked.includes(record.caller.number), masked);
});

test('a sealed secret opens for what it was sealed for, with a key of ours, and unchanged; an older key still opens', () => {
  const [old, keys] = [readKeyRing('aa'.repeat(32)), readKeyRing(`${'bb'.repeat(32)} ${'aa'.repeat(32)}`)];
  const sealed = sealText(old, 'webhook demo:1', 'whs_secret');
  assert.ok(!sealed.includes('whs_secret'));
  assert.equal(openText(keys, 'webhook demo:1', sealed), 'whs_secret');
  assert.throws(() => openText(keys, 'webhook demo:2', sealed));
  assert.throws(() => openText(readKeyRing('bb'.repeat(32)), 'webhook demo:1', sealed), /SECRET_KEY/);
  assert.throws(() => openText(keys, 'webhook demo:1', `${sealed.slice(0, -4)}AAAA`));
});
