/** Reports, their files, and the proof that they agree, as a supervisor has them in a browser: at the API, with three days that were counted. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type AgentId, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { ApiPorts } from '../../src/api/ports.ts';
import { BASE_MS } from '../../src/ledger/interval.ts';
import { callMeasures, handledMeasures, offerMeasures, timeMeasures, visitMeasures, zero } from '../../src/ledger/measures.ts';
import { reconcile } from '../../src/ledger/reconcile.ts';
import { type LedgerRecord, type LedgerRows, ledgerIdOf } from '../../src/ledger/record.ts';
import type { ReportDelivery, ReportSchedule } from '../../src/store/report-mail.ts';
import type zhWords from '../../web/supervisor/reports/words/zh.json';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { builtWeb } from '../support/built-web.ts';
import { openShell } from '../support/chromium.ts';
import { inProject } from '../support/project.ts';
import { RecordingsPage } from '../support/recordings-page.ts';

const DEMO = asId<TenantId>('demo');
const SERVICE = queueIdOf(DEMO, 'service');
const AGENT = asId<AgentId>('demo:8001');
/** A Friday afternoon in China. */
const FRIDAY = Date.parse('2026-05-15T15:00:00+08:00');
const HOUR_MS = 3_600_000;
/** In this one an agent is said to have talked a second that no call has. */
const WRONG = Date.parse('2026-05-13T10:05:00+08:00');

const wordsOf = (language: 'zh' | 'en') => JSON.parse(readFileSync(inProject(`web/supervisor/reports/words/${language}.json`), 'utf8')) as typeof zhWords;

/** Five came, four were answered within the threshold; the agent was on the telephone for half of the time. */
function rowsOf(start: number): LedgerRows {
  const half = BASE_MS / 2;
  return {
    visits: [
      {
        ...{ ...zero(visitMeasures), entered: 5, answered: 4, abandoned: 1, answeredWithin: 3, answerWaitMs: 40_000, longestWaitMs: 31_000 },
        ...{ queueId: SERVICE, number: '10086', channel: 'voice' },
      },
    ],
    handled: [
      {
        ...{ ...zero(handledMeasures), handled: 4, fromQueue: 4, talkMs: half, wrapUpMs: 20_000, surveyed: 2, rated: 1, rated2: 1 },
        ...{ agentId: AGENT, team: 'north', queueId: SERVICE, number: '10086', channel: 'voice', disposition: start % (2 * BASE_MS) === 0 ? 'consulted' : '' },
      },
    ],
    agents: [
      {
        ...{ ...zero(timeMeasures), ...zero(offerMeasures), talkingMs: half, readyMs: half, offers: 4, taken: 4 },
        ...{ agentId: AGENT, team: 'north', queueId: SERVICE, reasons: {} },
      },
    ],
    calls: [{ ...zero(callMeasures), arrived: 5, served: 4, abandoned: 1, number: '10086', channel: 'voice' }],
  };
}

/** Wednesday to Friday, from nine until three. */
const counted: LedgerRecord[] = [2, 1, 0].flatMap((daysAgo) =>
  Array.from({ length: (6 * HOUR_MS) / BASE_MS }, (_, n): LedgerRecord => {
    const start = FRIDAY - daysAgo * 24 * HOUR_MS - 6 * HOUR_MS + n * BASE_MS;
    const ledger = rowsOf(start);
    const legMs = BASE_MS / 2 - (start === WRONG ? 1_000 : 0);
    const reconciliation = reconcile(ledger, { legMs: new Map([[SERVICE, legMs]]), presentMs: BASE_MS });
    return { callId: ledgerIdOf(DEMO, start), revision: 1, tenantId: DEMO, arrivedAt: start, ledger, reconciliation };
  }),
);

/** Schedules there are, as the house keeps them; what it sends, no mail server takes. */
const book = new Map<string, ReportSchedule>();
const mail = { configured: false, from: null as string | null };
const spanOfDay = { from: FRIDAY - 39 * HOUR_MS, to: FRIDAY - 15 * HOUR_MS };
const refused: ReportDelivery = {
  ...{ deliveryId: '1', dueAt: FRIDAY, ...spanOfDay, state: 'failed', attempts: 5, error: 'connect ECONNREFUSED 192.0.2.7:25', sentAt: null },
};
const reportMail: ApiPorts['reportMail'] = {
  ...{ mail, allowedDomains: ['example.com'] },
  refusedRecipient: (recipients) => recipients.find((address) => !address.endsWith('@example.com')) ?? null,
  list: async () => [...book.values()],
  get: async (_, scheduleId) => book.get(scheduleId) ?? null,
  create: async (tenantId, wish) => {
    const made = { ...wish, tenantId, scheduleId: `s-${book.size + 1}`, nextAt: FRIDAY + 16 * HOUR_MS, last: null };
    book.set(made.scheduleId, made);
    return made;
  },
  change: async (_, scheduleId, change) => {
    const before = book.get(scheduleId);
    if (before === undefined) return null;
    const after = { ...before, ...change };
    book.set(scheduleId, after);
    return after;
  },
  remove: async (_, scheduleId) => book.delete(scheduleId),
  sendNow: async (schedule) => {
    book.set(schedule.scheduleId, { ...schedule, last: refused });
    return refused;
  },
  deliveries: async () => [refused],
};

let browser: Browser;
let house: FakeHouse;
let url = '';

before(async () => {
  browser = await openShell();
  const webDir = await builtWeb();
  house = await openFakeHouse(() => ({
    ...{ webDir, clock: { now: () => FRIDAY, after: () => () => undefined, every: () => () => undefined } },
    reportMail,
    ledger: {
      memory: (_, from, to) => counted.filter(({ arrivedAt }) => arrivedAt >= from && arrivedAt < to),
      sums: async () => [],
      intervals: async () => [],
      resolution: async () => [
        { bin: 0, key: SERVICE, contacts: 50, pending: 10, repeated: 10, repeated24h: 4, repeated48h: 5, repeated72h: 6 },
        { bin: 0, key: '', contacts: 3, pending: 3, repeated: 0, repeated24h: 0, repeated48h: 0, repeated72h: 0 },
      ],
    },
  }));
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  await house.app.close();
  await browser.close();
});

async function at(place: string, story: (page: Page, desk: RecordingsPage) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, locale: 'zh-CN', timezoneId: 'Europe/London' });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.clock.setSystemTime(FRIDAY);
  const desk = new RecordingsPage(page);
  await page.goto(`${url}/supervisor#${place}`);
  await desk.signIn('supervisor', PASSWORD);
  await story(page, desk).catch(async (error: unknown) => {
    await page.screenshot({ path: `${shots}reports-failed.png` });
    throw new Error(`${String(error)}; the page said: ${complaints.join('; ')}`);
  });
  assert.deepEqual(complaints, []);
  await context.close();
}

test('a supervisor reads first contact resolution with its definition, what is pending apart, and saves it', () =>
  at('resolution', async (page, desk) => {
    const zh = wordsOf('zh');
    const rows = page.getByRole('table').locator('tbody tr');
    await rows.first().waitFor();
    const cells = (n: number) => rows.nth(n).locator('th, td').allInnerTexts();
    const [service, none] = (await cells(0))[0] === '服务' ? [await cells(0), await cells(1)] : [await cells(1), await cells(0)];
    assert.deepEqual(service.slice(2), ['75.0%', '10.0%', '12.5%', '15.0%', '50', '30', '10', '10']);
    assert.deepEqual(none.slice(2), ['—', '—', '—', '—', '3', '0', '0', '3']);
    await page.getByText('came back within 7 days', { exact: false }).waitFor();
    assert.deepEqual(await breaches(page), []);
    const [book] = await Promise.all([page.waitForEvent('download'), desk.button(zh.file.xlsx).click()]);
    assert.match(book.suggestedFilename(), /^resolution-queue-.*\.xlsx$/);
    await page.screenshot({ path: `${shots}resolution-zh-light.png` });
    await desk.shows('en', 'dark');
    assert.deepEqual(await breaches(page, 'colours'), []);
    await page.screenshot({ path: `${shots}resolution-en-dark.png` });
    await page.locator('input[type="date"]').first().fill('2026-01-01');
    await page.getByText(wordsOf('en').rangeFault.long.replace('{{days}}', '93')).waitFor();
  }));

test('a supervisor reads a report with its names and formulas, sorts it by keyboard, sees it drawn, saves it, and is told what is too much or nothing', () =>
  at('reports', async (page, desk) => {
    const zh = wordsOf('zh');
    const table = page.getByRole('table');
    const row = (n: number) => table.locator('tbody tr').nth(n).locator('th, td').allInnerTexts();
    const shoot = (name: string) => page.screenshot({ path: `${shots}${name}.png` });
    await page.getByText('Asia/Shanghai').waitFor();
    // 72 intervals of five minutes: 360 came, 216 answered in time of 288 answered and 72 abandoned.
    const first = await row(0);
    assert.deepEqual(first.slice(0, 5), ['服务', '5月15日周五', '360', '288', '72']);
    assert.ok(first.includes('60.0%'), `the service level: ${first}`);
    await table.getByRole('button', { name: '平均应答时长' }).focus();
    await page.getByRole('tooltip').filter({ hasText: 'Σ wait of answered / A' }).waitFor();
    assert.deepEqual(await breaches(page), []);
    await shoot('reports-zh-light');

    await page.getByRole('combobox', { name: zh.ask.interval, exact: true }).selectOption('hour');
    await page.getByRole('combobox', { name: zh.ask.span, exact: true }).selectOption('thisWeek');
    await page.getByRole('combobox', { name: zh.ask.by, exact: true }).selectOption('tenant');
    await table.getByRole('columnheader', { name: zh.group.calls, exact: true }).waitFor();
    await page.getByText(zh.report.counted.replace('{{count}}', '18')).waitFor();
    assert.match((await row(0))[0] ?? '', /5月13日.*09:00–10:00/, 'on the clocks of the tenant, not of the browser');
    const time = table.getByRole('button', { name: zh.table.interval });
    await time.focus();
    await page.keyboard.press('Enter');
    await table.locator('th[aria-sort="descending"]').waitFor();
    assert.match((await row(0))[0] ?? '', /5月15日.*14:00–15:00/);
    await page.getByLabel(zh.report.every).check();
    await table.getByRole('button', { name: zh.measure.leftInIvr, exact: true }).waitFor();
    await page.getByRole('combobox', { name: zh.ask.figure, exact: true }).selectOption('calls.arrived');
    await page.getByRole('region', { name: zh.measure.arrived }).locator('svg').first().waitFor();

    const [file] = await Promise.all([page.waitForEvent('download'), desk.button(zh.file.csv).click()]);
    assert.equal(file.suggestedFilename(), 'tenant-hour-2026-05-11.csv');
    const lines = readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(lines.length, 19);
    assert.match(lines[1] ?? '', /^"?2026-05-13T09:00:00\+08:00/);
    const [workbook] = await Promise.all([page.waitForEvent('download'), desk.button(zh.file.xlsx).click()]);
    assert.equal(workbook.suggestedFilename(), 'tenant-hour-2026-05-11.xlsx');
    assert.equal(
      readFileSync(await workbook.path())
        .subarray(0, 2)
        .toString(),
      'PK',
      'a workbook',
    );

    await desk.shows('en', 'dark');
    const en = wordsOf('en');
    await page.getByLabel(en.report.every).uncheck();
    assert.deepEqual(await breaches(page, 'colours'), []);
    await shoot('reports-en-dark');
    await page.getByRole('combobox', { name: en.ask.interval, exact: true }).selectOption('5min');
    await page.getByRole('combobox', { name: en.ask.span, exact: true }).selectOption('range');
    await page.getByLabel(en.range.from).fill('2025-01-01');
    await page.getByRole('alert').getByText('more than 9000 intervals: ask for longer ones or for less time').waitFor();
    await page.getByLabel(en.range.to).fill('2024-12-31');
    await page.getByText(en.rangeFault.backwards).waitFor();
    await page.getByRole('combobox', { name: en.ask.span, exact: true }).selectOption('lastWeek');
    await page.getByRole('heading', { name: en.empty.title }).waitFor();
    await shoot('reports-empty-en-dark');
  }));

test('she proves a day: yesterday agrees and what that means is said, the day before shows where it does not and what to do', () =>
  at('reports', async (page, desk) => {
    const zh = wordsOf('zh');
    await page.getByRole('link', { name: desk.words.reportsPage.reconciliation, exact: true }).click();
    const verdict = (words: typeof zhWords) => page.getByRole('region', { name: words.proof.verdict });
    await verdict(zh).getByText(zh.proof.agreeText.replace('{{count}}', '72')).waitFor();
    await page.getByText('huawu reconcile --day 2026-05-14 --zone Asia/Shanghai --tenant demo').waitFor();
    await page.getByRole('row', { name: new RegExp(zh.sumWhy.talkMs) }).waitFor();
    assert.deepEqual(await breaches(page), []);
    await page.screenshot({ path: `${shots}reconciliation-zh-light.png` });

    await desk.shows('en', 'dark');
    const en = wordsOf('en');
    await page.getByLabel(en.range.from).fill('2026-05-13');
    const differ = en.proof.differText.replace('{{count}}', '144').replace('{{broken}}', '1').replace('{{differences}}', '1');
    await verdict(en).getByText(differ).waitFor();
    const difference = page.getByRole('region', { name: en.proof.differences }).locator('tbody tr');
    assert.deepEqual(await difference.locator('th, td, strong').allInnerTexts(), [
      ...['13 May, 10:05–10:10', en.sum.talkMs],
      ...[`${en.way.talkMs_agents} 150.000 s\n${en.way.talkMs_calls} 149.000 s\n${en.way.talkMs_queues} 149.000 s`],
      ...['150.000 s', '149.000 s', '149.000 s', '1.000 s'],
    ]);
    await page.getByText('huawu reconcile --day 2026-05-13 --zone Asia/Shanghai --tenant demo').waitFor();
    assert.deepEqual(await breaches(page, 'colours'), []);
    await page.screenshot({ path: `${shots}reconciliation-en-dark.png` });
    await page.getByLabel(en.range.from).fill('2026-05-10');
    await page.getByLabel(en.range.to).fill('2026-05-10');
    await verdict(en).getByText(en.proof.nothing).waitFor();
    await page.getByLabel(en.range.from).fill('2026-04-01');
    await page.getByText(en.rangeFault.long.replace('{{days}}', '32')).waitFor();
  }));

test('she has a report mailed: told how where no mail is set up, what is wrong with an address, why one did not go out; changes, switches off and removes it', () =>
  at('schedules', async (page, desk) => {
    const zh = wordsOf('zh');
    const panel = page.getByRole('dialog');
    const rows = page.getByRole('main').locator('tbody tr');
    const shoot = (name: string) => page.screenshot({ path: `${shots}${name}.png` });
    await page.getByText(zh.mail.how).waitFor();
    await page.getByRole('heading', { name: zh.schedule.none }).waitFor();
    await shoot('schedules-empty-zh-light');
    Object.assign(mail, { configured: true, from: 'reports@example.com' });
    await desk.button(zh.schedule.add).click();
    await panel.getByLabel(zh.schedule.name).fill('昨日各队列');
    const recipients = panel.getByLabel(zh.schedule.recipients, { exact: true });
    const save = panel.getByRole('button', { name: zh.schedule.add });
    await recipients.fill('floor@example.com；boss');
    await save.click();
    await panel.getByText(zh.recipientsFault.noAddress.replace('{{which}}', 'boss')).waitFor();
    await recipients.fill('floor@example.com；boss@elsewhere.test');
    await save.click();
    await panel
      .locator('.field-fault')
      .getByText("boss@elsewhere.test may receive no reports: the server's settings (MAIL_TO_DOMAINS) allow example.com")
      .waitFor();
    assert.deepEqual(await breaches(page), []);
    await shoot('schedule-form-zh-light');
    await recipients.fill('floor@example.com；boss@example.com floor@example.com');
    await save.click();
    await panel.waitFor({ state: 'hidden' });
    const made = book.get('s-1');
    assert.deepEqual(
      [made?.by, made?.interval, made?.period, made?.at, made?.timeZone, made?.format, made?.language, made?.recipients, made?.enabled],
      ['queue', 'day', 'day', '07:00', 'Asia/Shanghai', 'xlsx', 'zh', ['floor@example.com', 'boss@example.com'], true],
    );
    await rows.filter({ hasText: '5月16日 07:00' }).waitFor();

    await desk.shows('en', 'dark');
    const en = wordsOf('en');
    await desk.button(en.schedule.sendOne.replace('{{name}}', '昨日各队列')).click();
    await rows
      .getByText(
        en.schedule.why
          .replace('{{error}}', refused.error ?? '')
          .replace('{{attempts}}', '5')
          .trim(),
      )
      .waitFor();
    assert.deepEqual(await breaches(page, 'colours'), []);
    await shoot('schedules-en-dark');
    await desk.button(en.schedule.logOf.replace('{{name}}', '昨日各队列')).click();
    await panel.getByRole('row', { name: '14 May, 00:00 – 15 May, 00:00' }).waitFor();
    await shoot('schedule-deliveries-en-dark');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });

    await desk.button('昨日各队列').focus();
    await page.keyboard.press('Enter');
    await panel.getByLabel(en.schedule.at).fill('08:30');
    await panel.getByLabel(en.schedule.enabled).uncheck();
    await shoot('schedule-form-en-dark');
    await panel.getByRole('button', { name: en.schedule.save }).click();
    await rows.filter({ hasText: '08:30' }).filter({ hasText: en.schedule.off }).waitFor();
    await desk.button('昨日各队列').click();
    await panel.getByRole('button', { name: en.schedule.remove }).click();
    await page.getByRole('tooltip').getByRole('button', { name: en.schedule.remove }).click();
    await page.getByRole('heading', { name: en.schedule.none }).waitFor();
    await page.getByRole('status').getByText(en.schedule.removed.replace('{{name}}', '昨日各队列')).waitFor();
    assert.equal(book.size, 0);
  }));
