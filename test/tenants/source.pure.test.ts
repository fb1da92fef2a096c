import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSource, sourceAt, sourceFault } from '../../src/tenants/source.ts';

const trunks = ['10.1.2.3', '10.2.0.0/16', '10.3.0.1:5080', '[2001:db8::]/32:5060', 'fd00::1', '[fd00::2]', '192.0.2.0/24:5070'].map(parseSource);

describe('trusted trunks', () => {
  const cases: [string, number, string | null][] = [
    ['10.1.2.3', 1, '10.1.2.3'],
    ['10.1.2.4', 1, null],
    ['10.2.255.255', 40_000, '10.2.0.0/16'],
    ['10.3.0.1', 5080, '10.3.0.1:5080'],
    ['10.3.0.1', 5081, null],
    ['2001:db8:1::9', 5060, '[2001:db8::]/32:5060'],
    ['[2001:db8:1::9]', 5060, '[2001:db8::]/32:5060'],
    ['2001:db8:1::9', 5061, null],
    ['2001:db9::9', 5060, null],
    ['fd00::1', 9, 'fd00::1'],
    ['fd00::2', 9, '[fd00::2]'],
    ['::ffff:10.1.2.3', 1, '10.1.2.3'],
    ['192.0.2.77', 5070, '192.0.2.0/24:5070'],
    ['', 5070, null],
    ['pbx.example.com', 5060, null],
  ];
  for (const [address, port, name] of cases)
    it(`${address || 'nothing'} port ${port} ${name === null ? 'is a stranger' : `is ${name}`}`, () =>
      assert.equal(sourceAt(trunks, address, port)?.name ?? null, name));

  it('of a configured trunk may not be as wide as the world', () => {
    for (const text of ['0.0.0.0/0', '10.0.0.0/15', '[::]/0', '2001:db8::/31', 'pbx']) assert.match(sourceFault(text) ?? '', /trusted trunk/, text);
    for (const text of ['10.1.0.0/16', '192.0.2.1:5060', '[2001:db8::]/32:5060', 'fd00::1']) assert.equal(sourceFault(text), null, text);
  });

  it('refuses what is no address, prefix or port, and says how to write it', () => {
    for (const text of ['', 'pbx', '10.0.0', '10.0.0.1/33', '10.0.0.1:0', '10.0.0.1:70000', '[::1', '::1/129', '10.0.0.1/8/8'])
      assert.throws(() => parseSource(text), /trusted trunk ".*": /, text);
  });
});
