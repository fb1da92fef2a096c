import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from '../../src/store/backoff.ts';
import { breaksConnection, isPassing } from '../../src/store/outage.ts';

const withCode = (code: string): Error => Object.assign(new Error('from Postgres'), { code });

const codes: Record<string, { passing: boolean; breaks: boolean; what: string }> = {
  ECONNREFUSED: { passing: true, breaks: true, what: 'no server' },
  ECONNRESET: { passing: true, breaks: true, what: 'the connection was cut' },
  '08006': { passing: true, breaks: true, what: 'connection failure' },
  '57P01': { passing: true, breaks: true, what: 'admin shutdown' },
  '57P03': { passing: true, breaks: true, what: 'starting up' },
  '25006': { passing: true, breaks: true, what: 'read-only primary' },
  '53300': { passing: true, breaks: true, what: 'too many connections' },
  '53100': { passing: true, breaks: true, what: 'disk full' },
  '57014': { passing: true, breaks: false, what: 'statement time-out' },
  '40P01': { passing: true, breaks: false, what: 'deadlock' },
  '23505': { passing: false, breaks: false, what: 'unique violation' },
  '22P02': { passing: false, breaks: false, what: 'bad text' },
  '23514': { passing: false, breaks: false, what: 'check violation' },
  '42P01': { passing: false, breaks: false, what: 'no such table' },
};

for (const [code, { passing, breaks, what }] of Object.entries(codes)) {
  test(`${code} (${what}) ${passing ? 'passes by itself' : 'is our own fault'}`, () => {
    assert.equal(isPassing(withCode(code)), passing);
    assert.equal(breaksConnection(withCode(code)), breaks);
  });
}

test('what pg says without a code is known by its sentence', () => {
  for (const sentence of ['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'Query read timeout']) {
    assert.equal(breaksConnection(new Error(sentence)), true, sentence);
  }
  assert.equal(isPassing(new Error('something else')), false);
  assert.equal(isPassing('not an error'), false);
  assert.equal(isPassing(new AggregateError([withCode('ECONNREFUSED')])), true);
});

test('waits double up to the limit, with half of each left to chance', () => {
  for (let n = 0; n < 12; n += 1) {
    const whole = Math.min(2_000, 100 * 2 ** n);
    for (let draw = 0; draw < 50; draw += 1) {
      const ms = backoffMs(n, 100, 2_000);
      assert.ok(ms >= whole / 2 && ms < whole, `${ms} ms at try ${n}`);
    }
  }
});
