import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId } from '../../kernel/ids.ts';
import { createCdr } from '../../src/cdr/fold.ts';
import type { CallRecord, LegRecord } from '../../src/cdr/record.ts';
import { at, callId, hungUp, leg, li, offer, released, START, type Step, say, service, tenantId, told, version, vip, wang } from './story.ts';

const legRecord = (n: number, change: Partial<LegRecord>): LegRecord => ({
  legId: leg(n),
  role: 'agent',
  agentId: wang,
  offerId: offer(n),
  target: null,
  startedAt: at(0),
  ringingAt: null,
  answeredAt: null,
  endedAt: at(0),
  holdMs: 0,
  ending: hungUp,
  audio: null,
  ...change,
});
const callerLeg = (change: Partial<LegRecord>): LegRecord => legRecord(0, { role: 'caller', agentId: null, offerId: null, ...change });

/** Arrives at 0, is answered at 1, waits from 5 to 15, talks with Wang until 60 with 10 s on hold, who wraps up until 70. */
const served: Step[] = [
  say.arrived(),
  say.found(0),
  say.answered(1, 0),
  say.flow(1, 'greeting'),
  say.flow(2, 'menu'),
  say.queued(5),
  say.offered(7, 1),
  say.state(7, 'offered'),
  say.ringing(8, 1),
  say.answered(15, 1),
  say.offerEnded(15, 1, 'answered'),
  say.left(15, 'answered'),
  say.state(15, 'talking'),
  say.recordingStarted(15),
  say.held(20, 1),
  say.retrieved(30, 1),
  [35, { type: 'dataSet', callId, data: { reason: 'bill' }, by: wang }],
  say.legEnded(60, 0),
  say.legEnded(60, 1, released),
  say.ended(60),
  say.state(60, 'wrapping_up'),
];

const servedRecord: CallRecord = {
  callId,
  revision: 1,
  tenantId,
  caller: { number: '+8613800001001', raw: '013800001001', name: 'W' },
  callee: { number: '10086', raw: '10086' },
  trunk: 'loopback',
  sipCallId: 'abc@127.0.0.1',
  arrivedAt: at(0),
  answeredAt: at(1),
  agentAnsweredAt: at(15),
  endedAt: at(60),
  ending: hungUp,
  customerId: 'demo:13800001001' as CallRecord['customerId'],
  tier: 'gold',
  language: 'zh',
  authLevel: 1,
  dialplanVersion: version,
  ivrPath: ['main/greeting', 'main/menu'],
  data: { reason: 'bill' },
  queues: [{ queueId: service, enteredAt: at(5), leftAt: at(15), waitMs: 10_000, exit: 'answered' }],
  offers: [{ offerId: offer(1), agentId: wang, queueId: service, legId: leg(1), offeredAt: at(7), endedAt: at(15), end: 'answered' }],
  agents: [{ agentId: wang, legId: leg(1), answeredAt: at(15), endedAt: at(60), talkMs: 35_000, holdMs: 10_000, wrapUpMs: 0, disposition: null, notes: null }],
  legs: [
    callerLeg({ answeredAt: at(1), endedAt: at(60) }),
    legRecord(1, { startedAt: at(7), ringingAt: at(8), answeredAt: at(15), endedAt: at(60), holdMs: 10_000, ending: released }),
  ],
  recordings: [{ recordingId: 'c-1.r1', path: '/r/1.wav', startedAt: at(15), durationMs: null, complete: false }],
  recording: 'complete',
  queueWaitMs: 10_000,
  ringMs: 8_000,
  talkMs: 35_000,
  holdMs: 10_000,
  wrapUpMs: 0,
  disposition: null,
  notes: null,
};

test('a served call has one record, written when it ends', () => assert.deepEqual(told(served), [servedRecord]));

test('wrap-up and the recording come behind: the record is written again with the next revision', () => {
  const records = told([...served, say.recordingEnded(60, 45_000), say.wrappedUp(70, 'bill question', 'told the balance'), say.state(70, 'ready')]);
  const [agent] = servedRecord.agents;
  const withRecording = { ...servedRecord, revision: 2, recordings: [{ ...servedRecord.recordings[0], durationMs: 45_000, complete: true }] };
  const told3 = { wrapUpMs: 10_000, disposition: 'bill question', notes: 'told the balance' };
  assert.deepEqual(records, [servedRecord, withRecording, { ...withRecording, revision: 3, ...told3, agents: [{ ...agent, ...told3 }] }]);
});

test('what she fills in is in the record’s data, by the names of the form', () => {
  const last = told([...served, say.state(65, 'wrapping_up'), say.wrappedUp(70, null, null, undefined, { solved: 'yes' })]).at(-1);
  assert.deepEqual(last?.data, { ...servedRecord.data, 'form.solved': 'yes' });
});

test('where a recording is silent is in its record: from the first who has it paused to the last who lets it go on; what begins under a pause begins silent', () => {
  const paused = (seconds: number, holder: 'agent' | 'api'): Step => [
    seconds,
    { type: 'recordingPaused', callId, recordingId: null, holder, by: { kind: 'server' }, until: at(seconds + 180) },
  ];
  const resumed = (seconds: number, holder: 'agent' | 'api'): Step => [
    seconds,
    { type: 'recordingResumed', callId, recordingId: null, holder, by: { kind: 'server' }, why: 'asked' },
  ];
  const pauses = (...steps: Step[]) => told([say.arrived(), say.answered(0, 0), ...steps]).at(-1)?.recordings[0]?.pauses;
  const whole = [say.recordingStarted(10), paused(12, 'agent'), paused(14, 'api'), resumed(16, 'agent'), resumed(20, 'api'), paused(50, 'agent')];
  assert.deepEqual(pauses(...whole, say.legEnded(55, 0), say.ended(55), say.recordingEnded(56, 44_500)), [
    { fromMs: 2000, toMs: 10_000 },
    { fromMs: 40_000, toMs: 44_500 },
  ]);
  assert.deepEqual(pauses(paused(5, 'api'), say.recordingStarted(10), resumed(13, 'api'), say.legEnded(55, 0), say.ended(55)), [{ fromMs: 0, toMs: 3000 }]);
});

test('how each leg sounded is learnt behind its end; a leg without sound changes nothing', () => {
  const audio = { codec: 'PCMA', heard: { mos: 4.4, worstMos: 4.1, lossPct: 0.2, jitterMs: 2 }, sent: null, roundTripMs: 12, troubles: ['poor' as const] };
  const silent = { codec: null, heard: null, sent: null, roundTripMs: null, troubles: [] };
  const records = told([
    ...served,
    [60, { type: 'legAudioMeasured', callId, legId: leg(1), audio }],
    [60, { type: 'legAudioMeasured', callId, legId: leg(0), audio: silent }],
    [60, { type: 'legAudioMeasured', callId, legId: leg(9), audio }],
  ]);
  const [caller, agent] = servedRecord.legs;
  assert.deepEqual(records, [servedRecord, { ...servedRecord, revision: 2, legs: [caller, { ...agent, audio }] }]);
  // One that went from phone to phone has been heard of, though nobody measured it.
  const direct = { ...silent, direct: 'not_measured' as const };
  assert.deepEqual(told([...served, [60, { type: 'legAudioMeasured', callId, legId: leg(0), audio: direct }]]).at(-1)?.legs, [
    { ...caller, audio: direct },
    agent,
  ]);
});

test('who hangs up while on hold was on hold to the end', () => {
  const [record] = told([
    say.arrived(),
    say.answered(0, 0),
    say.offered(1, 1),
    say.answered(2, 1),
    say.held(10, 1),
    say.legEnded(30, 0),
    say.legEnded(30, 1),
    say.ended(30),
  ]);
  assert.deepEqual([record?.talkMs, record?.holdMs, record?.legs[1]?.holdMs], [8_000, 20_000, 20_000]);
});

test('a wrap-up that runs out is counted without a disposition', () => {
  const last = told([...served, say.state(75, 'ready')]).at(-1);
  assert.deepEqual([last?.revision, last?.wrapUpMs, last?.disposition], [2, 15_000, null]);
});

test('a disposition that comes after the wrap-up ran out is kept', () => {
  const last = told([...served, say.state(75, 'ready'), say.wrappedUp(80, 'late', null)]).at(-1);
  assert.deepEqual([last?.revision, last?.wrapUpMs, last?.disposition], [3, 15_000, 'late']);
});

test('a caller who leaves the queue is abandoned, on one record, whichever room speaks first', () => {
  const waits = [say.arrived(), say.answered(1, 0), say.queued(5), say.offered(7, 1), say.ringing(8, 1)];
  const ending = { cause: 'abandoned', by: 'far_end' } as const;
  const expected: CallRecord = {
    ...servedRecord,
    agentAnsweredAt: null,
    endedAt: at(20),
    ending,
    ...{ customerId: null, tier: null, authLevel: 0, dialplanVersion: null, ivrPath: [], data: {}, agents: [], recordings: [], recording: 'none' },
    queues: [{ queueId: service, enteredAt: at(5), leftAt: at(20), waitMs: 15_000, exit: 'abandoned' }],
    offers: [{ offerId: offer(1), agentId: wang, queueId: service, legId: leg(1), offeredAt: at(7), endedAt: at(20), end: 'caller_gone' }],
    legs: [callerLeg({ answeredAt: at(1), endedAt: at(20) }), legRecord(1, { startedAt: at(7), ringingAt: at(8), endedAt: at(20), ending: released })],
    ...{ queueWaitMs: 15_000, ringMs: 13_000, talkMs: 0, holdMs: 0 },
  };
  const legs = [say.legEnded(20, 0), say.legEnded(20, 1, released)];
  const facts = [say.left(20, 'abandoned'), say.offerEnded(20, 1, 'caller_gone')];
  assert.deepEqual(told([...waits, ...legs, ...facts, say.ended(20, ending)]), [expected]);
  assert.deepEqual(told([...waits, ...legs, say.ended(20, ending), ...facts]), [expected], 'what was presumed was right: nothing more to write');
});

test('a fact that contradicts what was presumed at the end is written', () => {
  const records = told([say.arrived(), say.answered(1, 0), say.queued(5), say.ended(20), say.left(20, 'timeout')]);
  assert.deepEqual(
    records.map(({ revision, queues }) => [revision, queues[0]?.exit]),
    [
      [1, 'ended'],
      [2, 'timeout'],
    ],
  );
});

test('an agent who does not answer leaves an offer and a leg; the call goes on to the next', () => {
  const [record] = told([
    ...[say.arrived(), say.answered(1, 0), say.queued(5), say.offered(6, 1), say.ringing(6, 1)],
    ...[say.offerEnded(26, 1, 'no_answer'), say.legEnded(26, 1, { cause: 'no_answer', by: 'server' })],
    ...[
      say.offered(26, 2, li),
      say.answered(30, 2),
      say.offerEnded(30, 2, 'answered', li),
      say.left(30, 'answered'),
      say.legEnded(90, 2),
      say.legEnded(90, 0, released),
      say.ended(90),
    ],
  ]);
  assert.deepEqual(
    record?.offers.map(({ agentId, end, endedAt }) => [agentId, end, endedAt]),
    [
      [wang, 'no_answer', at(26)],
      [li, 'answered', at(30)],
    ],
  );
  assert.deepEqual(
    record?.agents.map(({ agentId, talkMs }) => [agentId, talkMs]),
    [[li, 60_000]],
  );
  assert.equal(record?.ringMs, 24_000);
  assert.equal(record?.queueWaitMs, 25_000);
  assert.equal(record?.legs[1]?.ending.cause, 'no_answer');
});

test('a caller handed to another queue has a visit for each, one after the other', () => {
  const [record] = told([
    say.arrived(),
    say.answered(1, 0),
    say.queued(5, vip),
    say.left(20, 'timeout', vip),
    say.queued(20),
    say.left(30, 'abandoned'),
    say.ended(30),
  ]);
  assert.deepEqual(record?.queues, [
    { queueId: vip, enteredAt: at(5), leftAt: at(20), waitMs: 15_000, exit: 'timeout' },
    { queueId: service, enteredAt: at(20), leftAt: at(30), waitMs: 10_000, exit: 'abandoned' },
  ]);
});

test('a transfer to a number is a leg of its own', () => {
  const [record] = told([
    ...[
      say.arrived(),
      say.answered(1, 0),
      say.offered(2, 1),
      say.answered(5, 1),
      [10, { type: 'callTransferred', callId, legId: leg(1001), target: { kind: 'number', number: '01062345678' }, by: leg(1) }] as Step,
    ],
    ...[
      say.ringing(11, 1001),
      say.answered(15, 1001),
      say.legEnded(15, 1, { cause: 'transferred', by: 'server' }),
      say.legEnded(40, 1001),
      say.legEnded(40, 0, released),
      say.ended(40),
    ],
  ]);
  assert.deepEqual(
    record?.legs[2],
    legRecord(1001, {
      role: 'target',
      agentId: null,
      offerId: null,
      target: '01062345678',
      startedAt: at(10),
      ringingAt: at(11),
      answeredAt: at(15),
      endedAt: at(40),
    }),
  );
  assert.equal(record?.talkMs, 10_000);
  assert.equal(record?.agentAnsweredAt, at(5));
});

test('an agent who gets the call back has two legs and one wrap-up, with the last', () => {
  const [, , last] = told([
    ...[say.arrived(), say.answered(0, 0), say.offered(1, 1), say.answered(2, 1), say.legEnded(10, 1), say.state(10, 'wrapping_up'), say.state(15, 'offered')],
    ...[say.offered(15, 2), say.answered(16, 2), say.legEnded(20, 2), say.ended(20), say.state(20, 'wrapping_up'), say.wrappedUp(30, 'done', null)],
    ...[say.wrappedUp(31, 'changed her mind', null)],
  ]);
  assert.deepEqual(
    last?.agents.map(({ legId, talkMs, wrapUpMs, disposition }) => [legId, talkMs, wrapUpMs, disposition]),
    [
      [leg(1), 8_000, 0, null],
      [leg(2), 4_000, 15_000, 'changed her mind'],
    ],
  );
});

test('after a restart an open call is closed with server_restart at the last heartbeat', () => {
  const open = served.filter(([, event]) => event.type !== 'callEnded' && event.type !== 'legEnded' && event.type !== 'agentStateChanged');
  const [record, ...more] = told([...open, say.heartbeat(36), say.heartbeat(37), say.restarted(300), say.ended(300), say.heartbeat(301)]);
  const ending = { cause: 'server_restart', by: 'server' } as const;
  assert.deepEqual(more, []);
  assert.deepEqual(record, {
    ...servedRecord,
    endedAt: at(37),
    ending,
    agents: [{ ...servedRecord.agents[0], endedAt: at(37), talkMs: 12_000 }],
    legs: servedRecord.legs.map((known) => ({ ...known, endedAt: at(37), ending })),
    talkMs: 12_000,
  });
});

test('a wrap-up that the restart cut short ends at the last event seen', () => {
  const [, second, ...more] = told([...served, say.heartbeat(64), say.restarted(300)]);
  assert.deepEqual([second?.revision, second?.wrapUpMs, second?.endedAt, second?.ending.cause], [2, 4_000, at(60), 'normal']);
  assert.deepEqual(more, []);
});

test('a restart right after the first event closes the call where it began', () => {
  const [record] = told([say.arrived(3), say.restarted(300)]);
  assert.deepEqual([record?.arrivedAt, record?.answeredAt, record?.endedAt], [at(3), null, at(3)]);
});

test('recovering twice writes nothing twice', () => assert.equal(told([...served.slice(0, -3), say.restarted(300), say.restarted(400)]).length, 1));

test('what is told of calls it does not know, or of calls that are over, changes nothing', () => {
  const strangers = served.slice(1).map(([when, event]): Step => [when, 'callId' in event ? ({ ...event, callId: asId<CallId>('c-9') } as Step[1]) : event]);
  assert.deepEqual(told(strangers), []);
  assert.deepEqual(told([...served, say.ended(61), say.legEnded(61, 1), say.held(61, 1), say.arrived(62), say.queued(62), say.offered(62, 9)]), [servedRecord]);
  assert.deepEqual(createCdr().decide({ type: 'constructor' }, START), { events: [], commands: [], wakeAt: null });
});

test('a record handed out does not move when more is learnt', () => {
  const room = createCdr();
  const [first] = told(served, room);
  const before = structuredClone(first);
  told([say.recordingEnded(61, 45_000), say.wrappedUp(70, 'x', 'y'), [71, { type: 'dataSet', callId, data: { more: '1' }, by: wang }]], room);
  assert.deepEqual(first, before);
});

test('a snapshot taken anywhere in the story goes on as if nothing had happened', () => {
  const story = [...served, say.recordingEnded(60, 45_000), say.wrappedUp(70, 'bill', null), say.heartbeat(71)];
  const whole = told(story);
  for (let cut = 0; cut <= story.length; cut += 1) {
    const before = createCdr();
    const head = told(story.slice(0, cut), before);
    const after = createCdr();
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    assert.deepEqual([...head, ...told(story.slice(cut), after)], whole, `cut after ${cut} events`);
  }
});

test('settled calls are forgotten after a while, unsettled ones after two hours', () => {
  const room = createCdr();
  told([...served, say.recordingEnded(60, 45_000), say.wrappedUp(70, null, null), say.heartbeat(181), say.heartbeat(182)], room);
  assert.equal(room.snapshot().calls.length, 0);
  told(
    served.map(([when, event]): Step => [when + 200, event]),
    room,
  );
  told([say.heartbeat(400), say.heartbeat(7_400)], room);
  assert.equal(room.snapshot().calls.length, 1);
  told([say.heartbeat(7_461)], room);
  assert.equal(room.snapshot().calls.length, 0);
});

test('a hundred fruitless offers are kept, with the answered one', () => {
  const rounds = Array.from({ length: 300 }, (_, n) => [say.offered(n, n + 1), say.offerEnded(n, n + 1, 'no_answer'), say.legEnded(n, n + 1)]).flat();
  const [record] = told([
    say.arrived(),
    say.answered(0, 0),
    ...rounds,
    say.offered(301, 301),
    say.answered(302, 301),
    say.offerEnded(302, 301, 'answered'),
    say.legEnded(310, 301),
    say.ended(310),
  ]);
  assert.equal(record?.offers.length, 100);
  assert.equal(record?.legs.length, 101);
  assert.equal(record?.offers.at(-1)?.end, 'answered');
});

test('B12: whose phone vanished was gone with its last packet: the call, its legs and her talk end there, not when the time-out ended them', () => {
  const vanished = { cause: 'media_timeout', by: 'server', q850: 102, lastHeardAt: at(60) } as const;
  const gone = (n: number, other: number): CallRecord | undefined =>
    told([...served.slice(0, -4), say.legEnded(91, n, vanished), say.legEnded(91, other, released), say.ended(91, released)])[0];
  for (const record of [gone(1, 0), gone(0, 1)]) {
    assert.equal(record?.endedAt, at(60));
    assert.deepEqual(
      record.legs.map(({ endedAt }) => endedAt),
      [at(60), at(60)],
    );
    assert.deepEqual(
      record.agents.map(({ endedAt, talkMs, holdMs }) => [endedAt, talkMs, holdMs]),
      [[at(60), 35_000, 10_000]],
    );
  }
});

test('B12: nothing that the record tells lies behind its end: a hold in the silence, and an answer later than what was last heard', () => {
  const vanished = { cause: 'media_timeout', by: 'server', lastHeardAt: at(60) } as const;
  const over = [say.legEnded(91, 0, vanished), say.legEnded(91, 1, released), say.ended(91, vanished)];
  const [held] = told([...served.slice(0, -4), say.held(70, 1), say.retrieved(80, 1), say.held(85, 1), ...over]);
  assert.deepEqual([held?.endedAt, held?.agents[0]?.endedAt], [at(60), at(60)]);
  const { talkMs = -1, holdMs = -1 } = held?.agents[0] ?? {};
  assert.ok(talkMs >= 0 && holdMs >= 0 && talkMs + holdMs === 45_000, `talk ${talkMs} hold ${holdMs}`);
  const never = { ...vanished, lastHeardAt: at(2) };
  const [silent] = told([...served.slice(0, -4), say.legEnded(91, 0, never), say.legEnded(91, 1, released), say.ended(91, never)]);
  assert.equal(silent?.endedAt, at(15));
});
