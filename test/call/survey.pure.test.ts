/** When the talk is over: who is asked how it was, who is not and why, and that nobody else is kept on the line for it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { Ending } from '../../src/call/ending.ts';
import type { CallEvent, Outbound } from '../../src/call/event.ts';
import { canSendToSurvey, type SurveyRule } from '../../src/call/survey.ts';

const callId = asId<CallId>('c-1');
const tenantId = asId<TenantId>('demo');
const queueId = asId<QueueId>('demo:complaints');
const agentId = asId<AgentId>('demo:8007');
const colleague = asId<AgentId>('demo:8008');
const [caller, agent, second] = [0, 1, 2].map((n) => legIdOf(callId, n)) as [
  ReturnType<typeof legIdOf>,
  ReturnType<typeof legIdOf>,
  ReturnType<typeof legIdOf>,
];
const T0 = 1_764_000_000_000;
const DAY = 86_400_000;
const hungUp: Ending = { cause: 'normal', by: 'far_end' };
const always: SurveyRule = { flow: 'survey', asks: 'always', everyDays: 1 };
const party = { number: '+8613800001001', raw: '13800001001' };

type Heard = CallEvent | { type: 'deskSentToSurvey' | 'deskHungUp'; agentId: AgentId; callId: CallId };

const arrived = (more: object = {}): CallEvent =>
  ({
    type: 'callArrived',
    callId,
    legId: caller,
    tenantId,
    caller: party,
    callee: { number: '10086', raw: '' },
    trunk: 't',
    sipCallId: 's',
    ...more,
  }) as CallEvent;
const answered = (legId = caller): CallEvent => ({ type: 'legAnswered', callId, legId });
const ended = (legId = agent, ending = hungUp): CallEvent => ({ type: 'legEnded', callId, legId, ending });
const offered = (survey?: SurveyRule, legId = agent, to = agentId, queue: QueueId | null = queueId): CallEvent => ({
  ...{ type: 'callOffered', callId, queueId: queue, record: false, offerId: offerIdOf(callId, 1), legId, agentId: to, until: T0 + 20_000 },
  ...(survey === undefined ? {} : { survey }),
});
const queued: CallEvent = { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null };
const found = (surveyedAt?: number): CallEvent => ({
  ...{ type: 'customerFound', callId, customer: null, authLevel: 0 },
  ...(surveyedAt === undefined ? {} : { surveyedAt }),
});

function house(...events: Heard[]) {
  const room = createCallRoom();
  const tell = (event: Heard): { events: CallEvent[]; commands: CallCommand[] } => {
    const { events: facts, commands } = room.decide(event, T0);
    return { events: facts, commands };
  };
  for (const event of events) tell(event);
  return { room, tell };
}
const talking = (rule?: SurveyRule, surveyedAt?: number): Heard[] => [arrived(), found(surveyedAt), answered(), queued, offered(rule), answered(agent)];
const who = { callId, queueId, agentId };
const release = { type: 'releaseLeg', callId, legId: caller, cause: 'normal', by: 'other_party' };
const asked = (how: 'hung_up' | 'sent') => ({ events: [{ type: 'surveyAsked', ...who, flow: 'survey', how }], commands: [] });
const notAsked = (why: string) => ({ events: [{ type: 'surveyNotAsked', ...who, why }], commands: [release] });

describe('her agent hangs up', () => {
  const rows: [string, Heard[], CallEvent, unknown][] = [
    ['a queue without a survey: the caller is hung up as ever', talking(), ended(), { events: [], commands: [release] }],
    ['a queue with one: the caller stays, and is asked', talking(always), ended(), asked('hung_up')],
    ['who was asked a day ago is asked again', talking(always, T0 - DAY), ended(), asked('hung_up')],
    ['who was asked less than that ago is left alone', talking(always, T0 - DAY + 1), ended(), notAsked('asked_lately')],
    ['0 days: always', talking({ ...always, everyDays: 0 }, T0 - 1), ended(), asked('hung_up')],
    ['only whom she sends', talking({ ...always, asks: 'when_sent' }), ended(), notAsked('not_sent')],
    ['her phone broke off', talking(always), ended(agent, { cause: 'media_timeout', by: 'far_end' }), notAsked('agent_lost')],
    [
      'the server ended her leg',
      talking(always),
      ended(agent, { cause: 'server_shutdown', by: 'server' }),
      {
        events: [{ type: 'surveyNotAsked', ...who, why: 'agent_lost' }],
        commands: [{ ...release, cause: 'server_shutdown' }],
      },
    ],
  ];
  for (const [name, before, last, expected] of rows) test(name, () => assert.deepEqual(house(...before).tell(last), expected));

  test('the call goes on with the caller alone, and ends when the dialplan lets her go', () => {
    const { room, tell } = house(...talking(always), ended());
    const call = room.calls.live(callId);
    assert.deepEqual([call?.joined, call?.ending], [null, null]);
    assert.deepEqual(tell(ended(caller, { cause: 'dialplan_end', by: 'server' })).events, [
      { type: 'callEnded', callId, ending: { cause: 'dialplan_end', by: 'server' } },
    ]);
  });

  test('what was recorded of the talk ends with it', () => {
    const { tell } = house(arrived(), found(), answered(), queued, { ...offered(always), record: true } as CallEvent, answered(agent));
    assert.deepEqual(tell(ended()).commands, [{ type: 'stopRecording', callId, recordingId: 'c-1.r1' }]);
  });

  test('whose phones sent their audio to one another: the caller is brought back to the media server to hear the question', () => {
    const legIds = [caller, agent] as const;
    const { tell } = house(arrived(), found(), answered(), queued, { ...offered(always), direct: true } as CallEvent, answered(agent));
    tell({ type: 'legsJoined', callId, legIds: [...legIds] });
    tell({ type: 'legsDirect', callId, legIds: [...legIds] });
    assert.deepEqual(tell(ended()), { events: asked('hung_up').events, commands: [{ type: 'reanchorLeg', callId, legId: caller }] });
  });
});

describe('she sends the caller there', () => {
  const sent: Heard = { type: 'deskSentToSurvey', agentId, callId };
  const release = { type: 'releaseLeg', callId, legId: agent, cause: 'normal', by: 'far_end' };

  test('her leg is ended as if she had hung up, and the caller asked', () => {
    const { tell } = house(...talking({ ...always, asks: 'when_sent' }));
    assert.deepEqual(tell(sent), { events: [], commands: [release] });
    assert.deepEqual(tell(ended()), asked('sent'));
  });
  test('also while she holds her', () => {
    const { tell } = house(...talking(always), { type: 'legHeld', callId, legId: agent });
    assert.deepEqual(tell(sent).commands, [release]);
    assert.deepEqual(tell(ended()), asked('sent'));
  });
  for (const [name, before] of [
    ['her queue has none', talking()],
    ['the number was asked lately', talking(always, T0 - 1)],
    ['she has not answered yet', talking(always).slice(0, -1)],
    ['the caller is gone', [...talking(always), ended(caller)]],
  ] as [string, Heard[]][]) {
    test(`nothing happens where ${name}`, () => {
      const { room, tell } = house(...before);
      assert.deepEqual(tell(sent), { events: [], commands: [] });
      const call = room.calls.get(callId);
      assert.ok(call !== undefined && !canSendToSurvey(call, call.legs.get(agent)), 'and her desk does not offer it');
    });
  }
});

describe('who is not kept on the line', () => {
  test('a caller who hangs up first is not asked, and that has its name', () => {
    const { events, commands } = house(...talking(always)).tell(ended(caller));
    assert.deepEqual(events, [{ type: 'surveyNotAsked', ...who, why: 'caller_left' }]);
    assert.deepEqual(commands, [{ ...release, legId: agent }]);
  });

  test('whoever hangs up while she waits has nothing to rate', () => {
    assert.deepEqual(
      house(arrived(), found(), answered(), queued)
        .tell(ended(caller))
        .events.map(({ type }) => type),
      ['callEnded'],
    );
  });

  test('who was called from a desk is not asked', () => {
    const outbound: Outbound = { by: agentId, target: { kind: 'number', number: '123' }, queueId };
    const { room } = house(arrived({ outbound }), offered(always, agent), answered(agent), answered());
    const call = room.calls.live(callId);
    assert.ok(call !== undefined && !canSendToSurvey(call, call.legs.get(agent)));
  });

  test('after a transfer it counts for who served last; she who sent the caller on is not asked about', () => {
    const { tell } = house(...talking(always));
    tell({ type: 'transferAsked', callId, legId: agent, target: { kind: 'agent', agentId: colleague } });
    tell(offered(always, second, colleague, null));
    tell(answered(second));
    assert.deepEqual(tell(ended(agent, { cause: 'transferred', by: 'server' })).events, []);
    assert.deepEqual(tell(ended(second)).events, [{ type: 'surveyAsked', callId, queueId, agentId: colleague, flow: 'survey', how: 'hung_up' }]);
  });

  test('nobody is asked twice in one call', () => {
    const { tell } = house(...talking(always), ended(), queued, offered(always, second, colleague), answered(second));
    assert.deepEqual(tell(ended(second)), { events: [], commands: [release] });
  });
});
