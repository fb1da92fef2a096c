import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { displayNumber } from '../../../src/phone/trunk/display.ts';
import { destinationOf, shownFor, writtenFor } from '../../../src/phone/trunk/number.ts';
import type { Destination } from '../../../src/toll/policy.ts';

const told = (destination: Destination | null): string => (destination === null ? 'nobody' : `${destination.kind} ${destination.number}`);

describe('what is dialled', () => {
  const cases: [string, string][] = [
    ['110', 'emergency 110'],
    ['112', 'emergency 112'],
    ['119', 'emergency 119'],
    ['120', 'emergency 120'],
    ['122', 'emergency 122'],
    ['911', 'emergency 911'],
    ['0110', 'emergency 110'],
    ['13800001001', 'domestic +8613800001001'],
    ['013800001001', 'domestic +8613800001001'],
    ['8613800001001', 'domestic +8613800001001'],
    ['+86 138-0000-1001', 'domestic +8613800001001'],
    ['008613800001001', 'domestic +8613800001001'],
    ['02161234567', 'domestic +862161234567'],
    ['0311-80001234', 'domestic +8631180001234'],
    ['4008123123', 'domestic +864008123123'],
    ['10086', 'short 10086'],
    ['12345', 'short 12345'],
    ['95588', 'short 95588'],
    ['96315', 'short 96315'],
    ['00442071234567', 'international +442071234567'],
    ['+442071234567', 'international +442071234567'],
    ['011442071234567', 'international +442071234567'],
    ['0085221234567', 'international +85221234567'],
    ['+19005551234', 'premium +19005551234'],
    ['00870773111111', 'premium +870773111111'],
    ['+979123456789', 'premium +979123456789'],
    ['16812345', 'premium 16812345'],
    ['1259012345', 'premium 1259012345'],
    ['61234567', 'nobody'], // no area code to put before it
    ['8001', 'nobody'],
    ['9011442071234567', 'nobody'],
    ['000', 'nobody'],
    ['900011', 'nobody'],
    ['+', 'nobody'],
    ['', 'nobody'],
    ['*72', 'nobody'],
    ['sip:110@x', 'nobody'],
    ['1'.repeat(40), 'nobody'],
  ];
  for (const [dialled, expected] of cases) it(`${dialled || 'nothing'} is ${expected}`, () => assert.equal(told(destinationOf(dialled)), expected));

  it('a local number belongs to the area code of the trunk', () =>
    assert.equal(told(destinationOf('61234567', { areaCode: '021' })), 'domestic +862161234567'));
});

describe('how a trunk wants it', () => {
  const written = (number: string, format: Partial<Parameters<typeof writtenFor>[1]>): string =>
    writtenFor({ kind: 'domestic', number }, { areaCode: null, out: 'national', prefix: '', ...format });
  const cases: [string, string, string][] = [
    ['+8613800001001', '13800001001', '8613800001001'],
    ['+862161234567', '02161234567', '862161234567'],
    ['+864008123123', '4008123123', '864008123123'],
    ['+442071234567', '00442071234567', '442071234567'],
    ['10086', '10086', '10086'],
  ];
  for (const [number, national, plain] of cases)
    it(`${number} is ${national} or ${plain}`, () => {
      assert.equal(written(number, {}), national);
      assert.equal(written(number, { out: 'plain' }), plain);
      assert.equal(written(number, { out: 'e164' }), number);
    });

  it('without the area code within its area, with its prefix, and emergencies as they are', () => {
    assert.equal(written('+862161234567', { areaCode: '021', prefix: '9' }), '961234567');
    assert.equal(shownFor('+862161234567', { areaCode: null, out: 'national', prefix: '9' }), '02161234567');
    assert.equal(writtenFor({ kind: 'emergency', number: '110' }, { areaCode: null, out: 'e164', prefix: '9' }), '110');
  });
});

describe('H5: the number that is shown', () => {
  const trunk = { displayNumbers: { sales: '10085', default: '10000' }, verifiedNumbers: ['+8631180000000'] };
  const shown = (purpose: string, number: string | null, source: Partial<Parameters<typeof displayNumber>[1]> = {}) =>
    displayNumber({ purpose, number }, { trunk, tenantNumbers: ['10086'], ...source });
  it('is that of the purpose, else the default, else the tenant’s first', () => {
    assert.equal(shown('sales', null), '10085');
    assert.equal(shown('service', null), '10000');
    assert.equal(shown('service', null, { trunk: { displayNumbers: {}, verifiedNumbers: [] } }), '10086');
    assert.equal(shown('toString', null), '10000');
  });
  it('is the one that was wished for where it is ours, and never another', () => {
    for (const ours of ['10085', '10086', '+8631180000000']) assert.equal(shown('service', ours), ours);
    assert.equal(shown('service', '+8613912345678'), '10000');
    assert.equal(shown('sales', '95588'), '10085');
  });
  it('is nobody’s where nothing is ours', () =>
    assert.equal(shown('sales', '1', { trunk: { displayNumbers: {}, verifiedNumbers: [] }, tenantNumbers: [] }), null));
});
