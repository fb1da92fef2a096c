import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { queueIdOf } from '../../kernel/ids.ts';
import { hostPart, parseNameAddress, parseSipUri, quoteName, splitValues, userPart } from '../../src/phone/address.ts';
import { ourHosts, unnamedDomains } from '../../src/phone/domains.ts';
import { callerOf } from '../../src/phone/identity.ts';
import { referredTo } from '../../src/phone/refer.ts';
import { agentId, demo, phoneDirectory } from '../support/phone-directory.ts';

describe('addresses', () => {
  it('are read with names, quotes, escapes and parameters', () => {
    assert.deepEqual(parseNameAddress('"A, \\"B\\" <x>" <sip:1@h;p=1>;tag=t'), { name: 'A, "B" <x>', uri: 'sip:1@h;p=1', params: new Map([['tag', 't']]) });
    assert.deepEqual(parseNameAddress('王小明 <sip:1@h>')?.name, '王小明');
    assert.deepEqual(parseNameAddress('sip:1@h;tag=t'), { name: null, uri: 'sip:1@h', params: new Map([['tag', 't']]) });
    for (const broken of ['', '"open <sip:a@b>', '<sip:a@b', `<sip:${'a'.repeat(3000)}@b>`]) assert.equal(parseNameAddress(broken), null, broken.slice(0, 20));
  });

  it('are SIP or tel URIs, or nothing', () => {
    assert.deepEqual(parseSipUri('sip:10086;phone-context=cn@H.example:5070;transport=tcp?X=1'), {
      ...{ scheme: 'sip', user: '10086', host: 'h.example', port: 5070, params: new Map([['transport', 'tcp']]) },
    });
    assert.equal(parseSipUri('tel:+86-138(0000)1001;ext=1')?.user, '+8613800001001');
    assert.equal(parseSipUri('sips:[::1]:5061')?.host, '[::1]');
    assert.equal(parseSipUri('sip:%31%30086@h')?.user, '10086');
    for (const broken of ['http://x', 'sip:', 'sip:a@', 'sip:a@h:0', 'sip:a@h:99999', 'sip:a@h h', 'sip:%ff@h', 'x'])
      assert.equal(parseSipUri(broken), null, broken);
  });

  it('are split at the commas that are not within quotes or brackets', () => {
    assert.deepEqual(splitValues('"a,\\",b" <sip:x,y@h>;q=1 , sip:z@h,,'), ['"a,\\",b" <sip:x,y@h>;q=1', 'sip:z@h']);
  });

  it('are written so that no name or number can add a header or leave its place', () => {
    assert.equal(quoteName('a"b\\c\r\nX: y'), '"a\\"b\\\\c  X: y"');
    assert.equal(userPart('81@evil>\r\n#'), '81evil%23');
    assert.equal(userPart(''), 'anonymous');
    assert.equal(hostPart('::1'), '[::1]');
  });
});

describe('the caller of a trunk', () => {
  const from = (headers: Record<string, string>): unknown => callerOf({ get: (name) => headers[name] });

  it('is who the network asserts, before the From', () => {
    assert.deepEqual(from({ From: '<sip:9@h>', 'P-Asserted-Identity': '"Li" <sip:013800001001@h>, <tel:+8613800001001>' }), {
      number: '+8613800001001',
      raw: '013800001001',
      name: 'Li',
    });
  });

  it('is the From otherwise, as it came and normalised', () => {
    assert.deepEqual(from({ From: '"x\u202ey" <sip:81@h>;tag=1' }), { number: '81', raw: '81', name: 'xy' });
  });

  it('has no number when it is withheld', () => {
    const withheld = { number: '', raw: '' };
    assert.deepEqual(from({ From: '"Anonymous" <sip:anonymous@anonymous.invalid>' }), withheld);
    assert.deepEqual(from({ From: '<sip:138@h>', 'P-Asserted-Identity': '<sip:138@h>', Privacy: 'id' }), withheld);
    assert.deepEqual(from({}), withheld);
  });
});

describe('a Refer-To', () => {
  const cases: [string, unknown][] = [
    ['<sip:8002@huawu>', { target: { kind: 'agent', agentId: agentId('8002') } }],
    ['sip:service@huawu', { target: { kind: 'queue', queueId: queueIdOf(demo, 'service') } }],
    ['<tel:+8613800001002>', { target: { kind: 'number', number: '+8613800001002' } }],
    ['<sip:12345@elsewhere.example>', { target: { kind: 'number', number: '12345' } }],
    ['<sip:nobody@huawu>', { status: 404 }],
    ['<sip:8002@huawu;method=BYE>', { status: 603 }],
    ['<http://example.com>', { status: 416 }],
    ['<sip:8002@>', { status: 400 }],
    ['<sip:8002', { status: 400 }],
  ];
  for (const [header, expected] of cases)
    it(`${header} leads to ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(
        referredTo(header, demo, phoneDirectory(), () => true),
        expected,
      ));

  it('to a host that is another house’s is nobody of ours', () => {
    const isOurs = ourHosts(new Set(['pbx.example']), phoneDirectory());
    assert.deepEqual(referredTo('<sip:8002@elsewhere.example>', demo, phoneDirectory(), isOurs), { status: 404 });
    assert.deepEqual(referredTo('<sip:8002@PBX.example>', demo, phoneDirectory(), isOurs), { target: { kind: 'agent', agentId: agentId('8002') } });
  });
});

describe('SIP_DOMAINS', () => {
  const tenants = () => [{ tenantId: demo, name: 'Demo', numbers: [], sipDomains: ['Phones.demo.example'] }];
  const isOurs = ourHosts(new Set(['pbx.example']), { tenants });
  const cases: Record<string, boolean> = {
    'pbx.example': true,
    'PBX.Example': true,
    'phones.demo.example': true,
    localhost: true,
    '203.0.113.7': true,
    '[2001:db8::7]': true,
    '': true,
    example: false,
    'sip.pbx.example': false,
    'pbx.example.org': false,
    '203.0.113.7.example': false,
  };
  for (const [host, expected] of Object.entries(cases)) it(`"${host}" is ${expected ? '' : 'not '}ours`, () => assert.equal(isOurs(host), expected));

  it('without any every host may be ours, and no domain of a tenant is missed', () => {
    assert.equal(ourHosts(new Set(), { tenants })('elsewhere.example'), true);
    assert.deepEqual(unnamedDomains(new Set(), { tenants }), []);
    assert.deepEqual(unnamedDomains(new Set(['pbx.example']), { tenants }), ['Phones.demo.example']);
  });
});
