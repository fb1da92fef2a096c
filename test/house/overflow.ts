/** Tests for a house that is up: callers who overflow, into another queue and back into the dialplan. Numbers 710 and 700 lead straight into `nobody` and `bench`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, type House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { until } from '../support/wait.ts';

const CALLER = '13900000078';
const WAITED_MS = 600;
const MILLIWATT_HZ = 1_004;

interface Explained {
  overflow: { steps: { step: number; to: object; conditions: { what: string; is: number; bound: number; holds: boolean }[] }[] } | null;
}
interface Live {
  items: { callId: string; waiting: boolean }[];
}

export function overflowing(the: () => House): void {
  describe('a queue that overflows', () => {
    let house: House;
    let caller: SipPhone;
    let phone: SipPhone;
    let desk: DeskClient;
    before(async () => {
      house = the();
      await house.patch('/api/v1/agents/demo:8007', { queues: ['demo:bench'] });
      caller = await SipPhone.open({ user: CALLER, server: house.sip });
      phone = await SipPhone.open({ user: '8007', password: DEMO_PASSWORD, server: house.sip });
      await phone.registered();
      desk = await house.desk('8007');
    });
    after(async () => {
      // She is no part of what comes after.
      await desk?.must('signOut');
      await house.patch('/api/v1/agents/demo:8007', { queues: [] });
      desk?.close();
      for (const each of [caller, phone]) await each?.close();
      await house.patch('/api/v1/queues/demo:nobody', { overflow: null });
    });

    test('its caller goes on to another queue and is answered there; her screen says from where, and the record has both queues, the step and the times', async () => {
      const after = (waitedMs: number) => house.patch('/api/v1/queues/demo:nobody', { overflow: [{ when: { waitedMs }, to: { queue: 'bench' } }] });
      await after(3_600_000);
      const call = await caller.call('710');
      let steps: NonNullable<Explained['overflow']>['steps'] = [];
      await until('its overflow to be explained', async () => {
        const [waiting] = ((await house.get('/api/v1/calls/live')) as Live).items.filter((live) => live.waiting);
        if (waiting === undefined) return false;
        steps = ((await house.get(`/api/v1/calls/${waiting.callId}/explanation`)) as Explained).overflow?.steps ?? [];
        return true;
      });
      const [step] = steps;
      assert.deepEqual([step?.step, step?.to], [1, { kind: 'queue', queueId: 'demo:bench' }]);
      assert.deepEqual([step?.conditions[0]?.what, step?.conditions[0]?.bound, step?.conditions[0]?.holds], ['waited', 3_600_000, false]);
      await after(WAITED_MS);
      await desk.must('ready');
      const rings = await phone.ringing();
      const pop = await desk.until('screenPop');
      assert.deepEqual(
        pop.data.overflow?.map(({ queue, step: n, alsoWaits }) => [queue.name.zh, n, alsoWaits]),
        [['无人队列', 1, false]],
      );
      assert.equal(pop.data.queue?.queueId, 'demo:bench');
      rings.answer();
      rings.rtp.play(930);
      assert.ok(await call.rtp.hears(930), 'the caller hears her');
      await call.hangUp();
      await rings.ended();
      const { queues } = await house.record(`+86${CALLER}`);
      assert.deepEqual(
        queues.map(({ queueId, exit }) => [queueId, exit]),
        [
          ['demo:nobody', 'overflow'],
          ['demo:bench', 'answered'],
        ],
      );
      const [first, second] = queues;
      const [taken, ...more] = first?.overflow ?? [];
      assert.deepEqual([taken?.step, taken?.to, more], [1, { kind: 'queue', queueId: 'demo:bench' }, []]);
      assert.match(JSON.stringify(taken?.why), /^\[\{"what":"waited","is":[\d.]+,"bound":600\}\]$/);
      const times = [first?.enteredAt, taken?.at, first?.leftAt, second?.enteredAt, second?.leftAt].map((time) => Date.parse(time ?? ''));
      assert.deepEqual(times, times.toSorted(), 'one after the other');
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= WAITED_MS, `by its rule, not before: ${times.join()}`);
    });

    test('its caller goes back into the dialplan by a step’s exit, where the flow of that name plays', async () => {
      await house.patch('/api/v1/queues/demo:nobody', { overflow: [{ when: { without: { needs: 'signed_in' } }, to: { exit: 'milliwatt' } }] });
      const call = await caller.call('710');
      assert.ok(await call.rtp.hears(MILLIWATT_HZ), 'the flow is heard');
      await call.hangUp();
      await until('its record', async () => (await house.record(`+86${CALLER}`)).queues.length === 1);
      const { queues } = await house.record(`+86${CALLER}`);
      const [visit] = queues;
      assert.deepEqual([visit?.exit, visit?.overflow.map(({ to }) => to)], ['overflow', [{ kind: 'exit', exit: 'milliwatt' }]]);
    });
  });
}
