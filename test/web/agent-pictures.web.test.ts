import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { atTheDesk, shots, signedIn } from '../support/at-the-desk.ts';
import { openShell } from '../support/chromium.ts';
import { blindStory, goldStory } from '../support/desk-house.ts';

let browser: Browser;
before(async () => {
  browser = await openShell();
});
after(() => browser.close());

/** Each language and each look once; `agent-look` has what differs between them. */
async function shoot(page: Page, name: string): Promise<void> {
  await shootWhole(page, `${name}-zh-light`);
  await otherTaste(page, 'en', 'dark');
  await shootWhole(page, `${name}-en-dark`);
  await otherTaste(page, 'zh-CN', 'light');
}

/** Nothing of the page lies beside what is seen of it. */
async function shootWhole(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${shots}${name}.png` });
  const over = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
  assert.ok(over <= 0, `${name} is ${over} px too wide`);
}

/** By the buttons of the page, also where a dialog lies over them. */
async function otherTaste(page: Page, language: string, theme: string): Promise<void> {
  await page.evaluate(`for (const name of ['language', 'appearance']) document.querySelector('.taste-' + name).click()`);
  await page.locator(`html[lang="${language}"][data-theme="${theme}"]`).waitFor();
}

test('every state of the page is kept as a picture, in Chinese and light as in English and dark, switched in place', async () => {
  await atTheDesk(browser, { house: { hasStaff: true } }, async (seat) => {
    const { agent, page, house, server } = seat;
    await agent.button(agent.words.signIn.submit).waitFor();
    await shoot(page, '1-sign-in');
    await signedIn(seat);
    await shoot(page, '2-not-ready');
    await agent.goReady();
    const callId = house.callArrives(goldStory);
    house.callArrives(blindStory);
    await agent.waitForPhase('offered');
    await page.getByRole('listitem').filter({ hasText: '爱心专席' }).getByText(agent.words.queues.waiting.replace('{{count}}', '1')).waitFor();
    await shoot(page, '3-ringing');
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.pauseRecording();
    await page.keyboard.press('Alt+k');
    await page.getByRole('group', { name: agent.words.keypad.title }).waitFor();
    await shoot(page, '4-recording-paused-keypad');
    await page.keyboard.press('Escape');
    await agent.resumeRecording();
    await agent.askForSecret('card');
    house.customerKeys(callId, 'keying', 12);
    await agent.secretKeys('card', 12);
    await shoot(page, '4-secret-keys');
    house.customerKeys(callId, 'invalid', 12);
    await page
      .getByRole('status')
      .filter({ hasText: agent.words.secretWord.invalid.replace('{{field}}', agent.words.dataName.card) })
      .waitFor();
    await page.keyboard.press('Alt+t');
    await page.getByText('欧阳娜').waitFor();
    await shoot(page, '4-secret-invalid-directory');
    await page.keyboard.press('Escape');
    await agent.hold();
    await agent.button(agent.words.call.retrieve).and(page.locator(':enabled')).waitFor();
    await shoot(page, '4-held');
    await server.goAway();
    await agent.banner.getByText(agent.words.link.away).waitFor();
    await shoot(page, '5-reconnecting');
    await server.open();
    await agent.banner.getByText(agent.words.link.back).waitFor();
    house.callerHangsUp(callId);
    await agent.waitForState('wrapping_up');
    await agent.chooseOutcome('callback_promised');
    await agent.writeNotes('客户询问上月账单中的流量费,已解释;明天 10 点前回电确认退费。');
    await shoot(page, '6-wrap-up');
    await agent.finishWrapUp();
    await agent.waitForPhase('offered');
    await shoot(page, '7-special-need');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await shoot(page, '8-shortcuts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+p');
    await page.getByRole('dialog').waitFor();
    await shoot(page, '8-phone');
    await page.keyboard.press('Escape');
    await agent.reject();
    await agent.waitForState('not_ready');
    await shoot(page, '9-rejected');
  });
});
