import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { atTheDesk, ringing, shots, signedIn } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { openShell } from '../support/chromium.ts';
import { blindStory, goldStory } from '../support/desk-house.ts';

let browser: Browser;
before(async () => {
  browser = await openShell();
});
after(() => browser.close());

/** https://web.dev/articles/cls calls 0.1 good, of a whole visit; here of one pop. */
const MOST_SHIFT = 0.01;
/** Runs in the page: counts what moves from now on, also right after her own click. */
const WATCH_SHIFTS = `
  let sum = 0;
  const count = (entries) => entries.forEach(({ value }) => { sum += value; });
  const watcher = new PerformanceObserver((list) => count(list.getEntries()));
  watcher.observe({ type: 'layout-shift' });
  window.shifted = () => (count(watcher.takeRecords()), sum);
`;

test('an arriving pop moves nothing: the call bar, the wrap-up and the queues stay where they are', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house } = seat;
    await signedIn(seat);
    await agent.goReady();
    const places = () => Promise.all(['.top-bar', '.call-bar', '.pop', '.wrap-up', '.queue-strip'].map((name) => page.locator(name).boundingBox()));
    const quiet = await places();
    await page.evaluate(WATCH_SHIFTS);
    house.callArrives(blindStory);
    await agent.waitForPhase('offered');
    await agent.waitForPop('张建国');
    assert.deepEqual(await places(), quiet);
    const shift = Number(await page.evaluate('window.shifted()'));
    assert.ok(shift < MOST_SHIFT, `the pop shifts the layout by ${shift.toFixed(4)}`);
    assert.equal(await page.evaluate('document.documentElement.scrollHeight <= window.innerHeight'), true, 'the page itself does not scroll');
  });
});

test('the pop is spoken to a screen reader, and the tab says what is going on', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { page, agent } = seat;
    await ringing(seat, blindStory);
    assert.equal(await page.locator('[data-live="pop"]').textContent(), agent.words.pop.announce.replace('{{who}}', '张建国').replace('{{why}}', '爱心专席'));
    assert.match(await page.title(), /^来电振铃 \d+:\d\d · 话务$/);
    await page.getByText(/^视障客户/).waitFor();
  });
});

test('a call that comes while she looks elsewhere is told by the desktop, once', async () => {
  await atTheDesk(browser, {}, async (seat) => {
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
  await atTheDesk(browser, {}, async (seat) => {
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
  await atTheDesk(browser, {}, async (seat) => {
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

test('an address that leads nowhere says so in both languages and leads to the consoles there are', async () => {
  for (const language of ['zh', 'en'] as const) {
    await atTheDesk(browser, { language }, async ({ page, agent, server }) => {
      await page.goto(`${server.url}/supervisor/nowhere`);
      await page.getByText(agent.words.home.unknown.replace('{{path}}', '/supervisor/nowhere')).waitFor();
      assert.equal(await page.getByRole('button').count(), 2, 'only language and appearance are buttons');
      const doors = await page.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
      assert.deepEqual(doors, ['/agent', '/supervisor', '/admin', '/account', '/api/docs']);
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

test('no state of the desk has a serious breach of WCAG 2.1: sign-in, no call, ringing, talking with directory and phone panel, wrapping up', async () => {
  for (const dark of [false, true])
    await atTheDesk(browser, { dark, house: { hasStaff: true } }, async (seat) => {
      const { agent, page, house } = seat;
      const clean = async (state: string) => {
        // What the mouse is over is on its way to another colour.
        await page.mouse.move(2, 400);
        assert.deepEqual(await breaches(page, dark ? 'colours' : 'all'), [], `${state}, ${dark ? 'dark' : 'light'}`);
      };
      await agent.button(agent.words.signIn.submit).waitFor();
      await clean('sign-in');
      await signedIn(seat);
      await page.getByText(agent.words.own.title).waitFor();
      await clean('no call');
      await page.screenshot({ path: `${shots}own-figures-zh-${dark ? 'dark' : 'light'}.png` });
      await agent.goReady();
      house.callArrives(goldStory);
      await agent.waitForPhase('offered');
      await clean('ringing');
      await agent.answer();
      await agent.waitForPhase('established');
      await page.keyboard.press('Alt+t');
      await page.getByText('欧阳娜').waitFor();
      await clean('directory');
      await page.screenshot({ path: `${shots}directory-zh-${dark ? 'dark' : 'light'}.png` });
      await page.keyboard.press('Escape');
      await page.keyboard.press('Alt+p');
      await page.getByRole('dialog').waitFor();
      await clean('phone panel');
      await page.keyboard.press('Escape');
      house.phoneHangsUp();
      await agent.waitForState('wrapping_up');
      await clean('wrapping up');
    });
});

test('the mini bar stands in a window of its own: state, caller and time; the call is answered, muted, held and ended there; it ends with the desk', async () => {
  await atTheDesk(browser, {}, async (seat) => {
    const { agent, page, house, server } = seat;
    await signedIn(seat);
    // The way of browsers that cannot keep a window above others.
    await page.evaluate('delete window.documentPictureInPicture');
    const [mini] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Alt+b')]);
    const press = (word: string) => mini.getByRole('button', { name: word }).click();
    await press(agent.words.status.goReady);
    await agent.waitForState('ready');
    house.callArrives(goldStory);
    await mini.getByText('李秀英').waitFor();
    await mini.screenshot({ path: `${shots}mini-offered-zh.png` });
    await press(agent.words.call.answer);
    await mini.locator('[data-mini="established"]').waitFor();
    await press(agent.words.call.mute);
    await page.locator('[data-muted]').waitFor();
    await press(agent.words.call.hold);
    await agent.waitForPhase('held');
    await mini.screenshot({ path: `${shots}mini-held-zh.png` });
    await press(agent.words.call.hangup);
    await mini.getByText(agent.words.activity.wrapping_up).waitFor();
    assert.deepEqual(await breaches(mini), []);
    await Promise.all([mini.waitForEvent('close'), page.reload()]);
    const alone = await page.context().newPage();
    await alone.goto(`${server.url}/agent?mini`);
    await alone.getByText(agent.words.mini.alone).waitFor();
  });
});

test('in the example page of a CRM the desk tells of the call and takes the page’s word', async () => {
  await atTheDesk(browser, {}, async ({ page, agent, house, server }) => {
    await page.goto(`${server.url}/embed-example.html`);
    const desk = page.frameLocator('iframe');
    await desk.locator('input').first().fill('8001');
    await desk.locator('input[type="password"]').fill('demo-pass');
    await desk.locator('button[type="submit"]').click();
    await page.locator('#agent').getByText('王丽 8001: not_ready').waitFor();
    await page.locator('#note').click();
    await page.getByText('cannot be written now').waitFor();
    await desk.locator('[data-state="not_ready"]').waitFor();
    await desk.getByRole('button', { name: agent.words.status.goReady }).click();
    await page.locator('#agent').getByText('王丽 8001: ready').waitFor();
    house.callArrives(goldStory);
    await page.locator('#call').getByText('offered: 李秀英').waitFor();
    await desk.getByRole('button', { name: agent.words.call.answer }).click();
    await page.locator('#call').getByText('established: 李秀英').waitFor();
    await page.locator('#note').click();
    await page.getByText('written', { exact: true }).waitFor();
    await page.screenshot({ path: `${shots}embedded-zh.png` });
    const set = house.events.findLast((event) => event.type === 'dataSet');
    assert.deepEqual(set?.type === 'dataSet' && set.data, { crm: 'seen in CRM' });
  });
});

test('every control of the page has a name', async () => {
  await atTheDesk(browser, {}, async (seat) => {
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
