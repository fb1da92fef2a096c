/** Tests for a house that is up, with a real phone: I10, what is recorded of whom nobody asked, who refuses, who agrees in the midst of a talk. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeskClient } from '../support/desk-client.ts';
import type { CallRecord, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { shareAt } from '../support/tone.ts';
import { until } from '../support/wait.ts';

/** 762: nobody is asked · 763: everybody is. An agent can send her caller to be asked. */
export const CONSENT_FLOWS = `
numbers: { "762": unasked, "763": asked }
fromDesk: { asked: { zh: 征询录音, en: Ask about recording } }
flows:
  unasked:
    - queue: bench
  asked:
    - ask-recording: { prompt: recording-question, silences: 1, firstKeySeconds: 1, errorPrompt: not-valid }
    - queue: bench
`;
const [BEFORE_HZ, AFTER_HZ, AGENT_HZ] = [1_240, 620, 930];
const CALLER = '13900000046';

interface Consented extends CallRecord {
  consent: { state: string; how: string; at: string; announcedAt: string | null } | null;
}

export function consents(the: () => { house: House; phone: SipPhone }): void {
  test('I10 consent: unasked and refused calls go on with not one file on the disk; who agrees in the midst of a talk is recorded from then on, with not one sample of before', {
    timeout: 60_000,
  }, async () => {
    const { house, phone } = the();
    await house.patch('/api/v1/queues/demo:bench', { recording: 'optional', record: true, media: 'anchored', wrapUpMs: 0, recordingConsent: 'given' });
    await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:bench'] });
    const desk = await house.desk('8001');
    const customer = await SipPhone.open({ user: CALLER, server: house.sip });
    const files = (): string[] =>
      readdirSync(join(house.dataDir, 'recordings'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(hws|wav)$/.test(name));
    const before = files();
    const served = async (caller: PhoneCall, hz: number): Promise<PhoneCall> => {
      const agent = await phone.ringing(15_000);
      agent.answer();
      caller.rtp.play(hz);
      agent.rtp.play(AGENT_HZ);
      assert.ok(await agent.rtp.hears(hz, 5_000), 'she hears the customer');
      return agent;
    };
    const pop = (desk: DeskClient) => desk.messages.flatMap(({ message }) => (message.type === 'screenPop' ? [message.data] : [])).at(-1);
    const record = async (): Promise<Consented> => (await house.record(`+86${CALLER}`)) as Consented;

    await desk.must('ready');
    const refusing = await customer.call('763');
    await refusing.answered();
    await until('she hears the question', () => refusing.rtp.heard().length > 4_000);
    await refusing.rtp.press('2');
    await served(refusing, BEFORE_HZ);
    assert.deepEqual([pop(desk)?.recorded, pop(desk)?.unrecorded], [false, 'refused']);
    await refusing.hangUp();
    const refused = await record();
    assert.deepEqual([refused.consent?.state, refused.consent?.how, refused.recordings, refused.cause], ['refused', 'key', [], 'normal']);
    assert.deepEqual(files(), before);
    const found = (await house.get('/api/v1/calls?consent=refused')) as { items: { callId: string }[] };
    assert.deepEqual(
      found.items.map(({ callId }) => callId),
      [refused.callId],
    );

    await desk.must('ready');
    const caller = await customer.call('762');
    const first = await served(caller, BEFORE_HZ);
    assert.deepEqual([pop(desk)?.recorded, pop(desk)?.unrecorded], [false, 'not_agreed']);
    assert.deepEqual(files(), before, 'nobody asked, nothing is recorded');
    await desk.must('blindTransfer', { target: { kind: 'dialplan', flow: 'asked' } });
    await first.ended();
    caller.rtp.forget();
    await until('she hears the question', () => caller.rtp.heard().length > 4_000);
    assert.deepEqual(files(), before);
    await caller.rtp.press('1');
    // From here on she speaks at another pitch; what still is on its way of the first is from before.
    caller.rtp.play(AFTER_HZ);
    await served(caller, AFTER_HZ);
    assert.equal(pop(desk)?.recorded, true);
    await until('a second of it', () => caller.rtp.heard().length > 30_000);
    await caller.hangUp();
    const given = await until('the record of the second', async () => {
      const last = await record();
      return last.callId === refused.callId ? undefined : last;
    });
    assert.deepEqual([given.consent?.state, given.consent?.how, given.recordings.length], ['given', 'key', 1]);
    assert.equal(files().length, before.length + 1);
    const { recordingId = '' } = given.recordings[0] ?? {};
    const wav = await until('its sound', async () => {
      const response = await fetch(`${house.http}/api/v1/recordings/${recordingId}/audio`, {
        headers: { authorization: `Bearer ${await house.signIn('supervisor')}` },
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      return bytes.subarray(0, 4).toString() === 'RIFF' && bytes.length > 20_000 ? bytes : undefined;
    });
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - ((wav.length - 44) % 4)));
    const side = samples.filter((_, at) => at % 2 === 0);
    const shares = (hz: number) => Array.from({ length: Math.floor(side.length / 400) }, (_, at) => shareAt(side.slice(at * 400, at * 400 + 400), hz));
    assert.ok(Math.max(...shares(AFTER_HZ)) > 0.7, 'what she said afterwards is there');
    assert.ok(Math.max(...shares(BEFORE_HZ)) < 0.1, `and nothing of before: ${Math.max(...shares(BEFORE_HZ))}`);
    await customer.close();
    desk.close();
  });
}
