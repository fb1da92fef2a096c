import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, type LegId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent } from '../../src/call/event.ts';

const callId = asId<CallId>('c-1');
const agentId = asId<AgentId>('demo:8001');
const [caller, agent] = [legIdOf(callId, 0), legIdOf(callId, 1)];
const legIds: [LegId, LegId] = [caller, agent];
const joined: CallEvent = { type: 'legsJoined', callId, legIds };
const direct: CallEvent = { type: 'legsDirect', callId, legIds };
const restored = (legId: LegId): CallEvent => ({ type: 'legMediaRestored', callId, legId });
const asksDirect = { type: 'directLegs', callId, legIds };
const joins = { type: 'joinLegs', callId, legIds };
const reanchors = [caller, agent].map((legId) => ({ type: 'reanchorLeg', callId, legId }));

/** Customer and agent, joined; `tell` gives what is asked of the world. */
function talk({ record = false, rule = true } = {}) {
  const room = createCallRoom();
  const facts: CallEvent[] = [];
  const tell = (...events: { type: string }[]): CallCommand[] => {
    const commands: CallCommand[] = [];
    const queue = [...events];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const turn = room.decide(next, 1000);
      queue.push(...turn.events);
      facts.push(...turn.events);
      commands.push(...turn.commands);
    }
    return commands;
  };
  const party = { number: '+8613800001001', raw: '' };
  const queueId = asId<QueueId>('demo:service');
  const offer = { type: 'callOffered', callId, queueId, record, offerId: offerIdOf(callId, 1), legId: agent, agentId, until: 9000 };
  tell(
    { type: 'callArrived', ...{ callId, legId: caller, tenantId: asId<TenantId>('demo'), caller: party, callee: party, trunk: 't', sipCallId: 's' } },
    { type: 'legAnswered', ...{ callId, legId: caller } },
    { ...offer, ...(rule ? { direct: true } : {}) },
    { type: 'legAnswered', ...{ callId, legId: agent } },
  );
  return { tell, facts, state: () => room.calls.get(callId)?.direct };
}

test('two who are joined talk directly where the queue says so and nothing is recorded', () => {
  assert.deepEqual(talk().tell(joined), [asksDirect]);
  assert.deepEqual(talk({ rule: false }).tell(joined), []);
  assert.deepEqual(talk({ record: true }).tell(joined), []);
});

test('hold fetches both back before anything is asked of the media server; retrieved, they are joined there and direct again', () => {
  const { tell, state } = talk();
  tell(joined, direct);
  const [first, second, parts] = tell({ type: 'legHeld', ...{ callId, legId: agent } });
  assert.deepEqual([first, second], reanchors);
  assert.equal(parts?.type, 'partLegs');
  assert.equal(state(), null);
  assert.deepEqual(tell(restored(agent), restored(caller)), [{ type: 'resumeSounds', callId, legId: caller }]);
  assert.deepEqual(tell({ type: 'legRetrieved', ...{ callId, legId: agent } }), [joins]);
  assert.deepEqual(tell(joined), [asksDirect]);
});

test('a transfer fetches both back: the one who waits hears music there', () => {
  const { tell } = talk();
  tell(joined, direct);
  const commands = tell({ type: 'transferAsked', ...{ callId, legId: agent, target: { kind: 'number', number: '10010' } } });
  assert.deepEqual(
    commands.map(({ type }) => type),
    ['reanchorLeg', 'reanchorLeg', 'partLegs', 'dialLeg'],
  );
  assert.deepEqual(tell(restored(caller)), [{ type: 'resumeSounds', callId, legId: caller }]);
});

test('a leg that ends before it was fetched back keeps nobody from being direct again', () => {
  const { tell } = talk();
  tell(joined, direct);
  const second = legIdOf(callId, 2);
  const to = { type: 'callOffered', callId, queueId: null, record: false, direct: true, offerId: offerIdOf(callId, 2), legId: second, agentId, until: 9000 };
  tell({ type: 'transferAsked', ...{ callId, legId: agent, target: { kind: 'agent', agentId } } }, restored(caller), to);
  tell(
    { type: 'legAnswered', ...{ callId, legId: second } },
    { type: 'legEnded', ...{ callId, legId: agent, ending: { cause: 'transferred', by: 'server' } } },
  );
  assert.deepEqual(tell({ type: 'legsJoined', ...{ callId, legIds: [caller, second] } }), [{ type: 'directLegs', callId, legIds: [caller, second] }]);
});

test('a hold while they are being connected is obeyed at once, and what comes of the connecting is undone', () => {
  const { tell, state } = talk();
  tell(joined);
  assert.deepEqual(
    tell({ type: 'legHeld', ...{ callId, legId: agent } }).map(({ type }) => type),
    ['partLegs'],
  );
  assert.equal(state(), 'unwanted');
  assert.deepEqual(tell(direct), reanchors);
});

const asks = { type: 'deskCaptureAsked', ...{ callId, agentId, form: 'payment', field: 'card', fields: ['card'], least: 3, most: 19 } };
const types = (commands: CallCommand[]): string[] => commands.map(({ type }) => type);

test('a capture asked of a direct call waits until both are back and joined, and is asked then, once', () => {
  const { tell, facts } = talk();
  tell(joined, direct);
  assert.deepEqual(tell(asks), reanchors);
  assert.deepEqual(tell(restored(agent)), []);
  assert.deepEqual(tell(restored(caller)), [joins]);
  const asked = tell(joined);
  assert.deepEqual(types(asked), ['captureKeys']);
  assert.equal(asked[0]?.type === 'captureKeys' && asked[0].legId, caller);
  assert.deepEqual(tell(joined), []);
  // While it was being tried and came to nothing at either phone, they are joined as they were.
  const trying = talk();
  trying.tell(joined);
  assert.deepEqual(trying.tell(asks), []);
  assert.deepEqual(types(trying.tell({ type: 'directEnded', ...{ callId, legIds, moved: false } })), ['captureKeys']);
  assert.deepEqual(
    facts.filter(({ type }) => type === 'captureChanged'),
    [],
  );
});

test('a capture that waits is cancelled by a hold, by her, or by an end, and nothing is asked of the customer', () => {
  const cancelled = (...events: { type: string }[]): unknown[] => {
    const { tell, facts } = talk();
    tell(joined, direct, asks);
    const commands = tell(...events, restored(agent), restored(caller), joined);
    assert.ok(!types(commands).includes('captureKeys'), types(commands).join(' '));
    return facts.flatMap((fact) => (fact.type === 'captureChanged' ? [fact.state] : []));
  };
  assert.deepEqual(cancelled({ type: 'legHeld', ...{ callId, legId: agent } }), ['cancelled']);
  assert.deepEqual(cancelled({ type: 'deskCaptureCancelled', ...{ agentId, callId } }), ['cancelled']);
  assert.deepEqual(cancelled({ type: 'legEnded', ...{ callId, legId: agent, ending: { cause: 'normal', by: 'far_end' } } }), ['cancelled']);
  assert.deepEqual(cancelled({ type: 'transferAsked', ...{ callId, legId: agent, target: { kind: 'number', number: '10010' } } }), ['cancelled']);
});

test('what could not be is not tried again with these two; a phone that changed its audio is, eight times at most', () => {
  const refused = talk();
  refused.tell(joined);
  assert.deepEqual(refused.tell({ type: 'directEnded', ...{ callId, legIds, moved: false } }), []);
  assert.deepEqual(refused.tell(joined), []);
  const halfway = talk();
  halfway.tell(joined);
  assert.deepEqual(halfway.tell({ type: 'directEnded', ...{ callId, legIds, moved: true } }), reanchors);
  assert.deepEqual(halfway.tell(restored(caller), restored(agent), joined), [joins]);
  const restless = talk();
  for (let times = 0; times < 8; times += 1) {
    assert.deepEqual(restless.tell(joined), [asksDirect]);
    assert.deepEqual(restless.tell(direct, { type: 'directEnded', ...{ callId, legIds: null, moved: true } }), reanchors);
    restless.tell(restored(caller), restored(agent));
  }
  assert.deepEqual(restless.tell(joined), []);
});

test('A11: a media server that dies is none of its business; the end of one ends the other', () => {
  const { tell } = talk();
  tell(joined, direct);
  assert.deepEqual(tell({ type: 'legMediaLost', ...{ callId, legId: caller } }), []);
  const ends = tell({ type: 'legEnded', ...{ callId, legId: agent, ending: { cause: 'normal', by: 'far_end' } } });
  assert.deepEqual(
    ends.map(({ type }) => type),
    ['releaseLeg'],
  );
});
