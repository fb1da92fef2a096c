import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, legIdOf, type QueueId } from '../../kernel/ids.ts';
import type { FormField } from '../../src/acd/desk-section.ts';
import { type AgentCommand, type Outcome, obey } from '../../src/cti/obey.ts';
import { deskMessageSchema } from '../../src/cti/protocol.ts';
import { isSupervisorMessage } from '../../src/cti/supervising.ts';
import { agent, RoomsUnderTest, SERVICE } from './rooms.ts';

const her = agent('8001');
const named = (name: string) => ({ name, label: { zh: name, en: name } });
const form: FormField[] = [
  { type: 'choice', ...named('solved'), choices: [{ value: 'yes', label: { zh: '是', en: 'Yes' } }] },
  { type: 'date', ...named('promised') },
  { type: 'number', ...named('amount'), least: 0, most: 100 },
  { type: 'checkbox', ...named('risk') },
  { type: 'text', ...named('remark') },
];

function ask(rooms: RoomsUnderTest, type: AgentCommand['type'], data: object = {}): Outcome {
  const message = deskMessageSchema.parse({ v: 1, id: '1', type, data });
  assert.ok(message.type !== 'hello' && message.type !== 'ping' && !isSupervisorMessage(message));
  const agents = ['8001', '8002'];
  const directory = {
    agent: () => null,
    agentByNumber: (_: string, number: string) => {
      const view = agents.includes(number) ? rooms.acd.view.agent(agent(number)) : undefined;
      return view === undefined ? null : { ...view, staticContact: null };
    },
    queue: (queueId: QueueId) => {
      const configuration = rooms.acd.view.queue(queueId)?.configuration;
      return configuration === undefined ? null : { ...configuration, desk: { form } };
    },
  };
  return obey(message, her, {
    desk: rooms.desk,
    acd: rooms.acd.view,
    calls: rooms.call.calls,
    directory,
    forms: () => ({ payment: { card: { least: 13, most: 19 } } }),
  });
}

function talking(): RoomsUnderTest {
  const rooms = new RoomsUnderTest(['8001', '8002']);
  rooms.ready();
  const { callId } = rooms.arrives();
  rooms.answered(callId);
  return rooms;
}

test('a transfer names its target in the house’s own ids, and her own leg', () => {
  const rooms = talking();
  const { callId } = rooms.desk.callOf(her) ?? {};
  assert.ok(callId);
  const asked = (target: object): Outcome => ask(rooms, 'blindTransfer', { target });
  const event = { type: 'transferAsked', callId, legId: legIdOf(callId, 1) };
  assert.deepEqual(asked({ kind: 'agent', number: '8002' }), { ok: true, events: [{ ...event, target: { kind: 'agent', agentId: agent('8002') } }] });
  assert.deepEqual(asked({ kind: 'queue', queue: 'service' }), { ok: true, events: [{ ...event, target: { kind: 'queue', queueId: SERVICE } }] });
  assert.deepEqual(asked({ kind: 'number', number: '12345' }), { ok: true, events: [{ ...event, target: { kind: 'number', number: '12345' } }] });
  for (const target of [
    { kind: 'agent', number: '8001' },
    { kind: 'agent', number: '9999' },
    { kind: 'queue', queue: 'nowhere' },
  ])
    assert.deepEqual(asked(target), { ok: false, code: 'unknown_target' });
});

test('a wrap-up takes what the form of its queue asks for, of the kinds it asks for, and leaves out what is empty', () => {
  const rooms = talking();
  const { callId, legId } = rooms.desk.callOf(her) ?? {};
  assert.ok(callId && legId);
  rooms.tell({ type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'far_end' } });
  const wrapUp = { type: 'wrapUpEnded', agentId: her, callId, disposition: null, notes: null };
  const given = { solved: 'yes', promised: '2026-03-01', amount: '12.5', risk: 'yes', remark: '' };
  assert.deepEqual(ask(rooms, 'wrapUp', { form: given }), {
    ok: true,
    events: [{ ...wrapUp, form: { solved: 'yes', promised: '2026-03-01', amount: '12.5', risk: 'yes' } }],
  });
  assert.deepEqual(ask(rooms, 'wrapUp', { form: { remark: '' } }), { ok: true, events: [wrapUp] });
  for (const form of [{ solved: 'perhaps' }, { promised: 'tomorrow' }, { amount: '101' }, { risk: 'no' }, { other: 'x' }]) {
    const outcome = ask(rooms, 'wrapUp', { form });
    assert.equal(!outcome.ok && outcome.code, 'bad_form', JSON.stringify(form));
  }
});

test('ready while wrapping up ends the wrap-up first', () => {
  const rooms = talking();
  const { callId, legId } = rooms.desk.callOf(her) ?? {};
  assert.ok(callId && legId);
  rooms.tell({ type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'far_end' } });
  assert.deepEqual(ask(rooms, 'ready'), {
    ok: true,
    events: [
      { type: 'wrapUpEnded', agentId: her, callId, disposition: null, notes: null },
      { type: 'agentWentReady', agentId: her },
    ],
  });
});

test('an agent nobody knows has no desk', () => {
  const rooms = new RoomsUnderTest([]);
  assert.deepEqual(ask(rooms, 'ready'), { ok: false, code: 'no_desk' });
  assert.equal(rooms.desk.snapshot('demo:9999' as AgentId), null);
});
