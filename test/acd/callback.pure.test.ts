/** Callbacks: the place stays while the caller is away, agent first and customer first, one a number, over a restart; and who was cut off. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asId, type CallbackId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { windowAt } from '../../src/acd/callback/rules.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callId,
  callQueued,
  DEMO,
  Floor,
  legAnswered,
  legEnded,
  queueConfigured,
  queueId,
  wentReady,
} from './floor.ts';

const CUSTOMER = '+8613900000001';
const b = (call: string): CallbackId => asId<CallbackId>(`${call}-b`);

const asked = (call: string, number = CUSTOMER): Event => ({
  ...{ type: 'callbackAsked', callId: callId(call), queueId: queueId('service'), number, callee: { number: '10086', raw: '10086' } },
  ...{ priority: 0, skills: [], language: 'zh', data: { topic: 'bill' } },
});

function floorWith(callback: QueueConfiguration['callback'] = {}, more: Partial<QueueConfiguration> = {}): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { wrapUpMs: 0, record: false, ...(callback === undefined ? {} : { callback }), ...more }), agentConfigured('8001'));
  return floor;
}

/** A caller who waits, asks to be called back and hangs up. */
function askedAndGone(floor: Floor, call: string, number = CUSTOMER): void {
  floor.tell(callArrived(call, number), callQueued(call));
  floor.tell(asked(call, number), legEnded(`${call}.0`), callEnded(call));
}

const offered = (lines: string[]): string[] => lines.flatMap((line) => /^\S+ (\S+) offered to/.exec(line)?.[1] ?? []);
const typesOf = (lines: string[]): string[] =>
  lines.map((line) => (line.startsWith('{') ? (JSON.parse(line) as { type: string }).type : (line.split(' ')[0] ?? '')));
const ended = (lines: string[]): string | undefined =>
  lines.flatMap((line) => (line.includes('"callbackEnded"') ? [(JSON.parse(line) as { end: string }).end] : [])).at(-1);

describe('agent first', () => {
  it('keeps the place between those who wait, pops and rings the agent when it is its turn', () => {
    const floor = floorWith();
    floor.tell(callArrived('c1'), callQueued('c1'));
    askedAndGone(floor, 'c2');
    floor.tell(callArrived('c3'), callQueued('c3'));
    assert.equal(floor.acd.view.queue(queueId('service'))?.waiting, 3);
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1', 'c2-b1', 'c3']);
    floor.ready('8001');
    floor.tell(legAnswered('c1.1'), legEnded('c1.0'));
    const turn = floor.tell(legEnded('c1.1'));
    assert.deepEqual(offered(turn), ['c2-b1']);
    assert.deepEqual(typesOf(turn), ['callArrived', 'languageChosen', 'dataSet', 'callQueued', 'c2-b1.o1', '8001', '>', '>', 'wake']);
    const arrived = JSON.parse(turn[0] ?? '') as Extract<Event, { type: 'callArrived' }>;
    assert.equal(arrived.caller.number, CUSTOMER);
    assert.deepEqual(arrived.callback, { callbackId: 'c2-b', of: 'c2', askedAt: floor.now, attempt: 1, first: 'agent', ringMs: 30_000, music: 'default' });
    assert.deepEqual(JSON.parse(turn[2] ?? ''), { type: 'dataSet', callId: 'c2-b1', data: { topic: 'bill', callback_of: 'c2' }, by: 'flow' });
  });

  it('says when a held one may be dialled: its next try, the opening of its window, or nobody knows while the queue is closed', () => {
    const floor = floorWith({ attempts: 2, retryMs: 60_000 });
    const seen = (): unknown[] => floor.acd.view.callbacks(DEMO).map(({ state, dueAt }) => [state, dueAt]);
    askedAndGone(floor, 'c1');
    assert.deepEqual(seen(), [['waiting', null]]);
    floor.tell({ type: 'queueSwitched', queueId: queueId('service'), state: 'closed', until: null, by: asId('demo:supervisor') });
    assert.deepEqual(seen(), [['held', null]]);
    floor.tell({ type: 'queueSwitched', queueId: queueId('service'), state: 'calendar', until: null, by: asId('demo:supervisor') });
    floor.ready('8001');
    floor.tell(legAnswered('c1-b1.1'), legEnded('c1-b1.0', 'no_answer'), callEnded('c1-b1'));
    const again = floorWith({ window: { from: '08:30', to: '21:00' } });
    askedAndGone(again, 'c1');
    assert.deepEqual(again.acd.view.callbacks(DEMO)[0]?.dueAt, 30 * 60_000, 'it is eight in China');
  });

  for (const [first, then] of [
    ['agent', 'offered'],
    ['customer', 'dialling'],
  ] as const)
    it(`dials nobody while the house takes no new calls, ${first} first, and goes on in its place`, () => {
      const floor = floorWith({ first });
      const seen = (): unknown[] => floor.acd.view.callbacks(DEMO).map(({ state, dueAt }) => [state, dueAt]);
      askedAndGone(floor, 'c1');
      floor.tell({ type: 'intakeChanged', shut: true });
      floor.ready('8001');
      assert.deepEqual(seen(), [['held', null]], 'shut');
      floor.now += 60_000;
      floor.tell({ type: 'timePassed' });
      assert.deepEqual(seen(), [['held', null]], 'shut a minute later');
      assert.ok(typesOf(floor.tell({ type: 'intakeChanged', shut: false })).includes('callArrived'), 'open again');
      assert.deepEqual(seen(), [[then, null]]);
    });

  it('after a restart the intake is open until whoever looks at it tells otherwise', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    floor.tell({ type: 'intakeChanged', shut: true });
    floor.tell({ type: 'serverStarted' });
    floor.ready('8001');
    assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'offered');
  });

  it('ends served when the two have talked', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    floor.ready('8001');
    floor.tell(legAnswered('c1-b1.1'), legAnswered('c1-b1.0'));
    assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'talking');
    floor.tell(legEnded('c1-b1.0'), legEnded('c1-b1.1'));
    assert.equal(ended(floor.tell(callEnded('c1-b1'))), 'served');
    assert.deepEqual(floor.acd.view.callbacks(DEMO), []);
    assert.equal((floor.acd.snapshot() as { calls: unknown[] }).calls.length, 0);
  });

  for (const [cause, end] of [
    ['no_answer', 'no_answer'],
    ['busy', 'busy'],
    ['not_found', 'network'],
  ] as const)
    it(`tries again after ${cause}, later and in the same place, and ends as ${end} after the last try`, () => {
      const floor = floorWith({ attempts: 2, retryMs: 60_000 });
      askedAndGone(floor, 'c1');
      floor.tell(callArrived('c2'), callQueued('c2'));
      floor.ready('8001');
      floor.tell(legAnswered('c1-b1.1'), legEnded('c1-b1.0', cause), legEnded('c1-b1.1'));
      const between = floor.tell({ type: 'callEnded', callId: callId('c1-b1'), ending: { cause, by: 'far_end' } });
      assert.equal(ended(between), undefined);
      assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'held');
      // c2 was served meanwhile: who cannot be dialled holds nobody up.
      floor.tell(legAnswered('c2.1'), legEnded('c2.0'), legEnded('c2.1'), callEnded('c2'));
      assert.deepEqual(offered(floor.after(60_000)), ['c1-b2']);
      floor.tell(legAnswered('c1-b2.1'), legEnded('c1-b2.0', cause), legEnded('c1-b2.1'));
      assert.equal(ended(floor.tell({ type: 'callEnded', callId: callId('c1-b2'), ending: { cause, by: 'far_end' } })), end);
    });

  it('counts no try when the agent hung up before the customer could answer', () => {
    const floor = floorWith({ attempts: 1 });
    askedAndGone(floor, 'c1');
    floor.ready('8001');
    floor.tell(legAnswered('c1-b1.1'), legEnded('c1-b1.1'), legEnded('c1-b1.0', 'normal', 'server'));
    const turn = floor.tell(callEnded('c1-b1'));
    assert.equal(ended(turn), undefined);
    assert.deepEqual(offered(floor.after(5_000)), ['c1-b2']);
  });

  it('goes to the next agent when the first does not take it', () => {
    const floor = floorWith();
    floor.tell(agentConfigured('8002'));
    askedAndGone(floor, 'c1');
    floor.ready('8001', '8002');
    const turn = floor.after(15_000);
    assert.deepEqual(offered(turn), ['c1-b1']);
    assert.ok(!typesOf(turn).includes('callArrived'), 'it is the same call');
  });
});

describe('customer first', () => {
  it('is dialled ahead when its turn is near, not before, and waits at its place for the agent', () => {
    const floor = floorWith({ first: 'customer' });
    askedAndGone(floor, 'c1');
    floor.tell(callArrived('c2'), callQueued('c2'));
    // Nobody is there: nobody is dialled.
    assert.ok(!typesOf(floor.after(2_000)).includes('callArrived'));
    floor.ready('8001');
    // c2 is served while the customer is yet to be dialled: the place stays.
    assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'held');
    floor.tell(legAnswered('c2.1'));
    assert.ok(!typesOf(floor.after(2_000)).includes('callArrived'), 'she has just begun to talk');
    floor.tell(legEnded('c2.0'), legEnded('c2.1'), callEnded('c2'));
    const turn = floor.after(2_000);
    assert.deepEqual(typesOf(turn).slice(0, 4), ['callArrived', 'languageChosen', 'dataSet', 'callQueued']);
    assert.deepEqual(offered(turn), [], 'nobody is offered it before the customer answers');
    assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'dialling');
    assert.deepEqual(offered(floor.tell(legAnswered('c1-b1.0'))), ['c1-b1']);
    floor.tell(legAnswered('c1-b1.1'), legEnded('c1-b1.0'), legEnded('c1-b1.1'));
    assert.equal(ended(floor.tell(callEnded('c1-b1'))), 'served');
  });

  it('has no more in the air than agents who are free, and tries again who does not answer', () => {
    const floor = floorWith({ first: 'customer', retryMs: 60_000 });
    askedAndGone(floor, 'c1');
    askedAndGone(floor, 'c2', '+8613900000002');
    floor.ready('8001');
    floor.after(2_000);
    const states = (): string[] => floor.acd.view.callbacks(DEMO).map(({ state }) => state);
    assert.deepEqual(states(), ['dialling', 'held']);
    floor.tell(legEnded('c1-b1.0', 'no_answer'), { type: 'callEnded', callId: callId('c1-b1'), ending: { cause: 'no_answer', by: 'far_end' } });
    assert.deepEqual(states(), ['held', 'held']);
    floor.after(2_000);
    assert.deepEqual(states(), ['held', 'dialling'], 'the first is not due, and holds nobody up');
    assert.equal(ended(floor.tell(legAnswered('c2-b1.0'), legEnded('c2-b1.0'), legEnded('c2-b1.1'), callEnded('c2-b1'))), 'abandoned');
  });
});

describe('one a number', () => {
  it('is refused while another stands for the number, and where the queue calls nobody back', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    floor.tell(callArrived('c2', '+8613900000002'));
    assert.match(floor.tell(asked('c2'))[0] ?? '', /"callbackRefused".*"already"/);
    floor.tell(queueConfigured('service'));
    assert.match(floor.tell(asked('c2', '+8613900000002'))[0] ?? '', /"callbackRefused".*"not_offered"/);
  });

  it('a customer who calls again takes the place, and nobody calls back', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    floor.tell(callArrived('c2'), callQueued('c2'));
    floor.after(60_000);
    floor.tell(callArrived('c3', CUSTOMER));
    assert.equal(ended(floor.tell(callQueued('c3'))), 'called_again');
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c3', 'c2']);
  });

  it('can be cancelled until an agent has taken it; a phone that rings for it is stopped', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    floor.ready('8001');
    const turn = floor.tell({ type: 'callbackCancelled', callbackId: b('c1'), by: asId('u1') });
    assert.ok(
      turn.some((line) => line.startsWith('> release c1-b1 c1-b1.1')),
      turn.join('\n'),
    );
    assert.equal(ended(turn), 'cancelled');
    assert.deepEqual(floor.acd.view.callbacks(DEMO), []);
  });
});

describe('what lasts', () => {
  it('a restart takes no place: snapshot and journal bring it back', () => {
    const floor = floorWith();
    floor.tell(callArrived('c0'), callQueued('c0'));
    askedAndGone(floor, 'c1');
    const again = createAcd();
    again.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
    again.decide({ type: 'serverStarted' }, floor.now + 1_000);
    assert.deepEqual(again.view.queue(queueId('service'))?.callIds, ['c1-b2']);
    const placedAt = floor.acd.view.callbacks(DEMO)[0]?.placedAt;
    assert.equal(again.view.callbacks(DEMO)[0]?.placedAt, placedAt);
  });

  it('is not dialled outside of its window, and given up when it is too old', () => {
    const floor = floorWith({ window: { from: '09:00', to: '18:00' }, keepMs: 20 * 3_600_000 });
    floor.now = Date.parse('2026-11-27T17:59:00+08:00');
    floor.ready('8001');
    floor.tell(callArrived('c9'), callQueued('c9'));
    askedAndGone(floor, 'c1');
    assert.deepEqual(offered(floor.after(60_000)), []);
    assert.equal(floor.acd.view.callbacks(DEMO)[0]?.state, 'held');
    floor.tell(legEnded('c9.0'), legEnded('c9.1'), callEnded('c9'), wentReady('8001'));
    floor.now = Date.parse('2026-11-28T09:00:00+08:00');
    assert.deepEqual(offered(floor.tell({ type: 'timePassed' })), ['c1-b1']);
    const old = floorWith({ keepMs: 60_000 });
    askedAndGone(old, 'c1');
    assert.equal(ended(old.after(60_000)), 'expired');
  });

  it('is ended with its queue', () => {
    const floor = floorWith();
    askedAndGone(floor, 'c1');
    assert.equal(ended(floor.tell({ type: 'queueRemoved', queueId: queueId('service') })), 'queue_gone');
    assert.equal(floor.acd.view.queue(queueId('service')), undefined);
  });

  it('a window may pass midnight', () => {
    const at = (clock: string) => windowAt({ window: { from: '20:00', to: '06:00' } }, Date.parse(`2026-11-27T${clock}:00+08:00`));
    assert.deepEqual([at('21:00').open, at('05:59').open, at('06:00').open, at('12:00').open], [true, true, false, false]);
    assert.equal(at('12:00').until, Date.parse('2026-11-27T20:00:00+08:00'));
    assert.equal(at('21:00').until, Date.parse('2026-11-28T06:00:00+08:00'));
  });
});

describe('cut off and calling again', () => {
  it('takes the old place within the time, once', () => {
    const floor = floorWith(undefined, { redialMs: 120_000 });
    floor.tell(callArrived('c1', CUSTOMER), callQueued('c1'));
    floor.after(1_000);
    floor.tell(callArrived('c2'), callQueued('c2'));
    floor.tell(legEnded('c1.0', 'media_timeout', 'server'), callEnded('c1'));
    floor.after(60_000);
    floor.tell(callArrived('c3', CUSTOMER), callQueued('c3'), callArrived('c4', CUSTOMER), callQueued('c4'));
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c3', 'c2', 'c4']);
  });

  it('does not after it, and does over a restart', () => {
    const floor = floorWith(undefined, { redialMs: 120_000 });
    floor.tell(callArrived('c1', CUSTOMER), callQueued('c1'));
    floor.now += 1_000;
    floor.tell({ type: 'serverStarted' });
    floor.tell(callArrived('c2'), callQueued('c2'), callArrived('c3', CUSTOMER), callQueued('c3'));
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c3', 'c2']);
    floor.tell(legEnded('c3.0'), callEnded('c3'));
    floor.now += 120_000;
    floor.tell(callArrived('c4', CUSTOMER), callQueued('c4'));
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c2', 'c4']);
  });
});

describe('booked by an agent', () => {
  const booking = (call: string, more: Partial<Extract<Event, { type: 'callbackBooked' }>> = {}): Event => ({
    ...{ type: 'callbackBooked', callId: callId(call), callbackId: b(`${call}x`), tenantId: DEMO, by: agentId('8001'), queueId: queueId('service') },
    ...{ number: CUSTOMER, callee: { number: '10086', raw: '10086' }, priority: 0, skills: [], language: 'zh', data: { callback_note: '先查账单' } },
    ...{ notBefore: null, notAfter: null },
    ...more,
  });

  it('is made not before its time, and given up after it; the call it was booked in goes on', () => {
    const floor = floorWith({});
    floor.tell(callArrived('c1', CUSTOMER), callQueued('c1'));
    floor.ready('8001');
    floor.tell(legAnswered('c1.1'));
    const from = floor.now + 600_000;
    const turn = floor.tell(booking('c1', { notBefore: from, notAfter: from + 60_000 }));
    assert.ok(
      turn.some((line) => line.includes('"callbackPlaced"') && line.includes('"by":"demo:8001"')),
      turn.join(),
    );
    const [view] = floor.acd.view.callbacks(DEMO);
    assert.deepEqual([view?.state, view?.dueAt, view?.bookedBy, view?.notAfter, view?.note], ['held', from, 'demo:8001', from + 60_000, '先查账单']);
    assert.equal(floor.acd.view.agent(agentId('8001'))?.state, 'talking');
    floor.tell(legEnded('c1.0'), legEnded('c1.1'), callEnded('c1'));
    assert.deepEqual(offered(floor.after(599_000)), []);
    assert.deepEqual(offered(floor.after(1_001)), ['c1x-b1']);
    floor.tell(legEnded('c1x-b1.1', 'no_answer'));
    assert.equal(ended(floor.after(60_000)), 'expired');
  });

  it('outlives a restart with its time, and there is one a number', () => {
    const floor = floorWith({});
    const from = floor.now + 600_000;
    floor.tell(booking('c9', { notBefore: from }));
    assert.equal(floor.acd.view.callbackRefusal({ tenantId: DEMO, queueId: queueId('service'), number: CUSTOMER }), 'already');
    assert.ok(floor.tell(booking('c8')).some((line) => line.includes('"callbackRefused"') && line.includes('already')));
    const again = createAcd();
    again.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
    again.decide({ type: 'serverStarted' }, floor.now + 1);
    const [view] = again.view.callbacks(DEMO);
    assert.deepEqual([view?.state, view?.dueAt, view?.notAfter], ['held', from, from + 43_200_000], 'kept for as long as the queue has it, from then on');
  });
});
