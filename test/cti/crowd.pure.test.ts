/** Many desks at once, without sockets: a floor that drops and comes back, commands that race, tokens that are withdrawn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentIdOf } from '../../kernel/ids.ts';
import { CtiClient } from '../../web/shared/cti/client.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, atRest, DeskHouse, goldStory, TENANT } from '../support/desk-house.ts';
import { Wire } from '../support/wire.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const NUMBERED = /^\{"v":1,"seq":(\d+),"type":"(?!welcome|snapshot|error)/;
/** G2: 500 desks, back within 10 s. */
const DESKS = 500;
const BACK_WITHIN_MS = 10_000;

/** Of what a desk was carried: numbers left out, and told twice. */
function countFaults(texts: readonly string[]): { gaps: number; doubles: number } {
  let [last, gaps, doubles] = [Number.NaN, 0, 0];
  for (const text of texts) {
    const snapshot = /^\{"v":1,"seq":(\d+),"type":"snapshot"/.exec(text);
    const seq = Number((snapshot ?? NUMBERED.exec(text))?.[1] ?? Number.NaN);
    if (Number.isNaN(seq)) continue;
    if (snapshot === null && !Number.isNaN(last)) {
      if (seq <= last) doubles += 1;
      if (seq > last + 1) gaps += 1;
    }
    last = seq;
  }
  return { gaps, doubles };
}

function floor(clock: FakeClock) {
  const colleagues = Array.from({ length: DESKS - 1 }, (_, n) => String(10_000 + n));
  const house = new DeskHouse({ clock, colleagues });
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const desks = [AGENT, ...colleagues.map((number) => agentIdOf(TENANT, number))].map((agentId, n) => {
    const wire = new Wire(house.desks);
    const token = n === 0 ? 'token' : `token-${colleagues[n - 1]}`;
    return { agentId, wire, client: new CtiClient({ token, open: wire.open, clock, random }) };
  });
  const carry = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      await turn();
      let moved = false;
      for (const { wire } of desks) while (wire.carryToServer() || wire.carryToDesk()) moved = true;
      quiet = moved ? 0 : quiet + 1;
    }
  };
  return { house, desks, carry };
}

test(`G2: ${DESKS} desks drop and come back by themselves while calls go on: each has everything within 10 s, no gap, no double, and no snapshot was needed`, async () => {
  const clock = new FakeClock();
  const { house, desks, carry } = floor(clock);
  for (const { client } of desks) client.start();
  await carry();
  for (const { client } of desks) void client.command('ready', {});
  await carry();
  assert.ok(
    desks.every(({ client }) => client.view().desk?.agent.state === 'ready'),
    'everybody is ready',
  );
  for (const { wire } of desks) wire.cut();
  const cutAt = clock.now();
  let backMs = 0;
  while (desks.some(({ client }) => client.view().link.state !== 'online')) {
    assert.ok(clock.now() - cutAt <= BACK_WITHIN_MS, `${desks.filter(({ client }) => client.view().link.state !== 'online').length} are still away`);
    if (house.liveCalls().length < 20) house.callArrives(goldStory);
    clock.forward(100);
    await carry();
    backMs = clock.now() - cutAt;
  }
  clock.forward(2_000);
  await carry();
  for (const { agentId, wire, client } of desks) {
    assert.deepEqual(countFaults(wire.carriedToDesk), { gaps: 0, doubles: 0 }, agentId);
    assert.equal(wire.carriedToDesk.filter((text) => text.includes('"type":"snapshot"')).length, 1, `${agentId} resumed`);
    assert.deepEqual(atRest(client.view().desk), atRest(house.desk.snapshot(agentId)), agentId);
  }
  assert.ok(desks.filter(({ client }) => client.view().desk?.call?.phase === 'offered').length >= 1, 'calls were offered meanwhile');
  assert.ok(backMs <= BACK_WITHIN_MS, `${backMs} ms`);
  for (const { client } of desks) client.close();
  house.close();
});

test('G11: each of a thousand withdrawn tokens closes its socket within 5 s, and nobody else’s', async () => {
  const clock = new FakeClock();
  const colleagues = Array.from({ length: 1_000 }, (_, n) => String(10_000 + n));
  const house = new DeskHouse({ clock, colleagues });
  const closed = new Map<string, string>();
  for (const number of colleagues)
    house.desks
      .accept({ send: () => undefined, close: (why) => void closed.set(number, why) })
      .receive(JSON.stringify({ v: 1, id: 'h', type: 'hello', data: { token: `token-${number}` } }));
  await turn();
  assert.equal(house.desks.connected, 1_000);
  for (const number of colleagues.slice(0, 500)) house.tokens.delete(`token-${number}`);
  for (let second = 0; second < 5; second += 1) {
    clock.forward(1_000);
    await turn();
  }
  assert.deepEqual([...closed.keys()].sort(), colleagues.slice(0, 500));
  assert.deepEqual([...new Set(closed.values())], ['unauthorised']);
  house.close();
});

test('G4: answer, hang-up and transfer at the same time, each sent twice: every id takes effect once, and who comes too late is told which way', async () => {
  const clock = new FakeClock();
  const house = new DeskHouse({ clock });
  const heard: { type: string; id?: string; ok?: boolean; error?: { code: string } }[] = [];
  const line = house.desks.accept({ send: (text) => void heard.push(JSON.parse(text)), close: () => undefined });
  const ask = (id: string, type: string, data: object = {}): void => line.receive(JSON.stringify({ v: 1, id, type, data }));
  ask('hello', 'hello', { token: 'token' });
  await turn();
  ask('r', 'ready');
  house.callArrives(goldStory);
  const transfer = { target: { kind: 'number', number: '12345' } };
  for (let times = 0; times < 2; times += 1) {
    ask('a', 'answer');
    ask('t', 'blindTransfer', transfer);
    ask('h', 'hangup');
  }
  await turn();
  const replies = (id: string) =>
    heard.filter((message) => message.type === 'reply' && message.id === id).map(({ ok, error }) => (ok === true ? 'ok' : error?.code));
  assert.deepEqual(replies('a'), ['ok', 'ok'], 'the same reply, twice');
  assert.deepEqual(replies('t'), ['ok', 'ok']);
  const [first, second] = replies('h');
  assert.equal(first, second);
  const count = (type: string): number => house.events.filter((event) => event.type === type).length;
  assert.deepEqual([count('deskAnswered'), count('transferAsked')], [1, 1]);
  assert.ok(first === 'ok' ? count('deskHungUp') === 1 : count('deskHungUp') === 0 && first !== undefined, `${first}`);
  house.close();
});
