import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, legIdOf, type OfferId, queueIdOf } from '../../kernel/ids.ts';
import type { Ending } from '../../src/call/ending.ts';
import type { CtiCommand } from '../../src/cti/event.ts';
import { type DeskAbility, serverMessageSchema } from '../../src/cti/protocol.ts';
import { agent, at, card, queue, RoomsUnderTest, SERVICE, TENANT, talksTo, types } from './rooms.ts';

const HUNG_UP: Ending = { cause: 'normal', by: 'far_end' };
const her = agent('8001');
const to = (message: CtiCommand['message']): CtiCommand => ({ type: 'tellDesk', agentId: her, message });
const onlyStates = (news: CtiCommand[]) => news.flatMap(({ message }) => (message.type === 'agentState' ? [message.data.state] : []));

function offered(): RoomsUnderTest & { callId: CallId } {
  const rooms = new RoomsUnderTest();
  rooms.ready();
  rooms.later(5_000);
  const { callId } = rooms.arrives();
  return Object.assign(rooms, { callId });
}

function talking(): ReturnType<typeof offered> {
  const rooms = offered();
  rooms.answered(rooms.callId);
  rooms.later(5_000);
  return rooms;
}

test('signing in tells her state and what she can do now, once', () => {
  const rooms = new RoomsUnderTest();
  const [signedIn, ...more] = rooms.tell({ type: 'agentSignedIn', agentId: her });
  assert.deepEqual(more, []);
  assert.deepEqual(
    signedIn,
    to({
      type: 'agentState',
      data: {
        ...{ agentId: her, number: '8001', name: 'n8001', state: 'not_ready', reasons: ['signed_in'], since: at(5_000) },
        ...{
          callId: null,
          activity: 'not_ready',
          afterwards: null,
          wrapUpUntil: null,
          pausedUntil: null,
          phoneReachable: true,
          can: ['dial', 'notReady', 'ready', 'requestCallback', 'signOut'],
        },
      },
    }),
  );
  assert.deepEqual(rooms.tell({ type: 'phoneReachable', agentId: her }), [], 'nothing new is not told');
});

test('the pop holds who calls, from where in the menu, with what, and until when it rings', () => {
  const rooms = offered();
  const offerId = `${rooms.callId}.o1` as OfferId;
  assert.deepEqual(rooms.desk.screenPop(her, offerId), {
    ...{ callId: rooms.callId, offerId, legId: legIdOf(rooms.callId, 1), arrivedAt: at(10_000) },
    ...{ caller: { number: '+8613800001001' }, callee: { number: '10086' } },
    queue: { queueId: SERVICE, name: { zh: '服务', en: 'Service' } },
    customer: card,
    ...{ tier: 'gold', language: 'zh', specialNeeds: ['elder'], openTickets: card.openTickets, recentContacts: card.recentContacts },
    ...{
      authLevel: 1,
      ivrPath: ['main/menu'],
      data: { reason: 'bill' },
      recorded: true,
      recordingPausedUntil: null,
      recordingPausedBy: [],
      ringUntil: at(30_000),
    },
  });
  assert.equal(rooms.desk.screenPop(her, 'c-1.o9' as OfferId), null, 'not for an offer that is over');
});

/** `sales` overflows into her queue, `also`: or asks her too; nobody serves it. */
function overflowing(also: boolean): { rooms: RoomsUnderTest; callId: CallId } {
  const rooms = new RoomsUnderTest();
  const sales = { ...queue, queueId: queueIdOf(TENANT, 'sales'), name: { zh: '办理', en: 'Sales' } };
  rooms.tell({ type: 'queueConfigured', queue: { ...sales, overflow: [{ when: { waitedMs: 4_000 }, to: { queue: 'service', alsoWaits: also } }] } });
  rooms.ready();
  return { rooms, callId: rooms.arrives(null, sales.queueId).callId };
}
const popped = ({ desk }: RoomsUnderTest, callId: CallId) => desk.screenPop(her, `${callId}.o1` as OfferId);

for (const alsoWaits of [false, true]) {
  test(`the pop of a call that overflowed says from which queue, when and by which step${alsoWaits ? ', and that it waits on there' : ''}`, () => {
    const { rooms, callId } = overflowing(alsoWaits);
    const news = rooms.later(4_000);
    assert.ok(types(news).includes('callOffered') || types(news).includes('agentState'), types(news).join());
    const pop = popped(rooms, callId);
    assert.deepEqual(pop?.overflow, [{ queue: { queueId: 'demo:sales', name: { zh: '办理', en: 'Sales' } }, step: 1, at: at(9_000), alsoWaits }]);
    assert.equal(pop?.queue?.queueId, alsoWaits ? 'demo:sales' : 'demo:service');
    rooms.answered(callId);
    assert.equal(rooms.desk.snapshot(her)?.call?.pop.overflow?.length, 1, 'also while she talks');
  });
}

test('who was answered and is sent on comes by itself: its next pop has no overflow', () => {
  const { rooms, callId } = overflowing(false);
  rooms.later(4_000);
  rooms.answered(callId);
  rooms.tell({ type: 'callQueued', callId, queueId: SERVICE, priority: 0, skills: [], maxWaitMs: null });
  assert.equal(rooms.call.calls.get(callId)?.overflows, undefined);
});

test('an unknown caller pops too', () => {
  const rooms = new RoomsUnderTest();
  rooms.ready();
  const { callId } = rooms.arrives(null);
  const pop = rooms.desk.screenPop(her, `${callId}.o1` as OfferId);
  assert.deepEqual([pop?.customer, pop?.tier, pop?.openTickets], [null, null, []]);
});

test('a call, whole: offered, established, held, retrieved, hung up, wrapped up — each turn’s news compared whole', () => {
  const rooms = offered();
  const { callId } = rooms;
  const legId = legIdOf(callId, 1);
  const ids = { callId, legId };
  const withoutState = (news: CtiCommand[]) => news.filter(({ message }) => message.type !== 'agentState' && message.type !== 'queueStats');

  rooms.now += 2_000;
  const answer = rooms.answered(callId);
  assert.deepEqual(withoutState(answer), [to({ type: 'callEstablished', data: { ...ids, establishedAt: at(12_000) } })]);
  assert.deepEqual(onlyStates(answer), ['talking']);

  const hold = rooms.tell({ type: 'deskHeld', agentId: her, callId });
  assert.deepEqual(withoutState(hold), [to({ type: 'callHeld', data: { ...ids, by: 'agent' } })]);
  assert.deepEqual(hold.at(-1), to({ type: 'agentState', data: { ...stateOf(rooms), can: held } }));
  assert.deepEqual(withoutState(rooms.tell({ type: 'deskRetrieved', agentId: her, callId })), [to({ type: 'callRetrieved', data: { ...ids, by: 'agent' } })]);
  assert.deepEqual(rooms.tell({ type: 'legsJoined', callId, legIds: [legIdOf(callId, 0), legId] }), [], 'joined again is not established again');

  const data = { reason: 'bill', order: '7' };
  assert.deepEqual(rooms.tell({ type: 'dataSet', callId, data: { order: '7' }, by: her }), [
    to({ type: 'dataChanged', data: { callId, changed: { order: '7' }, data, by: her } }),
  ]);

  const end = rooms.tell({ type: 'legEnded', callId, legId, ending: HUNG_UP });
  assert.deepEqual(types(end), ['callCleared', 'agentState']);
  assert.deepEqual(end[0], to({ type: 'callCleared', data: { ...ids, cause: 'normal', by: 'far_end' } }));
  assert.deepEqual(onlyStates(end), ['wrapping_up']);
  assert.equal(rooms.desk.snapshot(her)?.call?.phase, 'cleared', 'what she wraps up stays on her screen');

  const over = rooms.tell({ type: 'wrapUpEnded', agentId: her, callId, disposition: 'resolved', notes: null });
  assert.deepEqual(onlyStates(over), ['ready']);
  assert.equal(rooms.desk.snapshot(her)?.call, null);
});

test('she is told when the sound of either is bad, and when it is well again; her snapshot knows it too', () => {
  const rooms = offered();
  const { callId } = rooms;
  const [caller, hers] = [legIdOf(callId, 0), legIdOf(callId, 1)];
  rooms.answered(callId);
  const ids = { callId, legId: hers };
  const tell = (legId: typeof hers, trouble: 'poor' | 'not_heard' | 'none') => rooms.tell({ type: 'legAudioTroubled', callId, legId, trouble });
  assert.deepEqual(tell(caller, 'poor'), [to({ type: 'audioTrouble', data: { ...ids, of: 'caller', trouble: 'poor' } })]);
  assert.deepEqual(tell(hers, 'not_heard'), [to({ type: 'audioTrouble', data: { ...ids, of: 'agent', trouble: 'not_heard' } })]);
  assert.deepEqual(rooms.desk.snapshot(her)?.call?.audio, { agent: 'not_heard', caller: 'poor' });
  tell(caller, 'none');
  assert.deepEqual(rooms.desk.snapshot(her)?.call?.audio, { agent: 'not_heard', caller: 'none' });
  assert.deepEqual(tell(legIdOf(callId, 7), 'poor'), [], 'a leg she does not talk with is none of hers');
});

const held: DeskAbility[] = [
  'blindTransfer',
  'cancelCapture',
  'consult',
  'hangup',
  'mute',
  'notReady',
  'pauseRecording',
  'ready',
  'requestCallback',
  'resumeRecording',
  'retrieve',
  'setData',
  'transferToDialplan',
  'unmute',
];
function stateOf(rooms: RoomsUnderTest) {
  const snapshot = rooms.desk.snapshot(her);
  assert.ok(snapshot);
  return snapshot.agent;
}

test('every end of an offer clears her screen once, with its cause', () => {
  const ends: [string, (rooms: ReturnType<typeof offered>) => CtiCommand[], string][] = [
    ['not answered', (rooms) => rooms.later(20_000), 'no_answer'],
    ['rejected', (rooms) => rooms.tell({ type: 'deskRejected', agentId: her, callId: rooms.callId }), 'rejected'],
    [
      'phone busy',
      (rooms) => rooms.tell({ type: 'legEnded', callId: rooms.callId, legId: rooms.offeredLeg(), ending: { cause: 'busy', by: 'far_end', sip: 486 } }),
      'busy',
    ],
    ['caller gone', (rooms) => rooms.tell({ type: 'legEnded', callId: rooms.callId, legId: legIdOf(rooms.callId, 0), ending: HUNG_UP }), 'abandoned'],
    ['signed out by a supervisor', (rooms) => rooms.tell({ type: 'agentSignedOut', agentId: her, by: asId('demo:supervisor') }), 'withdrawn'],
  ];
  for (const [what, end, cause] of ends) {
    const rooms = offered();
    const legId = rooms.offeredLeg();
    const news = [...end(rooms), ...rooms.tell({ type: 'legEnded', callId: rooms.callId, legId, ending: { cause: 'normal', by: 'server' } })];
    const cleared = news.flatMap(({ message }) => (message.type === 'callCleared' ? [message.data.cause] : []));
    assert.deepEqual(cleared, [cause], what);
    assert.equal(rooms.desk.snapshot(her)?.call, null, what);
  }
});

test('the caller’s own hold is told but changes nothing she can do', () => {
  const rooms = talking();
  const { callId } = rooms;
  const news = rooms.tell({ type: 'legHeld', callId, legId: legIdOf(callId, 0) });
  assert.deepEqual(news, [to({ type: 'callHeld', data: { callId, legId: legIdOf(callId, 1), by: 'caller' } })]);
  assert.equal(rooms.desk.phaseOf(her), 'talking');
  assert.deepEqual(types(rooms.tell({ type: 'legRetrieved', callId, legId: legIdOf(callId, 0) })), ['callRetrieved']);
});

test('what becomes known during the call pops again', () => {
  const rooms = offered();
  const { callId } = rooms;
  const [again, ...more] = rooms.tell({ type: 'customerFound', callId, customer: { ...card, name: '李娜' }, authLevel: 2 });
  assert.deepEqual(more, []);
  assert.ok(again?.message.type === 'screenPop');
  assert.deepEqual([again.message.data.customer?.name, again.message.data.authLevel], ['李娜', 2]);
  assert.deepEqual(types(rooms.tell({ type: 'languageChosen', callId, language: 'en' })), ['screenPop']);
});

test('a transfer is told to her who made it, and a caller who comes back is told as retrieved', () => {
  const rooms = talking();
  const { callId } = rooms;
  const legId = legIdOf(callId, 1);
  const target = { kind: 'number', number: '12345' } as const;
  const asked = rooms.tell({ type: 'transferAsked', callId, legId, target });
  assert.deepEqual(asked[0], to({ type: 'callTransferred', data: { callId, legId, target: { kind: 'number', to: '12345' } } }));
  assert.deepEqual(stateOf(rooms).can, ['hangup', 'mute', 'notReady', 'ready', 'requestCallback', 'setData', 'unmute'], 'meanwhile she can only go');
  assert.deepEqual(asked.slice(1), [to({ type: 'agentState', data: stateOf(rooms) })]);
  const targetLeg = legIdOf(callId, 1001);
  const failed = rooms.tell(
    { type: 'legEnded', callId, legId: targetLeg, ending: { cause: 'busy', by: 'far_end', sip: 486 } },
    { type: 'legsJoined', callId, legIds: [legIdOf(callId, 0), legId] },
  );
  assert.deepEqual(failed, [to({ type: 'agentState', data: stateOf(rooms) }), to({ type: 'callRetrieved', data: { callId, legId, by: 'agent' } })]);
  assert.ok(stateOf(rooms).can.includes('hold'), 'all is as before');
});

test('a queue’s figures go at most once a second to those who are signed in to it, and end with the truth', () => {
  const rooms = new RoomsUnderTest(['8001', '8002', '8003']);
  rooms.tell({ type: 'agentSignedIn', agentId: agent('8001') }, { type: 'agentSignedIn', agentId: agent('8002') });
  rooms.later(5_000);
  const told: { at: number; to: string; waiting: number }[] = [];
  const note = (news: CtiCommand[]): void => {
    for (const { agentId, message } of news) if (message.type === 'queueStats') told.push({ at: rooms.now, to: agentId, waiting: message.data.waiting });
  };
  for (let n = 0; n < 50; n += 1) {
    note(rooms.arrives().news);
    note(rooms.later(100));
  }
  while (rooms.wakeAt !== null) note(rooms.later(rooms.wakeAt - rooms.now));
  const times = [...new Set(told.map((row) => row.at))];
  assert.ok(times.length >= 4 && times.length <= 7, `${times.length} tellings in 5 s`);
  for (const [n, time] of times.entries()) if (n > 0) assert.ok(time - (times[n - 1] ?? 0) >= 1_000);
  assert.deepEqual([...new Set(told.map((row) => row.to))].sort(), [agent('8001'), agent('8002')]);
  assert.equal(told.at(-1)?.waiting, 50);
});

test('who signs out hears no more of her queues', () => {
  const rooms = new RoomsUnderTest(['8001']);
  rooms.tell({ type: 'agentSignedIn', agentId: her });
  rooms.later(5_000);
  rooms.tell({ type: 'agentSignedOut', agentId: her });
  rooms.arrives();
  assert.deepEqual(types(rooms.later(5_000)), []);
});

test('a wrap-up that outlasts the memory of the call still shows it', () => {
  const rooms = new RoomsUnderTest();
  const configuration = rooms.acd.view.queue(SERVICE)?.configuration;
  assert.ok(configuration);
  rooms.tell({ type: 'queueConfigured', queue: { ...configuration, wrapUpMs: 3_600_000 } });
  rooms.ready();
  const { callId } = rooms.arrives();
  const hangUp = (id: CallId): void => {
    for (const n of [0, 1]) rooms.tell({ type: 'legEnded', callId: id, legId: legIdOf(id, n), ending: HUNG_UP });
  };
  rooms.answered(callId);
  hangUp(callId);
  const shown = rooms.desk.snapshot(her)?.call?.pop;
  rooms.later(400_000);
  hangUp(rooms.arrives().callId);
  assert.equal(rooms.call.calls.get(callId), undefined, 'the call itself is forgotten');
  assert.ok(shown);
  assert.deepEqual(rooms.desk.snapshot(her)?.call?.pop, shown);
});

test('after a restart no desk shows a call of before', () => {
  const rooms = talking();
  rooms.tell({ type: 'serverStarted' });
  assert.equal(rooms.desk.snapshot(her)?.call, null);
  assert.equal(rooms.desk.callOf(her), null);
});

test('everything told and every snapshot is a message of the protocol', () => {
  const rooms = new RoomsUnderTest();
  const news = [...rooms.ready(), ...rooms.later(2_000)];
  const { callId, news: offer } = rooms.arrives();
  const data = rooms.desk.screenPop(her, `${callId}.o1` as OfferId);
  news.push(...offer, ...rooms.answered(callId), ...rooms.tell({ type: 'deskHeld', agentId: her, callId }));
  news.push(...rooms.tell({ type: 'legEnded', callId, legId: legIdOf(callId, 1), ending: HUNG_UP }), ...rooms.later(60_000));
  const messages = [...news.map(({ message }) => message), { type: 'screenPop', data }, { type: 'snapshot', data: rooms.desk.snapshot(her) }];
  for (const message of messages) {
    const parsed = serverMessageSchema.safeParse({ v: 1, seq: 1, ts: at(0), ...message });
    assert.ok(parsed.success, `${message.type}: ${parsed.error?.message}`);
  }
});

test('who has no phone that goes off-hook when told to cannot answer at her desk, and is told so when her phones change', () => {
  const rooms = new RoomsUnderTest(['8001']);
  const her = agent('8001');
  const can = (): string[] => rooms.desk.snapshot(her)?.agent.can ?? [];
  rooms.ready();
  rooms.arrives();
  assert.ok(can().includes('answer'));
  const [news] = rooms.tell(talksTo(her, ['hold']));
  assert.ok(news?.message.type === 'agentState' && !news.message.data.can.includes('answer'));
  assert.ok(can().includes('reject') && !can().includes('answer'));
});

test('E9: five thousand callers pour into one queue: no desk is told of it more than twice a second', () => {
  const rooms = new RoomsUnderTest(['8001', '8002', '8003']);
  rooms.tell({ type: 'queueConfigured', queue: { ...queue, maxWaiting: 10_000 } });
  for (const number of ['8001', '8002']) rooms.tell({ type: 'agentSignedIn', agentId: agent(number) });
  const began = rooms.now;
  const news = Array.from({ length: 5_000 }, () => [...rooms.arrives(null).news, ...rooms.later(2)]).flat();
  assert.equal(rooms.acd.view.queue(SERVICE)?.waiting, 5_000);
  const seconds = (rooms.now - began) / 1_000;
  for (const number of ['8001', '8002']) {
    const told = news.filter(({ agentId }) => agentId === agent(number)).length;
    assert.ok(told > seconds / 2 && told <= 2 * seconds, `${told} messages to ${number} in ${seconds} s`);
  }
  assert.equal(news.filter(({ agentId }) => agentId === agent('8003')).length, 0, 'who is not signed in is told nothing');
});
