import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { atTheDesk, shots, signedIn } from '../support/at-the-desk.ts';
import { openChromium } from '../support/chromium.ts';
import { blindStory, goldStory } from '../support/desk-house.ts';

let browser: Browser;
before(async () => {
  browser = await openChromium();
});
after(() => browser.close());

/** Each language and each look once; `agent-look` has what differs between them. */
const pictured = [
  ['zh', false],
  ['en', true],
] as const;

for (const [language, dark] of pictured) {
  test(`the page in ${language}, ${dark ? 'dark' : 'light'}, is kept as pictures`, async () => {
    await atTheDesk(browser, { language, dark }, async (seat) => {
      const { agent, page, house, server } = seat;
      const shoot = (name: string) => page.screenshot({ path: `${shots}${name}-${language}-${dark ? 'dark' : 'light'}.png` });
      await agent.button(agent.words.signIn.submit).waitFor();
      await shoot('1-sign-in');
      await signedIn(seat);
      await shoot('2-not-ready');
      await agent.goReady();
      const callId = house.callArrives(goldStory);
      house.callArrives(blindStory);
      await agent.waitForPhase('offered');
      await page
        .getByRole('listitem')
        .filter({ hasText: language === 'zh' ? '爱心专席' : 'Senior service' })
        .getByText(agent.words.queues.waiting.replace('{{count}}', '1'))
        .waitFor();
      await shoot('3-ringing');
      await agent.answer();
      await agent.waitForPhase('established');
      await agent.pauseRecording();
      await shoot('4-recording-paused');
      await agent.resumeRecording();
      await agent.askForSecret('card');
      house.customerKeys(callId, 'keying', 12);
      await agent.secretKeys('card', 12);
      await shoot('4-secret-keys');
      house.customerKeys(callId, 'invalid', 12);
      await page
        .getByRole('status')
        .filter({ hasText: agent.words.secretWord.invalid.replace('{{field}}', agent.words.dataName.card) })
        .waitFor();
      await shoot('4-secret-invalid');
      await agent.hold();
      await agent.button(agent.words.call.retrieve).and(page.locator(':enabled')).waitFor();
      await shoot('4-held');
      await server.goAway();
      await agent.banner.getByText(agent.words.link.away).waitFor();
      await shoot('5-reconnecting');
      await server.open();
      await agent.banner.getByText(agent.words.link.back).waitFor();
      house.callerHangsUp(callId);
      await agent.waitForState('wrapping_up');
      await agent.chooseOutcome('callback_promised');
      await agent.writeNotes(
        language === 'zh'
          ? '客户询问上月账单中的流量费,已解释;明天 10 点前回电确认退费。'
          : 'Asked about data charges of last month; explained. Call back before 10 tomorrow about the refund.',
      );
      await shoot('6-wrap-up');
      await agent.finishWrapUp();
      await agent.waitForPhase('offered');
      await shoot('7-special-need');
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await shoot('8-shortcuts');
      await page.keyboard.press('Escape');
      await agent.reject();
      await agent.waitForState('not_ready');
      await shoot('9-rejected');
    });
  });
}
