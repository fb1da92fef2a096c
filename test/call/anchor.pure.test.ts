/** A media server dies: what the call room asks for, state by state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, type LegId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const tenantId = asId<TenantId>('demo');
const caller = legIdOf(callId, 0);
const agent = legIdOf(callId, 1);
const party = { number: '+8613800001001', raw: '13800001001' };
const offer = { callId, queueId: asId<QueueId>('demo:service'), offerId: offerIdOf(callId, 1), legId: agent, agentId: asId<AgentId>('demo:8001') };

const arrived: CallEvent = {
  ...{ type: 'callArrived', callId, legId: caller, tenantId, caller: party, callee: { number: '10086', raw: '10086' } },
  ...{ trunk: 'here', sipCallId: 'x@y' },
};
const of = (type: 'legAnswered' | 'legHeld' | 'legMediaLost' | 'legMediaRestored', legId: LegId): CallEvent => ({ type, callId, legId });
const answered = [arrived, of('legAnswered', caller)];
const talking = (record: boolean): CallEvent[] => [...answered, { type: 'callOffered', ...offer, record, until: 0 }, of('legAnswered', agent)];
const bothLost = [of('legMediaLost', caller), of('legMediaLost', agent)];

const join = { type: 'joinLegs', callId, legIds: [caller, agent] };
const resume = (legId: LegId) => ({ type: 'resumeSounds', callId, legId });
const reanchor = (legId: LegId) => ({ type: 'reanchorLeg', callId, legId });
const record = (n: number) => ({ type: 'startRecording', callId, tenantId, recordingId: `${callId}.r${n}`, left: caller, right: agent, paused: false });

/** Each event after which is asked what it commands. */
const rows: { what: string; before: CallEvent[]; last: CallEvent; commands: unknown[] }[] = [
  { what: 'who hears a flow is put elsewhere', before: answered, last: of('legMediaLost', caller), commands: [reanchor(caller)] },
  { what: 'and hears it again', before: [...answered, of('legMediaLost', caller)], last: of('legMediaRestored', caller), commands: [resume(caller)] },
  { what: 'a leg that is not answered yet is the phone rim’s to see to', before: [arrived], last: of('legMediaLost', caller), commands: [] },
  {
    what: 'each of two who talk is put elsewhere',
    before: [...talking(false), of('legMediaLost', caller)],
    last: of('legMediaLost', agent),
    commands: [reanchor(agent)],
  },
  { what: 'the first of them waits for the other', before: [...talking(true), ...bothLost], last: of('legMediaRestored', agent), commands: [] },
  {
    what: 'the other joins them, and a second recording begins',
    before: [...talking(true), ...bothLost, of('legMediaRestored', agent)],
    last: of('legMediaRestored', caller),
    commands: [join, record(2)],
  },
  {
    what: 'the same when the cut recording was told as ended before',
    before: [
      ...talking(true),
      { type: 'recordingEnded', callId, recordingId: `${callId}.r1`, path: '/r/1', durationMs: 9, complete: false },
      ...bothLost,
      of('legMediaRestored', agent),
    ],
    last: of('legMediaRestored', caller),
    commands: [join, record(2)],
  },
  {
    what: 'who was not recorded is not recorded now',
    before: [...talking(false), ...bothLost, of('legMediaRestored', agent)],
    last: of('legMediaRestored', caller),
    commands: [join],
  },
  {
    what: 'who was on hold hears music again, and is not joined',
    before: [...talking(true), of('legHeld', agent), ...bothLost, of('legMediaRestored', caller)],
    last: of('legMediaRestored', agent),
    commands: [resume(caller), record(2)],
  },
  {
    what: 'a second death is a third recording',
    before: [...talking(true), ...[1, 2].flatMap(() => [...bothLost, of('legMediaRestored', agent)]).toSpliced(3, 0, of('legMediaRestored', caller))],
    last: of('legMediaRestored', caller),
    commands: [join, record(3)],
  },
];

for (const { what, before, last, commands } of rows)
  test(`A11: ${what}`, () => {
    const room = createCallRoom();
    for (const event of before) room.decide(event, 1_000);
    const turn: { events: CallEvent[]; commands: CallCommand[] } = room.decide(last, 1_000);
    assert.deepEqual({ events: turn.events, commands: turn.commands }, { events: [], commands });
  });
