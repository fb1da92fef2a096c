/** A call that an agent makes from her desk: call, acd, desk and record together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import { createCdr } from '../../src/cdr/fold.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import type { CtiCommand } from '../../src/cti/event.ts';
import { type Outcome, obey } from '../../src/cti/obey.ts';
import { deskMessageSchema } from '../../src/cti/protocol.ts';
import type { Command, Event } from '../../src/vocabulary.ts';
import { dialling } from '../support/dialling.ts';
import { agent, at, RoomsUnderTest, SERVICE, types } from './rooms.ts';

const [her, colleague] = [agent('8001'), agent('8002')];
const callId = asId<CallId>('c-out-1');
const [called, own] = [legIdOf(callId, 0), legIdOf(callId, 1)];
const NUMBER = '+8613800001001';

function begin() {
  const rooms = new RoomsUnderTest(['8001', '8002']);
  rooms.ready();
  rooms.ready('8002');
  rooms.asked.splice(0);
  const outside = dialling(['8001', '8002']);
  const asked = (number: string, more: object = {}, accepting = true): Outcome => {
    const message = deskMessageSchema.parse({ v: 1, id: '1', type: 'dial', data: { target: { kind: 'number', number }, ...more } });
    assert.ok(message.type === 'dial');
    const directory = { agent: () => null, agentByNumber: () => null, queue: () => null };
    const house = { desk: rooms.desk, acd: rooms.acd.view, calls: rooms.call.calls, directory, forms: () => ({}), ...outside, accepting: () => accepting };
    return obey(message, her, house);
  };
  const dial = (number: string, more: object = {}): CtiCommand[] => {
    const outcome = asked(number, more);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return rooms.tell(...outcome.events);
  };
  return { rooms, dial, asked };
}

const ended = (legId = own, cause: 'normal' | 'busy' | 'rejected' | 'no_answer' = 'normal'): Event => ({
  ...{ type: 'legEnded', callId, legId, ending: { cause, by: 'far_end' } },
});
const rings = (legId = own): Event => ({ type: 'legRinging', callId, legId });
const answers = (legId = own): Event => ({ type: 'legAnswered', callId, legId });
const joined: Event = { type: 'legsJoined', callId, legIds: [called, own] };
const asked = (rooms: RoomsUnderTest): Command[] => rooms.asked.splice(0);
const stateOf = (rooms: RoomsUnderTest, agentId = her) => rooms.acd.view.agent(agentId);
const cleared = (news: readonly CtiCommand[]): unknown[] =>
  news.flatMap(({ message }) => (message.type === 'callCleared' ? [[message.data.cause, message.data.by]] : []));
function recordOf(rooms: RoomsUnderTest): CallRecord | undefined {
  const cdr = createCdr();
  const written = rooms.heard.flatMap((event) => cdr.decide(event, rooms.now).commands);
  return written.flatMap((command) => (command.type === 'writeCdr' && command.record.callId === callId ? [command.record] : [])).at(-1);
}

test('while the house takes no new calls nobody is dialled but for help', () => {
  const { asked } = begin();
  for (const number of [NUMBER, '8002']) assert.deepEqual(asked(number, {}, false), { ok: false, code: 'no_new_calls' });
  assert.ok(asked('110', {}, false).ok);
});

test('her phone rings by itself, then theirs; the pop comes first, and the customer is whose number it is', () => {
  const { rooms, dial } = begin();
  dial(NUMBER, { data: { ticket: 'CS-1' } });
  const [found, pop, ring, ...rest] = asked(rooms);
  assert.deepEqual(found, { type: 'findCustomer', callId, tenantId: 'demo', number: NUMBER });
  assert.equal(pop?.type, 'popScreen');
  const words = { tenantId: 'demo', from: { number: NUMBER }, timeoutMs: 25_000, autoAnswer: true };
  assert.deepEqual(ring, { type: 'ringLeg', callId, legId: own, offerId: `${callId}.o1`, agentId: her, ...words });
  assert.deepEqual(rest, []);
  const shown = rooms.desk.snapshot(her)?.call;
  assert.deepEqual(
    [shown?.phase, shown?.pop.caller.number, shown?.pop.outbound, shown?.pop.queue?.queueId, shown?.pop.recorded, shown?.pop.data],
    ['offered', NUMBER, { number: '8001', name: 'n8001' }, SERVICE, true, { ticket: 'CS-1' }],
  );

  rooms.tell(rings());
  assert.deepEqual(asked(rooms), [{ type: 'pickUpLeg', callId, legId: own }]);
  const news = rooms.tell(answers());
  const [tone, out] = asked(rooms);
  assert.equal(tone?.type, 'playSounds');
  const from = { number: '8001', name: 'n8001' };
  assert.deepEqual(out, { type: 'dialLeg', callId, legId: called, tenantId: 'demo', target: NUMBER, from, timeoutMs: 60_000, account: her });
  assert.ok(types(news).includes('callDialled'), types(news).join());
  assert.equal(rooms.desk.phaseOf(her), 'calling');

  const ringing = rooms.tell(rings(called)).map(({ message }) => message);
  assert.deepEqual(ringing, [{ type: 'callDialled', data: { callId, legId: own, ringing: true, since: at(5_000) } }]);
  rooms.tell(answers(called));
  const [join, record] = asked(rooms);
  assert.deepEqual(join, { type: 'joinLegs', callId, legIds: [called, own] });
  assert.equal(record?.type, 'startRecording', 'by the rule of the queue on whose behalf she calls');
  assert.ok(types(rooms.tell(joined)).includes('callEstablished'));
  assert.equal(rooms.desk.phaseOf(her), 'talking');

  rooms.tell({ type: 'legEnded', callId, legId: called, ending: { cause: 'normal', by: 'far_end' } }, ended());
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms)?.wrapUpUntil !== null], ['wrapping_up', true]);
  const written = recordOf(rooms);
  assert.deepEqual(
    [written?.direction, written?.caller.number, written?.callee.number, written?.onBehalfOf, written?.agents.length, written?.data.ticket],
    ['outbound', '8001', NUMBER, SERVICE, 1, 'CS-1'],
  );
});

test('what she has of it is a call like any other: held, sent to a queue, and asked about', () => {
  const { rooms, dial } = begin();
  dial(NUMBER);
  rooms.tell(rings(), answers(), answers(called), joined);
  const can = rooms.desk.snapshot(her)?.agent.can ?? [];
  for (const command of ['hold', 'consult', 'blindTransfer', 'addParty', 'hangup', 'pauseRecording'] as const) assert.ok(can.includes(command), command);
  assert.ok(!can.includes('dial'), 'one at a time');
  asked(rooms);
  rooms.tell({ type: 'deskHeld', agentId: her, callId });
  assert.deepEqual(asked(rooms), [{ type: 'partLegs', callId, legIds: [called, own], musicTo: called, music: 'default' }]);
  rooms.tell({ type: 'transferAsked', callId, legId: own, target: { kind: 'queue', queueId: SERVICE } });
  assert.equal(rooms.heard.findLast((event) => event.type === 'callOffered')?.agentId, colleague);
});

test('who is called and does not come is named, on her screen and in the record', () => {
  for (const cause of ['busy', 'no_answer', 'rejected'] as const) {
    const { rooms, dial } = begin();
    dial(NUMBER);
    rooms.tell(rings(), answers());
    asked(rooms);
    rooms.tell({ type: 'legEnded', callId, legId: called, ending: { cause, by: 'far_end' } });
    assert.deepEqual(asked(rooms), [{ type: 'releaseLeg', callId, legId: own, cause, by: 'other_party' }]);
    const news = rooms.tell({ type: 'legEnded', callId, legId: own, ending: { cause, by: 'other_party' } });
    assert.deepEqual(cleared(news), [[cause, 'other_party']]);
    assert.equal(recordOf(rooms)?.ending.cause, cause);
    assert.equal(rooms.call.calls.size, 0);
  }
});

test('her own phone that does not answer ends it, and leaves her as she was; one that is gone does not', () => {
  for (const [cause, state] of [
    ['no_answer', 'ready'],
    ['rejected', 'ready'],
    ['busy', 'ready'],
  ] as const) {
    const { rooms, dial } = begin();
    dial(NUMBER);
    const news = rooms.tell(rings(), ended(own, cause));
    assert.deepEqual([stateOf(rooms)?.state, cleared(news).length, rooms.call.calls.size], [state, 1, 0], cause);
    assert.equal(recordOf(rooms)?.ending.cause, cause);
  }
  const { rooms, dial } = begin();
  dial(NUMBER);
  rooms.tell(rings(), { type: 'phoneLost', agentId: her }, ended());
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms)?.reasons, rooms.call.calls.size], ['not_ready', ['phone_lost'], 0]);
});

test('she gives it up: while her own phone rings, and while theirs does', () => {
  const first = begin();
  first.dial(NUMBER);
  first.rooms.tell(rings(), { type: 'deskRejected', agentId: her, callId }, ended(own, 'rejected'));
  assert.deepEqual([stateOf(first.rooms)?.state, first.rooms.call.calls.size], ['ready', 0]);

  const { rooms, dial } = begin();
  dial(NUMBER);
  rooms.tell(rings(), answers(), rings(called));
  asked(rooms);
  rooms.tell({ type: 'deskHungUp', agentId: her, callId });
  assert.deepEqual(asked(rooms), [{ type: 'releaseLeg', callId, legId: own, cause: 'normal', by: 'far_end' }]);
  rooms.tell(ended());
  assert.deepEqual(asked(rooms), [{ type: 'releaseLeg', callId, legId: called, cause: 'normal', by: 'other_party' }]);
  rooms.tell({ type: 'legEnded', callId, legId: called, ending: { cause: 'normal', by: 'other_party' } });
  assert.equal(rooms.call.calls.size, 0);
  assert.equal(stateOf(rooms)?.state, 'wrapping_up');
});

test('a colleague who is called has it on her screen as from whom it comes, is busy for the queue, and wraps up nothing', () => {
  const { rooms, dial } = begin();
  dial('8002');
  rooms.tell(rings(), answers());
  const ring = asked(rooms).find((command) => command.type === 'ringLeg' && command.agentId === colleague);
  assert.deepEqual(ring?.type === 'ringLeg' ? [ring.legId, ring.from, ring.autoAnswer] : [], [called, { number: '8001', name: 'n8001' }, undefined]);
  const pop = rooms.desk.snapshot(colleague)?.call?.pop;
  assert.deepEqual([pop?.caller, pop?.callee.number, pop?.outbound], [{ number: '8001', name: 'n8001' }, '8002', undefined]);
  rooms.tell(rings(called), answers(called), joined);
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms, colleague)?.state], ['talking', 'talking']);
  assert.deepEqual([rooms.desk.phaseOf(her), rooms.desk.phaseOf(colleague)], ['talking', 'talking']);
  rooms.tell(ended(called), ended());
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms, colleague)?.state, rooms.call.calls.size], ['ready', 'ready', 0]);
  const written = recordOf(rooms);
  assert.deepEqual([written?.direction, written?.agents.map(({ agentId }) => agentId).sort(), written?.legs.length], ['internal', [her, colleague], 2]);
});

test('a colleague who is on a call, signed out, or lets it ring is told as that; the one who gave it up is free', () => {
  const busy = begin();
  busy.rooms.tell({ type: 'agentWentNotReady', agentId: her, reason: 'other' });
  busy.rooms.answered(busy.rooms.arrives().callId, '8002');
  busy.dial('8002');
  asked(busy.rooms);
  busy.rooms.tell(rings(), answers());
  const releases = asked(busy.rooms).filter(({ type }) => type === 'releaseLeg');
  assert.deepEqual(releases, [{ type: 'releaseLeg', callId, legId: own, cause: 'busy', by: 'other_party' }]);
  busy.rooms.tell({ type: 'legEnded', callId, legId: own, ending: { cause: 'busy', by: 'other_party' } });
  assert.equal(recordOf(busy.rooms)?.ending.cause, 'busy');

  const out = begin();
  out.rooms.tell({ type: 'agentSignedOut', agentId: colleague });
  out.dial('8002');
  asked(out.rooms);
  out.rooms.tell(rings(), answers());
  assert.ok(
    asked(out.rooms).some((command) => command.type === 'dialLeg' && command.target === '8002' && command.legId === called),
    'her phone rings all the same',
  );

  const { rooms, dial } = begin();
  dial('8002');
  rooms.tell(rings(), answers(), rings(called));
  asked(rooms);
  rooms.tell(ended());
  assert.deepEqual(
    asked(rooms).filter(({ type }) => type === 'releaseLeg'),
    [{ type: 'releaseLeg', callId, legId: called, cause: 'abandoned', by: 'other_party' }],
  );
  rooms.tell({ type: 'legEnded', callId, legId: called, ending: { cause: 'abandoned', by: 'other_party' } });
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms, colleague)?.state, rooms.call.calls.size], ['ready', 'ready', 0]);
});

test('a wrap-up that she leaves to call goes on after it', () => {
  const { rooms, dial } = begin();
  rooms.tell({ type: 'agentSignedOut', agentId: colleague });
  const came = rooms.arrives();
  rooms.answered(came.callId);
  rooms.tell({ type: 'legEnded', callId: came.callId, legId: came.caller, ending: { cause: 'normal', by: 'far_end' } });
  rooms.tell({ type: 'legEnded', callId: came.callId, legId: legIdOf(came.callId, 1), ending: { cause: 'normal', by: 'other_party' } });
  assert.equal(stateOf(rooms)?.state, 'wrapping_up');
  dial(NUMBER);
  assert.equal(rooms.desk.snapshot(her)?.beneath?.pop.callId, came.callId);
  rooms.tell(rings(), ended(own, 'rejected'));
  assert.deepEqual([stateOf(rooms)?.state, stateOf(rooms)?.callId], ['wrapping_up', came.callId]);
});
