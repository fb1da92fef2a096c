import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FIT, type Health, type HealthWord, hearHealth, mayTry } from '../../../src/phone/trunk/health.ts';

const NOW = 1_000_000;
const PENALTY = NOW + 30_000;

const words = {
  pingAnswered: { type: 'pingAnswered' },
  pingFailed: { type: 'pingFailed' },
  callCarried: { type: 'callCarried' },
  callFailed: { type: 'callFailed', retryAfterMs: 0 },
  retryLater: { type: 'callFailed', retryAfterMs: 60_000 },
} satisfies Record<string, HealthWord>;

const shaky: Health = { at: 'in', failedPings: 1, failedCalls: 0 };
const twice: Health = { at: 'in', failedPings: 0, failedCalls: 2 };
const out: Health = { at: 'out', since: 1, why: 'pings', goodPings: 0, until: 1 };
const halfBack: Health = { ...out, goodPings: 1 };
const punished: Health = { at: 'out', since: 1, why: 'calls', goodPings: 0, until: PENALTY };
const outBy = (why: 'pings' | 'calls', until: number): Health => ({ at: 'out', since: NOW, why, goodPings: 0, until });
const states = { fit: FIT, shaky, twice, out, halfBack, punished };

/** Every state with every word: what is not written down here does not compile. */
const table: Record<keyof typeof states, Record<keyof typeof words, Health>> = {
  fit: {
    pingAnswered: FIT,
    pingFailed: shaky,
    callCarried: FIT,
    callFailed: { at: 'in', failedPings: 0, failedCalls: 1 },
    retryLater: outBy('calls', NOW + 60_000),
  },
  shaky: {
    pingAnswered: FIT,
    pingFailed: outBy('pings', NOW),
    callCarried: FIT,
    callFailed: { at: 'in', failedPings: 1, failedCalls: 1 },
    retryLater: outBy('calls', NOW + 60_000),
  },
  twice: {
    pingAnswered: twice, // it answers OPTIONS and refuses calls: the count stands
    pingFailed: { at: 'in', failedPings: 1, failedCalls: 2 },
    callCarried: FIT,
    callFailed: outBy('calls', PENALTY),
    retryLater: outBy('calls', NOW + 60_000),
  },
  out: {
    pingAnswered: halfBack,
    pingFailed: out,
    callCarried: FIT,
    callFailed: { ...out, until: NOW },
    retryLater: { ...out, until: NOW + 60_000 },
  },
  halfBack: {
    pingAnswered: FIT,
    pingFailed: out,
    callCarried: FIT,
    callFailed: { ...out, until: NOW },
    retryLater: { ...out, until: NOW + 60_000 },
  },
  punished: {
    pingAnswered: punished,
    pingFailed: punished,
    callCarried: FIT,
    callFailed: punished,
    retryLater: { ...punished, until: NOW + 60_000 },
  },
};

describe('J4: health of a trunk address', () => {
  for (const [state, row] of Object.entries(table))
    for (const [word, after] of Object.entries(row))
      it(`${state} hears ${word}`, () => assert.deepEqual(hearHealth(states[state as keyof typeof states], words[word as keyof typeof words], NOW), after));

  it('a wait longer than five minutes is not believed', () =>
    assert.deepEqual(hearHealth(FIT, { type: 'callFailed', retryAfterMs: 86_400_000 }, NOW), outBy('calls', NOW + 300_000)));

  it('does not flap: one good ping among bad ones brings nothing back, one bad among good ones puts nothing out', () => {
    const after = (from: Health, told: string): string => {
      let health = from;
      return [...told]
        .map((sign) => {
          health = hearHealth(health, sign === '+' ? words.pingAnswered : words.pingFailed, NOW);
          return health.at;
        })
        .join(' ');
    };
    assert.equal(after(FIT, '+-+-+--'), 'in in in in in in out');
    assert.equal(after(out, '+-+-++'), 'out out out out out in');
  });

  it('is left alone until its penalty is over where nothing asks it, then one call may try', () => {
    assert.deepEqual([mayTry(punished, false, NOW), mayTry(punished, false, PENALTY), mayTry(punished, true, PENALTY)], [false, true, false]);
  });
});
