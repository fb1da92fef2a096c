/** Endpoints that stand ready for those who have waited longest: for whom, how many, and what becomes of those that nobody takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, type LegId, legIdOf, type OfferId, type QueueId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaServer, type OpenRequest } from '../../media/port.ts';
import type { OfferEnd } from '../../src/call/event.ts';
import type { Rim } from '../../src/phone/rim.ts';
import { Standby } from '../../src/phone/standby.ts';
import { FakeClock } from '../support/clock.ts';

const call = (n: number): CallId => asId<CallId>(`c-${n}`);
const queueId = asId<QueueId>('q');
const agentId = asId<AgentId>('a');
const offerId = asId<OfferId>('o');
const asked = (callId: CallId, leg: number) => ({ callId, legId: legIdOf(callId, leg), mediaGroup: callId });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function room({ refuses }: { refuses?: MediaError } = {}) {
  const clock = new FakeClock();
  const opened: OpenRequest[] = [];
  const closed: string[] = [];
  const media: Partial<MediaServer> = {
    open: async (request) => {
      opened.push(request);
      if (refuses !== undefined) throw refuses;
      return { sdp: `of ${request.endpointId}` };
    },
    close: async (endpointId) => {
      closed.push(endpointId);
      return null;
    },
  };
  const parts: Partial<Record<keyof Rim, unknown>> = {
    ...{ clock, media, log: silentLog },
    calls: { get: () => ({ waiting: true, legs: new Map() }) },
    legs: { get: (legId: LegId) => ({ mediaGroup: legId.slice(0, legId.lastIndexOf('.')) }) },
  };
  const standby = new Standby(parts as Rim, '192.0.2.1');
  return {
    ...{ standby, opened, closed },
    queued: (callId: CallId) => standby.hear({ type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null }),
    ended: (callId: CallId, leg: number, end: OfferEnd) =>
      standby.hear({ type: 'offerEnded', callId, queueId, offerId, legId: legIdOf(callId, leg), agentId, end }),
    left: (callId: CallId) => standby.hear({ type: 'callLeftQueue', callId, queueId, exit: 'abandoned' }),
    passes: async (ms: number) => {
      clock.forward(ms);
      await settled();
    },
  };
}

test('who still waits after a quarter of a second has an endpoint ready, and her leg has it at once', async () => {
  const { standby, opened, closed, queued, passes } = room();
  queued(call(1));
  await passes(200);
  assert.equal(opened.length, 0, 'who is served at once needs none');
  await passes(100);
  assert.deepEqual([opened[0]?.endpointId, opened[0]?.group, opened[0]?.ahead], ['c-1.1', 'c-1', true]);
  assert.deepEqual(standby.take(asked(call(1), 1), '192.0.2.9'), { sdp: 'of c-1.1' });
  assert.equal(standby.take(asked(call(1), 1), '192.0.2.9'), null, 'only once');
  assert.deepEqual(closed, []);
});

test('an offer that came to nothing is followed by an endpoint for the next leg', async () => {
  const { standby, queued, ended, passes } = room();
  queued(call(1));
  await passes(300);
  standby.take(asked(call(1), 1), '192.0.2.9');
  ended(call(1), 1, 'no_answer');
  await passes(300);
  assert.deepEqual(standby.take(asked(call(1), 2), '192.0.2.9'), { sdp: 'of c-1.2' });
});

test('32 stand ready, for those who came first; when one goes the next in line has his', async () => {
  const { standby, opened, closed, queued, left, passes } = room();
  for (let n = 1; n <= 40; n += 1) queued(call(n));
  await passes(300);
  assert.deepEqual([standby.size, opened.at(-1)?.endpointId], [32, 'c-32.1']);
  left(call(5));
  await passes(0);
  assert.deepEqual([closed, opened.at(-1)?.endpointId, standby.size], [['c-5.1'], 'c-33.1', 32]);
  standby.close();
  await passes(0);
  assert.deepEqual([standby.size, closed.length], [0, 33], 'nothing stays open');
});

test('who leaves one queue and is offered out of the next at once has its leg opened when the one that stood ready is closed', async () => {
  const { standby, closed, queued, left, passes } = room();
  queued(call(1));
  await passes(300);
  left(call(1));
  queued(call(1));
  const standing = standby.take(asked(call(1), 1), '192.0.2.9');
  assert.ok(standing instanceof Promise, 'it is waited for');
  assert.equal(await standing, null);
  assert.deepEqual(closed, ['c-1.1']);
});

test('another leg, another group, or a phone that needs another address of ours: it is closed before that leg is opened anew', async () => {
  const { standby, closed, queued, passes } = room();
  for (const n of [1, 2, 3]) queued(call(n));
  await passes(300);
  assert.equal(standby.take(asked(call(1), 7), '192.0.2.9'), null);
  assert.deepEqual(closed, [], 'of another leg: that one stays');
  assert.equal(await standby.take({ ...asked(call(2), 1), mediaGroup: 'c-other' }, '192.0.2.9'), null);
  assert.equal(await standby.take(asked(call(3), 1), '127.0.0.1'), null);
  assert.deepEqual(closed, ['c-2.1', 'c-3.1']);
});

test('one that went with its media server is opened anew; a media server with few ports is left in peace for half a minute', async () => {
  const { standby, opened, queued, passes } = room();
  queued(call(1));
  await passes(300);
  standby.lost(legIdOf(call(1), 1));
  assert.equal(standby.take(asked(call(1), 1), '192.0.2.9'), null);
  await passes(300);
  assert.equal(opened.length, 2);

  const poor = room({ refuses: new MediaError('no_ports', 'ports are few') });
  poor.queued(call(1));
  await poor.passes(300);
  poor.queued(call(2));
  await poor.passes(20_000);
  assert.deepEqual([poor.opened.length, poor.standby.size], [1, 0]);
  await poor.passes(11_000);
  assert.equal(poor.opened.length, 2);
});
