import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId } from '../../kernel/ids.ts';
import { valuesIn } from '../../src/capture/delivery.ts';
import { fieldsOf, readForms } from '../../src/capture/forms.ts';
import { Vault } from '../../src/capture/vault.ts';

const [one, two] = [asId<CallId>('c-1'), asId<CallId>('c-2')];
const MINUTES = 60_000;

test('I2: what was keyed in is given out once, all of what is asked for or nothing, and is gone afterwards', () => {
  const vault = new Vault();
  vault.keep(one, 'card', '4929136578114825', 0);
  vault.keep(one, 'cvv', '871', 1);
  vault.keep(two, 'card', '1', 2);
  assert.deepEqual(vault.take(one, ['card', 'cvv'], 3), { card: '4929136578114825', cvv: '871' });
  assert.equal(vault.take(one, ['card'], 4), null);
  assert.equal(vault.take(two, ['card', 'cvv'], 5), null);
  assert.equal(vault.take(two, ['card'], 6), null, 'half of it is not kept for another try');
  assert.equal(vault.size, 0);
});

test('I2: nothing is kept longer than a quarter of an hour, or than its call', () => {
  const vault = new Vault();
  vault.keep(one, 'card', '4929136578114825', 0);
  vault.keep(two, 'card', '4929136578114825', 10 * MINUTES);
  assert.equal(vault.take(one, ['card'], 15 * MINUTES), null);
  assert.equal(vault.size, 1);
  vault.forget(two);
  assert.equal(vault.size, 0);
});

test('a call keeps sixteen secrets at most', () => {
  const vault = new Vault();
  for (let n = 0; n < 20; n += 1) vault.keep(one, `s${n}`, '1', 0);
  assert.equal(vault.take(one, ['s16'], 0), null);
});

test('the answer is a flat object of texts; whatever else it holds is left out', () => {
  const answer = JSON.stringify({ token: 'tok_1', last4: '4825', paid: true, fen: 100, card: 'no', deep: {}, 'a b': 'x', long: 'x'.repeat(300), none: null });
  assert.deepEqual(valuesIn(answer, { card: '4929136578114825' }), { token: 'tok_1', last4: '4825', paid: 'true', fen: '100' });
  assert.deepEqual(valuesIn('', {}), {});
});

test('I2: an answer that repeats what was keyed in is refused whole', () => {
  for (const value of ['4929136578114825', 'card 4929 1365 7811 4825', '4929-1365-7811-4825'])
    assert.throws(() => valuesIn(JSON.stringify({ token: value }), { card: '4929136578114825' }), /repeats/);
  assert.throws(() => valuesIn('{"token":"871"}', { cvv: '871' }), /repeats/);
  assert.deepEqual(valuesIn('{"token":"tok_8710"}', { cvv: '871' }), { token: 'tok_8710' }, 'three digits stand in any text');
});

for (const text of ['[]', '"x"', 'null', 'no JSON', '{"a":']) test(`no answer: ${text}`, () => assert.throws(() => valuesIn(text, {}), /JSON/));

const good = 'demo: { payment: { url: "https://pay.example.com/x", token: sesame, fields: { card: { least: 13, most: 19 } } } }';
test('forms are read from YAML; desks see the fields and not where they go', () => {
  const faults: string[] = [];
  const forms = readForms(good, faults);
  assert.deepEqual(faults, []);
  assert.deepEqual(fieldsOf(forms, 'demo'), { payment: { card: { least: 13, most: 19 } } });
  assert.deepEqual([fieldsOf(forms, 'other'), readForms(undefined, faults)], [{}, {}]);
});

for (const [what, text, fault] of [
  ['an address that is not protected', good.replace('https:', 'http:'), /payment\.url: give an https/],
  ['an address with a password', good.replace('//pay', '//u:p@pay'), /payment\.url/],
  ['a field that takes more than it may', good.replace('13', '20'), /card: "least" is more/],
  ['a word nobody knows', good.replace('token', 'tokn'), /payment/],
  ['what is no YAML', 'demo: {', /not YAML/],
] as const)
  test(`refused, without its text: ${what}`, () => {
    const faults: string[] = [];
    assert.deepEqual(readForms(text, faults), {});
    assert.match(faults.join(), fault);
    assert.doesNotMatch(faults.join(), /sesame/);
  });
