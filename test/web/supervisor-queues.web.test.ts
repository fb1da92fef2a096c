/** The queues as a supervisor sees and switches them, and the callbacks there are: in a browser, at the API and a routing core behind it. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { asId, type CallId, calendarIdOf, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { CalendarConfiguration } from '../../src/acd/calendar/calendar.ts';
import type { QueueConfiguration } from '../../src/acd/event.ts';
import type { Directory } from '../../src/tenants/directory.ts';
import type { Event } from '../../src/vocabulary.ts';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { builtWeb } from '../support/built-web.ts';
import { openShell } from '../support/chromium.ts';
import { RecordingsPage } from '../support/recordings-page.ts';
import { until } from '../support/wait.ts';

const DEMO = asId<TenantId>('demo');
const SERVICE = queueIdOf(DEMO, 'service');
/** A Friday afternoon in China. */
const FRIDAY = Date.parse('2026-05-15T15:00:00+08:00');

const hours = [{ from: '09:00', to: '18:00' }];
const office: CalendarConfiguration = {
  ...{ calendarId: calendarIdOf(DEMO, 'office'), tenantId: DEMO, name: { zh: '上班时间', en: 'Office hours' }, timeZone: 'Asia/Shanghai' },
  ...{ offsets: [{ from: 0, minutes: 480 }], week: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours }, days: [] },
};
const queueOf = (name: string, zh: string, en: string, more: Partial<QueueConfiguration> = {}): QueueConfiguration => ({
  ...{ queueId: queueIdOf(DEMO, name), tenantId: DEMO, name: { zh, en }, skills: [], maxWaitMs: null, maxWaiting: 100, leaveWhenNoAgents: false },
  ...{ ringTimeoutMs: 20_000, wrapUpMs: 10_000, record: true, music: null, answerWithinMs: 15_000, ...more },
});
const queues = [
  queueOf('service', '普通服务', 'Service', { door: { calendar: 'office' }, callback: {} }),
  queueOf('faults', '网络故障', 'Faults'),
  queueOf('complaints', '投诉建议', 'Complaints', { door: { calendar: 'office' } }),
];

let browser: Browser;
let house: FakeHouse;
let url = '';

/** One caller waits; two have asked to be called back and are gone. */
function story(tell: (event: Event) => void): void {
  tell({ type: 'callEnded', callId: asId('c-demo-1'), ending: { cause: 'normal', by: 'far_end' } });
  tell({ type: 'calendarConfigured', calendar: office });
  for (const queue of queues) tell({ type: 'queueConfigured', queue });
  for (const n of [21, 22, 23]) {
    const callId = asId<CallId>(`c-demo-${n}`);
    const number = `+861380000100${n - 20}`;
    const callee = { number: '10086', raw: '10086' };
    tell({
      ...{ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: DEMO, caller: { number, raw: number }, callee, trunk: 't', sipCallId: 's' },
    });
    tell({ type: 'callQueued', callId, queueId: SERVICE, priority: 0, skills: [], maxWaitMs: null });
    if (n === 21) continue;
    tell({ type: 'callbackAsked', callId, queueId: SERVICE, number, callee, priority: 0, skills: [], language: 'zh', data: {} });
    tell({ type: 'callEnded', callId, ending: { cause: 'normal', by: 'far_end' } });
  }
}

before(async () => {
  browser = await openShell();
  const webDir = await builtWeb();
  house = await openFakeHouse(({ core }) => {
    let now = FRIDAY - 184_000;
    const tell = (event: Event): void => {
      const facts = [event];
      for (const fact of facts) facts.push(...core.decide(fact, now).events);
    };
    story(tell);
    now = FRIDAY;
    return {
      ...{ webDir, acd: core.view, clock: { now: () => now, after: () => () => undefined, every: () => () => undefined } },
      directory: {
        ...{ queues: () => queues, queue: (queueId) => queues.find((queue) => queue.queueId === queueId) ?? null, calendars: () => [office] },
        ...{ agents: () => [], tenants: () => [], trunks: () => [] },
      } as Partial<Directory> as Directory, // nothing else is asked of it here
      floor: {
        switchQueue: (queueId, state, end, by, notice) =>
          tell({ type: 'queueSwitched', queueId, state, until: end, by, ...(notice === null ? {} : { notice }) }),
        sayable: () => ({ prompts: new Set(), texts: true }),
      },
      cancelCallback: (callbackId, by) => tell({ type: 'callbackCancelled', callbackId, by }),
    };
  });
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  await house.app.close();
  await browser.close();
});

test('a supervisor sees when a queue closes and opens, declares an emergency with what callers hear, takes it back by keyboard, and cancels a callback for a reason', async () => {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const page = await context.newPage();
  await page.clock.setSystemTime(FRIDAY);
  const desk = new RecordingsPage(page);
  await page.goto(`${url}/supervisor#queues`);
  await desk.signIn('supervisor', PASSWORD);
  const drawer = page.getByRole('dialog');
  const list = (name: string): Locator => page.getByRole('region', { name, exact: true });
  const row = (queue: string): Locator => list(desk.words.queuesPage.queues).getByRole('listitem').filter({ hasText: queue });
  const opener = (queue: string): Locator => desk.button(desk.words.queuesPage.switchOne.replace('{{queue}}', queue));
  const shoot = (name: string) => page.screenshot({ path: `${shots}${name}.png` });

  await row('普通服务').getByText('18:00 关闭、周一 09:00 开放').waitFor();
  await row('网络故障').getByText(desk.words.queuesPage.noCalendar).waitFor();
  await opener('普通服务').click();
  await drawer.getByRole('radio', { name: desk.words.switchTo.emergency }).check();
  await drawer.getByLabel(desk.words.queueNotice.zh).fill('线路检修,请一小时后再拨。');
  await shoot('queue-emergency-zh-light');
  await drawer.getByRole('button', { name: desk.words.switchDo.emergency }).click();
  await drawer.waitFor({ state: 'hidden' });
  await row('普通服务').getByText('线路检修,请一小时后再拨。').waitFor();
  assert.deepEqual(
    [house.core.view.queue(SERVICE)?.state, house.core.view.queue(SERVICE)?.notice],
    ['emergency', { text: { zh: '线路检修,请一小时后再拨。' } }],
    'the core has it',
  );
  await shoot('queues-zh-light');

  await desk.shows('en', 'dark');
  const { words } = desk;
  const waiting = list(words.callbacks.title).getByRole('listitem');
  assert.equal(await waiting.count(), 2);
  await desk.button(words.callbacks.cancelOne.replace('{{number}}', '138 0000 1002')).click();
  await drawer.getByLabel(words.callbacks.reason).fill('Served at the shop');
  await shoot('callback-cancel-en-dark');
  await drawer.getByRole('button', { name: words.callbacks.cancelNow }).click();
  await until('one callback', async () => (await waiting.count()) === 1);
  const audited = house.audit.map(({ action, resource, after: done }) => ({ action, resource, done }));
  assert.deepEqual(audited.at(-1), { action: 'callback.cancel', resource: 'callback/c-demo-22-b', done: { reason: 'Served at the shop' } });

  // From the emergency up to "as its calendar has it", and done.
  await drawer.waitFor({ state: 'hidden' });
  await opener('Service').focus();
  await page.keyboard.press('Enter');
  await drawer.getByRole('radio', { name: words.switchTo.emergency }).focus();
  for (let up = 0; up < 3; up += 1) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await row('Service').getByText('closes 18:00, opens Mon 09:00').waitFor();
  await page.getByRole('status').getByText(words.switchTo.calendar).waitFor();
  assert.equal(house.core.view.queue(SERVICE)?.state, 'open');
  await shoot('queues-en-dark');
  await context.close();
});
