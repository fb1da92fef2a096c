import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodes } from '../../src/cti/errors.ts';
import { COMMAND_TIMEOUT_MS, CtiClient, FIRST_RETRY_MS, farewells, LONGEST_RETRY_MS, MOST_PENDING, type Outcome } from '../../web/shared/cti/client.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, atRest, DeskHouse, goldStory } from '../support/desk-house.ts';
import { Wire } from '../support/wire.ts';

function begin(random = () => 0.5) {
  const clock = new FakeClock();
  const house = new DeskHouse({ clock });
  const wire = new Wire(house.desks);
  let ids = 0;
  const connection = new CtiClient({ token: 'token', open: wire.open, clock, random, newId: () => `id-${++ids}` });
  return { clock, house, wire, connection };
}
type Bench = ReturnType<typeof begin>;

async function online(random?: () => number): Promise<Bench> {
  const bench = begin(random);
  bench.connection.start();
  await bench.wire.settle();
  assert.equal(bench.connection.view().link.state, 'online');
  return bench;
}

/** Back on the line, and the queues' figures told. */
async function comeBack({ clock, wire, connection }: Bench): Promise<void> {
  for (let tries = 0; connection.view().link.state !== 'online'; tries += 1) {
    assert.ok(tries < 10, 'the desk came back');
    clock.forward(FIRST_RETRY_MS * 4);
    await wire.settle();
  }
  await wire.settle();
  clock.forward(2_000);
  await wire.settle();
}

const agrees = ({ connection, house }: Bench, when: string): void => assert.deepEqual(atRest(connection.view().desk), atRest(house.desk.snapshot(AGENT)), when);

/** What a command of the desk's brings about; that a desk came or went is none. */
const isPressed = (type: string): boolean => type.startsWith('desk') && type !== 'deskConnected' && type !== 'deskLost';

/** One whole call, from ready to wrapped up; each step is one thing that happens. */
const wholeCall: readonly ((bench: Bench) => void)[] = [
  ({ connection }) => void connection.command('ready', {}),
  ({ house }) => void house.callArrives(goldStory),
  ({ connection }) => void connection.command('answer', {}),
  ({ connection }) => void connection.command('setData', { data: { reason: '已解释' } }),
  ({ connection }) => void connection.command('hold', {}),
  ({ connection }) => void connection.command('retrieve', {}),
  ({ connection }) => void connection.command('notReady', { reason: 'break' }),
  ({ house }) => house.phoneHangsUp(),
  ({ connection }) => void connection.command('wrapUp', { disposition: 'consulted', notes: '好' }),
];

test('after each change the desk shows what the server would send whole', async () => {
  const bench = await online();
  agrees(bench, 'at the first snapshot');
  for (const [at, step] of wholeCall.entries()) {
    bench.clock.forward(1_000);
    step(bench);
    await bench.wire.settle();
    bench.clock.forward(2_000);
    await bench.wire.settle();
    agrees(bench, `after step ${at}`);
  }
  assert.equal(bench.connection.view().desk?.agent.state, 'not_ready');
});

test('the pop is on the desk while the phone rings, with everything the agent needs', async () => {
  const bench = await online();
  await Promise.all([bench.connection.command('ready', {}), bench.wire.settle()]);
  bench.house.callArrives(goldStory);
  await bench.wire.settle();
  const call = bench.connection.view().desk?.call;
  assert.equal(call?.phase, 'offered');
  assert.equal(call?.pop.customer?.name, '李秀英');
  assert.deepEqual(call?.pop.ivrPath, goldStory.ivrPath);
  assert.ok(call?.pop.ringUntil);
});

test('cut at any message from the server, the desk comes back to the same picture and every command took effect once', async () => {
  const whole = await online();
  for (const step of wholeCall) {
    step(whole);
    await whole.wire.settle();
  }
  const messages = whole.wire.carriedToDesk.length;
  assert.ok(messages >= 20, `${messages} messages are worth cutting at`);
  const effects = whole.house.events.map((event) => event.type).filter((type) => isPressed(type) || type === 'dataSet' || type === 'wrapUpEnded');
  for (let cutAfter = 1; cutAfter <= messages; cutAfter += 1) {
    const bench = begin();
    bench.connection.start();
    for (const step of [() => undefined, ...wholeCall]) {
      step(bench);
      const before = bench.wire.carriedToDesk.length;
      if (before < cutAfter) {
        await bench.wire.settle(cutAfter - before);
        if (bench.wire.carriedToDesk.length === cutAfter) bench.wire.cut();
      }
      await comeBack(bench);
    }
    agrees(bench, `cut after message ${cutAfter}`);
    const took = bench.house.events.map((event) => event.type).filter((type) => isPressed(type) || type === 'dataSet' || type === 'wrapUpEnded');
    assert.deepEqual(took, effects, `cut after message ${cutAfter}`);
  }
});

test('a desk that was away for a moment resumes at its number instead of asking for everything', async () => {
  const bench = await online();
  bench.wire.cut();
  bench.house.take({ type: 'agentWentReady', agentId: AGENT });
  bench.house.callArrives(goldStory);
  bench.wire.carriedToDesk.length = 0;
  await comeBack(bench);
  const types = bench.wire.carriedToDesk.map((text) => (JSON.parse(text) as { type: string }).type);
  assert.ok(types.includes('screenPop') && !types.includes('snapshot'), types.join(' '));
  agrees(bench, 'after the resumption');
});

test('what was told before is not applied a second time', async () => {
  const bench = await online();
  bench.wire.tamper = (text) => [text, text];
  for (const step of wholeCall.slice(0, 6)) {
    step(bench);
    await bench.wire.settle();
  }
  await comeBack(bench);
  agrees(bench, 'every message came twice');
});

test('a message that is missing is fetched by coming back', async () => {
  const bench = await online();
  let dropped = 0;
  bench.wire.tamper = (text) => {
    if (dropped > 0 || !text.includes('"type":"screenPop"')) return [text];
    dropped += 1;
    return [];
  };
  for (const step of wholeCall.slice(0, 3)) {
    step(bench);
    await bench.wire.settle();
    await comeBack(bench);
  }
  assert.equal(dropped, 1);
  agrees(bench, 'the lost pop was fetched');
});

test('a kind of change that this page does not know yet is passed over without losing count', async () => {
  const bench = await online();
  bench.wire.tamper = (text) => [text.replace('"type":"queueStats"', '"type":"weatherChanged"')];
  bench.connection.command('ready', {});
  await bench.wire.settle();
  await comeBack(bench);
  assert.equal(bench.wire.opened, 1, 'no reconnect was needed');
  assert.deepEqual(bench.connection.view().desk?.agent, bench.house.desk.snapshot(AGENT)?.agent);
});

test('a command whose reply was lost is sent again with the same id, takes effect once and is answered', async () => {
  const bench = await online();
  bench.connection.command('ready', {});
  bench.house.callArrives(goldStory);
  await bench.wire.settle();
  bench.house.phoneAnswers();
  await bench.wire.settle();
  const asked = bench.connection.command('hold', {});
  bench.wire.carryToServer();
  bench.wire.cut();
  assert.deepEqual(bench.connection.view().waiting, ['hold']);
  await comeBack(bench);
  assert.deepEqual(await asked, { ok: true });
  assert.equal(bench.house.events.filter(({ type }) => type === 'deskHeld').length, 1);
  const sent = bench.wire.carriedToServer.filter((text) => text.includes('"type":"hold"'));
  assert.equal(sent.length, 2);
  assert.equal(sent[0], sent[1]);
  assert.deepEqual(bench.connection.view().waiting, []);
});

test('a refused command says why', async () => {
  const bench = await online();
  const asked = bench.connection.command('hold', {});
  await bench.wire.settle();
  const outcome = await asked;
  assert.equal(outcome.ok, false);
  assert.equal(!outcome.ok && outcome.code, 'no_call');
});

test('a command without a reply is given up in time and never sent later', async () => {
  const bench = await online();
  bench.wire.cut();
  bench.wire.reachable = false;
  const asked = bench.connection.command('ready', {});
  bench.clock.forward(COMMAND_TIMEOUT_MS);
  const outcome = await asked;
  assert.equal(!outcome.ok && outcome.code, 'no_reply');
  bench.wire.reachable = true;
  for (let tries = 0; tries < 5; tries += 1) {
    bench.clock.forward(LONGEST_RETRY_MS);
    await bench.wire.settle();
  }
  assert.equal(bench.connection.view().link.state, 'online');
  assert.equal(bench.wire.carriedToServer.filter((text) => text.includes('"type":"ready"')).length, 0);
});

test('only so many commands may wait', async () => {
  const bench = await online();
  bench.wire.cut();
  const asked: Promise<Outcome>[] = [];
  for (let n = 0; n <= MOST_PENDING; n += 1) asked.push(bench.connection.command('ready', {}));
  const last = await asked.at(-1);
  assert.equal(last !== undefined && !last.ok && last.code, 'too_many');
  bench.connection.close();
  assert.equal(
    (await Promise.all(asked)).every((outcome) => !outcome.ok),
    true,
  );
});

test('retries come ever later, with jitter, up to a limit; waking tries at once', async () => {
  for (const dice of [0, 0.999]) {
    const bench = await online(() => dice);
    bench.wire.reachable = false;
    bench.wire.cut();
    const waits: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const before = { opened: bench.wire.opened, at: bench.clock.now() };
      while (bench.wire.opened === before.opened) bench.clock.forward(10);
      waits.push(bench.clock.now() - before.at);
      await bench.wire.settle();
    }
    const ceiling = (n: number) => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** n);
    for (const [n, wait] of waits.entries()) {
      assert.ok(wait >= ceiling(n) / 2 && wait <= ceiling(n) + 10, `retry ${n} after ${wait} ms`);
      assert.equal(dice === 0 ? wait <= ceiling(n) / 2 + 10 : wait > ceiling(n) / 2, true);
    }
    const before = bench.wire.opened;
    bench.wire.reachable = true;
    bench.connection.wake();
    assert.equal(bench.wire.opened, before + 1);
    await bench.wire.settle();
    assert.equal(bench.connection.view().link.state, 'online');
  }
});

test('a line on which nothing comes any more is found dead and replaced', async () => {
  const bench = await online();
  bench.wire.tamper = () => [];
  bench.clock.forward(15_000);
  await bench.wire.settle();
  assert.equal(bench.connection.view().link.state, 'online', 'a ping is out');
  bench.clock.forward(8_000);
  assert.equal(bench.connection.view().link.state, 'away');
  bench.wire.tamper = (text) => [text];
  await comeBack(bench);
});

test('a quiet line that answers pings stays', async () => {
  const bench = await online();
  for (let n = 0; n < 20; n += 1) {
    bench.clock.forward(10_000);
    await bench.wire.settle();
  }
  assert.equal(bench.wire.opened, 1);
});

test('only a person brings back a desk that was signed out, refused or taken over; the table is the protocol’s', async () => {
  const stay = Object.values(closeCodes).filter(({ comeBack: back }) => !back);
  assert.deepEqual(Object.keys(farewells).map(Number).sort(), stay.map(({ code }) => code).sort());
  const bench = await online();
  bench.house.desks
    .accept({ send: () => undefined, close: () => undefined })
    .receive(JSON.stringify({ v: 1, id: 'x', type: 'hello', data: { token: 'token' } }));
  await bench.wire.settle();
  assert.deepEqual(bench.connection.view().link, { state: 'closed', why: 'replaced' });
  bench.clock.forward(600_000);
  assert.equal(bench.wire.opened, 1);
});

test('a withdrawn token ends the desk with a reason', async () => {
  const bench = await online();
  bench.house.tokens.clear();
  bench.clock.forward(5_000);
  await bench.wire.settle();
  assert.deepEqual(bench.connection.view().link, { state: 'closed', why: 'unauthorised' });
});

test('a server that came back as another process sends everything, and the desk shows that', async () => {
  const bench = await online();
  for (const step of wholeCall.slice(0, 3)) {
    step(bench);
    await bench.wire.settle();
  }
  const next = new DeskHouse({ clock: bench.clock });
  bench.wire.leadTo(next.desks);
  bench.wire.cut();
  await comeBack(bench);
  assert.deepEqual(atRest(bench.connection.view().desk), atRest(next.desk.snapshot(AGENT)));
  assert.equal(bench.connection.view().desk?.call, null);
});

test('times are the server’s even when this machine’s clock is wrong', async () => {
  const clock = new FakeClock();
  const house = new DeskHouse({ clock });
  const wire = new Wire(house.desks);
  const slow = { now: () => clock.now() - 3_600_000, after: (ms: number, fn: () => void) => clock.after(ms, fn) };
  const connection = new CtiClient({ token: 'token', open: wire.open, clock: slow, random: () => 0, newId: () => 'id' });
  connection.start();
  await wire.settle();
  assert.equal(connection.view().skewMs, 3_600_000);
});
