import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { AgentPage } from '../support/agent-page.ts';
import { atTheDesk, ringing, signedIn } from '../support/at-the-desk.ts';
import { openShell } from '../support/chromium.ts';
import { until } from '../support/wait.ts';

let browser: Browser;
before(async () => {
  browser = await openShell();
});
after(() => browser.close());

test('a wrong password is told in words and does not sign in', async () => {
  await atTheDesk(browser, {}, async ({ agent, page, complaints }) => {
    await agent.signIn('8001', 'nope');
    await page.getByRole('alert').getByText(agent.words.problem.wrong).waitFor();
    await agent.signIn('8001', 'demo-pass');
    await agent.waitForState('not_ready');
    assert.deepEqual(
      complaints.filter((text) => !text.includes('401')),
      [],
    );
  });
});

test('a reload in mid-call keeps the call, its time, the notes and the outcome', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.writeNotes('写到一半');
    await agent.chooseOutcome('fault_reported');
    await until('two seconds of talk', async () => (await secondsOf(page, '.call-time')) >= 2);
    await page.reload();
    await agent.waitForPhase('established');
    assert.ok((await secondsOf(page, '.call-time')) >= 2, 'the talk time goes on');
    await agent.waitForPop('李秀英');
    assert.equal(await page.getByLabel(agent.words.wrapUp.notes, { exact: true }).inputValue(), '写到一半');
    assert.equal(await page.getByRole('radio', { name: agent.words.disposition.fault_reported }).isChecked(), true);
  });
});

const secondsOf = async (page: Page, selector: string): Promise<number> =>
  ((await page.locator(selector).textContent()) ?? '').split(':').reduce((all, part) => all * 60 + Number(part), 0);

test('while the server is away the page says so and what still works; when it is back nothing is missing', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, server, house } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    await server.goAway();
    await agent.banner.getByText(agent.words.link.away).waitFor();
    assert.equal(await agent.button(agent.words.call.hold).isDisabled(), true, 'no button that cannot work');
    await agent.writeNotes('断线时写的');
    house.phoneHolds(true);
    await server.open();
    await agent.waitForPhase('held');
    await agent.banner.getByText(agent.words.link.back).waitFor();
    assert.equal(await page.getByLabel(agent.words.wrapUp.notes, { exact: true }).inputValue(), '断线时写的');
    await agent.retrieve();
  });
});

test('the desk opened last takes over, and the first can take it back', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, server } = seat;
    await signedIn(seat);
    const second = await page.context().newPage();
    const other = new AgentPage(second);
    await other.open(server.url);
    await other.signIn('8001', 'demo-pass');
    await other.waitForState('not_ready');
    await page.getByRole('alertdialog', { name: agent.words.link.replacedTitle }).waitFor();
    await agent.button(agent.words.link.takeBack).click();
    await second.getByRole('alertdialog', { name: agent.words.link.replacedTitle }).waitFor();
    await agent.goReady();
  });
});

test('a token that is withdrawn leads back to the sign-in with a reason; signing out does so too', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await agent.button(agent.words.controls.signOut).click();
    await page.getByText(agent.words.signIn.signedOut).waitFor();
    await signedIn(seat);
    house.tokens.clear();
    await page.getByText(agent.words.signIn.expired).waitFor();
  });
});
