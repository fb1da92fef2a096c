/** Who calls, as a trunk says it; who we say calls; User-to-User; auto-answer: tables. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alertHeaders } from '../../src/phone/answer.ts';
import { callerOf, divertedFrom, shownToPhone, shownToTrunk } from '../../src/phone/identity.ts';
import { readUui, writeUui } from '../../src/phone/uui.ts';

type Headers = Record<string, string>;
const req = (headers: Headers) => ({ get: (name: string) => headers[name] });
const FROM = '"Li" <sip:13800001001@carrier>;tag=1';
const PAI = '"Wang" <sip:+8613800001002@carrier>';
const RPID = '"Zhao" <sip:13800001003@carrier>;party=calling;screen=yes';

describe('the caller at a trunk', () => {
  for (const [what, headers, usesRpid, expected] of [
    ['From alone', { From: FROM }, false, { number: '+8613800001001', raw: '13800001001', name: 'Li' }],
    ['PAI goes before From', { From: FROM, 'P-Asserted-Identity': PAI }, false, { number: '+8613800001002', raw: '+8613800001002', name: 'Wang' }],
    [
      'the first PAI that names somebody',
      { From: FROM, 'P-Asserted-Identity': `<sip:carrier>, <tel:+8613800001002>` },
      false,
      { number: '+8613800001002', raw: '+8613800001002' },
    ],
    ['RPID where the trunk uses it', { From: FROM, 'Remote-Party-ID': RPID }, true, { number: '+8613800001003', raw: '13800001003', name: 'Zhao' }],
    ['RPID where it does not', { From: FROM, 'Remote-Party-ID': RPID }, false, { number: '+8613800001001', raw: '13800001001', name: 'Li' }],
    [
      'PAI goes before RPID',
      { From: FROM, 'P-Asserted-Identity': PAI, 'Remote-Party-ID': RPID },
      true,
      { number: '+8613800001002', raw: '+8613800001002', name: 'Wang' },
    ],
    [
      'RPID of the called party is not the caller',
      { From: FROM, 'Remote-Party-ID': RPID.replace('calling', 'called') },
      true,
      { number: '+8613800001001', raw: '13800001001', name: 'Li' },
    ],
    ['RPID that asks for privacy', { From: FROM, 'Remote-Party-ID': `${RPID};privacy=full` }, true, { number: '', raw: '' }],
    ['RPID that hides the name', { From: FROM, 'Remote-Party-ID': `${RPID};privacy=name` }, true, { number: '+8613800001003', raw: '13800001003' }],
    ['Privacy: id', { From: FROM, 'P-Asserted-Identity': PAI, Privacy: 'id' }, false, { number: '', raw: '' }],
    ['Privacy: header;user;critical', { From: FROM, Privacy: 'header;user;critical' }, false, { number: '', raw: '' }],
    ['Privacy: none', { From: FROM, Privacy: 'none' }, false, { number: '+8613800001001', raw: '13800001001', name: 'Li' }],
    ['anonymous', { From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' }, false, { number: '', raw: '' }],
    ['nonsense', { From: '<<>>', 'P-Asserted-Identity': ',,"', 'Remote-Party-ID': '<' }, true, { number: '', raw: '' }],
  ] as [string, Headers, boolean, object][])
    test(what, () => assert.deepEqual(callerOf(req(headers), {}, usesRpid), expected));
});

describe('a call that was forwarded', () => {
  for (const [what, headers, expected] of [
    ['not', {}, null],
    ['by Diversion', { Diversion: '<sip:13900000001@carrier>;reason=unconditional' }, '+8613900000001'],
    ['twice: the last Diversion was called first', { Diversion: '<sip:13900000002@c>;reason=busy, <tel:13900000001>;reason=no-answer' }, '+8613900000001'],
    ['by History-Info', { 'History-Info': '<sip:13900000001@c>;index=1, <sip:10086@c>;index=1.1' }, '+8613900000001'],
    ['History-Info of one target tells of no forwarding', { 'History-Info': '<sip:10086@c>;index=1' }, null],
    ['nonsense', { Diversion: '<<' }, null],
  ] as [string, Headers, string | null][])
    test(what, () => assert.equal(divertedFrom(req(headers)), expected));
});

describe('who we say calls', () => {
  test('a phone is shown number and name, asserted; a withheld number is nobody', () => {
    const shown = '"王 \\"V\\"" <sip:81@198.51.100.1>';
    assert.deepEqual(shownToPhone('198.51.100.1', '81', '王 "V"'), { From: shown, 'P-Asserted-Identity': shown });
    assert.deepEqual(shownToPhone('198.51.100.1', '', undefined), { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id' });
  });

  test('a trunk is told whom to bill even where the called shall not know', () => {
    const uri = '<sip:10086@x>';
    assert.deepEqual(shownToTrunk(uri, { assert: true, withhold: true }), {
      ...{ From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id', 'P-Asserted-Identity': uri },
    });
    assert.deepEqual(shownToTrunk(uri, { assert: false, withhold: true }), { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id' });
    assert.deepEqual(shownToTrunk(uri, { assert: true, withhold: false }), { From: uri, 'P-Asserted-Identity': uri });
  });
});

describe('User-to-User', () => {
  for (const [header, expected] of [
    ['56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar', 'hex:56a390f3d2b7310023a2'],
    ['6f726465723d3737', 'order=77'],
    ['6F726465723D3737;encoding=HEX', 'order=77'],
    ['"6f6b";encoding="hex"', 'ok'],
    ['e8af9d;encoding=hex, 6f6b;encoding=hex', '话'],
    ['6f6b;encoding=base64', null],
    ['6f6;encoding=hex', null],
    ['order 77', null],
    ['00;encoding=hex', 'hex:00'],
    [`${'41'.repeat(1_025)};encoding=hex`, null],
    ['', null],
    [undefined, null],
  ] as const)
    test(`in: ${header?.slice(0, 60)}`, () => assert.equal(readUui(header), expected));

  for (const [data, most, expected] of [
    [{}, 128, null],
    [{ order: '77' }, 128, '6f726465723d3737;encoding=hex'],
    [{ uui: 'ok', order: '77' }, 128, '6f6b;encoding=hex'],
    [{ uui: 'hex:00ff' }, 128, '00ff;encoding=hex'],
    [{ long: 'x'.repeat(200), a: 'b' }, 128, '613d62;encoding=hex'],
    [{ uui: 'x'.repeat(129) }, 128, null],
    [{ a: '1', b: '2' }, 7, '613d310a623d32;encoding=hex'],
    [{ a: '1', b: '2' }, 6, '613d31;encoding=hex'],
  ] as const)
    test(`out: ${JSON.stringify(data).slice(0, 60)} in ${most} octets`, () => assert.equal(writeUui(data, most), expected));

  test('what came in goes out again as it was', () => {
    for (const header of ['56a390f3d2b7310023a2;encoding=hex', 'e8af9d;encoding=hex', '00;encoding=hex'])
      assert.equal(writeUui({ uui: readUui(header) ?? '' }), header);
  });
});

test('auto-answer is asked for in both ways phones know, and not at all unless wanted', () => {
  assert.deepEqual(alertHeaders('198.51.100.1', 'external', false), { 'Alert-Info': '<urn:alert:source:external>' });
  assert.deepEqual(alertHeaders('2001:db8::1', 'internal', true), {
    'Call-Info': '<sip:[2001:db8::1]>;answer-after=0',
    'Alert-Info': '<http://[2001:db8::1]>;info=alert-autoanswer;delay=0, <urn:alert:source:internal>',
  });
});
