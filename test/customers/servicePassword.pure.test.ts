import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Weakness, weaknessOf } from '../../src/customers/servicePassword.ts';

const customer = { number: '+8613800001001', identityNumber: '11010519491231002X' };
const table: Record<string, Weakness | null> = {
  '258369': null,
  '741852': null,
  '112233': null,
  '121212': null,
  '102030': null,
  '12345': 'not_six_digits',
  '1234567': 'not_six_digits',
  '12345a': 'not_six_digits',
  '１２３４５６': 'not_six_digits',
  '': 'not_six_digits',
  '000000': 'all_same',
  '888888': 'all_same',
  '123456': 'run',
  '654321': 'run',
  '567890': 'run',
  '890123': 'run',
  '098765': 'run',
  '000010': 'in_phone_number',
  '380000': 'in_phone_number',
  '001001': 'in_phone_number',
  '110105': 'in_identity_number',
  '491231': 'in_identity_number',
  '231002': 'in_identity_number',
};

for (const [password, weakness] of Object.entries(table)) {
  test(`"${password}" is ${weakness ?? 'strong enough'}`, () => assert.equal(weaknessOf(password, customer), weakness));
}

test('without an identity number its rule does not hold', () => assert.equal(weaknessOf('110105', { number: customer.number }), null));
