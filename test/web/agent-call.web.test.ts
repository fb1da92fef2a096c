import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { QueueDesk } from '../../src/cti/protocol.ts';
import { atTheDesk, ringing, type Seat, shots, signedIn } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { openShell } from '../support/chromium.ts';
import { goldStory } from '../support/desk-house.ts';
import { until } from '../support/wait.ts';

let browser: Browser;
before(async () => {
  browser = await openShell();
});
after(() => browser.close());

test('an agent signs in, goes ready, sees the pop while her phone rings, talks, holds, hangs up and wraps up', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { house, agent, complaints } = seat;
    await ringing(seat);
    await agent.waitForPop('李秀英');
    for (const text of [
      '金卡客户',
      '广东广州',
      agent.words.pop.noOffers,
      agent.words.channel.chat,
      '138 **** 1001',
      '已通过服务密码',
      '主菜单',
      '话费余额',
      '宽带晚间频繁掉线',
      '故障已报修: 报修宽带掉线',
      '客户在接通前挂断',
      '余额有疑问',
      '普通服务',
    ])
      await agent.waitForPop(text);
    assert.equal(
      house.events.some(({ type }) => type === 'legsJoined'),
      false,
      'the phone still rings',
    );
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.hold();
    await agent.retrieve();
    await agent.hangUp();
    await agent.waitForState('wrapping_up');
    assert.equal(await agent.button(agent.words.wrapUp.done).isDisabled(), true, 'an outcome must be chosen first');
    await agent.chooseOutcome('consulted');
    await agent.writeNotes('已解释账单,客户满意。');
    await agent.finishWrapUp();
    await agent.waitForState('ready');
    const wrapped = house.events.find((event) => event.type === 'wrapUpEnded');
    assert.deepEqual(wrapped?.type === 'wrapUpEnded' && [wrapped.disposition, wrapped.notes], ['consulted', '已解释账单,客户满意。']);
    assert.deepEqual(complaints, []);
  });
});

test('where her queue has a survey she sends the caller there, by button or key; the bar has room for it in the longer language too', async () => {
  const survey = { flow: 'survey', asks: 'when_sent', everyDays: 1 } as const;
  await atTheDesk(browser, { language: 'en', dark: true, house: { survey } }, async (seat) => {
    const { house, agent, page, complaints } = seat;
    await ringing(seat);
    assert.equal(await page.getByRole('button', { name: agent.words.call.survey }).count(), 0, 'not while it rings');
    await agent.answer();
    await agent.waitForPhase('established');
    await page.getByRole('button', { name: agent.words.call.survey }).waitFor();
    await page.screenshot({ path: `${shots}survey.png` });
    assert.ok(((await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number) <= 0, 'the page fits');
    const bar = await page.locator('.call-buttons').boundingBox();
    assert.ok(bar !== null && bar.x + bar.width <= 1_280, 'and its last button is whole');
    assert.deepEqual(await breaches(page), []);
    await page.locator('.does-survey:enabled').waitFor();
    await page.keyboard.press('Alt+s');
    await agent.waitForState('wrapping_up');
    assert.ok(house.events.some((event) => event.type === 'surveyAsked' && event.how === 'sent'));
    assert.deepEqual(complaints, []);
  });
});

const queueDesk: QueueDesk = {
  script: { zh: '您好，{{customer}}，工号 {{agent}}，关于{{reason}}{{nothing}}', en: 'Good day, {{customer}}' },
  form: [
    {
      type: 'choice',
      name: 'solved',
      required: true,
      label: { zh: '是否解决', en: 'Solved' },
      choices: [{ value: 'yes', label: { zh: '已解决', en: 'Yes' } }],
    },
    { type: 'checkbox', name: 'risk', label: { zh: '有投诉倾向', en: 'May complain' } },
    { type: 'date', name: 'promised', label: { zh: '承诺回复日期', en: 'Promised for' } },
  ],
};

test('the queue’s script greets this caller by name; its form is filled in while they talk, outlives a reload, asks for what is required, and is handed in with the outcome', async () => {
  await atTheDesk(browser, { house: { queueDesk, wrapUpMs: 60_000 } }, async (seat) => {
    const { agent, page, house } = seat;
    await ringing(seat);
    await agent.waitForPop('您好，李秀英，工号 8001，关于余额有疑问');
    await agent.answer();
    await agent.waitForPhase('established');
    await page.getByLabel('承诺回复日期').fill('2026-03-01');
    await page.reload();
    await agent.waitForPhase('established');
    house.phoneHangsUp();
    await agent.waitForState('wrapping_up');
    await agent.chooseOutcome('consulted');
    await page.getByText(agent.words.wrapUp.fillInFirst).waitFor();
    assert.equal(await agent.button(agent.words.wrapUp.done).isDisabled(), true, 'a required field is empty');
    await page.screenshot({ path: `${shots}form-zh.png` });
    await page.getByLabel('是否解决').selectOption('已解决');
    await page.getByLabel('有投诉倾向').check();
    await agent.finishWrapUp();
    await agent.waitForState('ready');
    const wrapped = house.events.findLast((event) => event.type === 'wrapUpEnded');
    assert.deepEqual(wrapped?.type === 'wrapUpEnded' && wrapped.form, { solved: 'yes', risk: 'yes', promised: '2026-03-01' });
  });
});

test('she finds a colleague, consults, swaps, joins all three, drops him, and hands the call on: by the directory and by keys, with no button that would fail', async () => {
  await atTheDesk(
    browser,
    { house: { hasStaff: true, queueDesk: { numbers: [{ name: { zh: '营业厅', en: 'Shop' }, number: '02012345678' }] } } },
    async (seat) => {
      const { agent, page, house, complaints } = seat;
      await ringing(seat);
      await agent.answer();
      await agent.waitForPhase('established');
      await page.keyboard.press('Alt+t');
      const panel = page.getByRole('complementary', { name: agent.words.directory.title });
      await panel.getByText('欧阳娜').waitFor();
      await panel.getByText('营业厅').waitFor();
      await page.screenshot({ path: `${shots}directory-zh.png` });
      await page.keyboard.type('李');
      await panel.getByText('欧阳娜').waitFor({ state: 'detached' });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('[data-consult="ringing"]').waitFor();
      house.colleagueAnswers('8002');
      await page.locator('[data-consult="talking"]').waitFor();
      await page.keyboard.press('Escape');
      await page.screenshot({ path: `${shots}consulting-zh.png` });
      await page.keyboard.press('Alt+g');
      await page.locator('[data-consult="with_customer"]').waitFor();
      await page.keyboard.press('Alt+j');
      await page.locator('[data-parties="3"]').waitFor();
      await page.screenshot({ path: `${shots}conference-zh.png` });
      await page.getByRole('button', { name: agent.words.parties.drop.replace('{{who}}', '李强 8002') }).click();
      await page.locator('[data-parties]').waitFor({ state: 'detached' });
      await page.keyboard.press('Alt+t');
      await panel.getByLabel(agent.words.directory.search).fill('陈静');
      await panel.locator('[data-row]').filter({ hasText: '陈静' }).locator('[data-deed="consult"]').click();
      await page.locator('[data-consult="ringing"]').waitFor();
      house.colleagueAnswers('8003');
      await agent.button(agent.words.parties.consultComplete).click();
      await agent.waitForState('wrapping_up');
      assert.deepEqual(complaints, []);
    },
  );
});

test('she calls a number from the dial box, books a callback that is listed as hers, sends the call into the menu; a tel: link of another tab comes to her desk', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house, server, complaints } = seat;
    await signedIn(seat);
    await page.keyboard.press('Alt+t');
    const panel = page.getByRole('complementary', { name: agent.words.directory.title });
    await panel.getByLabel(agent.words.directory.search).fill('020 1234-5678');
    await panel.locator('[data-deed="dial"]').first().waitFor();
    await page.screenshot({ path: `${shots}dial-zh.png` });
    await page.keyboard.press('Enter');
    // Her phone goes off-hook by itself for a call of her own.
    await agent.waitForPhase('calling');
    house.calledAnswers();
    await agent.waitForPhase('established');
    await page.keyboard.press('Alt+r');
    const booking = page.getByRole('complementary', { name: agent.words.booking.title });
    assert.equal(await booking.getByLabel(agent.words.booking.number).inputValue(), '02012345678');
    await booking.getByLabel(agent.words.booking.note).fill('退费确认');
    await booking.getByRole('button', { name: agent.words.booking.book }).click();
    await booking.locator('[data-callback]').getByText('退费确认').waitFor();
    await page.screenshot({ path: `${shots}callbacks-zh.png` });
    assert.deepEqual(await breaches(page), []);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+t');
    await panel.locator('[data-row]').filter({ hasText: '余额查询' }).getByRole('button').click();
    await agent.waitForState('wrapping_up');
    await page.keyboard.press('Escape');
    const link = await page.context().newPage();
    await link.goto(`${server.url}/agent?dial=${encodeURIComponent('tel:+86-138-0000-1003;ext=2')}`);
    await panel.waitFor();
    assert.equal(await panel.getByLabel(agent.words.directory.search).inputValue(), '+8613800001003');
    await panel.getByLabel(agent.words.directory.search).fill('');
    await panel.getByText(agent.words.dial.recent).waitFor();
    assert.deepEqual(complaints, []);
  });
});

test('the whole call works from the keyboard alone', async () => {
  await atTheDesk(browser, { language: 'en' }, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: agent.words.keys.title }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('F2');
    await agent.waitForState('ready');
    house.callArrives(goldStory);
    await agent.waitForPhase('offered');
    await page.keyboard.press('F4');
    await agent.waitForPhase('established');
    await keysAndMute(seat);
    await agent.button(agent.words.call.hold).and(page.locator(':enabled')).waitFor();
    await until('the call is held', async () => {
      await page.keyboard.press('F6');
      return (await page.locator('[data-phase="held"]').count()) > 0;
    });
    await page.keyboard.press('F2');
    await page.getByRole('menuitem', { name: 'Break' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('afterwards: Break').waitFor();
    await until('the call is over', async () => {
      await page.keyboard.press('F8');
      return (await page.locator('[data-state="wrapping_up"]').count()) > 0;
    });
    await page.getByRole('radio').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('F9');
    await agent.waitForState('not_ready');
  });
});

/** Typed and pasted into the call, unheard while muted; nothing of it when the pad is closed. */
async function keysAndMute({ agent, page, house }: Seat): Promise<void> {
  await page.keyboard.press('Alt+k');
  const pad = page.getByRole('group', { name: agent.words.keypad.title });
  await pad.waitFor();
  await page.keyboard.type('37#');
  await pad.getByRole('button', { name: '0' }).click();
  await until('the keys in the call', () => house.pressed === '37#0');
  await page.screenshot({ path: `${shots}keypad-en.png` });
  await page.keyboard.press('Escape');
  await pad.waitFor({ state: 'detached' });
  await page.keyboard.type('9');
  await page.keyboard.press('Alt+m');
  await page.locator('[data-muted]').waitFor();
  assert.equal(await page.getByRole('button', { name: agent.words.call.mute, exact: true }).getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Alt+m');
  await page.locator('[data-muted]').waitFor({ state: 'detached' });
  assert.equal(house.pressed, '37#0');
}

test('call data is edited in place and travels with the call', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.button(agent.words.pop.editData).click();
    await page.getByLabel(agent.words.pop.dataKey).last().fill('promise');
    await page.getByLabel(agent.words.pop.dataValue).last().fill('明天回电');
    await agent.button(agent.words.pop.saveData).click();
    await agent.waitForPop('明天回电');
    const set = house.events.findLast((event) => event.type === 'dataSet');
    assert.deepEqual(set?.type === 'dataSet' && set.data, { promise: '明天回电' });
  });
});

test('what is filled in is handed in by itself when the wrap-up time is up', async () => {
  await atTheDesk(browser, { house: { wrapUpMs: 3_000 } }, async (seat) => {
    const { agent, house } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.chooseOutcome('handled');
    await agent.writeNotes('自动提交');
    house.phoneHangsUp();
    await agent.waitForState('wrapping_up');
    await agent.waitForState('ready');
    const wrapped = house.events.find((event) => event.type === 'wrapUpEnded');
    assert.deepEqual(wrapped?.type === 'wrapUpEnded' && [wrapped.disposition, wrapped.notes], ['handled', '自动提交']);
  });
});

test('a caller who hung up, a phone that is gone, a missed and a rejected call are each explained with what to do', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house } = seat;
    house.callerHangsUp(await ringing(seat));
    await page.getByRole('alert').getByText(agent.words.gone.abandoned).waitFor();
    await agent.waitForState('ready');
    house.callArrives(goldStory);
    await agent.waitForPhase('offered');
    await agent.reject();
    await agent.waitForState('not_ready');
    await page.getByText(agent.words.empty.rejected).waitFor();
    house.phoneGoesAway();
    await page.getByText(agent.words.empty.phone.replace('{{number}}', '8001')).waitFor();
    await page.getByText(agent.words.status.phoneOffline, { exact: true }).waitFor();
  });
});

test('notes for which there was no time to hand them in are shown to be copied, not lost', async () => {
  await atTheDesk(browser, { house: { wrapUpMs: 0 } }, async (seat) => {
    const { agent, page, house } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.writeNotes('没来得及提交的备注');
    house.phoneHangsUp();
    await agent.waitForPhase('none');
    const notice = page.getByRole('alert').filter({ hasText: agent.words.wrapUp.unsent });
    await notice.getByText('没来得及提交的备注').waitFor();
  });
});

test('a phone that cannot be answered from the desk: no button that would fail, but word of what to do', async () => {
  await atTheDesk(browser, { language: 'zh', house: { talks: false } }, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await agent.goReady();
    house.callArrives(goldStory);
    await agent.waitForPhase('offered');
    await page.getByText(agent.words.call.pickUp).waitFor();
    assert.equal(await agent.button(agent.words.call.answer).count(), 0);
    house.phoneAnswers();
    await agent.waitForPhase('established');
  });
});

test('a phone that does not answer as it was told: she reads so, and the button makes room for word of what to do', async () => {
  await atTheDesk(browser, { language: 'en', dark: true, house: { picksUpByItself: false } }, async (seat) => {
    const { agent, page, house } = seat;
    await ringing(seat);
    await agent.answer();
    house.phoneStaysOnHook();
    await page.getByText(agent.words.errors.phone_unmoved).waitFor();
    await page.getByText(agent.words.call.pickUp).waitFor();
    assert.equal(await agent.button(agent.words.call.answer).count(), 0);
    house.phoneAnswers();
    await agent.waitForPhase('established');
  });
});
