/** Calls that an agent dialled: whole turns of the call room. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, OfferEnd } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const [own, other, number] = [legIdOf(callId, 0), legIdOf(callId, 1), legIdOf(callId, 1001)];
const by = asId<AgentId>('demo:8001');
const colleague = asId<AgentId>('demo:8002');
const tenantId = asId<TenantId>('demo');
const party = (name: string) => ({ number: name, raw: name });

const arrived: CallEvent = {
  ...{ type: 'callArrived', callId, legId: own, tenantId, caller: party('8001'), callee: party('8002'), trunk: 'phone', sipCallId: 'x' },
  dialled: { by, target: { kind: 'agent', agentId: colleague } },
};
const outside: CallEvent = { ...arrived, callee: party('+8613900000000'), dialled: { by, target: { kind: 'number', number: '13900000000' } } };
const offered: CallEvent = {
  ...{ type: 'callOffered', callId, queueId: null, record: false, offerId: offerIdOf(callId, 1), legId: other, agentId: colleague, until: 20_000 },
};
const offerEnded = (end: OfferEnd, legId = other): CallEvent => ({
  ...{ type: 'offerEnded', callId, queueId: null, offerId: offerIdOf(callId, 1), legId, agentId: colleague, end },
});
const answered = (legId = own): CallEvent => ({ type: 'legAnswered', callId, legId });
const dial = (target: string): CallCommand => ({
  ...{ type: 'dialLeg', callId, legId: number, tenantId, target, from: party('8001'), timeoutMs: 60_000, account: by },
});
const release = (legId = own, cause = 'busy') => ({ type: 'releaseLeg', callId, legId, cause, by: 'other_party' });

function lastTurn(...events: CallEvent[]): { events: CallEvent[]; commands: CallCommand[] } {
  const room = createCallRoom();
  const turns = events.map((event, at) => room.decide(event, at));
  return { events: turns.at(-1)?.events ?? [], commands: turns.at(-1)?.commands ?? [] };
}

test('goes straight to the colleague, without a dialplan or a customer', () => {
  const target = { kind: 'agent', agentId: colleague } as const;
  assert.deepEqual(lastTurn(arrived), { events: [{ type: 'callTransferred', callId, legId: null, target, by: own }], commands: [] });
});

test('goes straight to the number outside; the customer is whoever has that number', () => {
  const turn = lastTurn(outside);
  assert.deepEqual(turn.events, [{ type: 'callTransferred', callId, legId: number, target: { kind: 'number', number: '13900000000' }, by: own }]);
  assert.deepEqual(turn.commands, [
    { type: 'findCustomer', callId, tenantId, number: '+8613900000000' },
    { ...dial('13900000000'), from: party('8001') },
  ]);
});

test('rings in her ear when it rings there', () => {
  assert.deepEqual(lastTurn(arrived, offered, { type: 'legRinging', callId, legId: other }).commands, [{ type: 'alertLeg', callId, legId: own }]);
});

test('is answered when the other answers, and joined when that is done', () => {
  assert.deepEqual(lastTurn(arrived, offered, answered(other)).commands, [{ type: 'answerLeg', callId, legId: own }]);
  assert.deepEqual(lastTurn(arrived, offered, answered(other), answered()).commands, [{ type: 'joinLegs', callId, legIds: [own, other] }]);
});

test('ends with the cause of the other, also when that one hangs up while her own leg is being answered', () => {
  assert.deepEqual(lastTurn(arrived, offered, offerEnded('busy')).commands, [release()]);
  assert.deepEqual(lastTurn(arrived, offered, offerEnded('rejected')).commands, [release(own, 'rejected')]);
  const hungUp: CallEvent = { type: 'legEnded', callId, legId: other, ending: { cause: 'normal', by: 'far_end' } };
  assert.deepEqual(lastTurn(arrived, offered, answered(other), hungUp).commands, [release(own, 'normal')]);
});

test('to a colleague who could be made no offer rings her phone without one', () => {
  assert.deepEqual(lastTurn(arrived, offerEnded('unreachable')).commands, [dial('8002')]);
  assert.deepEqual(lastTurn(arrived, offerEnded('busy')).commands, [release()]);
  assert.deepEqual(lastTurn(arrived, offered, offerEnded('unreachable')).commands, [release(own, 'unreachable')]);
});
