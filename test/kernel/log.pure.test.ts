/** E10: a flood of one kind of line is cut to a hundred a second and a sum. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { limited, logOptions } from '../../kernel/log.ts';
import { FakeClock } from '../support/clock.ts';

interface Line {
  kind: string;
  suppressed?: number;
}

function open(): { clock: FakeClock; lines: Line[]; note: (kind: string, fields: object) => void } {
  const clock = new FakeClock();
  const lines: Line[] = [];
  const log = pino({ level: 'warn' }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
  return { clock, lines, note: limited(log, clock) };
}

test('E10: a flood of 5,000 lines a second over ten seconds is a hundred a second and one sum for each, the last one too, and no line is unaccounted for', () => {
  const { clock, lines, note } = open();
  for (let ms = 0; ms < 10_000; ms += 1) {
    for (let nth = 0; nth < 5; nth += 1) note('garbage', { from: '203.0.113.9' });
    clock.forward(1);
  }
  clock.forward(1_000);
  const sums = lines.flatMap(({ suppressed }) => (suppressed === undefined ? [] : [suppressed]));
  assert.deepEqual(sums, new Array(10).fill(4_900));
  assert.equal(lines.length, 10 * 101);
  assert.equal(clock.armed, 0);
});

test('E10: a flood of one kind keeps back no line of another, and a hundred lines are no flood', () => {
  const { clock, lines, note } = open();
  for (let nth = 0; nth < 1_000; nth += 1) note('garbage', {});
  for (let nth = 0; nth < 100; nth += 1) note('refused', {});
  clock.forward(2_000);
  assert.equal(lines.filter(({ kind }) => kind === 'refused').length, 100);
  assert.deepEqual(
    lines.flatMap(({ kind, suppressed }) => (suppressed === undefined ? [] : [`${kind} ${suppressed}`])),
    ['garbage 900'],
  );
});

test('E10: more kinds than are counted lose no sum', () => {
  const { clock, lines, note } = open();
  for (let nth = 0; nth < 150; nth += 1) note('garbage', {});
  for (let kind = 0; kind < 1_000; kind += 1) note(`kind ${kind}`, {});
  clock.forward(1_000);
  assert.equal(lines.find(({ suppressed }) => suppressed !== undefined)?.suppressed, 50);
});

test('I3: in what is written people’s numbers have their ends alone, secrets are out, a database’s error comes without its row, and numbers stay numbers', () => {
  const lines: string[] = [];
  const log = pino(logOptions('test', 'debug'), { write: (text: string) => void lines.push(text) });
  const refused = Object.assign(new Error('no such caller +8613800001001, 11010119900307771X, card 6222021234567890123.'), {
    detail: 'Failing row contains (13800001001, 金卡客户).',
    code: '23502',
  });
  log.warn(
    { err: refused, from: 'sip:13800001001@192.0.2.7:5060', password: 'p', at: 1764258369000, list: [13800001001, 13800001002] },
    '01012345678 is refused',
  );
  log.debug({ callId: 'c-0199912345678901234567890123abcd', version: '1.13800001001', at: '2026-03-01T08:00:00.000Z', port: 10086 }, 'fine');
  const [first = '', second = ''] = lines;
  assert.doesNotMatch(
    first.replace(/"(?:at|list|time)":(?:\d+|\[[^\]]*\])/g, ''),
    /13800001001|11010119900307771X|6222021234567890123|01012345678|金卡客户|"p"/,
  );
  const told = JSON.parse(first) as { err: { message: string; code: string }; from: string; at: number; list: number[]; msg: string };
  assert.equal(told.err.message, 'no such caller +861****1001, 110****771X, card 622****0123.');
  assert.deepEqual([told.err.code, told.from, told.msg], ['23502', 'sip:138****1001@192.0.2.7:5060', '010****5678 is refused']);
  assert.deepEqual([told.at, told.list], [1764258369000, [13800001001, 13800001002]]);
  const plain = JSON.parse(second) as { callId: string; version: string; port: number };
  assert.deepEqual([plain.callId, plain.version, plain.port], ['c-0199912345678901234567890123abcd', '1.13800001001', 10086]);
});
