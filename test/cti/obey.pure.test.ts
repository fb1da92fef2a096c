import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, type QueueId } from '../../kernel/ids.ts';
import type { FormField } from '../../src/acd/desk-section.ts';
import { type AgentCommand, type Outcome, obey } from '../../src/cti/obey.ts';
import { deskMessageSchema } from '../../src/cti/protocol.ts';
import { isSupervisorMessage } from '../../src/cti/supervising.ts';
import { dialling } from '../support/dialling.ts';
import { agent, RoomsUnderTest, SERVICE, TENANT } from './rooms.ts';

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
    ...dialling(agents),
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

test('a call of her own begins on behalf of her first queue, or of the one she names; a call for help and one to a colleague on nobody’s', () => {
  const rooms = new RoomsUnderTest(['8001', '8002']);
  rooms.ready();
  const begun = (data: object): unknown => {
    const outcome = ask(rooms, 'dial', data);
    const [first] = outcome.ok ? outcome.events : [];
    return first?.type === 'callArrived' ? { caller: first.caller.number, callee: first.callee.number, ...first.outbound } : outcome;
  };
  const toNumber = (number: string) => ({ target: { kind: 'number', number } });
  const outbound = { caller: '12345', callee: '8001', by: her, target: { kind: 'number', number: '12345' } };
  assert.deepEqual(begun(toNumber('12345')), { ...outbound, queueId: SERVICE });
  assert.deepEqual(begun({ ...toNumber('12345'), queue: 'service' }), { ...outbound, queueId: SERVICE });
  assert.deepEqual(begun({ ...toNumber('12345'), queue: null }), { ...outbound, queueId: null });
  assert.deepEqual(begun(toNumber('110')), { ...outbound, caller: '110', target: { kind: 'number', number: '110' }, queueId: null });
  const colleague = { caller: '8002', callee: '8001', by: her, target: { kind: 'agent', agentId: agent('8002') }, queueId: null };
  assert.deepEqual(begun({ target: { kind: 'agent', number: '8002' } }), colleague);
  assert.deepEqual(begun(toNumber('8002')), colleague);
  const withData = ask(rooms, 'dial', { ...toNumber('12345'), data: { ticket: 'CS-1' } });
  assert.ok(withData.ok && withData.events[0]?.type === 'callArrived', JSON.stringify(withData));
  assert.deepEqual(withData.events[1], { type: 'dataSet', callId: withData.events[0].callId, data: { ticket: 'CS-1' }, by: her });
});

test('what cannot be called is refused before anything rings', () => {
  const rooms = new RoomsUnderTest(['8001', '8002']);
  rooms.ready();
  const refused = (data: object): string => {
    const outcome = ask(rooms, 'dial', data);
    return outcome.ok ? 'taken' : outcome.code;
  };
  const target = { kind: 'number', number: '12345' };
  assert.equal(refused({ target, queue: 'vip' }), 'not_your_queue');
  for (const number of ['8001', '9999']) assert.equal(refused({ target: { kind: 'agent', number } }), 'unknown_target', number);
  assert.equal(refused({ target: { kind: 'number', number: '8001' } }), 'unknown_target');
  assert.ok(rooms.desk.snapshot(her)?.agent.can.includes('dial'), 'the button is there');
  const call = { callId: asId<CallId>('c-own'), legId: legIdOf(asId<CallId>('c-own'), 0), tenantId: TENANT, trunk: 'phone', sipCallId: 's' };
  const party = { number: '8001', raw: '8001' };
  rooms.tell({ type: 'callArrived', ...call, caller: party, callee: { number: '10086', raw: '10086' }, dialled: { by: her, target: null } });
  assert.equal(refused({ target }), 'on_call', 'her phone has her ear already');
  rooms.tell({ type: 'phoneLost', agentId: her });
  assert.equal(refused({ target }), 'phone_away');
  assert.ok(!rooms.desk.snapshot(her)?.agent.can.includes('dial'), 'and no button that would fail');
});

test('an agent nobody knows has no desk', () => {
  const rooms = new RoomsUnderTest([]);
  assert.deepEqual(ask(rooms, 'ready'), { ok: false, code: 'no_desk' });
  assert.equal(rooms.desk.snapshot('demo:9999' as AgentId), null);
});
