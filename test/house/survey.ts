/** Tests for a house that is up, with a real phone: the agent ends the talk, and the caller is asked how it was. Prompts are tones, number 761 leads straight into `service`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Baresip } from '../support/baresip.ts';
import type { DeskClient } from '../support/desk-client.ts';
import type { CallRecord, House } from '../support/house.ts';
import type { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { until } from '../support/wait.ts';

/** Played in place of the prompts. */
export const SURVEY_TONES = { 'survey-rate': 2_100, 'survey-why': 2_500 } as const;

interface Surveyed extends CallRecord {
  survey: { agentId: string; queueId: string; how: string | null; rating: number | null; reason: string | null; end: string } | null;
  followUp: { ticketId: string; status: string } | null;
}
interface Live {
  items: { callId: string; legs: { role: string; state: string }[] }[];
}
interface Reported {
  items: { key: string; handling: { surveyed: number; rated: number; rated5: number; customerSatisfaction: number | null } }[];
}

export interface Seat {
  house: House;
  customer: Baresip;
  phone: SipPhone;
  desk: DeskClient;
  /** Of the customer. */
  number: string;
}

export function surveyed(the: () => Seat): void {
  describe('a survey after the talk', () => {
    before(() => the().house.patch('/api/v1/queues/demo:service', { survey: { flow: 'survey', asks: 'always', everyDays: 0 } }));
    after(() => the().house.patch('/api/v1/queues/demo:service', { survey: null }));

    /** She is served, and both hear one another. */
    async function talking(): Promise<{ talk: PhoneCall; callId: string }> {
      const { house, customer, phone, desk } = the();
      await desk.must('ready');
      await customer.dial('761');
      const talk = await phone.ringing(20_000);
      talk.answer();
      const { callId } = await until('the two to be joined', async () => {
        const [live] = ((await house.get('/api/v1/calls/live')) as Live).items;
        return live?.legs.some(({ role, state }) => role === 'agent' && state === 'up') === true ? live : undefined;
      });
      await desk.must('notReady', { reason: 'break' });
      return { talk, callId };
    }
    const recorded = async (callId: string): Promise<Surveyed> => {
      const { house, number } = the();
      // The last prompt is heard to its end.
      return await until(
        'its record',
        async () => {
          const { items } = (await house.get(`/api/v1/calls?caller=%2B86${number}`)) as { items: { callId: string }[] };
          return items.some((item) => item.callId === callId) ? ((await house.get(`/api/v1/calls/${callId}`)) as Surveyed) : undefined;
        },
        15_000,
      );
    };

    test('the agent hangs up, the caller hears the question, presses 5 and why; record, ticket and report have it, and no desk', {
      timeout: 40_000,
    }, async () => {
      const { house, customer, desk } = the();
      const { talk, callId } = await talking();
      await talk.hangUp();
      assert.ok(await customer.hears(SURVEY_TONES['survey-rate'], 8_000), 'the question is heard');
      await customer.press('5');
      assert.ok(await customer.hears(SURVEY_TONES['survey-why'], 8_000), 'and why');
      await customer.press('3');
      const record = await recorded(callId);
      const { askedAt: _, ...survey } = { askedAt: null, ...record.survey };
      assert.deepEqual(survey, { agentId: 'demo:8001', queueId: 'demo:service', how: 'hung_up', rating: 5, reason: 'unsolved', end: 'answered' });
      assert.deepEqual([record.followUp?.ticketId, record.followUp?.status], [`survey-${callId}`, 'open']);
      assert.equal(record.cause, 'dialplan_end');
      const found = (await house.get('/api/v1/calls?rating=4-5')) as { items: { callId: string }[] };
      assert.deepEqual(
        found.items.map((item) => item.callId),
        [callId],
      );
      const { items } = (await house.get('/api/v1/figures/agent?agentId=demo:8001')) as Reported;
      const [line] = items;
      assert.deepEqual([line?.handling.surveyed, line?.handling.rated, line?.handling.rated5, line?.handling.customerSatisfaction], [1, 1, 1, 0]);
      assert.ok(!desk.messages.some(({ message }) => /rating|unsolved/.test(JSON.stringify(message))), 'her desk was told nothing of it');
    });

    test('she sends the caller there from her desk; who hangs up at the question has no rating, and why', { timeout: 40_000 }, async () => {
      const { customer, desk } = the();
      const { talk, callId } = await talking();
      await desk.must('sendToSurvey');
      await talk.ended();
      assert.ok(await customer.hears(SURVEY_TONES['survey-rate'], 8_000));
      await customer.hangUp();
      const { survey, followUp } = await recorded(callId);
      assert.deepEqual([survey?.how, survey?.rating, survey?.end, followUp], ['sent', null, 'hung_up', null]);
    });
  });
}
