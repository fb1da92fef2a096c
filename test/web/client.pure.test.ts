/** What the client of the desk protocol is for others than our own agent's page: typed events, a supervisor's line, the floor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CtiClient } from '../../web/shared/cti/client.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, DeskHouse, goldStory } from '../support/desk-house.ts';
import { Wire } from '../support/wire.ts';

function begin(as?: 'supervisor') {
  const clock = new FakeClock();
  const house = new DeskHouse({ clock });
  if (as !== undefined) house.role = 'supervisor';
  const wire = new Wire(house.desks);
  const client = new CtiClient({ token: 'token', open: wire.open, clock, random: () => 0.5, ...(as === undefined ? {} : { as }) });
  return { clock, house, wire, client };
}

async function cutAndBack({ clock, wire, client }: ReturnType<typeof begin>): Promise<void> {
  wire.cut();
  clock.forward(1_000);
  await wire.settle();
  assert.equal(client.view().link.state, 'online', 'back on the line');
}

test('a listener hears each message of its type once, in order, after the model has it, over cuts and doublings', async () => {
  const bench = begin();
  const { house, wire, client } = bench;
  const heard: string[] = [];
  const stop = client.on('agentState', ({ data, seq }) => {
    assert.equal(client.view().desk?.agent, data, 'the model has it');
    heard.push(`${seq} ${data.state}`);
  });
  const pops: string[] = [];
  client.on('screenPop', ({ data }) => pops.push(data.caller.number));
  client.start();
  await wire.settle();
  void client.command('ready', {});
  await wire.settle();
  wire.tamper = (text) => [text, text];
  house.callArrives(goldStory);
  await wire.settle(1);
  await cutAndBack(bench);
  assert.deepEqual(pops, [goldStory.number]);
  const numbers = heard.map((one) => Number(one.split(' ')[0]));
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
    heard.join(', '),
  );
  assert.ok(heard.at(-1)?.endsWith('offered'), heard.join(', '));
  stop();
  const before = heard.length;
  house.phoneAnswers();
  await wire.settle();
  assert.equal(heard.length, before, 'nothing is heard after the cancel');
});

test('a supervisor’s line opens no desk, keeps the floor, and resumes it by its own numbers', async () => {
  const bench = begin('supervisor');
  const { clock, house, wire, client } = bench;
  let snapshots = 0;
  client.on('floorSnapshot', () => {
    snapshots += 1;
  });
  client.start();
  client.watchFloor();
  await wire.settle();
  assert.equal(client.view().link.state, 'online');
  assert.equal(client.view().desk, null);
  assert.equal(client.view().welcome?.agentId, null);
  assert.equal(client.view().floor?.agents.get(AGENT)?.state, 'signed_out');
  house.take({ type: 'agentSignedIn', agentId: AGENT });
  clock.forward(2_000);
  await wire.settle();
  assert.equal(client.view().floor?.agents.get(AGENT)?.state, 'not_ready');
  const queues = client.view().floor?.queues;
  wire.cut();
  house.take({ type: 'agentWentReady', agentId: AGENT });
  clock.forward(2_000);
  await wire.settle();
  clock.forward(2_000);
  await wire.settle();
  assert.equal(client.view().floor?.agents.get(AGENT)?.state, 'ready', 'what was missed is told');
  assert.equal(snapshots, 1, 'and nothing but that');
  assert.ok(queues !== undefined);
  const asked = client.command('setAgentState', { number: '8001', state: 'not_ready' });
  await wire.settle();
  assert.deepEqual(await asked, { ok: true });
});

test('G4: what was sent to a server that has forgotten its ids is not sent again; what was not sent yet is', async () => {
  const bench = begin();
  const { clock, wire, client, house } = bench;
  client.start();
  await wire.settle();
  const sent = client.command('notReady', { reason: 'meal' });
  wire.carryToServer();
  wire.cut();
  const kept = client.command('ready', {});
  const next = new DeskHouse({ clock });
  wire.leadTo(next.desks);
  clock.forward(1_000);
  await wire.settle();
  assert.equal(house.events.filter(({ type }) => type === 'agentWentNotReady').length, 1, 'the first server did it');
  assert.deepEqual(await sent, { ok: false, code: 'no_reply', message: '' });
  assert.deepEqual(await kept, { ok: true });
  assert.equal(next.events.filter(({ type }) => type === 'agentWentNotReady').length, 0);
  assert.equal(next.events.filter(({ type }) => type === 'agentWentReady').length, 1);
});
