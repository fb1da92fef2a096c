/** A tenant's floor as walls are told it: rows that changed, four times a second at most, numbered, resumed; alerts once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, agentIdOf, asId, type CallId, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import { watchedFloor } from '../../src/cti/floor/alerts.ts';
import { FloorFeeds, MOST_OWED_BYTES } from '../../src/cti/floor/feeds.ts';
import { type FloorAgent, type FloorAlert, type FloorQueue, parseServerMessage, type ServerMessageOf } from '../../src/cti/protocol.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

const DEMO = asId<TenantId>('demo');
const OTHER = asId<TenantId>('other');
const SERVICE = queueIdOf(DEMO, 'service');
const agent = (number: string, tenantId = DEMO): AgentId => agentIdOf(tenantId, number);

const queueOf = (tenantId: TenantId, alerts?: QueueConfiguration['alerts']): QueueConfiguration => ({
  ...{ queueId: queueIdOf(tenantId, 'service'), tenantId, name: { zh: '服务', en: 'Service' }, skills: [], maxWaitMs: null, maxWaiting: 100 },
  ...{ leaveWhenNoAgents: false, ringTimeoutMs: 20_000, wrapUpMs: 30_000, record: true, music: null, answerWithinMs: 15_000 },
  ...(alerts === undefined ? {} : { alerts }),
});

type Told = ServerMessageOf<'floorSnapshot'> | ServerMessageOf<'floorChanged'>;

/** A wall that folds what it is told, and fails on a gap. */
class Wall {
  readonly told: Told[] = [];
  bytes = 0;
  owed = 0;
  epoch = '';
  seq = 0;
  readonly agents = new Map<string, FloorAgent>();
  readonly queues = new Map<string, FloorQueue>();
  readonly alerts = new Map<string, FloorAlert>();

  owes(): number {
    return this.owed;
  }

  send(text: string): void {
    this.bytes += text.length;
    const message = parseServerMessage(text);
    assert.ok(message !== null && (message.type === 'floorSnapshot' || message.type === 'floorChanged'), `of the topic: ${text}`);
    this.told.push(message);
    if (message.type === 'floorSnapshot') {
      for (const rows of [this.agents, this.queues, this.alerts]) rows.clear();
      this.epoch = message.data.epoch;
    } else assert.equal(message.seq, this.seq + 1, 'no gap');
    this.seq = message.seq;
    const { agents = [], queues = [], alerts = [] } = message.data;
    for (const row of agents) this.agents.set(row.agentId, row);
    for (const row of queues) this.queues.set(row.queueId, row);
    for (const row of alerts) this.alerts.set(row.alertId, row);
    const gone = 'gone' in message.data ? (message.data.gone ?? []) : [];
    for (const id of gone) for (const rows of [this.agents, this.queues, this.alerts]) rows.delete(id);
  }
}

class TestFloor {
  readonly clock = new FakeClock();
  readonly acd = createAcd();
  today: FloorQueue['today'] = null;
  bounds: NonNullable<QueueConfiguration['alerts']> = {};
  readonly feeds: FloorFeeds;
  #calls = 0;

  constructor(numbers: string[], alerts?: QueueConfiguration['alerts']) {
    this.feeds = new FloorFeeds({
      clock: this.clock,
      calls: { get: () => undefined },
      acd: this.acd.view,
      tenants: () => [DEMO, OTHER],
      trunks: () => [],
      today: () => this.today,
      bounds: () => this.bounds,
    });
    for (const tenantId of [DEMO, OTHER]) {
      this.tell({ type: 'queueConfigured', queue: queueOf(tenantId, alerts) });
      for (const number of numbers) this.hire(number, tenantId);
    }
  }

  hire(number: string, tenantId = DEMO): void {
    const agentId = agent(number, tenantId);
    const configuration = { agentId, tenantId, number, name: `n${number}`, queues: [queueIdOf(tenantId, 'service')], skills: {}, team: 'north' };
    this.tell({ type: 'agentConfigured', agent: { ...configuration, staticContact: `sip:${number}@127.0.0.1` } });
  }

  tell(...events: Event[]): void {
    for (const event of events) {
      this.feeds.hear(event);
      this.tell(...this.acd.decide(event, this.clock.now()).events);
    }
  }

  signIn(number: string, tenantId = DEMO): void {
    this.tell({ type: 'agentSignedIn', agentId: agent(number, tenantId) }, { type: 'agentWentReady', agentId: agent(number, tenantId) });
  }

  callWaits(): CallId {
    this.#calls += 1;
    const callId = asId<CallId>(`c-${this.#calls}`);
    const party = { number: '13800001001', raw: '13800001001' };
    this.tell({ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: DEMO, caller: party, callee: party, trunk: 't', sipCallId: 's' });
    this.tell({ type: 'callQueued', callId, queueId: SERVICE, priority: 0, skills: [], maxWaitMs: null });
    return callId;
  }

  hangsUp(callId: CallId): void {
    this.tell({ type: 'callEnded', callId, ending: { cause: 'abandoned', by: 'far_end' } });
  }

  wall(resume: { epoch: string; seq: number } | null = null, wall = new Wall(), teams: string[] | null = null): Wall {
    this.feeds.subscribe(wall, { tenantId: DEMO, teams, trunks: teams === null }, resume);
    return wall;
  }
}

test('a wall is told the floor whole, then within a second only the rows that changed, and of no other tenant', () => {
  const floor = new TestFloor(['8001', '8002']);
  const wall = floor.wall();
  assert.deepEqual([...wall.agents.keys()], [agent('8001'), agent('8002')]);
  assert.equal(wall.agents.get(agent('8001'))?.team, 'north');
  floor.signIn('8001');
  floor.signIn('8002', OTHER);
  floor.callWaits();
  floor.callWaits();
  floor.clock.forward(1_000);
  assert.equal(wall.told.length, 2, 'one message for all of it');
  const [, change] = wall.told;
  assert.deepEqual(
    change?.data.agents?.map(({ number, state, activity }) => ({ number, state, activity })),
    [{ number: '8001', state: 'offered', activity: 'reserved' }],
  );
  assert.deepEqual(
    change?.data.queues?.map(({ queueId, waiting, signedIn }) => ({ queueId, waiting, signedIn })),
    [{ queueId: SERVICE, waiting: 2, signedIn: 1 }],
  );
  floor.clock.forward(900);
  floor.tell({ type: 'agentWentNotReady', agentId: agent('8002'), reason: 'break' });
  assert.equal(wall.told.length, 2, 'she is signed out: nothing changed');
});

test('a lead’s wall has the agents of her teams alone, follows who joins and leaves them, and shares its feed with her equals only', () => {
  const floor = new TestFloor(['8001', '8002']);
  const configured = (number: string, team: string): void =>
    floor.tell({
      type: 'agentConfigured',
      agent: { agentId: agent(number), tenantId: DEMO, number, name: number, queues: [SERVICE], skills: {}, team, staticContact: `sip:${number}@127.0.0.1` },
    });
  configured('8002', 'south');
  const [whole, north, south] = [floor.wall(), floor.wall(null, new Wall(), ['north']), floor.wall(null, new Wall(), ['south', 'west'])];
  assert.deepEqual(
    [whole, north, south].map((wall) => [...wall.agents.keys()]),
    [[agent('8001'), agent('8002')], [agent('8001')], [agent('8002')]],
  );
  floor.signIn('8002');
  floor.clock.forward(1_000);
  assert.ok(
    north.told.every(({ data }) => JSON.stringify(data.agents ?? []).includes('8002') === false),
    'not a word of another team’s agent',
  );
  assert.equal(south.agents.get(agent('8002'))?.state, 'ready');
  configured('8002', 'north');
  floor.clock.forward(1_000);
  assert.deepEqual(
    [whole, north, south].map((wall) => wall.agents.size),
    [2, 2, 0],
  );
  const queues = [whole, north, south].map((wall) => wall.queues.get(SERVICE)?.signedIn);
  assert.deepEqual(queues, [1, 1, 1], 'queues are no team’s');
});

test('whatever happens on a floor of 1,000 agents, a wall is told at most about four times a second, and what it has folded is the floor', () => {
  const numbers = Array.from({ length: 1_000 }, (_, n) => String(1_000 + n));
  const floor = new TestFloor(numbers);
  const wall = floor.wall();
  const snapshotBytes = wall.bytes;
  for (let second = 0; second < 5; second += 1) {
    for (let n = 0; n < 100; n += 1) {
      const number = numbers[(second * 317 + n * 7) % 1_000] ?? '';
      floor.signIn(number);
      if (n % 3 === 0) floor.callWaits();
      if (n % 5 === 0) floor.tell({ type: 'agentWentNotReady', agentId: agent(number), reason: 'meal' });
      floor.clock.forward(10);
    }
  }
  floor.clock.forward(1_000);
  const messages = wall.told.length - 1;
  assert.ok(messages >= 15 && messages <= 26, `${messages} messages in 6 s`);
  for (const view of floor.acd.view.agents(DEMO)) {
    const row = wall.agents.get(view.agentId);
    assert.deepEqual([row?.state, row?.callId ?? null, row?.reasons ?? []], [view.state, view.callId, view.reasons], view.agentId);
  }
  assert.equal(wall.queues.get(SERVICE)?.waiting, floor.acd.view.queue(SERVICE)?.waiting);
  assert.ok(snapshotBytes < 300_000, `a snapshot of 1,000 agents is ${snapshotBytes} bytes`);
});

test('a wall that comes back resumes without gap or double, and gets a snapshot when its number is of another numbering', () => {
  const floor = new TestFloor(['8001', '8002']);
  const wall = floor.wall();
  floor.signIn('8001');
  floor.clock.forward(1_000);
  floor.feeds.unsubscribe(wall);
  floor.signIn('8002');
  floor.clock.forward(1_000);
  assert.equal(wall.agents.get(agent('8002'))?.state, 'signed_out', 'it hears nothing meanwhile');
  floor.wall({ epoch: wall.epoch, seq: wall.seq }, wall);
  assert.equal(wall.agents.get(agent('8002'))?.state, 'ready');
  assert.deepEqual(
    floor.wall({ epoch: 'another', seq: 1 }).told.map(({ type }) => type),
    ['floorSnapshot'],
  );
  assert.deepEqual(
    floor.wall().told.map(({ type }) => type),
    ['floorSnapshot'],
    'without numbers as well',
  );
});

test('what a wall is told grows with who changed, not with who is there', () => {
  const toldOf = (agents: number): number => {
    const floor = new TestFloor(Array.from({ length: agents }, (_, n) => String(10_000 + n)));
    const wall = floor.wall();
    const snapshot = wall.bytes;
    for (let n = 0; n < 50; n += 1) {
      floor.signIn(String(10_000 + n));
      floor.clock.forward(20);
    }
    floor.clock.forward(1_000);
    return wall.bytes - snapshot;
  };
  const [few, many] = [toldOf(100), toldOf(4_000)];
  assert.ok(many < few * 1.1, `${few} bytes beside 100 agents, ${many} beside 4,000`);
});

test('a wall that does not read is told nothing more until it has, and then what it missed, in order; after a long while the floor whole', () => {
  const floor = new TestFloor(['8001', '8002']);
  const wall = floor.wall();
  floor.signIn('8001');
  floor.clock.forward(1_000);
  const told = wall.told.length;
  wall.owed = MOST_OWED_BYTES + 1;
  floor.signIn('8002');
  floor.clock.forward(1_000);
  floor.tell({ type: 'agentWentNotReady', agentId: agent('8002'), reason: 'meal' });
  floor.clock.forward(1_000);
  assert.equal(wall.told.length, told);
  wall.owed = 0;
  floor.clock.forward(1_000);
  assert.deepEqual(
    wall.told.slice(told).map(({ type }) => type),
    ['floorChanged', 'floorChanged'],
  );
  assert.deepEqual(wall.agents.get(agent('8002'))?.reasons, ['meal']);
  wall.owed = MOST_OWED_BYTES + 1;
  for (let n = 0; n < 1_100; n += 1) {
    floor.tell(n % 2 === 0 ? { type: 'agentWentReady', agentId: agent('8002') } : { type: 'agentWentNotReady', agentId: agent('8002'), reason: 'meal' });
    floor.clock.forward(300);
  }
  wall.owed = 0;
  floor.clock.forward(1_000);
  assert.equal(wall.told.at(-1)?.type, 'floorSnapshot');
  assert.equal(wall.agents.get(agent('8002'))?.state, floor.acd.view.agent(agent('8002'))?.state);
});

test('who leaves the floor, and a queue that is gone, are gone from the wall', () => {
  const floor = new TestFloor(['8001', '8002']);
  const wall = floor.wall();
  floor.tell({ type: 'agentRemoved', agentId: agent('8001') }, { type: 'queueRemoved', queueId: SERVICE });
  floor.clock.forward(1_000);
  assert.deepEqual([...wall.agents.keys()], [agent('8002')]);
  assert.equal(wall.queues.size, 0);
  floor.hire('8003');
  floor.clock.forward(1_000);
  assert.ok(wall.agents.has(agent('8003')), 'who comes is shown');
});

test('an alert is told once when its bound is passed, is acknowledged by name, and is over when the figure has been within for ten seconds', () => {
  const floor = new TestFloor(['8001'], { waiting: 2, longestWaitMs: 30_000, serviceLevelPct: 80 });
  const wall = floor.wall();
  const [first, second] = [floor.callWaits(), floor.callWaits()];
  floor.clock.forward(2_000);
  assert.deepEqual(
    [...wall.alerts.values()].map(({ what, bound, value }) => ({ what, bound, value })),
    [{ what: 'waiting', bound: 2, value: 2 }],
  );
  const [alertId = ''] = [...wall.alerts.keys()];
  floor.callWaits();
  floor.clock.forward(5_000);
  assert.equal(wall.told.filter(({ data }) => (data.alerts ?? []).some((alert) => alert.alertId === alertId)).length, 1, 'told once');
  assert.ok(floor.feeds.acknowledge(DEMO, alertId, '张班长'));
  assert.ok(!floor.feeds.acknowledge(OTHER, alertId, '别的公司'), 'of no other tenant');
  floor.clock.forward(1_000);
  assert.equal(wall.alerts.get(alertId)?.acknowledged?.by, '张班长');
  floor.clock.forward(30_000);
  assert.ok(
    [...wall.alerts.values()].some(({ what, acknowledged }) => what === 'longest_wait' && acknowledged === null),
    'time alone passes a bound',
  );
  floor.hangsUp(first);
  floor.hangsUp(second);
  floor.clock.forward(8_000);
  assert.ok(wall.alerts.has(alertId), 'within for a moment is not over');
  floor.clock.forward(5_000);
  assert.ok(!wall.alerts.has(alertId));
  const level = (answered: number, pct: number): FloorQueue['today'] => ({
    ...{ offered: answered, answered, abandoned: 0, asaMs: 9_000, timeZone: 'Asia/Shanghai', since: '2026-03-01T16:00:00.000Z' },
    serviceLevel: { pct, variant: 'A_T/(A+B)', withinMs: 15_000 },
  });
  floor.today = level(19, 10);
  floor.clock.forward(2_000);
  assert.ok(![...wall.alerts.values()].some(({ what }) => what === 'service_level'), 'a level of a handful of callers says nothing');
  floor.today = level(20, 79.5);
  floor.clock.forward(2_000);
  assert.ok([...wall.alerts.values()].some(({ what, value }) => what === 'service_level' && value === 79.5));
});

test('a floor has bounds of its own: all who wait together, the level and the lost of all queues, and who has been not ready for too long, by name', () => {
  const floor = new TestFloor(['8001', '8002']);
  floor.bounds = { waiting: 2, serviceLevelPct: 80, abandonedPct: 5, notReadyMs: 600_000 };
  const wall = floor.wall();
  const told = () => [...wall.alerts.values()].map(({ queueId, what, agentId = null }) => ({ queueId, what, agentId }));
  floor.callWaits();
  floor.signIn('8002');
  floor.tell({ type: 'agentSignedIn', agentId: agent('8001') });
  floor.clock.forward(2_000);
  assert.deepEqual(told(), []);
  floor.callWaits();
  floor.callWaits();
  floor.clock.forward(2_000);
  assert.deepEqual(told(), [{ queueId: null, what: 'waiting', agentId: null }]);
  floor.today = {
    ...{ offered: 30, answered: 28, abandoned: 2, asaMs: 9_000, timeZone: 'Asia/Shanghai', since: '2026-03-01T16:00:00.000Z' },
    serviceLevel: { pct: 79.5, variant: 'A_T/(A+B)', withinMs: 15_000 },
  };
  floor.clock.forward(2_000);
  assert.deepEqual(
    told()
      .map(({ what }) => what)
      .sort(),
    ['abandoned', 'service_level', 'waiting'],
  );
  floor.clock.forward(610_000);
  assert.ok(
    told().some(({ what, agentId }) => what === 'not_ready' && agentId === agent('8001')),
    JSON.stringify(told()),
  );
  floor.bounds = {};
  floor.clock.forward(2_000);
  assert.deepEqual(told(), [], 'without a bound there is no alert');
});

test('the level of a floor is that of all who were answered or lost, by the formula of each queue', () => {
  const row = (answered: number, abandoned: number, pct: number | null): FloorQueue => ({
    ...{ queueId: SERVICE, name: { zh: '', en: '' }, state: 'open', waiting: 1, oldestSince: null, signedIn: 0, ready: 0, talking: 0, wrappingUp: 0 },
    expectedWait: null,
    today: {
      ...{ offered: answered, answered, abandoned, asaMs: null, timeZone: 'Asia/Shanghai', since: '2026-03-01T16:00:00.000Z' },
      serviceLevel: { pct, variant: 'A(≤T) / (A + B)', withinMs: 15_000 },
    },
  });
  // 72 of 80 and 10 of 20: 82 of 100.
  const { day, waiting } = watchedFloor([row(70, 10, 90), row(15, 5, 50), row(0, 0, null)], {}, null);
  assert.deepEqual([waiting, day?.answered, day?.abandoned, Math.round(day?.levelPct ?? 0)], [3, 85, 15, 82]);
});
