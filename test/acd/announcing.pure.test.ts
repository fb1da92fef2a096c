/** When who waits is told how it stands. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import type { Announcements } from '../../src/acd/door/announcing.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, callArrived, callId, callQueued, Floor, legAnswered, legEnded, queueConfigured, queueId } from './floor.ts';

const every: Announcements = { firstMs: 10_000, everyMs: 30_000, position: true, estimate: true, messages: ['patience', 'website'] };
function waiting(announcements: Announcements, ...calls: string[]): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { announcements }), agentConfigured('8001'));
  for (const name of calls) floor.tell(callArrived(name), callQueued(name));
  return floor;
}
const told = (lines: string[]): unknown[] =>
  lines.flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { type, callId: whose, position, minutes, message } = JSON.parse(line);
    return type === 'waitAnnounced' ? [[whose, position, minutes, message]] : [];
  });

test('each caller is told its place after the first wait and then at intervals, with the messages in turn; no number while the estimate is not proved', () => {
  const floor = waiting(every, 'c1');
  floor.now += 5_000;
  floor.tell(callArrived('c2'), callQueued('c2'));
  assert.deepEqual(told(floor.after(5_000)), [['c1', 1, 'several', 'patience']]);
  assert.deepEqual(told(floor.after(5_000)), [['c2', 2, 'several', 'patience']]);
  floor.tell(legEnded('c1.0'));
  assert.deepEqual(told(floor.after(30_000)), [['c2', 1, 'several', 'website']]);
  assert.deepEqual(told(floor.after(30_000)), [['c2', 1, 'several', 'patience']]);
});

test('while a phone rings for it nothing is said; when it answers, never again', () => {
  const floor = waiting({ firstMs: 10_000, everyMs: 12_000, position: true }, 'c1');
  floor.now += 9_000;
  floor.ready('8001');
  assert.deepEqual(told(floor.after(1_000)), []);
  floor.tell(legAnswered('c1.1'));
  assert.deepEqual([told(floor.after(12_000)), floor.wakeAt], [[], null]);
});

test('a key that leads out ends the wait, and stops a phone that rings for it', () => {
  const floor = waiting(every, 'c1');
  floor.ready('8001');
  const pressed: Event = { type: 'queueKeyPressed', callId: callId('c1'), queueId: queueId('service'), key: '1' };
  const lines = floor.tell(pressed).filter((line) => / left |withdrawn|release/.test(line));
  assert.deepEqual(lines, ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'c1 left service key', '> release c1 c1.1 normal by server']);
  assert.deepEqual(
    floor.tell(pressed).filter((line) => line.includes(' left ')),
    [],
  );
});

test('a core from a snapshot tells the same at the same time', () => {
  const floor = waiting(every, 'c1', 'c2');
  floor.after(10_000);
  const again = createAcd();
  again.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
  floor.now += 30_000;
  const turns = [again, floor.acd].map((acd) => acd.decide({ type: 'timePassed' }, floor.now));
  assert.deepEqual(turns[0], turns[1]);
  assert.equal(turns[0]?.events.length, 2);
});

test('who waits already goes by new rules: told where nobody was before, sooner where they are shorter, no more when they are taken away', () => {
  const floor = waiting({ firstMs: 600_000, everyMs: 600_000, position: true }, 'c1');
  floor.tell(queueConfigured('service', {}));
  assert.deepEqual(told(floor.after(700_000)), []);
  floor.tell(queueConfigured('service', { announcements: every }), callArrived('c2'), callQueued('c2'));
  const first = floor.after(10_000);
  assert.deepEqual(told(first), [
    ['c1', 1, 'several', 'patience'],
    ['c2', 2, 'several', 'patience'],
  ]);
  floor.tell(queueConfigured('service', { announcements: { ...every, everyMs: 5_000 } }));
  assert.deepEqual(told(floor.after(5_000)).length, 2);
});

test('a place far behind is told as it is', () => {
  const names = Array.from({ length: 150 }, (_, n) => `c${n + 1}`);
  const floor = waiting({ firstMs: 10_000, everyMs: 30_000, position: true }, ...names);
  assert.deepEqual(
    told(floor.after(10_000)).filter((line) => Array.isArray(line) && line[0] === 'c150'),
    [['c150', 150, null, null]],
  );
});
