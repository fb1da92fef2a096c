/** Tests for a house that is up: one call that rings at three real phones at once,: the first answer has it, the others stop and are told why. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, type House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { until } from '../support/wait.ts';

const NUMBERS = ['8008', '8009', '8010'];
let house: House;
let caller: SipPhone;
const seats: { number: string; phone: SipPhone; desk: DeskClient }[] = [];

interface AgentShown {
  live: { state: string; activity: string; reasons: string[]; afterwards: string | null; pausedUntil: string | null };
}
const live = async (number: string): Promise<AgentShown['live']> => ((await house.get(`/api/v1/agents/demo:${number}`)) as AgentShown).live;
const becomes = (number: string, activity: string): Promise<unknown> =>
  until(`${number} to be ${activity}`, async () => (await live(number)).activity === activity);

export function together(the: () => House): void {
  describe('a call that rings at three phones at once', () => {
    before(async () => {
      house = the();
      await house.patch('/api/v1/queues/demo:bench', {
        wrapUpMs: 1_000,
        offering: { ringAtOnce: 3, wrapUpExtension: { stepMs: 60_000, mostMs: 60_000 }, afterFailure: { busy: { action: 'pause', pauseMs: 1_500 } } },
      });
      caller = await SipPhone.open({ user: '13900000077', server: house.sip });
      for (const number of NUMBERS) {
        await house.patch(`/api/v1/agents/demo:${number}`, { queues: ['demo:bench'] });
        const phone = await SipPhone.open({ user: number, password: DEMO_PASSWORD, server: house.sip });
        await phone.registered();
        seats.push({ number, phone, desk: await house.desk(number) });
      }
    });
    after(async () => {
      for (const { phone } of [...seats, { phone: caller }]) await phone.close();
    });

    /** Everybody is ready, somebody dials, and all three phones ring. */
    async function ringing(): Promise<{ call: PhoneCall; rings: PhoneCall[] }> {
      for (const { number, desk } of seats) {
        await desk.must('ready');
        await becomes(number, 'ready');
      }
      const call = await caller.call('700');
      const rings = await Promise.all(seats.map(({ phone }) => phone.ringing()));
      return { call, rings };
    }
    const callOf = (desk: DeskClient): string =>
      desk.messages.flatMap(({ message }) => (message.type === 'callOffered' ? [message.data.callId] : [])).at(-1) ?? '';
    const clearedAs = (desk: DeskClient, callId: string): string[] =>
      desk.about(callId).flatMap((message) => (message.type === 'callCleared' ? [message.data.cause] : []));

    test('the first who answers has it; the other phones are cancelled with "Call completed elsewhere", their desks hear it, and the two stay ready', async () => {
      const { call, rings } = await ringing();
      await becomes('8009', 'ringing');
      rings[1]?.answer();
      await call.answered();
      for (const at of [0, 2]) {
        const end = await rings[at]?.ended();
        assert.equal(end?.status, 487);
        assert.equal(end?.reason, 'SIP;cause=200;text="Call completed elsewhere"');
      }
      const callId = callOf(seats[1]?.desk as DeskClient);
      await becomes('8009', 'talking');
      for (const { number, desk } of [seats[0], seats[2]].filter((seat) => seat !== undefined)) {
        await becomes(number, 'ready');
        assert.deepEqual(clearedAs(desk, callId), ['answered_elsewhere']);
      }
      await call.hangUp();
      await becomes('8009', 'wrapping_up');
      await seats[1]?.desk.must('extendWrapUp');
      assert.equal((await seats[1]?.desk.send('extendWrapUp'))?.error?.code, 'no_more_wrap_up');
      await seats[1]?.desk.must('wrapUp');
      const { legs } = await house.record('+8613900000077');
      assert.deepEqual(
        legs.slice(1).map(({ agentId, cause }) => `${agentId} ${cause}`),
        ['demo:8008 answered_elsewhere', 'demo:8009 normal', 'demo:8010 answered_elsewhere'],
      );
    });

    test('two who answer in the same moment: one has the call, the other is hung up with a cause, and nobody is on two calls', async () => {
      for (let round = 0; round < 3; round += 1) {
        const { call, rings } = await ringing();
        // Each 200 is on the wire before the server has seen the other.
        rings[0]?.answer();
        rings[2]?.answer();
        await call.answered();
        await until('one of the two to be let go', () => [rings[0], rings[2]].filter((ring) => ring?.state === 'ended').length === 1);
        const [winner, loser] = rings[0]?.state === 'ended' ? [2, 0] : [0, 2];
        const { reason } = (await rings[loser]?.ended()) ?? {};
        assert.match(reason ?? '', /SIP;cause=200|Q\.850;cause=26/, 'it is told why');
        assert.equal((await rings[1]?.ended())?.reason, 'SIP;cause=200;text="Call completed elsewhere"');
        await becomes(NUMBERS[winner] ?? '', 'talking');
        await becomes(NUMBERS[loser] ?? '', 'ready');
        assert.equal(rings[winner]?.state, 'up');
        await call.hangUp();
        await rings[winner]?.ended();
        await becomes(NUMBERS[winner] ?? '', 'wrapping_up');
        await seats[winner]?.desk.must('wrapUp');
      }
    });

    test('one who is busy pauses and comes back by herself while the others ring on; a supervisor’s word in mid-call is done after it', async () => {
      const { call, rings } = await ringing();
      rings[0]?.reject(486);
      await until('8008 to pause', async () => (await live('8008')).pausedUntil !== null);
      assert.deepEqual((await live('8008')).reasons, ['busy']);
      await until('8008 to be asked anew', async () => ['reserved', 'ringing'].includes((await live('8008')).activity));
      rings[1]?.answer();
      await call.answered();
      await becomes('8009', 'talking');
      const answer = (await house.post('/api/v1/agents/demo:8009/state', { state: 'not_ready' })) as { takesEffect: string };
      assert.equal(answer.takesEffect, 'after_call');
      assert.equal((await live('8009')).afterwards, 'not_ready');
      await rings[1]?.hold();
      await becomes('8009', 'holding');
      await rings[1]?.retrieve();
      await becomes('8009', 'talking');
      await call.hangUp();
      await becomes('8009', 'wrapping_up');
      await seats[1]?.desk.must('wrapUp');
      assert.deepEqual((await live('8009')).reasons, ['supervisor']);
    });
  });
}
