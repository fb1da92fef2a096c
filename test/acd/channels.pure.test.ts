/** Interactions of several channels: rules one by one, states × events, and random shifts counted from outside. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, type CallId, type UserId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callQueued,
  DEMO,
  Floor,
  legAnswered,
  legEnded,
  phoneReachable,
  queueConfigured,
  queueId,
  signedIn,
  signedOut,
  wentNotReady,
  wentReady,
} from './floor.ts';

const BY = asId<UserId>('demo:admin');
const id = (name: string) => asId<CallId>(name);
const asked = (name: string, channel = 'chat', more: object = {}): Event => ({
  ...{ type: 'interactionAsked', interactionId: id(name), tenantId: DEMO, channel, queueId: queueId('service'), priority: 0 },
  ...{ skills: [], maxWaitMs: null, externalId: null, from: '', data: {} },
  ...more,
});
const accepted = (name: string, number = '8001'): Event => ({ type: 'interactionAccepted', interactionId: id(name), agentId: agentId(number) });
const declined = (name: string, number = '8001'): Event => ({ type: 'interactionDeclined', interactionId: id(name), agentId: agentId(number) });
const done = (name: string, number = '8001'): Event => ({ type: 'interactionDone', interactionId: id(name), agentId: agentId(number), disposition: null });
const wrappedUp = (name: string, number = '8001'): Event => ({ type: 'interactionWrapUpEnded', interactionId: id(name), agentId: agentId(number) });
const requeued = (name: string): Event => ({ type: 'interactionRequeued', interactionId: id(name), queueId: queueId('service'), by: BY });
const closed = (name: string): Event => ({ type: 'interactionClosed', interactionId: id(name), by: BY });
const desk = (number = '8001'): Event => ({ type: 'deskConnected', agentId: agentId(number) });
const deskLost = (number = '8001'): Event => ({ type: 'deskLost', agentId: agentId(number) });

type AgentRules = Parameters<typeof agentConfigured>[1];
function house(rules: AgentRules = { channels: { chat: 2 } }, queue: Parameters<typeof queueConfigured>[1] = {}, numbers = ['8001']): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { wrapUpMs: 0, ...queue }));
  for (const number of numbers) {
    floor.now += 1_000;
    floor.tell(agentConfigured(number, rules), desk(number));
    floor.ready(number);
  }
  return floor;
}
const stateOf = (floor: Floor, name: string) => floor.acd.view.interaction(id(name))?.state;
const holderOf = (floor: Floor, name: string) => floor.acd.view.interaction(id(name))?.agentId?.split(':')[1] ?? null;
const seen = (floor: Floor, ...names: string[]) => names.map((name) => `${name} ${stateOf(floor, name)}`);
const offeredCall = (floor: Floor) => floor.acd.view.agent(agentId('8001'))?.callId ?? null;

test('an agent has as many chats as she has room for, offered one at a time; the next waits until one is done', () => {
  const floor = house();
  floor.tell(asked('i1'), asked('i2'), asked('i3'));
  assert.deepEqual(seen(floor, 'i1', 'i2', 'i3'), ['i1 offered', 'i2 waiting', 'i3 waiting']);
  floor.tell(accepted('i1'));
  assert.deepEqual(seen(floor, 'i1', 'i2', 'i3'), ['i1 active', 'i2 offered', 'i3 waiting']);
  floor.tell(accepted('i2'));
  assert.equal(floor.acd.view.agent(agentId('8001'))?.activity, 'serving');
  assert.equal(stateOf(floor, 'i3'), 'waiting');
  floor.tell(done('i1'));
  assert.deepEqual(seen(floor, 'i1', 'i2', 'i3'), ['i1 ended', 'i2 active', 'i3 offered']);
  assert.equal(floor.acd.view.interaction(id('i1'))?.end, 'done');
});

test('explain says who takes nothing of a channel, has all she may have, or has work that lets nothing in; and what would serve a chat', () => {
  const floor = house({ channels: { chat: 1, mail: 1 } }, {}, ['8001', '8002', '8003']);
  floor.tell(agentConfigured('8003', { channels: { mail: 1 } }), agentConfigured('8004', { channels: { chat: 1 } }), desk('8004'));
  const why = (name: string) =>
    floor.acd.explain
      .call(id(name), floor.now)
      ?.excluded.map(({ what, channel, level, agents }) => [agents, what, channel ?? '', level ?? ''].join(' ').trim());
  floor.tell(asked('i1'), accepted('i1'), asked('i2'));
  floor.tell(accepted('i2', '8002'), asked('i3'));
  assert.deepEqual(why('i3'), ['2 channel_full chat 1', '1 channel_not_hers chat', '1 signed_out']);
  floor.ready('8004');
  floor.tell(accepted('i3', '8004'), asked('i4'), callArrived('c1'), callQueued('c1'));
  assert.equal(floor.acd.view.agent(agentId('8003'))?.callId, 'c1');
  floor.tell(callArrived('c2'), callQueued('c2'));
  assert.deepEqual(why('c2'), ['3 other_work', '1 offered']);
  const agent = (number: string) => floor.acd.explain.agent(agentId(number), floor.now);
  assert.equal(agent('8001')?.why, 'other_work');
  assert.deepEqual(agent('8001')?.queues[0]?.longest?.obstacle?.what, 'channel_full');

  const writes = house({ channels: { voice: 0, chat: 1 } });
  writes.tell(callArrived('c1'), callQueued('c1'));
  assert.equal(writes.acd.explain.agent(agentId('8001'), writes.now)?.why, 'channel_full');
  writes.tell(wentNotReady('8001', 'meal'), asked('i1'));
  assert.deepEqual(
    writes.acd.explain.call(id('i1'), writes.now)?.changes.map(({ kind, agents }) => [kind, ...agents]),
    [['ready', agentId('8001')]],
  );
});

test('wrap-up of a chat counts against the capacity of its channel, and ends by word or by time', () => {
  const floor = house({ channels: { chat: 1 } }, { wrapUpMs: 5_000 });
  floor.tell(asked('i1'), asked('i2'), accepted('i1'), done('i1'));
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 wrapping_up', 'i2 waiting']);
  floor.tell(wrappedUp('i1'));
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 ended', 'i2 offered']);
  floor.tell(accepted('i2'), done('i2'), asked('i3'));
  floor.after(5_000);
  assert.deepEqual(seen(floor, 'i2', 'i3'), ['i2 ended', 'i3 offered']);
});

test('while she has chats no call is offered to her, unless her chats let calls in; on a call no chat, unless calls let chats in', () => {
  const floor = house();
  floor.tell(asked('i1'), accepted('i1'), callArrived('c1'), callQueued('c1'));
  assert.equal(offeredCall(floor), null);
  floor.tell(done('i1'));
  assert.equal(offeredCall(floor), 'c1');
  floor.tell(legAnswered('c1.1'), asked('i2'));
  assert.equal(stateOf(floor, 'i2'), 'waiting');

  const open = house({ channels: { chat: 2 }, interruptibleBy: { chat: ['voice'], voice: ['chat'] } });
  open.tell(asked('i1'), accepted('i1'), callArrived('c1'), callQueued('c1'));
  assert.equal(offeredCall(open), 'c1');
  open.tell(asked('i2'));
  assert.equal(stateOf(open, 'i2'), 'waiting', 'one live offer, of whatever channel');
  open.tell(legAnswered('c1.1'));
  assert.equal(stateOf(open, 'i2'), 'offered');
  open.tell(accepted('i2'));
  assert.deepEqual(seen(open, 'i1', 'i2'), ['i1 active', 'i2 active']);
});

test('an offer of a chat that is let pass, declined, or shown on a desk that is lost goes on to the next agent, and she is set aside by its cause', () => {
  const ways: [string, (floor: Floor) => void][] = [
    ['no_answer', (floor) => floor.after(15_000)],
    ['rejected', (floor) => floor.tell(declined('i1'))],
    ['client_lost', (floor) => floor.tell(deskLost())],
  ];
  for (const [reason, happens] of ways) {
    const floor = house({ channels: { chat: 2 } }, {}, ['8001', '8002']);
    floor.tell(asked('i1'));
    assert.equal(holderOf(floor, 'i1'), '8001');
    happens(floor);
    assert.equal(holderOf(floor, 'i1'), '8002', reason);
    assert.deepEqual(floor.acd.view.agent(agentId('8001'))?.reasons, [reason]);
  }
});

test('a desk that is gone for a minute gives back what its agent has, in its place; one that is back before keeps it', () => {
  const floor = house();
  floor.tell(asked('i1'), accepted('i1'), deskLost());
  floor.after(30_000);
  floor.tell(desk());
  floor.after(60_000);
  assert.equal(stateOf(floor, 'i1'), 'active');
  floor.tell(deskLost(), asked('i2'));
  floor.after(60_000);
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 waiting', 'i2 waiting']);
  floor.tell(desk(), wentReady('8001'));
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 offered', 'i2 waiting'], 'its place is the older one');
  floor.tell(accepted('i1'), signedOut('8001'));
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 waiting', 'i2 waiting']);
});

test('a name of the operator is given once, also when its interaction is over; a queue that is full or gone ends it with that reason', () => {
  const floor = house({ channels: { chat: 1 } }, { maxWaiting: 1 });
  floor.tell(asked('i1', 'chat', { externalId: 'ticket 7' }), asked('i2', 'chat', { externalId: 'ticket 7' }));
  assert.equal(floor.acd.view.interaction(id('i2')), undefined);
  assert.equal(floor.acd.view.interactionNamed(DEMO, 'ticket 7')?.interactionId, 'i1');
  floor.tell(closed('i1'), asked('i3', 'chat', { externalId: 'ticket 7' }));
  assert.equal(floor.acd.view.interaction(id('i3')), undefined);
  floor.tell(asked('i4'), accepted('i4'), asked('i5'), asked('i6'), asked('i7', 'chat', { queueId: queueId('nowhere') }));
  assert.deepEqual([floor.acd.view.interaction(id('i6'))?.end, floor.acd.view.interaction(id('i7'))?.end], ['full', 'closed']);
});

test('who takes no calls needs no phone, and no call finds her', () => {
  const floor = new Floor();
  floor.tell(queueConfigured('service'), agentConfigured('8001', { channels: { voice: 0, chat: 1 } }), desk(), signedIn('8001'), wentReady('8001'));
  floor.tell(callArrived('c1'), callQueued('c1'), asked('i1'));
  assert.deepEqual([offeredCall(floor), stateOf(floor, 'i1')], [null, 'offered']);
});

test('skills and the order of service are the same words for every channel', () => {
  const floor = house({ channels: { chat: 1, mail: 1 }, skills: { billing: 5 } });
  floor.tell(asked('i1'), accepted('i1'));
  floor.tell(asked('i2', 'mail', { skills: [{ skill: 'billing', level: 6 }] }), asked('i3', 'mail'));
  assert.deepEqual(seen(floor, 'i2', 'i3'), ['i2 waiting', 'i3 offered']);
  floor.tell(asked('i4'), asked('i5', 'chat', { priority: 3 }), done('i1'), accepted('i3'));
  assert.deepEqual(seen(floor, 'i4', 'i5'), ['i4 waiting', 'i5 offered']);
});

test('a reserve that helps out on the phone takes no new chats meanwhile; what she has goes on', () => {
  const floor = new Floor();
  const widening = { reserves: [{ name: 'writers', open: [{ team: 'writers' }], when: { waiting: 1 }, leastMs: 1_000 }] };
  floor.tell(queueConfigured('service', { widening, wrapUpMs: 0 }), queueConfigured('chats', { wrapUpMs: 0 }));
  floor.tell(agentConfigured('8001', { queues: [queueId('chats')], team: 'writers', channels: { chat: 2 } }), desk());
  floor.ready('8001');
  const chat = { queueId: queueId('chats') };
  floor.tell(asked('i1', 'chat', chat), accepted('i1'), callArrived('c1'), callQueued('c1'), asked('i2', 'chat', chat));
  assert.deepEqual(seen(floor, 'i1', 'i2'), ['i1 active', 'i2 waiting']);
  floor.tell(done('i1'));
  assert.equal(offeredCall(floor), 'c1');
  floor.tell(legAnswered('c1.1'), legEnded('c1.1'), legEnded('c1.0'), callEnded('c1'));
  floor.after(1_000);
  assert.equal(stateOf(floor, 'i2'), 'offered', 'nobody waits on the phone any more');
});

const into = {
  waiting: (floor: Floor) => floor.tell(wentNotReady('8001', 'break'), asked('i1')),
  offered: (floor: Floor) => floor.tell(asked('i1')),
  active: (floor: Floor) => floor.tell(asked('i1'), accepted('i1')),
  wrapping_up: (floor: Floor) => floor.tell(asked('i1'), accepted('i1'), done('i1')),
  ended: (floor: Floor) => floor.tell(asked('i1'), closed('i1')),
} as const;
type Life = keyof typeof into;
const table: Record<
  Life,
  [asked: string, accepted: string, declined: string, done: string, wrappedUp: string, requeued: string, closed: string, restart: string]
> = {
  waiting: ['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'ended', 'waiting'],
  offered: ['offered', 'active', 'waiting', 'offered', 'offered', 'offered', 'ended', 'waiting'],
  active: ['active', 'active', 'active', 'wrapping_up', 'active', 'offered', 'ended', 'active'],
  wrapping_up: ['wrapping_up', 'wrapping_up', 'wrapping_up', 'wrapping_up', 'ended', 'offered', 'ended', 'wrapping_up'],
  ended: ['ended', 'ended', 'ended', 'ended', 'ended', 'ended', 'ended', 'ended'],
};
test('every state of an interaction × everything told of it', () => {
  const told: Event[] = [asked('i1'), accepted('i1'), declined('i1'), done('i1'), wrappedUp('i1'), requeued('i1'), closed('i1'), { type: 'serverStarted' }];
  for (const state of Object.keys(into) as Life[]) {
    for (const [n, event] of told.entries()) {
      const floor = house({ channels: { chat: 2 } }, { wrapUpMs: 5_000 });
      into[state](floor);
      assert.equal(stateOf(floor, 'i1'), state);
      floor.tell(event);
      assert.equal(stateOf(floor, 'i1'), table[state][n], `${state} × ${event.type}`);
    }
  }
});

// -- random shifts

const NUMBERS = ['8001', '8002', '8003'];
const CHANNELS = ['chat', 'mail'];
const RULES: Record<string, AgentRules> = {
  8001: { channels: { chat: 2, mail: 1 } },
  8002: { channels: { chat: 3 }, interruptibleBy: { chat: ['voice'], voice: ['chat'] } },
  8003: { channels: { voice: 0, mail: 2, chat: 1 }, interruptibleBy: { mail: [] } },
};
const SEEDS = 80;
const EVENTS = 120;

function throwEvent(dice: Dice, serial: number, live: readonly string[]): Event[] {
  const number = dice.pick(NUMBERS) ?? '8001';
  const one = dice.pick(live) ?? 'i0';
  const ways: (() => Event[])[] = [
    () => [asked(`i${serial}`, dice.pick(CHANNELS), { priority: dice.between(0, 2) })],
    () => [asked(`i${serial}`, dice.pick(CHANNELS), { maxWaitMs: dice.between(1, 20_000) })],
    () => [callArrived(`c${serial}`), callQueued(`c${serial}`)],
    () => [accepted(one, number)],
    () => NUMBERS.map((any) => accepted(one, any)),
    () => [declined(one, number)],
    () => NUMBERS.map((any) => done(one, any)),
    () => [wrappedUp(one, number)],
    () => [requeued(one)],
    () => [closed(one)],
    () => [desk(number), phoneReachable(number), signedIn(number), wentReady(number)],
    () => [desk(number), phoneReachable(number), signedIn(number), wentReady(number)],
    () => [deskLost(number)],
    () => [wentNotReady(number, 'break')],
    () => [signedOut(number)],
    () => [legAnswered(`c${dice.between(1, serial)}.1`)],
    () => [legEnded(`c${dice.between(1, serial)}.1`), legEnded(`c${dice.between(1, serial)}.0`)],
  ];
  return ways[dice.between(0, ways.length - 1)]?.() ?? [];
}

/** What is told of interactions, counted anew. */
class Counter {
  readonly live = new Set<string>();
  readonly offers = new Map<string, string>();
  readonly running = new Map<string, { agentId: string; channel: string }>();
  readonly channels = new Map<string, string>();
  readonly ended = new Set<string>();

  see(event: Event): void {
    if (event.type === 'interactionAsked' && !this.ended.has(event.interactionId)) {
      this.live.add(event.interactionId);
      this.channels.set(event.interactionId, event.channel);
    } else if (event.type === 'interactionOffered') {
      assert.ok(![...this.offers.values()].includes(event.agentId), `INV1: two live offers at ${event.agentId}`);
      assert.ok(!this.offers.has(event.interactionId), `INV1: ${event.interactionId} is offered twice`);
      this.offers.set(event.interactionId, event.agentId);
    } else if (event.type === 'interactionOfferEnded') {
      assert.equal(this.offers.get(event.interactionId), event.agentId, 'INV1: an offer ends once');
      this.offers.delete(event.interactionId);
    } else if (event.type === 'interactionAssigned') {
      this.running.set(event.interactionId, { agentId: event.agentId, channel: this.channels.get(event.interactionId) ?? '' });
      this.#withinCapacity(event.agentId);
    } else if (event.type === 'interactionGivenBack') this.running.delete(event.interactionId);
    else if (event.type === 'interactionEnded') {
      assert.ok(this.live.delete(event.interactionId) && !this.ended.has(event.interactionId), `INV5: ${event.interactionId} ends twice`);
      this.ended.add(event.interactionId);
      this.running.delete(event.interactionId);
      assert.ok(!this.offers.has(event.interactionId), `INV5: ${event.interactionId} is over and offered`);
    }
  }

  loadOf(agent: string, channel: string): number {
    return [...this.running.values()].filter((one) => one.agentId === agent && one.channel === channel).length;
  }

  #withinCapacity(agent: string): void {
    const rules = RULES[agent.split(':')[1] ?? '']?.channels ?? {};
    for (const channel of CHANNELS) assert.ok(this.loadOf(agent, channel) <= (rules[channel] ?? 0), `capacity of ${agent} for ${channel}`);
  }

  /** By what was configured and told alone. */
  isFree(agent: string, channel: string, state: string): boolean {
    const rules = RULES[agent.split(':')[1] ?? ''] ?? {};
    if ([...this.offers.values()].includes(agent)) return false;
    if (this.loadOf(agent, channel) >= (rules.channels?.[channel] ?? 0)) return false;
    const letsIn = (busy: string) => rules.interruptibleBy?.[busy]?.includes(channel) ?? busy !== 'voice';
    for (const other of CHANNELS) if (other !== channel && this.loadOf(agent, other) > 0 && !letsIn(other)) return false;
    return state === 'ready' || (state === 'talking' && letsIn('voice'));
  }
}

function shift(seed: number): void {
  const dice = new Dice(seed);
  const acd = createAcd();
  const twin = createAcd();
  const counter = new Counter();
  let now = 1_000_000;
  let wakeAt: number | null = null;
  let twins = false;
  const tell = (first: Event): void => {
    const facts = [first];
    for (const fact of facts) {
      const turn = acd.decide(fact, now);
      counter.see(fact);
      if (twins) assert.deepEqual(twin.decide(fact, now), turn, `INV10: the core from the snapshot decided otherwise on ${fact.type}`);
      facts.push(...turn.events);
      wakeAt = turn.wakeAt;
    }
    if (wakeAt !== null && wakeAt <= now) return;
    for (const { interactionId, state, channel } of acd.view.interactions(DEMO)) {
      if (state !== 'waiting') continue;
      for (const agent of acd.view.agents(DEMO)) {
        const idle = agent.deskConnected && agent.afterwards !== 'not_ready' && agent.afterwards !== 'signed_out';
        assert.ok(!idle || !counter.isFree(agent.agentId, channel, agent.state), `INV2: ${interactionId} waits beside ${agent.agentId}`);
      }
    }
  };
  tell(queueConfigured('service', { wrapUpMs: seed % 2 === 0 ? 0 : 3_000 }));
  for (const number of NUMBERS) tell(agentConfigured(number, RULES[number] ?? {}));
  for (let serial = 1; serial <= EVENTS; serial += 1) {
    const until = now + dice.between(0, 4_000);
    while (wakeAt !== null && wakeAt <= until) {
      now = Math.max(now, wakeAt);
      tell({ type: 'timePassed' });
    }
    now = until;
    if (serial === 40) {
      twin.restore(JSON.parse(JSON.stringify(acd.snapshot())));
      twins = true;
    }
    if (serial === 80 && seed % 3 === 0) tell({ type: 'serverStarted' });
    for (const event of throwEvent(dice, serial, [...counter.live])) tell(event);
  }
  for (const one of [...counter.live]) tell(closed(one));
  assert.equal(counter.live.size + counter.running.size + counter.offers.size, 0, 'something is left over');
  assert.equal(acd.view.interactions(DEMO).length, 0);
}

test(`${SEEDS} random shifts of several channels: capacity, one live offer, nobody waits beside who may take it, each ends once, a snapshot decides alike`, () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      shift(seed);
    } catch (error) {
      throw new Error(`seed ${seed} of ${import.meta.filename}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
});
