import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { systemClock } from '../../kernel/clock.ts';
import type { CallId } from '../../kernel/ids.ts';
import { AgentPage, type PageLanguage } from '../support/agent-page.ts';
import { openChromium } from '../support/chromium.ts';
import { blindStory, DeskHouse, type DeskHouseOptions, goldStory } from '../support/desk-house.ts';
import { DeskServer } from '../support/desk-server.ts';
import { until } from '../support/wait.ts';

const shots = fileURLToPath(new URL('../../test-output/web/', import.meta.url));
mkdirSync(shots, { recursive: true });

let browser: Browser;
before(async () => {
  browser = await openChromium();
});
after(() => browser.close());

interface Seat {
  house: DeskHouse;
  server: DeskServer;
  page: Page;
  agent: AgentPage;
  /** What the browser complained about. */
  complaints: string[];
}
interface Taste {
  language?: PageLanguage;
  dark?: boolean;
  house?: Partial<DeskHouseOptions>;
}

/** One agent's browser at her house; all of it is gone when `story` ends. */
async function atTheDesk({ language = 'zh', dark = false, house: options = {} }: Taste, story: (seat: Seat) => Promise<void>): Promise<void> {
  const house = new DeskHouse({ clock: systemClock, ...options });
  const server = new DeskServer(house);
  await server.open();
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    colorScheme: dark ? 'dark' : 'light',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && !line.text().includes('net::ERR') && complaints.push(line.text()));
  try {
    const agent = new AgentPage(page, language);
    await agent.open(server.url);
    await story({ house, server, page, agent, complaints });
  } finally {
    await context.close();
    await server.close();
  }
}

async function signedIn({ agent }: Seat): Promise<void> {
  await agent.signIn('8001', 'demo-pass');
  await agent.waitForState('not_ready');
}

async function ringing(seat: Seat, story = goldStory): Promise<CallId> {
  await signedIn(seat);
  await seat.agent.goReady();
  const callId = seat.house.callArrives(story);
  await seat.agent.waitForPhase('offered');
  return callId;
}

test('an agent signs in, goes ready, sees the pop while her phone rings, talks, holds, hangs up and wraps up', async () => {
  await atTheDesk({}, async (seat) => {
    const { house, agent, complaints } = seat;
    await ringing(seat);
    await agent.waitForPop('李秀英');
    for (const text of ['金卡客户', '138 **** 1001', '已通过服务密码', '主菜单', '话费余额', '宽带晚间频繁掉线', '余额有疑问', '普通服务'])
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

test('a wrong password is told in words and does not sign in', async () => {
  await atTheDesk({}, async ({ agent, page, complaints }) => {
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
  await atTheDesk({}, async (seat) => {
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
  await atTheDesk({}, async (seat) => {
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

test('the whole call works from the keyboard alone', async () => {
  await atTheDesk({ language: 'en' }, async (seat) => {
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

test('an arriving pop moves nothing: the call bar, the wrap-up and the queues stay where they are', async () => {
  await atTheDesk({}, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await agent.goReady();
    const places = () => Promise.all(['.top-bar', '.call-bar', '.pop', '.wrap-up', '.queue-strip'].map((name) => page.locator(name).boundingBox()));
    const quiet = await places();
    house.callArrives(blindStory);
    await agent.waitForPhase('offered');
    await agent.waitForPop('张建国');
    assert.deepEqual(await places(), quiet);
    assert.equal(await page.evaluate('document.documentElement.scrollHeight <= window.innerHeight'), true, 'the page itself does not scroll');
  });
});

test('the pop is spoken to a screen reader, and the tab says what is going on', async () => {
  await atTheDesk({}, async (seat) => {
    const { page, agent } = seat;
    await ringing(seat, blindStory);
    assert.equal(await page.locator('[data-live="pop"]').textContent(), agent.words.pop.announce.replace('{{who}}', '张建国').replace('{{why}}', '爱心专席'));
    assert.match(await page.title(), /^来电振铃 \d+:\d\d · 话务$/);
    await page.getByText(/^视障客户/).waitFor();
  });
});

test('a call that comes while she looks elsewhere is told by the desktop, once', async () => {
  await atTheDesk({}, async (seat) => {
    const { page, agent, house } = seat;
    await page.addInitScript(ELSEWHERE);
    await page.reload();
    const callId = await ringing(seat);
    await agent.waitForPop('李秀英');
    house.take({ type: 'languageChosen', callId, language: 'en' });
    await agent.waitForPop(agent.words.spoken.en);
    assert.deepEqual(await page.evaluate('notes'), [agent.words.pop.announce.replace('{{who}}', '李秀英').replace('{{why}}', '普通服务')]);
  });
});

/** Runs in the page before its own code: the tab is in the background, and desktop notes are written down. */
const ELSEWHERE = `
  window.notes = [];
  Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
  window.Notification = class { static permission = 'granted'; constructor(title) { window.notes.push(title); } close() {} };
`;

test('a caller nobody knows is said to be unknown, and what he typed can do no harm', async () => {
  await atTheDesk({}, async (seat) => {
    const { page, agent } = seat;
    const harm = '<img src=x onerror="window.harmed = true">';
    await ringing(seat, { number: '', queue: 'service', customer: null, authLevel: 0, ivrPath: [harm], data: { reason: harm } });
    for (const text of [agent.words.call.unknownCaller, agent.words.call.withheld, agent.words.pop.newCaller, agent.words.auth[0]])
      await agent.waitForPop(text);
    await agent.waitForPop(harm);
    assert.equal(await page.evaluate('window.harmed'), undefined);
  });
});

test('the desk fits a small and a large screen', async () => {
  await atTheDesk({}, async (seat) => {
    const { page, agent } = seat;
    await ringing(seat);
    await agent.answer();
    await agent.waitForPhase('established');
    for (const [width, height] of [
      [1024, 768],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, `${width} wide`);
      for (const button of [agent.button(agent.words.call.hangup), agent.button(agent.words.call.hold)]) {
        const box = await button.boundingBox();
        assert.ok(box !== null && box.x + box.width <= width, `the call buttons are in sight at ${width}`);
      }
      await page.screenshot({ path: `${shots}talking-${width}.png` });
    }
  });
});

test('call data is edited in place and travels with the call', async () => {
  await atTheDesk({}, async (seat) => {
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
  await atTheDesk({ house: { wrapUpMs: 3_000 } }, async (seat) => {
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

test('a phone that is gone, a missed and a rejected call are each explained with what to do', async () => {
  await atTheDesk({}, async (seat) => {
    const { agent, page, house } = seat;
    await ringing(seat);
    await agent.reject();
    await agent.waitForState('not_ready');
    await page.getByText(agent.words.empty.rejected).waitFor();
    house.phoneGoesAway();
    await page.getByText(agent.words.empty.phone.replace('{{number}}', '8001')).waitFor();
    await page.getByText(agent.words.status.phoneOffline, { exact: true }).waitFor();
  });
});

test('the desk opened last takes over, and the first can take it back', async () => {
  await atTheDesk({}, async (seat) => {
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
  await atTheDesk({}, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await agent.button(agent.words.controls.signOut).click();
    await page.getByText(agent.words.signIn.signedOut).waitFor();
    await signedIn(seat);
    house.tokens.clear();
    await page.getByText(agent.words.signIn.expired).waitFor();
  });
});

test('consoles that are not there yet say so in both languages and lead to what is there', async () => {
  for (const language of ['zh', 'en'] as const) {
    await atTheDesk({ language }, async ({ page, agent, server }) => {
      for (const [path, text] of [
        ['supervisor', agent.words.home.supervisorMissing],
        ['admin', agent.words.home.adminMissing],
      ] as const) {
        await page.goto(`${server.url}/${path}`);
        await page.getByText(text).waitFor();
        assert.equal(await page.getByRole('button').count(), 2, 'only language and appearance are buttons');
        assert.deepEqual(await page.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ['/agent', '/api/docs']);
      }
      await page.goto(server.url);
      await page.getByRole('heading', { name: agent.words.home.title }).waitFor();
      await page.screenshot({ path: `${shots}home-${language}.png` });
    });
  }
});

/** Runs in the page: every control that a screen reader could not name. */
const NAMELESS = `[...document.querySelectorAll('button, a, input, textarea, select')]
  .filter((element) => [element.ariaLabel, element.textContent, ...[...(element.labels ?? [])].map((label) => label.textContent)].join('').trim() === '')
  .map((element) => element.outerHTML)`;

test('every control of the page has a name', async () => {
  await atTheDesk({}, async (seat) => {
    const { agent, page } = seat;
    const nameless = () => page.evaluate<string[]>(NAMELESS);
    assert.deepEqual(await nameless(), []);
    await ringing(seat);
    assert.deepEqual(await nameless(), []);
    await agent.answer();
    await agent.waitForPhase('established');
    await agent.button(agent.words.pop.editData).click();
    assert.deepEqual(await nameless(), []);
  });
});

for (const language of ['zh', 'en'] as const) {
  for (const dark of [false, true]) {
    test(`the page in ${language}, ${dark ? 'dark' : 'light'}, is kept as pictures`, async () => {
      await atTheDesk({ language, dark }, async (seat) => {
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
}
