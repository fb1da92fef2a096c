/** After a restart: what becomes of each call, by what was found of its legs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, type LegId, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { Ending } from '../../src/call/ending.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { type Found, resume } from '../../src/call/resuming.ts';
import { agentId } from '../acd/floor.ts';

const callId = asId<CallId>('c-1');
const leg = (n: number): LegId => asId<LegId>(`c-1.${n}`);
const party = { number: '13800001001', raw: '13800001001' };
const arrived: CallEvent = {
  type: 'callArrived',
  callId,
  legId: leg(0),
  tenantId: asId<TenantId>('demo'),
  caller: party,
  callee: party,
  trunk: 't',
  sipCallId: 's',
};
const up = (n: number): CallEvent => ({ type: 'legAnswered', callId, legId: leg(n) });
const queueId = asId<QueueId>('demo:service');
const queued: CallEvent = { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null };
const offered: CallEvent = {
  ...{ type: 'callOffered', callId, queueId, agentId: agentId('8001'), legId: leg(1), offerId: offerIdOf(callId, 1), record: true, until: 9 },
} as CallEvent;

function calls(...events: CallEvent[]) {
  const room = createCallRoom();
  for (const event of events) room.decide(event, 1);
  return [...room.calls.values()];
}
const found = (legs: number[], { joined = false, endpoints = legs, recordings = [] as string[], ended = new Map<LegId, Ending>() } = {}): Found => ({
  up: new Set(legs.map(leg)),
  ended,
  endpoints: new Map(endpoints.map((n) => [leg(n), { joined: joined ? leg(1 - n) : null }])),
  recordings: new Set(recordings),
});
const talk = [arrived, up(0), queued, offered, up(1)];

test('two who talk, whose audio and recording run on, hear nothing of it', () => {
  const { events, commands, recordings } = resume(calls(...talk), found([0, 1], { joined: true, recordings: ['c-1.r1'] }));
  assert.deepEqual([events, commands], [[], []]);
  assert.deepEqual([...recordings], [['c-1.r1', { callId, paused: false }]]);
});

test('what was asked in the moment of our death and never heard is asked again: joining, and the recording', () => {
  const { commands } = resume(calls(...talk), found([0, 1]));
  assert.deepEqual(commands, [
    { type: 'joinLegs', callId, legIds: [leg(0), leg(1)] },
    { type: 'startRecording', callId, tenantId: 'demo', recordingId: 'c-1.r1', left: leg(0), right: leg(1), paused: false },
  ]);
});

test('a leg whose dialog is gone has ended: with the BYE that came meanwhile, else as server_restart', () => {
  const bye: Ending = { cause: 'normal', by: 'far_end', q850: 16 };
  const { events, commands } = resume(calls(...talk), found([0], { ended: new Map([[leg(1), bye]]) }));
  assert.deepEqual([events, commands], [[{ type: 'legEnded', callId, legId: leg(1), ending: bye }], []]);
  const lost = resume(calls(...talk), found([]));
  assert.deepEqual(
    lost.events.map((event) => event.type === 'legEnded' && `${event.legId} ${event.ending.cause}`),
    ['c-1.0 server_restart', 'c-1.1 server_restart'],
  );
});

test('a leg whose dialog stands and whose endpoint is gone has its audio put elsewhere', () => {
  const { events } = resume(calls(...talk), found([0, 1], { endpoints: [0] }));
  assert.deepEqual(events, [{ type: 'legMediaLost', callId, legId: leg(1) }]);
});

test('who rang is not rung any more, and who waits goes on waiting', () => {
  const { events, commands } = resume(calls(arrived, up(0), queued, offered), found([0]));
  assert.deepEqual(commands, []);
  assert.deepEqual(
    events.map((event) => event.type === 'legEnded' && `${event.legId} ${event.ending.cause}`),
    ['c-1.1 server_restart'],
  );
});

test('an agent who was about to be let go, as her customer had hung up, is let go', () => {
  const ended: CallEvent = { type: 'legEnded', callId, legId: leg(0), ending: { cause: 'normal', by: 'far_end', q850: 16 } };
  const { events, commands } = resume(calls(...talk, ended), found([1]));
  assert.deepEqual(events, []);
  assert.deepEqual(commands, [{ type: 'releaseLeg', callId, legId: leg(1), cause: 'normal', by: 'other_party' }]);
});
