import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliseNumber } from '../../src/customers/normalise.ts';

const MOBILE = '+8613800001001';
const table: Record<string, string> = {
  // the ways a network shows one mobile
  '13800001001': MOBILE,
  '013800001001': MOBILE,
  '8613800001001': MOBILE,
  '+8613800001001': MOBILE,
  '008613800001001': MOBILE,
  '08613800001001': MOBILE,
  '+86 138-0000-1001': MOBILE,
  ' +86 (138) 0000.1001 ': MOBILE,
  '19912345678': '+8619912345678',
  '16612345678': '+8616612345678',
  // landlines with their area code
  '01062345678': '+861062345678',
  '+861062345678': '+861062345678',
  '00861062345678': '+861062345678',
  '861062345678': '+861062345678',
  '031187654321': '+8631187654321',
  '8631187654321': '+8631187654321',
  '+8631187654321': '+8631187654321',
  '02887654321': '+862887654321',
  '0311-8765 4321': '+8631187654321',
  // a local number belongs nowhere unless somebody says where
  '62345678': '62345678',
  '86543210': '86543210',
  // short numbers, whatever stands before them
  '10086': '10086',
  '+8610086': '10086',
  '8610086': '10086',
  '008610086': '10086',
  '010086': '10086',
  '10085': '10085',
  '10010': '10010',
  '1860': '1860',
  '95588': '95588',
  '+8695588': '95588',
  '12345': '12345',
  '12306': '12306',
  '12580': '12580',
  '110': '110',
  '96110': '96110',
  // withheld
  '': '',
  '  ': '',
  anonymous: '',
  Anonymous: '',
  unknown: '',
  Restricted: '',
  unavailable: '',
  // other countries
  '+14155552671': '+14155552671',
  '0014155552671': '+14155552671',
  '+85221234567': '+85221234567',
  '0085221234567': '+85221234567',
  '+442079460958': '+442079460958',
  // ours
  '8001': '8001',
  '700': '700',
  b12: 'b12',
  '*99#': '*99#',
  // nothing to be made of
  '0': '0',
  '86': '86',
  '+': '+',
};

for (const [raw, number] of Object.entries(table)) {
  test(`"${raw}" is ${number === '' ? 'withheld' : number}`, () => assert.equal(normaliseNumber(raw), number));
}

test('what is normalised stays as it is when it is normalised again', () => {
  for (const raw of Object.keys(table)) assert.equal(normaliseNumber(normaliseNumber(raw)), normaliseNumber(raw));
});

test('a local number takes the area code of the place it was dialled in', () => {
  assert.equal(normaliseNumber('62345678', { areaCode: '010' }), '+861062345678');
  assert.equal(normaliseNumber('10086', { areaCode: '010' }), '10086');
});

test('a number of a megabyte is cut, not searched', () => {
  assert.equal(normaliseNumber('9'.repeat(1_000_000)).length, 64);
});
