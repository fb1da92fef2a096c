/** Chats and mail at a desk: what it is told, what its agent may say when, and that what it has folded is what the server would show it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, type UserId } from '../../kernel/ids.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { CtiCommand } from '../../src/cti/event.ts';
import { MOST_SHOWN_BYTES } from '../../src/cti/interactions.ts';
import { type AgentCommand, isAgentCommand, type Outcome, obey } from '../../src/cti/obey.ts';
import { type DeskInteraction, deskMessageSchema, interactionCommands, type Snapshot, serverMessageSchema } from '../../src/cti/protocol.ts';
import type { Event } from '../../src/vocabulary.ts';
import { applyChange, type Change } from '../../web/shared/cti/desk.ts';
import { dialling } from '../support/dialling.ts';
import { agent, at, queue, RoomsUnderTest, SERVICE, TENANT, types } from './rooms.ts';

const her = agent('8001');
const BY = asId<UserId>('demo:admin');
const id = (name: string) => asId<CallId>(name);
const asked = (name: string, more: object = {}): Event => ({
  ...{ type: 'interactionAsked', interactionId: id(name), tenantId: TENANT, channel: 'chat', queueId: SERVICE, priority: 0 },
  ...{ skills: [], maxWaitMs: null, externalId: null, from: '', data: {} },
  ...more,
});

function house(channels: Record<string, number> = { chat: 2 }, numbers = ['8001']): RoomsUnderTest {
  const rooms = new RoomsUnderTest(numbers);
  for (const number of numbers) {
    const agentId = agent(number);
    const own = { agentId, tenantId: TENANT, number, name: `n${number}`, queues: [SERVICE], skills: {}, staticContact: null };
    rooms.tell({ type: 'agentConfigured', agent: { ...own, channels, interruptibleBy: { chat: ['voice', 'mail'], voice: ['chat'] } } });
    rooms.tell({ type: 'deskConnected', agentId });
    rooms.ready(number);
  }
  return rooms;
}

function say(rooms: RoomsUnderTest, type: AgentCommand['type'], data: object, agentId = her): { outcome: Outcome; news: CtiCommand[] } {
  const message = deskMessageSchema.parse({ v: 1, id: '1', type, data });
  assert.ok(isAgentCommand(message), type);
  const directory = { agent: () => null, agentByNumber: () => null, queue: () => null };
  const outcome = obey(message, agentId, { desk: rooms.desk, acd: rooms.acd.view, calls: rooms.call.calls, directory, forms: () => ({}), ...dialling() });
  return { outcome, news: outcome.ok ? outcome.events.flatMap((event) => rooms.tell(event)) : [] };
}
const about = (news: CtiCommand[]) => news.map(({ message }) => message).filter(({ type }) => type.startsWith('interaction'));
const shown = (rooms: RoomsUnderTest): DeskInteraction[] => rooms.desk.snapshot(her)?.interactions ?? [];

test('an interaction’s whole life is told to the desk of its agent, and its snapshot has it meanwhile', () => {
  const rooms = house();
  const whole: DeskInteraction = {
    ...{ interactionId: 'i1', channel: 'chat', queue: { queueId: SERVICE, name: queue.name }, offerId: 'i1.o1', externalId: 't7', from: '+8613800001001' },
    ...{ priority: 2, data: { topic: 'bill' }, moreData: 0, state: 'offered', askedAt: at(5_000), since: at(5_000), until: at(25_000), disposition: null },
  };
  const news = rooms.tell(asked('i1', { externalId: 't7', from: '+8613800001001', priority: 2, data: { topic: 'bill' } }));
  assert.deepEqual(about(news), [{ type: 'interactionOffered', data: whole }]);
  assert.deepEqual(shown(rooms), [whole]);

  rooms.later(1_000);
  assert.deepEqual(about(say(rooms, 'acceptInteraction', { interactionId: 'i1' }).news), [
    { type: 'interactionOfferEnded', data: { interactionId: 'i1', offerId: 'i1.o1', end: 'answered' } },
    { type: 'interactionAssigned', data: { interactionId: 'i1', since: at(6_000) } },
  ]);
  const active: DeskInteraction = { ...whole, state: 'active', since: at(6_000), until: null, offerId: null };
  assert.deepEqual(shown(rooms), [active]);

  rooms.later(1_000);
  assert.deepEqual(about(say(rooms, 'doneInteraction', { interactionId: 'i1', disposition: 'handled' }).news), [
    { type: 'interactionWrapUpBegan', data: { interactionId: 'i1', since: at(7_000), until: at(37_000), disposition: 'handled' } },
  ]);
  assert.deepEqual(shown(rooms), [{ ...active, state: 'wrapping_up', since: at(7_000), until: at(37_000), disposition: 'handled' }]);
  assert.deepEqual(about(say(rooms, 'endInteractionWrapUp', { interactionId: 'i1', disposition: 'other' }).news), [
    { type: 'interactionEnded', data: { interactionId: 'i1', end: 'done', disposition: 'other' } },
  ]);
  assert.deepEqual(shown(rooms), []);
  assert.equal(rooms.acd.view.interaction(id('i1'))?.disposition, 'other');
});

test('declined with a reason it goes to the next agent, whose desk alone is told; the journal has the reason', () => {
  const rooms = house({ chat: 1 }, ['8001', '8002']);
  rooms.tell(asked('i1'));
  const { news } = say(rooms, 'declineInteraction', { interactionId: 'i1', reason: 'language' });
  const told = news.filter(({ message }) => message.type.startsWith('interaction')).map(({ agentId, message }) => `${agentId} ${message.type}`);
  assert.deepEqual(told, ['demo:8001 interactionOfferEnded', 'demo:8002 interactionOffered']);
  const ended = rooms.heard.find((event) => event.type === 'interactionOfferEnded');
  assert.ok(ended?.type === 'interactionOfferEnded' && ended.reason === 'language', JSON.stringify(ended));
});

test('what is taken back (requeued, closed, the desk lost for a minute) is told, and gone from the desk', () => {
  const taken: [string, (rooms: RoomsUnderTest) => CtiCommand[]][] = [
    ['interactionGivenBack', (rooms) => rooms.tell({ type: 'interactionRequeued', interactionId: id('i1'), queueId: SERVICE, by: BY })],
    ['interactionEnded', (rooms) => rooms.tell({ type: 'interactionClosed', interactionId: id('i1'), by: BY })],
    ['interactionGivenBack', (rooms) => [...rooms.tell({ type: 'deskLost', agentId: her }), ...rooms.later(60_000)]],
    ['interactionGivenBack', (rooms) => rooms.tell({ type: 'agentSignedOut', agentId: her })],
  ];
  for (const [type, happens] of taken) {
    const rooms = house();
    rooms.tell(asked('i1'));
    say(rooms, 'acceptInteraction', { interactionId: 'i1' });
    rooms.tell({ type: 'agentWentNotReady', agentId: her, reason: 'break' });
    const news = happens(rooms);
    assert.deepEqual(
      about(news).map((message) => message.type),
      [type],
    );
    assert.deepEqual(shown(rooms), [], type);
  }
});

const MOVED = 'interaction_moved';
const table: Record<(typeof interactionCommands)[number], [offered: string, active: string, wrappingUp: string]> = {
  acceptInteraction: ['ok', MOVED, MOVED],
  declineInteraction: ['ok', MOVED, MOVED],
  doneInteraction: [MOVED, 'ok', MOVED],
  endInteractionWrapUp: [MOVED, MOVED, 'ok'],
};
const bring: ((rooms: RoomsUnderTest) => void)[] = [
  () => undefined,
  (rooms) => void say(rooms, 'acceptInteraction', { interactionId: 'i1' }),
  (rooms) => void say(rooms, 'doneInteraction', { interactionId: 'i1' }),
];

test('each command about an interaction × how it stands, whatever the call beside it does; another’s is nobody else’s', () => {
  for (const onCall of [false, true]) {
    for (const type of interactionCommands) {
      for (const state of bring.keys()) {
        const rooms = house({ chat: 2 }, ['8001', '8002']);
        rooms.tell({ type: 'agentWentNotReady', agentId: agent('8002'), reason: 'break' });
        if (onCall) rooms.answered(rooms.arrives().callId);
        rooms.tell(asked('i1'));
        for (const step of bring.slice(0, state + 1)) step(rooms);
        const { outcome } = say(rooms, type, { interactionId: 'i1' });
        assert.equal(outcome.ok ? 'ok' : outcome.code, table[type][state], `${type} × ${state}, on a call: ${onCall}`);
        const other = say(rooms, type, { interactionId: 'i1' }, agent('8002')).outcome;
        assert.ok(!other.ok && other.code === 'other_interaction', type);
      }
    }
  }
});

test('a desk is shown 4 KiB of an interaction’s data and how much more there is; a snapshot of as many as she may have stays below 1 MB', () => {
  const rooms = house({ chat: 100, mail: 50 });
  const data = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, n === 1 ? 'short' : '字'.repeat(600)]));
  for (let n = 0; n < 150; n += 1) {
    const name = `i${String(n).padStart(3, '0')}`;
    rooms.tell(asked(name, { channel: n < 100 ? 'chat' : 'mail', data, from: '字'.repeat(128), externalId: `${name}${'字'.repeat(124)}` }));
    assert.ok(say(rooms, 'acceptInteraction', { interactionId: name }).outcome.ok, name);
  }
  const all = shown(rooms);
  assert.equal(all.length, 150);
  assert.deepEqual([Object.keys(all[0]?.data ?? {}), all[0]?.moreData], [['key0', 'key1', 'key2'], 47]);
  assert.ok(Buffer.byteLength(JSON.stringify(all[0]?.data)) <= MOST_SHOWN_BYTES);
  const bytes = Buffer.byteLength(JSON.stringify(rooms.desk.snapshot(her)));
  assert.ok(bytes < 1_048_576, `${bytes} bytes`);
});

test('her state says how many of each channel she takes, from the moment that changes', () => {
  const rooms = house({ chat: 2 });
  assert.deepEqual(rooms.desk.snapshot(her)?.agent.channels, { chat: 2 });
  const own = { agentId: her, tenantId: TENANT, number: '8001', name: 'n8001', queues: [SERVICE], skills: {}, staticContact: null };
  const news = rooms.tell({ type: 'agentConfigured', agent: { ...own, channels: { chat: 3 } } });
  assert.ok(types(news).includes('agentState'), types(news).join());
});

test('100 random days of two desks: what each has folded from its changes is what the server would show it, after every step', () => {
  const numbers = ['8001', '8002'];
  for (let seed = 1; seed <= 100; seed += 1) {
    const dice = new Dice(seed);
    const rooms = house({ chat: 2, mail: 1 }, numbers);
    const desks = new Map(numbers.map((number) => [agent(number), rooms.desk.snapshot(agent(number)) as Snapshot]));
    const hear = (news: readonly CtiCommand[]): void => {
      for (const { agentId, message } of news) {
        const change = serverMessageSchema.parse({ v: 1, seq: 1, ts: at(rooms.now), ...message }) as Change;
        const desk = desks.get(agentId);
        if (desk !== undefined) desks.set(agentId, applyChange(desk, change));
      }
    };
    for (let step = 1; step <= 60; step += 1) {
      const number = dice.pick(numbers) ?? '8001';
      const agentId = agent(number);
      const one = dice.pick(rooms.desk.snapshot(agentId)?.interactions ?? [])?.interactionId ?? 'none';
      const ways: (() => CtiCommand[])[] = [
        () => rooms.tell(asked(`i${String(step).padStart(2, '0')}`, { channel: dice.pick(['chat', 'mail']) })),
        ...interactionCommands.map((type) => () => say(rooms, type, { interactionId: one }, agentId).news),
        () => rooms.tell({ type: 'interactionRequeued', interactionId: id(one), queueId: SERVICE, by: BY }),
        () => rooms.tell({ type: 'interactionClosed', interactionId: id(one), by: BY }),
        () => rooms.tell({ type: 'agentWentNotReady', agentId, reason: 'meal' }),
        () => rooms.ready(number),
        () => [...rooms.tell({ type: 'deskLost', agentId }), ...rooms.tell({ type: 'deskConnected', agentId })],
        () => rooms.later(dice.between(0, 30_000)),
      ];
      hear(ways[dice.between(0, ways.length - 1)]?.() ?? []);
      for (const each of desks.keys()) assert.deepEqual(desks.get(each)?.interactions, shownTo(rooms, each), `seed ${seed}, step ${step}, ${each}`);
    }
  }
});

const shownTo = (rooms: RoomsUnderTest, agentId: typeof her): DeskInteraction[] => rooms.desk.snapshot(agentId)?.interactions ?? [];
