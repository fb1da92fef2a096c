import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, CaptureState } from '../../src/call/event.ts';

const T0 = 1_000_000;
const callId = asId<CallId>('c-1');
const tenantId = asId<TenantId>('demo');
const agentId = asId<AgentId>('demo:8001');
const caller = legIdOf(callId, 0);
const agent = legIdOf(callId, 1);
const captureId = `${callId}.k1`;
const by = { kind: 'agent', agentId } as const;

/** Customer and agent talk; told facts as the switchboard does. */
function talk() {
  const room = createCallRoom();
  const facts: CallEvent[] = [];
  const tell = (event: { type: string }): CallCommand[] => {
    const commands: CallCommand[] = [];
    const queue = [event];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const turn = room.decide(next, T0);
      queue.push(...turn.events);
      facts.push(...turn.events);
      commands.push(...turn.commands);
    }
    return commands;
  };
  const party = { number: '+8613800001001', raw: '' };
  const queueId = asId<QueueId>('demo:service');
  const told: CallEvent[] = [
    { type: 'callArrived', callId, legId: caller, tenantId, caller: party, callee: party, trunk: 't', sipCallId: 's' },
    { type: 'legAnswered', callId, legId: caller },
    { type: 'callOffered', callId, queueId, record: true, offerId: offerIdOf(callId, 1), legId: agent, agentId, until: T0 + 20_000 },
    { type: 'legAnswered', callId, legId: agent },
  ];
  for (const event of told) tell(event);
  const ask = (field: string): CallCommand[] =>
    tell({ type: 'deskCaptureAsked', ...{ callId, agentId, form: 'payment', field, fields: ['card', 'cvv'], least: 3, most: 19 } });
  const changed = (state: CaptureState, field = 'card', n = 1, count = 16): CallCommand[] =>
    tell({ type: 'captureChanged', ...{ callId, legId: caller, captureId: `${callId}.k${n}`, by: agentId, form: 'payment', field, state, count } });
  return { room, facts, tell, ask, changed };
}

test('I1, I2: the customer’s leg is asked for keys, and the recording is paused until they are there', () => {
  const { facts, ask, changed } = talk();
  const collecting = { least: 3, most: 19, finishKey: '#', firstKeyMs: 60_000, betweenKeysMs: 10_000 };
  assert.deepEqual(ask('card'), [
    { type: 'captureKeys', callId, legId: caller, captureId, tenantId, by: agentId, form: 'payment', field: 'card', collecting },
    { type: 'pauseRecording', callId, recordingId: 'c-1.r1' },
  ]);
  assert.deepEqual(facts.at(-1), { type: 'recordingPaused', callId, recordingId: 'c-1.r1', holder: 'capture', by, until: T0 + 180_000 });
  assert.deepEqual(changed('keying'), []);
  assert.deepEqual(changed('kept'), [{ type: 'resumeRecording', callId, recordingId: 'c-1.r1' }]);
  assert.deepEqual(facts.slice(-2), [
    { type: 'recordingResumed', callId, recordingId: 'c-1.r1', holder: 'capture', by, why: 'asked' },
    { type: 'dataSet', callId, data: { card: '****************' }, by: agentId },
  ]);
});

test('what is keyed in is handed on once each field of the form is there, and the answer goes into the call’s data', () => {
  const { room, facts, tell, ask, changed } = talk();
  ask('card');
  changed('kept');
  ask('cvv');
  assert.deepEqual(
    changed('kept', 'cvv', 2, 3).filter(({ type }) => type === 'deliverSecrets'),
    [{ type: 'deliverSecrets', callId, tenantId, deliveryId: `${callId}.k2`, by: agentId, form: 'payment', names: ['card', 'cvv'] }],
  );
  assert.equal(room.calls.get(callId)?.capture?.state, 'sending');
  tell({
    type: 'secretsDelivered',
    ...{ callId, deliveryId: `${callId}.k2`, by: agentId, form: 'payment', names: ['card', 'cvv'], ok: true, values: { paid: 'yes' } },
  });
  assert.deepEqual(facts.at(-1), { type: 'dataSet', callId, data: { paid: 'yes' }, by: agentId });
  assert.equal(room.calls.get(callId)?.capture, null);
});

test('a field that came to nothing is asked again; one under way is not asked twice', () => {
  const { ask, changed, tell } = talk();
  ask('card');
  assert.deepEqual(ask('cvv'), []);
  assert.deepEqual(tell({ type: 'deskCaptureCancelled', ...{ agentId, callId } }), [{ type: 'cancelCapture', callId, legId: caller }]);
  for (const [n, state] of (['cancelled', 'invalid', 'silent', 'failed'] as const).entries()) {
    assert.deepEqual(changed(state, 'card', n + 1, 2), [{ type: 'resumeRecording', callId, recordingId: 'c-1.r1' }]);
    assert.equal(ask('card').filter(({ type }) => type === 'captureKeys').length, 1);
  }
});

test('while one of them holds there is nobody to key anything in: it fails, and is told', () => {
  const { facts, tell, ask } = talk();
  tell({ type: 'legHeld', ...{ callId, legId: agent } });
  assert.deepEqual(ask('card'), []);
  assert.deepEqual(facts.at(-1), {
    type: 'captureChanged',
    callId,
    legId: caller,
    captureId,
    by: agentId,
    form: 'payment',
    field: 'card',
    state: 'failed',
    count: 0,
  });
});
