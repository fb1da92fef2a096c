import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CtiClient } from '../../web/shared/cti/client.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, atRest, blindStory, DeskHouse, goldStory } from '../support/desk-house.ts';
import { Wire } from '../support/wire.ts';

const SEEDS = 120;
const STEPS = 60;

/** mulberry32: small, seeded, good enough to surprise us. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Bench {
  clock: FakeClock;
  house: DeskHouse;
  wire: Wire;
  connection: CtiClient;
  random(): number;
  asked: Map<string, number>;
}

function begin(seed: number): Bench {
  const [clock, random] = [new FakeClock(), dice(seed)];
  const house = new DeskHouse({ clock, wrapUpMs: 10_000, picksUpByItself: random() < 0.7 });
  const wire = new Wire(house.desks);
  let ids = 0;
  const connection = new CtiClient({ token: 'token', open: wire.open, clock, random, newId: () => `id-${++ids}` });
  connection.start();
  return { clock, house, wire, connection, random, asked: new Map() };
}

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** What can happen; the desk asks also for what cannot work, as an impatient agent does. */
const happenings: Record<string, (bench: Bench) => void> = {
  ready: ({ connection }) => void connection.command('ready', {}),
  notReady: ({ connection, random }) => void connection.command('notReady', { reason: pick(random, ['break', 'meal', 'other'] as const) }),
  answer: ({ connection }) => void connection.command('answer', {}),
  reject: ({ connection }) => void connection.command('reject', {}),
  hold: ({ connection }) => void connection.command('hold', {}),
  retrieve: ({ connection }) => void connection.command('retrieve', {}),
  hangup: ({ connection }) => void connection.command('hangup', {}),
  setData: ({ connection, random }) => void connection.command('setData', { data: { [pick(random, ['a', 'b', 'c'])]: String(Math.floor(random() * 9)) } }),
  wrapUp: ({ connection }) => void connection.command('wrapUp', { disposition: 'handled' }),
  callArrives: ({ house, random }) => void (house.liveCalls().length < 4 && house.callArrives(pick(random, [goldStory, blindStory]))),
  callerHangsUp: ({ house, random }) => {
    const live = house.liveCalls();
    if (live.length > 0) house.callerHangsUp(pick(random, live));
  },
  phoneAnswers: ({ house }) => house.phoneAnswers(),
  phoneHangsUp: ({ house }) => house.phoneHangsUp(),
  phoneHolds: ({ house, random }) => house.phoneHolds(random() < 0.5),
  phoneGoesAway: ({ house, random }) => random() < 0.3 && house.phoneGoesAway(),
  phoneComesBack: ({ house }) => house.phoneComesBack(),
  shortWhile: ({ clock, random }) => clock.forward(Math.floor(random() * 2_000)),
  longWhile: ({ clock, random }) => clock.forward(Math.floor(random() * 40_000)),
  cut: ({ wire }) => wire.cut(),
  carrySome: ({ wire, random }) => {
    for (let n = random() * 6; n > 0; n -= 1) void (random() < 0.5 ? wire.carryToServer() : wire.carryToDesk());
  },
  twice: ({ wire }) => {
    wire.tamper = (text) => [text, text];
  },
  lost: ({ wire, random }) => {
    wire.tamper = (text) => (random() < 0.1 ? [] : [text]);
  },
  unreachable: ({ wire, random }) => {
    wire.reachable = random() < 0.5;
  },
};

async function agreesAtRest({ clock, house, wire, connection }: Bench): Promise<void> {
  wire.reachable = true;
  wire.tamper = (text) => [text];
  await wire.settle();
  for (let tries = 0; tries < 4 || connection.view().link.state !== 'online'; tries += 1) {
    assert.ok(tries < 12, `the desk came back (${JSON.stringify(connection.view().link)})`);
    clock.forward(10_000);
    await wire.settle();
  }
  clock.forward(1_500);
  await wire.settle();
  assert.deepEqual(atRest(connection.view().desk), atRest(house.desk.snapshot(AGENT)));
  assert.deepEqual(connection.view().waiting, [], 'every command was answered or given up');
}

async function run(seed: number): Promise<void> {
  const bench = begin(seed);
  const names = Object.keys(happenings);
  const story: string[] = [];
  try {
    await bench.wire.settle();
    for (let step = 0; step < STEPS; step += 1) {
      const name = pick(bench.random, names);
      story.push(name);
      happenings[name]?.(bench);
      if (bench.random() < 0.6) await bench.wire.settle(bench.random() < 0.5 ? 3 : undefined);
      if (bench.random() < 0.1) await agreesAtRest(bench);
    }
    await agreesAtRest(bench);
    assertOnce(bench);
  } catch (error) {
    console.error(`seed ${seed}: ${story.join(' ')}\nrerun: SEED=${seed} node --import tsx --test test/web/connection-simulation.pure.test.ts`);
    throw error;
  } finally {
    bench.connection.close();
    bench.house.close();
  }
}

/** However often an id was sent, it became at most one event. */
function assertOnce({ wire, house }: Bench): void {
  const ids = new Set(wire.carriedToServer.filter((text) => text.includes('"type":"setData"')).map((text) => (JSON.parse(text) as { id: string }).id));
  const sets = house.events.filter((event) => event.type === 'dataSet' && event.by === AGENT).length;
  assert.ok(sets <= ids.size, `${sets} changes of data by ${ids.size} commands`);
}

const only = process.env.SEED;
test(`after any ${STEPS} happenings, cuts, losses and doublings the desk shows what the server knows (${SEEDS} seeds)`, async () => {
  if (only !== undefined) return run(Number(only));
  for (let seed = 1; seed <= SEEDS; seed += 1) await run(seed);
});
