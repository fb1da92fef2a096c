/** The agent's page in a real browser, on the real server, with a real call on her real phone. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { AgentPage } from '../support/agent-page.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { inProject } from '../support/project.ts';
import { until } from '../support/wait.ts';

const CALLER = '13800001001';
const CALLER_HZ = 620;
const AGENT_HZ = 930;
const shots = inProject('test-output/web/');

let browser: Browser;
let house: House;
before(async () => {
  mkdirSync(shots, { recursive: true });
  await builtWeb();
  [browser, house] = await Promise.all([openChromium(), House.start()]);
});
after(async () => {
  await browser.close();
  await house.stop();
});

test('an agent signs in, sees who calls while her phone rings, answers, holds, reloads the page in mid-call, hangs up and wraps up', async () => {
  const phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  const customer = await SipPhone.open({ user: CALLER, server: house.sip });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await phone.registered();
    const agent = new AgentPage(page, 'zh');
    await agent.open(house.http);
    await agent.signIn('8001', DEMO_PASSWORD);
    await agent.waitForState('not_ready');
    await agent.goReady();

    const call = await customer.call('10086');
    await call.answered();
    assert.ok(await call.rtp.hearsSound());
    await call.rtp.press('0');
    const ringing = await phone.ringing(20_000);
    await agent.waitForPhase('offered');
    await agent.waitForPop('金卡客户');
    await agent.waitForPop('小区内信号弱');
    assert.equal(ringing.state, 'trying', 'the phone still rings while she reads');
    await page.screenshot({ path: `${shots}house-ringing-zh.png` });

    await agent.answer();
    await ringing.answered();
    await agent.waitForPhase('established');
    call.rtp.play(CALLER_HZ);
    ringing.rtp.play(AGENT_HZ);
    assert.ok(await ringing.rtp.hears(CALLER_HZ));
    assert.ok(await call.rtp.hears(AGENT_HZ));
    await agent.hold();
    await agent.retrieve();
    await page.reload();
    await agent.waitForPhase('established');
    await agent.waitForPop('金卡客户');
    assert.ok(await call.rtp.hears(AGENT_HZ), 'a reload of the page is not heard');

    await agent.hangUp();
    await call.ended();
    await agent.waitForState('wrapping_up');
    await agent.chooseOutcome('handled');
    await agent.writeNotes('已答复');
    await page.screenshot({ path: `${shots}house-wrapping-up-zh.png` });
    await agent.finishWrapUp();
    await agent.waitForState('ready');
    // The record was written when the call ended; what she wrote comes in its next revision.
    await until('the record to hold her notes', async () => (await house.record('+8613800001001')).notes !== null);
    const record = await house.record('+8613800001001');
    assert.deepEqual([record.agentId, record.disposition, record.notes], ['demo:8001', 'handled', '已答复']);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await Promise.all([phone.close(), customer.close()]);
  }
});

interface InteractionShown {
  interactionId: string;
  state: string;
  record: { end: string; agentId: string; disposition: string; offers: { end: string }[] } | null;
}

test('a chat handed in over the API is accepted by key, done with its outcome and wrapped up by key; its record has all of it', async () => {
  await house.patch('/api/v1/agents/demo:8002', { channels: { voice: 0, chat: 2, mail: 1 }, queues: ['demo:service'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  try {
    const agent = new AgentPage(page, 'zh');
    await agent.open(house.http);
    await agent.signIn('8002', DEMO_PASSWORD);
    await agent.waitForState('not_ready');
    await agent.goReady();
    const panel = page.getByRole('region', { name: agent.words.chats.region });
    await panel.locator('[data-channel="chat"]').getByText('0/2').waitFor();
    const data = { subject: '套餐咨询', topic: 'plans' };
    const chat = (await house.post('/api/v1/interactions', { channel: 'chat', queueId: 'demo:service', from: '13800001001', data })) as InteractionShown;
    await panel.locator('[data-chat-state="offered"]').waitFor();
    await page.screenshot({ path: `${shots}house-chat-offered-zh.png` });
    await page.keyboard.press('F3');
    await panel.locator('[data-chat-state="active"]').waitFor();
    await panel.locator('[data-channel="chat"]').getByText('1/2').waitFor();
    assert.equal(await panel.getByRole('tab', { selected: true }).count(), 1);
    await page.screenshot({ path: `${shots}house-chat-active-zh.png` });
    await page.evaluate(`localStorage.setItem('huawu.preferences', JSON.stringify({ language: 'en', appearance: 'dark' }))`);
    await page.reload();
    const { words } = new AgentPage(page, 'en');
    const english = page.getByRole('region', { name: words.chats.region });
    await english.getByLabel(words.wrapUp.disposition).selectOption('handled');
    await page.screenshot({ path: `${shots}house-chat-active-en-dark.png` });
    await page.keyboard.press('F1');
    await english.locator('[data-chat-state="wrapping_up"]').waitFor();
    await page.keyboard.press('F1');
    await english.getByText(words.chats.none).waitFor();
    const read = async () => (await house.get(`/api/v1/interactions/${chat.interactionId}`)) as InteractionShown;
    await until('the chat to have its record', async () => (await read()).record !== null);
    const { state, record } = await read();
    assert.deepEqual(
      [state, record?.end, record?.agentId, record?.disposition, record?.offers.map(({ end }) => end)],
      ['ended', 'done', 'demo:8002', 'handled', ['answered']],
    );
  } finally {
    await context.close();
  }
});
