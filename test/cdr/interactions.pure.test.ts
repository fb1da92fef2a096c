/** The record of an interaction, folded from what is told of it: by the rooms that make it, and over a snapshot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCdr } from '../../src/cdr/fold.ts';
import type { InteractionRecord } from '../../src/cdr/interaction-record.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, agentId, Floor, queueConfigured } from '../acd/floor.ts';
import { accepted, asked, closed, done, id } from './floor-of-chats.ts';

/** The routing core and the fold, which is put away and taken out again after every event. */
class Story {
  readonly floor = new Floor();
  readonly records: InteractionRecord[] = [];
  #cdr = createCdr();

  constructor(wrapUpMs = 0) {
    this.tell(queueConfigured('service', { wrapUpMs, maxWaiting: 2 }), agentConfigured('8001', { channels: { chat: 1 } }));
    this.tell({ type: 'deskConnected', agentId: agentId('8001') });
    this.floor.ready('8001');
  }

  tell(...events: Event[]): void {
    for (const first of events) {
      const facts = [first];
      for (const fact of facts) {
        facts.push(...this.floor.acd.decide(fact, this.floor.now).events);
        for (const command of this.#cdr.decide(fact, this.floor.now).commands) if (command.type === 'writeInteraction') this.records.push(command.record);
      }
      const snapshot = this.#cdr.snapshot();
      this.#cdr = createCdr();
      this.#cdr.restore(snapshot);
    }
  }

  later(ms: number): void {
    this.floor.now += ms;
    this.tell({ type: 'timePassed' });
  }
}

test('waits, offers, the agents who had it, what one gave as her reason and what came of it are in the record, once it is over', () => {
  const story = new Story(10_000);
  const from = story.floor.now;
  story.tell(asked('i1', { topic: 'bill' }));
  story.later(2_000);
  story.tell({ type: 'interactionDeclined', interactionId: id('i1'), agentId: agentId('8001'), reason: 'language' });
  story.later(3_000);
  story.tell({ type: 'agentWentReady', agentId: agentId('8001') }, accepted('i1'));
  story.later(4_000);
  story.tell(done('i1', 'handled'));
  story.later(10_000);
  assert.equal(story.records.length, 1);
  const [record] = story.records;
  assert.ok(record);
  const { queues, offers, agents, ...flat } = record;
  assert.deepEqual(flat, {
    ...{ callId: 'i1', revision: 1, tenantId: 'demo', channel: 'chat', externalId: 'x-i1', from: '+8613800001001', priority: 0, data: { topic: 'bill' } },
    ...{ arrivedAt: from, offeredAt: from, assignedAt: from + 5_000, endedAt: from + 19_000, end: 'done', queueId: 'demo:service', agentId: 'demo:8001' },
    ...{ disposition: 'handled', waitMs: 5_000, activeMs: 4_000, wrapUpMs: 10_000 },
  });
  assert.deepEqual(
    offers.map(({ end, reason, offeredAt, endedAt }) => [end, reason, offeredAt - from, endedAt - from]),
    [
      ['rejected', 'language', 0, 2_000],
      ['answered', undefined, 5_000, 5_000],
    ],
  );
  assert.deepEqual(
    queues.map(({ exit, waitMs }) => [exit, waitMs]),
    [['answered', 5_000]],
  );
  assert.deepEqual(
    agents.map(({ end, activeMs, wrapUpMs }) => [end, activeMs, wrapUpMs]),
    [['done', 4_000, 10_000]],
  );
});

test('one refused at the door has a record; one that the house did not take, and a name that came twice, have none', () => {
  const story = new Story();
  story.tell(asked('i1'), accepted('i1'), asked('i2'), asked('i3'), asked('i4'), asked('i1'));
  assert.deepEqual(
    story.records.map(({ callId, end, offeredAt }) => [callId, end, offeredAt]),
    [['i4', 'full', null]],
  );
  story.tell({ ...(asked('i5') as object), externalId: 'x-i2' } as Event, closed('i5'), closed('i1'), closed('i2'), closed('i3'));
  assert.deepEqual(story.records.map(({ callId }) => callId).sort(), ['i1', 'i2', 'i3', 'i4']);
});
