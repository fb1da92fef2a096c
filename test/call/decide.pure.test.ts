import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { LegState } from '../../src/call/call.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { Ending } from '../../src/call/ending.ts';
import type { CallEvent, TransferTarget } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const tenantId = asId<TenantId>('demo');
const queueId = asId<QueueId>('demo:service');
const agentId = asId<AgentId>('demo:8001');
const otherAgent = asId<AgentId>('demo:8002');
const caller = legIdOf(callId, 0);
const agent = legIdOf(callId, 1);
const second = legIdOf(callId, 2);
const target = legIdOf(callId, 1001);
const party = { number: '+8613800001001', raw: '13800001001' };
const hungUp: Ending = { cause: 'normal', by: 'far_end' };
const T0 = 1_000_000;

type Heard = Parameters<ReturnType<typeof createCallRoom>['decide']>[0] & Record<string, unknown>;

const arrived: CallEvent = {
  type: 'callArrived',
  callId,
  legId: caller,
  tenantId,
  caller: party,
  callee: { number: '10086', raw: '10086' },
  trunk: 'here',
  sipCallId: 'x@y',
};
const answered = (legId = caller): CallEvent => ({ type: 'legAnswered', callId, legId });
const ended = (legId = caller, ending: Ending = hungUp): CallEvent => ({ type: 'legEnded', callId, legId, ending });
const queued: CallEvent = { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null };
const left: CallEvent = { type: 'callLeftQueue', callId, queueId, exit: 'answered' };
const offered = (legId = agent, to = agentId, queue: QueueId | null = queueId, record = false): CallEvent => ({
  type: 'callOffered',
  callId,
  queueId: queue,
  record,
  offerId: offerIdOf(callId, 1),
  legId,
  agentId: to,
  until: T0 + 20_000,
});

/** Tells a fresh room everything but the last, and returns the turn of the last. */
function lastTurn(...events: CallEvent[] | Heard[]): { events: CallEvent[]; commands: CallCommand[]; wakeAt: number | null } {
  const room = createCallRoom();
  const before = events.slice(0, -1);
  for (const [at, event] of before.entries()) room.decide(event as Heard, T0 + at);
  const { events: facts, commands, wakeAt } = room.decide(events.at(-1) as Heard, T0 + before.length);
  return { events: facts, commands, wakeAt };
}
const facts = (turn: { events: CallEvent[]; commands: CallCommand[] }) => ({ events: turn.events, commands: turn.commands });
const release = (legId = caller, cause = 'normal', by = 'other_party') => ({ type: 'releaseLeg', callId, legId, cause, by });

const talking = [arrived, answered(), queued, offered(), answered(agent), left] as const;

describe('the agent’s leg: every state × every event gives exactly this turn', () => {
  const reach: Record<LegState['state'], readonly CallEvent[]> = {
    arriving: [arrived],
    dialling: [arrived, answered(), queued, offered()],
    ringing: [arrived, answered(), queued, offered(), { type: 'legRinging', callId, legId: agent }],
    up: talking,
    ended: [...talking, ended(agent)],
  };
  const heardEvents = {
    legRinging: { type: 'legRinging', callId, legId: agent },
    legAnswered: answered(agent),
    legHeld: { type: 'legHeld', callId, legId: agent },
    legRetrieved: { type: 'legRetrieved', callId, legId: agent },
    legEnded: ended(agent),
    deskAnswered: { type: 'deskAnswered', agentId, callId },
    deskHungUp: { type: 'deskHungUp', agentId, callId },
    deskHeld: { type: 'deskHeld', agentId, callId },
    deskRetrieved: { type: 'deskRetrieved', agentId, callId },
  } as const;
  const nothing = { events: [], commands: [] };
  const pickUp = { events: [], commands: [{ type: 'pickUpLeg', callId, legId: agent }] };
  const hangUp = { events: [], commands: [release(agent, 'normal', 'far_end')] };
  const join = { events: [], commands: [{ type: 'joinLegs', callId, legIds: [caller, agent] }] };
  const none: Record<keyof typeof heardEvents, unknown> = {
    legRinging: nothing,
    legAnswered: nothing,
    legHeld: nothing,
    legRetrieved: nothing,
    legEnded: nothing,
    deskAnswered: nothing,
    deskHungUp: nothing,
    deskHeld: nothing,
    deskRetrieved: nothing,
  };
  const table: Record<LegState['state'], Record<keyof typeof heardEvents, unknown>> = {
    // `arriving`: there is no agent's leg yet, so nothing that concerns it means anything.
    arriving: none,
    dialling: { ...none, legAnswered: join, deskAnswered: pickUp, deskHungUp: hangUp },
    ringing: { ...none, legAnswered: join, deskAnswered: pickUp, deskHungUp: hangUp },
    up: {
      ...none,
      legHeld: { events: [], commands: [{ type: 'partLegs', callId, legIds: [caller, agent], musicTo: caller, music: 'default' }] },
      legEnded: { events: [], commands: [release(caller)] },
      deskHungUp: hangUp,
      deskHeld: { events: [{ type: 'legHeld', callId, legId: agent }], commands: [] },
    },
    ended: none,
  };
  for (const [state, row] of Object.entries(table)) {
    for (const [type, expected] of Object.entries(row)) {
      test(`${state} × ${type}`, () => {
        const event = heardEvents[type as keyof typeof heardEvents];
        assert.deepEqual(facts(lastTurn(...([...reach[state as LegState['state']], event] as Heard[]))), expected);
      });
    }
  }
});

describe('a call from its arrival to its end', () => {
  test('an arrival asks who it is, and to be woken when it has lasted four hours', () => {
    assert.deepEqual(lastTurn(arrived), {
      events: [],
      commands: [{ type: 'findCustomer', callId, tenantId, number: party.number }],
      wakeAt: T0 + 4 * 3_600_000,
    });
  });

  test('an answered offer of a recording queue joins the two and records them, the caller left', () => {
    assert.deepEqual(facts(lastTurn(arrived, answered(), queued, offered(agent, agentId, queueId, true), answered(agent))), {
      events: [],
      commands: [
        { type: 'joinLegs', callId, legIds: [caller, agent] },
        { type: 'startRecording', callId, tenantId, recordingId: 'c-1.r1', left: caller, right: agent, paused: false },
      ],
    });
  });

  test('the caller hangs up: recording stops, the agent is released, and the call ends when her leg has', () => {
    const recorded = [arrived, answered(), queued, offered(agent, agentId, queueId, true), answered(agent), left, ended()] as const;
    assert.deepEqual(facts(lastTurn(...recorded)), {
      events: [],
      commands: [{ type: 'stopRecording', callId, recordingId: 'c-1.r1' }, release(agent)],
    });
    assert.deepEqual(facts(lastTurn(...recorded, ended(agent, { cause: 'normal', by: 'other_party' }))), {
      events: [{ type: 'callEnded', callId, ending: hungUp }],
      commands: [],
    });
  });

  test('who hangs up while waiting has abandoned; the ringing leg is the acd’s to withdraw', () => {
    assert.deepEqual(facts(lastTurn(arrived, answered(), queued, offered(), ended())), { events: [], commands: [] });
    const turn = lastTurn(arrived, answered(), queued, offered(), ended(), ended(agent, { cause: 'abandoned', by: 'other_party' }));
    assert.deepEqual(turn.events, [{ type: 'callEnded', callId, ending: { cause: 'abandoned', by: 'far_end' } }]);
  });

  test('an agent who answers a caller that has just gone is released', () => {
    assert.deepEqual(lastTurn(arrived, answered(), queued, offered(), ended(), answered(agent)).commands, [release(agent, 'abandoned')]);
  });

  test('hold from either phone parts the two; both must retrieve before they hear each other again', () => {
    const held = [...talking, { type: 'legHeld', callId, legId: agent }, { type: 'legHeld', callId, legId: caller }] as CallEvent[];
    assert.deepEqual(lastTurn(...held, { type: 'legRetrieved', callId, legId: agent }).commands, []);
    const both = lastTurn(...held, { type: 'legRetrieved', callId, legId: agent }, { type: 'legRetrieved', callId, legId: caller });
    assert.deepEqual(both.commands, [{ type: 'joinLegs', callId, legIds: [caller, agent] }]);
  });

  test('lost media reaches the other party with its name', () => {
    const turn = lastTurn(...talking, ended(caller, { cause: 'media_failure', by: 'server' }));
    assert.deepEqual(turn.commands, [release(agent, 'media_failure')]);
  });

  test('B12: a party that vanished takes the other leg with it, which hears a plain end, and the call ends once', () => {
    for (const [gone, other] of [
      [agent, caller],
      [caller, agent],
    ] as const) {
      const vanished = ended(gone, { cause: 'media_timeout', by: 'server' });
      const turn = lastTurn(...talking, vanished);
      assert.deepEqual(
        turn.commands.filter(({ type }) => type === 'releaseLeg'),
        [release(other)],
      );
      const over = lastTurn(...talking, vanished, ended(other, { cause: 'normal', by: 'other_party' }));
      assert.equal(over.events.filter(({ type }) => type === 'callEnded').length, 1);
    }
  });

  test('H4: a call of four hours is cut once', () => {
    const room = createCallRoom();
    room.decide(arrived, T0);
    const late = T0 + 4 * 3_600_000;
    assert.deepEqual(room.decide({ type: 'timePassed' }, late), { events: [], commands: [release(caller, 'max_duration', 'server')], wakeAt: null });
    assert.deepEqual(room.decide({ type: 'timePassed' }, late + 1).commands, []);
  });

  test('after a restart no call lives, and what is still told of one changes nothing', () => {
    const room = createCallRoom();
    for (const event of talking) room.decide(event, T0);
    assert.deepEqual(room.decide({ type: 'serverStarted' }, T0 + 9).commands, []);
    assert.equal(room.calls.size, 0);
    assert.deepEqual(room.decide(ended() as Heard, T0 + 10), { events: [], commands: [], wakeAt: null });
  });
});

describe('blind transfer', () => {
  const ask = (to: TransferTarget): CallEvent => ({ type: 'transferAsked', callId, legId: agent, target: to });
  const parted = { type: 'partLegs', callId, legIds: [caller, agent], musicTo: caller, music: 'default' };
  const toAgent = ask({ kind: 'agent', agentId: otherAgent });
  const offeredOther = offered(second, otherAgent, null);
  const refused = (cause = 'busy') => ({ type: 'refuseTransfer', callId, legId: agent, cause });
  const failed: CallEvent = { type: 'offerEnded', callId, queueId: null, offerId: offerIdOf(callId, 1), legId: second, agentId: otherAgent, end: 'busy' };

  test('to an agent: the caller hears music and the acd is told; when she answers, who sent it is let go', () => {
    assert.deepEqual(facts(lastTurn(...talking, toAgent)), {
      events: [{ type: 'callTransferred', callId, legId: null, target: { kind: 'agent', agentId: otherAgent }, by: agent, kept: caller }],
      commands: [parted],
    });
    assert.deepEqual(lastTurn(...talking, toAgent, offeredOther, answered(second)).commands, [
      { type: 'joinLegs', callId, legIds: [caller, second] },
      release(agent, 'transferred', 'server'),
    ]);
  });

  test('to a busy agent: the caller is back with who sent it', () => {
    assert.deepEqual(facts(lastTurn(...talking, toAgent, failed)), {
      events: [],
      commands: [refused(), { type: 'joinLegs', callId, legIds: [caller, agent] }],
    });
  });

  test('to a busy agent by a phone that had put the caller on hold: she stays on hold there until it retrieves her', () => {
    const held: CallEvent = { type: 'legHeld', callId, legId: agent };
    const back = [...talking, held, toAgent, failed];
    assert.deepEqual(facts(lastTurn(...back)), { events: [], commands: [refused()] });
    assert.deepEqual(lastTurn(...back, { type: 'legRetrieved', callId, legId: agent }).commands, [{ type: 'joinLegs', callId, legIds: [caller, agent] }]);
  });

  test('to a busy agent after the sender has hung up: the caller keeps its queue', () => {
    assert.deepEqual(facts(lastTurn(...talking, toAgent, ended(agent), failed)), { events: [queued], commands: [] });
  });

  test('to a queue: the caller waits there and the sender is let go at once', () => {
    const turn = lastTurn(...talking, ask({ kind: 'queue', queueId }));
    assert.deepEqual(turn.events, [{ type: 'callTransferred', callId, legId: null, target: { kind: 'queue', queueId }, by: agent }, queued]);
    assert.deepEqual(turn.commands, [parted, release(agent, 'transferred', 'server')]);
  });

  test('to a number: a leg of ours rings there and takes over, or the caller comes back', () => {
    const toNumber = ask({ kind: 'number', number: '10010' });
    const turn = lastTurn(...talking, toNumber);
    assert.deepEqual(turn.events, [{ type: 'callTransferred', callId, legId: target, target: { kind: 'number', number: '10010' }, by: agent, kept: caller }]);
    assert.deepEqual(turn.commands, [
      parted,
      { type: 'dialLeg', callId, legId: target, tenantId, target: '10010', from: party, timeoutMs: 30_000, account: agentId },
    ]);
    const under = [...talking, toNumber, turn.events[0] as CallEvent];
    assert.deepEqual(lastTurn(...under, answered(target)).commands, [
      { type: 'joinLegs', callId, legIds: [caller, target] },
      release(agent, 'transferred', 'server'),
    ]);
    assert.deepEqual(lastTurn(...under, ended(target, { cause: 'busy', by: 'far_end' })).commands, [
      refused(),
      { type: 'joinLegs', callId, legIds: [caller, agent] },
    ]);
  });

  test('of a call that is not joined to the asking leg is refused and changes nothing', () => {
    assert.deepEqual(facts(lastTurn(arrived, answered(), queued, offered(), toAgent)), { events: [], commands: [refused('not_allowed')] });
  });
});

describe('F8: a recording that ends by itself', () => {
  const recordingId = `${callId}.r1`;
  const ends = { type: 'recordingEnded', callId, recordingId, path: '/r', durationMs: 0, complete: false, reason: 'disk full' } as const;
  const offer = (recording?: 'mandatory'): CallEvent => ({
    ...(offered(agent, agentId, queueId, true) as Extract<CallEvent, { type: 'callOffered' }>),
    ...(recording ? { recording } : {}),
  });
  const talk = (recording?: 'mandatory'): CallEvent[] => [arrived, answered(), queued, offer(recording), answered(agent), left];

  test('before it began ends a talk that must be recorded, with its name, and no other', () => {
    assert.deepEqual(lastTurn(...talk('mandatory'), ends).commands, [release(caller, 'recording_failure', 'server')]);
    assert.deepEqual(lastTurn(...talk(), ends).commands, []);
  });

  test('in the middle of a talk ends none: what there is stays', () => {
    assert.deepEqual(lastTurn(...talk('mandatory'), { type: 'recordingStarted', callId, recordingId, path: '/r' }, ends).commands, []);
  });
});
