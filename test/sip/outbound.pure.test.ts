/** What a routing web-hook is asked, what it may answer, and how it is configured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsReader } from '../../kernel/settings.ts';
import { newRequest } from '../../sip/message/message.ts';
import { readHandlers } from '../../sip/outbound/handlers.ts';
import { queryOf } from '../../sip/outbound/hook.ts';
import { Nonsense, parseVerdict } from '../../sip/outbound/verdict.ts';

const verdict = (action: unknown, data: unknown = {}) => parseVerdict(JSON.stringify({ action, data }));

test('the query has the protocol’s keys in order, then the parameters of the Request-URI, percent-encoded in lower case', () => {
  const request = newRequest('INVITE', 'sip:10086@Pbx.example;user=phone;x=a/b', [
    ['From', '"Ä" <sip:+86@x>;tag=1'],
    ['To', 'sip:10086@y'],
    ['Content-Type', 'application/sdp'],
  ]);
  const query = queryOf(request, { protocol: 'tcp', address: '10.0.0.9', port: 5060, flow: 'f', local: { address: '10.0.0.1', port: 5060 } });
  assert.equal(
    query,
    'method=INVITE&domain=pbx.example&protocol=tcp&source_address=10.0.0.9&fromUser=%2b86&toUser=10086&uriUser=10086&contentType=application%2fsdp' +
      '&uri=sip%3a10086%40Pbx.example%3buser%3dphone%3bx%3da%2fb&user=phone&x=a%2fb',
  );
});

test('a web-hook may say: reject, redirect, proxy with its defaults, route to an address or a tag', () => {
  assert.deepEqual(verdict('reject', { status: 503, reason: 'Closed' }), { kind: 'reject', status: 503, reason: 'Closed' });
  assert.deepEqual(verdict('redirect', { contact: ['sip:a@x', '<sip:b@y>;q=0.5'] }), { kind: 'redirect', contacts: ['<sip:a@x>', '<sip:b@y>;q=0.5'] });
  const order = { simultaneous: false, followRedirects: true, remain: false, provisionalMs: 5_000, finalMs: 60_000, added: [] };
  assert.deepEqual(verdict('proxy', { destination: '10.0.0.5' }), { kind: 'proxy', order: { ...order, targets: ['sip:10.0.0.5'] } });
  assert.deepEqual(
    verdict('proxy', {
      destination: ['sip:a@x', 'sips:b@y'],
      recordRoute: true,
      followRedirects: false,
      simultaneous: true,
      provisionalTimeout: '800ms',
      finalTimeout: '',
    }),
    {
      kind: 'proxy',
      order: { targets: ['sip:a@x', 'sips:b@y'], simultaneous: true, followRedirects: false, remain: true, provisionalMs: 800, finalMs: undefined, added: [] },
    },
  );
  assert.deepEqual(verdict('route', { uri: '10.0.0.5:4000' }), { kind: 'dial', target: { host: '10.0.0.5', port: 4_000, secure: false } });
  assert.deepEqual(verdict('route', { uri: '[::1]:4000;transport=tls' }), { kind: 'dial', target: { host: '::1', port: 4_000, secure: true } });
  assert.deepEqual(verdict('route', { tag: 'sales' }), { kind: 'tag', tag: 'sales' });
});

test('nonsense of a web-hook is told apart from an answer', () => {
  const rows: [action: unknown, data?: unknown][] = [
    ['dance'],
    ['constructor'],
    [undefined],
    ['reject', { status: 200 }],
    ['reject', { status: '503' }],
    ['reject', { status: 503, reason: 'a\r\nX: 1' }],
    ['redirect', { contact: 'not a uri' }],
    ['redirect', { contact: [] }],
    ['redirect', { contact: ['sip:a@x', 7] }],
    ['proxy', {}],
    ['proxy', { destination: 'sip:a@x', finalTimeout: 'soon' }],
    ['proxy', { destination: Array<string>(65).fill('sip:a@x') }],
    ['route', { uri: 'nowhere' }],
    ['route', { uri: '10.0.0.5:70000' }],
    ['route', { uri: '10.0.0.5:4000;transport=carrier-pigeon' }],
    ['route', { tag: 'a b' }],
    ['reject', [1]],
  ];
  for (const [action, data] of rows) assert.throws(() => verdict(action, data), Nonsense, JSON.stringify([action, data]));
  for (const text of ['', 'yes', '[]', 'null', '{"action":"reject"}']) assert.throws(() => parseVerdict(text), Nonsense, text);
});

test('handlers are read: a web-hook for all, others for single methods; nonsense says how to mend it', () => {
  const read = (value: string, method = 'GET') => {
    const settings = new SettingsReader({ flags: {}, env: { DRACHTIO_HTTP_HANDLER: value, DRACHTIO_HTTP_METHOD: method }, file: {} });
    return { handlers: readHandlers(settings), faults: settings.faults };
  };
  const { handlers, faults } = read('http://router/?a=b,INVITE=https://calls/x,register=tcp:10.0.0.5:4000,message=tls://[::1]:4001', 'POST');
  assert.deepEqual(faults, []);
  assert.deepEqual(Object.fromEntries(handlers), {
    '*': { kind: 'hook', url: 'http://router/?a=b', post: true },
    invite: { kind: 'hook', url: 'https://calls/x', post: true },
    register: { kind: 'dial', target: { host: '10.0.0.5', port: 4_000, secure: false } },
    message: { kind: 'dial', target: { host: '::1', port: 4_001, secure: true } },
  });
  assert.equal(read('').handlers.size, 0);
  for (const wrong of ['router', 'http://', 'tcp:10.0.0.5', 'ftp://x', 'invite=tcp:x:0'])
    assert.match(read(wrong).faults[0] ?? '', /^DRACHTIO_HTTP_HANDLER has ".*": give http:\/\/host\/path/, wrong);
});
