/** The door of a queue: whom it lets in, and whom it lets wait. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DoorRules, Staffing } from '../../src/acd/door/rules.ts';
import {
  agentConfigured,
  callArrived,
  callQueued,
  deskRejected,
  Floor,
  legAnswered,
  legEnded,
  queueConfigured,
  queueId,
  signedIn,
  wentNotReady,
  wrapUpEnded,
} from './floor.ts';

function floorWith(agents: string[], rules: Parameters<typeof queueConfigured>[1] = {}): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', rules));
  for (const number of agents) floor.tell(agentConfigured(number));
  floor.ready(...agents);
  return floor;
}
const call = (floor: Floor, name: string): string => {
  const exits = floor.tell(callArrived(name), callQueued(name)).flatMap((line) => new RegExp(`^${name} left service (\\S+)`).exec(line)?.[1] ?? []);
  return exits[0] ?? 'in';
};
const left = (lines: string[]): string[] => lines.filter((line) => line.includes(' left '));

test('maxWaiting 0 lets in who can be served at once, and nobody else', () => {
  const floor = floorWith(['8001'], { maxWaiting: 0 });
  assert.deepEqual([call(floor, 'c1'), call(floor, 'c2')], ['in', 'full']);
  floor.tell(legAnswered('c1.1'), legEnded('c1.1'), wrapUpEnded('8001', 'c1'));
  assert.equal(call(floor, 'c3'), 'in');
});

test('a full queue lets in whom an idle agent serves at once; one who needs another skill is sent back', () => {
  const floor = floorWith(['8001'], { maxWaiting: 1 });
  const skilled = (name: string): string[] => left(floor.tell(callArrived(name), callQueued(name, 'service', { skills: [{ skill: 'english', level: 3 }] })));
  assert.deepEqual(skilled('c1'), []);
  assert.deepEqual(skilled('c2'), ['c2 left service full']);
  assert.deepEqual([call(floor, 'c3'), call(floor, 'c4')], ['in', 'full']);
});

/** What an agent does, and whether a caller who comes then is let in: by signed_in, on_duty, ready, and the last two where wrap-up does not count. */
const talking = (floor: Floor): void => {
  floor.ready('8001');
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
};
const rows: [string, (floor: Floor) => void, string][] = [
  ['not signed in', () => undefined, '-----'],
  ['just signed in', (floor) => void floor.tell(signedIn('8001')), '+----'],
  ['ready', (floor) => floor.ready('8001'), '+++++'],
  [
    'on a break',
    (floor) => {
      floor.ready('8001');
      floor.tell(wentNotReady('8001', 'break'));
    },
    '+----',
  ],
  [
    'rung',
    (floor) => {
      floor.ready('8001');
      call(floor, 'c1');
    },
    '++-+-',
  ],
  ['talking', talking, '++-+-'],
  [
    'wrapping up',
    (floor) => {
      talking(floor);
      floor.tell(legEnded('c1.1'));
    },
    '+++--',
  ],
];
const staffings: Staffing[] = [
  { needs: 'signed_in' },
  { needs: 'on_duty' },
  { needs: 'ready' },
  { needs: 'on_duty', wrapUpCounts: false },
  { needs: 'ready', wrapUpCounts: false },
];
for (const [what, doing, expected] of rows) {
  test(`join: with the only agent ${what}, who comes in by each of the five rules: ${expected}`, () => {
    const seen = staffings.map((join) => {
      const floor = new Floor();
      floor.tell(queueConfigured('service', { door: { join } }), agentConfigured('8001'));
      doing(floor);
      return call(floor, 'c9') === 'in' ? '+' : '-';
    });
    assert.equal(seen.join(''), expected);
  });
}

test('leave: when the last agent on duty goes on a break, who waits leaves, but for whom a phone rings', () => {
  const floor = floorWith(['8001', '8002'], { door: { leave: { needs: 'on_duty' } } });
  for (const name of ['c1', 'c2', 'c3']) call(floor, name);
  floor.tell(legAnswered('c1.1'));
  assert.deepEqual(left(floor.tell(wentNotReady('8001', 'break'))), [], 'she still talks');
  assert.deepEqual(left(floor.tell(legEnded('c1.1'))), [], 'c2 rings at 8002');
  assert.deepEqual(left(floor.after(10_000)), []);
  const refused = floor.tell(deskRejected('8002', 'c2'));
  assert.deepEqual(left(refused), ['c2 left service no_agents', 'c3 left service no_agents']);
});

test('leave: without an agent who could take a call a caller does not even begin to wait', () => {
  const floor = floorWith(['8001'], { door: { leave: { needs: 'ready' } } });
  assert.deepEqual([call(floor, 'c1'), call(floor, 'c2')], ['in', 'no_agents']);
  assert.deepEqual(left(floor.tell(legAnswered('c1.1'))), ['c1 left service answered']);
});

const dissuading = (dissuade: DoorRules['dissuade']): Floor => floorWith(['8001'], { door: { dissuade } });

test('dissuaded by length: who could not be served at once, from so many on', () => {
  const floor = dissuading({ waiting: 2 });
  assert.deepEqual(
    ['c1', 'c2', 'c3'].map((name) => call(floor, name)),
    ['in', 'in', 'dissuaded'],
  );
  floor.tell(legAnswered('c1.1'));
  assert.equal(call(floor, 'c4'), 'in', 'one waits');
});

test('who was told that it takes long and insists waits all the same, as long as the queue is not full', () => {
  const floor = floorWith(['8001'], { maxWaiting: 3, door: { dissuade: { waiting: 1 } } });
  const insists = (name: string): string =>
    floor.tell(callArrived(name), callQueued(name, 'service', { insists: true })).some((line) => line.includes('left')) ? 'out' : 'in';
  assert.deepEqual([call(floor, 'c1'), call(floor, 'c2'), insists('c2'), insists('c3'), insists('c4')], ['in', 'dissuaded', 'in', 'in', 'out']);
});

test('dissuaded by time: while the estimate is not to be trusted, by the longest that somebody has waited', () => {
  const floor = dissuading({ estimateMs: 60_000 });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
  assert.equal(call(floor, 'c2'), 'in');
  floor.now += 59_999;
  assert.equal(call(floor, 'c3'), 'in');
  floor.now += 1;
  assert.equal(call(floor, 'c4'), 'dissuaded');
  assert.equal(floor.acd.view.queue(queueId('service'))?.waiting, 2);
});
