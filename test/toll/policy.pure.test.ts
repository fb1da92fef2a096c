import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Caps,
  type Destination,
  type DestinationKind,
  judge,
  type OutsideRules,
  rateOf,
  refusals,
  spent,
  type Usage,
  usualRules,
} from '../../src/toll/policy.ts';

const CAPS: Caps = { parallel: 2, callsPerHour: 10, minutesPerHour: 20, callsPerDay: 30, minutesPerDay: 40, spendPerHour: 50, spendPerDay: 60 };
const NOTHING: Usage = { live: 0, callsHour: 0, minutesHour: 0, callsDay: 0, minutesDay: 0, spentHour: 0, spentDay: 0, blocked: false };
const at = (clock: string): number => Date.parse(`2026-05-17T${clock}:00+08:00`);
const NOON = at('12:00');
const to = (kind: DestinationKind, country: string | null = 'CN'): Destination => ({ kind, number: '1', country });
const verdict = (destination: Destination, said: { rules?: Partial<OutsideRules>; usage?: Partial<Usage>; now?: number } = {}): string => {
  const answer = judge(destination, { ...usualRules, ...said.rules }, CAPS, { ...NOTHING, ...said.usage }, said.now ?? NOON);
  return answer.is === 'let' ? 'let' : answer.why;
};

/** Every kind of number by day and by night, with nothing opened and with everything opened: what is left out does not compile. */
const open: Partial<OutsideRules> = { openCountries: ['GB'], premiumOpen: true };
const table: Record<DestinationKind, [day: string, night: string, dayOpen: string, nightOpen: string]> = {
  emergency: ['let', 'let', 'let', 'let'],
  short: ['let', 'let', 'let', 'let'],
  domestic: ['let', 'let', 'let', 'let'],
  international: ['closed', 'closed', 'let', 'night'],
  premium: ['premium', 'premium', 'let', 'night'],
};

describe('H1: what may be dialled', () => {
  for (const [kind, [day, night, dayOpen, nightOpen]] of Object.entries(table))
    it(`${kind}: ${day} by day, ${night} by night; opened ${dayOpen}, ${nightOpen}`, () => {
      const number = to(kind as DestinationKind, kind === 'international' ? 'GB' : 'CN');
      assert.deepEqual(
        [verdict(number), verdict(number, { now: at('23:00') }), verdict(number, { rules: open }), verdict(number, { rules: open, now: at('23:00') })],
        [day, night, dayOpen, nightOpen],
      );
    });

  it('countries are opened one by one; one that cannot be told is closed', () => {
    assert.equal(verdict(to('international', 'HK'), { rules: open }), 'closed');
    assert.equal(verdict(to('international', null), { rules: open }), 'closed');
  });

  const nights: [string, string][] = [
    ['21:59', 'let'],
    ['22:00', 'night'],
    ['00:00', 'night'],
    ['06:59', 'night'],
    ['07:00', 'let'],
  ];
  for (const [clock, expected] of nights)
    it(`at ${clock} abroad is ${expected}`, () => assert.equal(verdict(to('international', 'GB'), { rules: open, now: at(clock) }), expected));

  it('a night within one day, and none', () => {
    const night = { from: '12:00', to: '14:00', kinds: [] as DestinationKind[] };
    assert.deepEqual([verdict(to('short'), { rules: { night } }), verdict(to('short'), { rules: { night }, now: at('14:00') })], ['night', 'let']);
    assert.equal(verdict(to('international', 'GB'), { rules: { ...open, night: null }, now: at('03:00') }), 'let');
  });
});

describe('H1: caps', () => {
  const cases: [Partial<Usage>, string][] = [
    [{ live: 1, callsHour: 9, minutesHour: 19.9, callsDay: 29, minutesDay: 39.9 }, 'let'],
    [{ live: 2 }, 'parallel'],
    [{ callsHour: 10 }, 'hour_calls'],
    [{ minutesHour: 20 }, 'hour_minutes'],
    [{ callsDay: 30 }, 'day_calls'],
    [{ minutesDay: 40 }, 'day_minutes'],
    [{ spentHour: 49.9, spentDay: 59.9 }, 'let'],
    [{ spentHour: 50 }, 'hour_spend'],
    [{ spentDay: 60 }, 'day_spend'],
    [{ blocked: true, live: 9 }, 'blocked'],
  ];
  for (const [usage, expected] of cases) {
    it(`${JSON.stringify(usage)} is ${expected}`, () => assert.equal(verdict(to('domestic'), { usage }), expected));
    it(`H6: for help it is let: ${JSON.stringify(usage)}`, () => assert.equal(verdict(to('emergency'), { usage, now: at('03:00') }), 'let'));
  }

  it('every reason can be given', () => {
    const given = new Set(cases.map(([, why]) => why).concat(Object.values(table).flat(), 'let'));
    for (const why of refusals) assert.ok(given.has(why), why);
  });
});

describe('H1: what it costs', () => {
  const rates = [
    { prefix: '', perMinute: 0.2, perCall: 0 },
    { prefix: '+', perMinute: 1, perCall: 0 },
    { prefix: '+44', perMinute: 3, perCall: 0 },
    { prefix: '+4487', perMinute: 30, perCall: 5 },
    { prefix: '95', perMinute: 0.1, perCall: 0 },
  ];
  const cases: [string, number][] = [
    ['+447911123456', 3],
    ['+448712345678', 30],
    ['+8613800001001', 1],
    ['95588', 0.1],
    ['12345', 0.2],
  ];
  for (const [number, perMinute] of cases) it(`${number} is ${perMinute} a minute`, () => assert.equal(rateOf(number, rates).perMinute, perMinute));
  it('nothing, where no rate fits', () => assert.deepEqual(rateOf('95588', rates.slice(1, 4)), { prefix: '', perMinute: 0, perCall: 0 }));
  it('no cap is never spent, nor one that rules of before lack', () => {
    const { spendPerHour: _h, spendPerDay: _d, ...older } = CAPS;
    const usage = { ...NOTHING, spentHour: 1e9, spentDay: 1e9 };
    assert.equal(spent({ ...CAPS, spendPerHour: null, spendPerDay: null }, usage), null);
    assert.equal(spent(older as Caps, usage), null);
    assert.equal(spent(CAPS, usage), 'money');
  });
});
