/**
 * Lead, quality, planner and auditor, each at her console in a browser: what the table of roles gives her and nothing more, callers masked and shown on request, in
 * both languages and both looks. The pictures are kept.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { builtWeb } from '../support/built-web.ts';
import { openShell } from '../support/chromium.ts';
import { inProject } from '../support/project.ts';
import { until } from '../support/wait.ts';

type Language = 'zh' | 'en';
type Words = Record<string, Record<string, string>>;
const wordsOf = (path: string, language: Language): Words => JSON.parse(readFileSync(inProject(`web/${path}/${language}.json`), 'utf8')) as Words;

let browser: Browser;
let house: FakeHouse;
let url = '';
before(async () => {
  browser = await openShell();
  const webDir = await builtWeb();
  house = await openFakeHouse(() => ({ webDir }));
  const tenantId = asId<TenantId>('demo');
  const before = { number: '+8613800001001', note: 'asked for Mr Zhang' };
  house.audit.push({ tenantId, userId: null, source: 'cli', action: 'callback.cancel', resource: 'callback/c-demo-9', before });
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  await house.app.close();
  await browser.close();
});

interface Visit {
  page: Page;
  words: Words;
  admin: Words;
  /** Requests that were refused, and what the browser complained about. */
  refused: string[];
}

/** Signed in as who is named by her role, at the console that the table gives her. */
async function visit(role: string, language: Language, look: 'light' | 'dark', story: (visit: Visit) => Promise<void>): Promise<void> {
  const [words, admin] = [wordsOf('i18n', language), wordsOf('admin/words', language)];
  const context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 800 }, locale: language === 'zh' ? 'zh-CN' : 'en-GB', timezoneId: 'Asia/Shanghai', colorScheme: look },
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const refused: string[] = [];
  page.on('pageerror', (error) => refused.push(String(error)));
  page.on('response', (response) => response.status() >= 400 && refused.push(`${response.request().method()} ${response.url()} ${response.status()}`));
  const isAdmins = role === 'auditor';
  await page.goto(`${url}/${isAdmins ? 'admin' : 'supervisor'}`);
  const name = isAdmins ? admin.signIn?.name : words.supervisorSignIn?.name;
  await page.getByLabel(name ?? '', { exact: true }).fill(role);
  await page.getByLabel(words.signIn?.password ?? '', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: words.signIn?.submit ?? '', exact: true }).click();
  await page.getByRole('navigation').first().waitFor();
  await story({ page, words, admin, refused });
  await context.close();
}

const textsOf = async (of: Locator): Promise<string[]> => (await of.allTextContents()).map((text) => text.trim());
const looks = [
  ['zh', 'light'],
  ['en', 'dark'],
] as const;

/** Pages of the supervisor's console, by the names that they go by. */
const titleOf = {
  live: 'live',
  day: 'day',
  wallboard: 'wallboard',
  queues: 'queuesPage',
  calls: 'calls',
  tickets: 'ticketsPage',
  reports: 'reportsPage',
} as const;
const shown = { lead: ['live', 'wallboard', 'queues', 'calls', 'tickets', 'reports'], planner: ['live', 'day', 'wallboard', 'reports'] } as const;

for (const [role, places] of Object.entries(shown))
  test(`a ${role} is shown ${places.join(', ')}, and nothing else, with nothing against who hears it`, async () => {
    for (const [language, look] of looks)
      await visit(role, language, look, async ({ page, words, refused }) => {
        const names = await textsOf(page.getByRole('navigation').first().getByRole('link'));
        assert.deepEqual(
          names,
          places.map((place) => words[titleOf[place]]?.title),
        );
        if (role !== 'planner') await page.locator('.calls-row').first().waitFor();
        assert.deepEqual(await breaches(page, look === 'light' ? 'all' : 'colours'), []);
        await page.screenshot({ path: `${shots}role-${role}-${language}-${look}.png` });
        // A lead asks for what her teams have figures of, and for nothing that would be refused.
        await page.clock.setSystemTime(house.now);
        await page.getByRole('link', { name: words.reportsPage?.title ?? '', exact: true }).click();
        await page.getByRole('heading', { name: wordsOf('supervisor/reports/words', language).empty?.title ?? '' }).waitFor();
        assert.deepEqual(refused, []);
      });
  });

test('quality sees callers masked, has one shown for a reason that is in the trail, and finds calls by four digits freely, by a whole number on Enter', async () => {
  for (const [language, look] of looks)
    await visit('quality', language, look, async ({ page, words, refused }) => {
      const { reveal = {}, calls = {} } = words;
      assert.deepEqual(await textsOf(page.getByRole('navigation').first().getByRole('link')), [calls.title, words.ticketsPage?.title], 'and no other page');
      const detail = page.getByRole('region', { name: calls.detail ?? '' });
      await page.locator('[data-call="c-demo-1"]').click();
      await detail.getByRole('heading', { name: '138****1001' }).waitFor();
      await detail.getByRole('button', { name: reveal.show ?? '', exact: true }).click();
      await detail.getByLabel(reveal.reason ?? '').fill('投诉 4711');
      assert.deepEqual(await breaches(page, look === 'light' ? 'all' : 'colours'), []);
      await page.screenshot({ path: `${shots}reveal-asked-${language}-${look}.png` });
      const before = house.audit.length;
      await page.keyboard.press('Enter');
      await detail.getByRole('heading', { name: '138 0000 1001' }).waitFor();
      assert.equal(await detail.getByRole('button', { name: reveal.show ?? '', exact: true }).count(), 0, 'there is nothing left to show');
      const told = house.audit.slice(before).map(({ action, resource, after }) => [action, resource, (after as { reason?: string }).reason]);
      assert.deepEqual(told, [['personal.reveal', 'call/c-demo-1', '投诉 4711']]);
      assert.deepEqual(refused, []);
      if (look === 'dark') return;
      await page.locator('#by-caller').fill('1001');
      await page.waitForResponse((response) => response.url().includes('callerEnds=1001'));
      await page.locator('#by-caller').fill('13800001001');
      await page.getByText(calls.wholeNumber ?? '', { exact: true }).waitFor();
      await page.screenshot({ path: `${shots}whole-number-${language}-${look}.png` });
      const searched = page.waitForResponse((response) => response.url().includes('caller=%2B8613800001001'));
      await page.keyboard.press('Enter');
      await searched;
      await until('the hint to be gone', async () => (await page.getByText(calls.wholeNumber ?? '', { exact: true }).count()) === 0);
      assert.deepEqual(refused, []);
    });
  assert.deepEqual(
    house.audit.filter(({ action }) => action === 'personal.search').map(({ after }) => after),
    [{ caller: '138****1001' }],
  );
});

/** What the auditor reads, in the order in which it stands at the side. */
const auditors = [
  'agents',
  'users',
  'queues',
  'calendars',
  'dialplans',
  'prompts',
  'numbers',
  'trunks',
  'phones',
  'erasures',
  'audit',
  'tenant',
  'keys',
  'webhooks',
];

test('an auditor reads the whole configuration and the trail, opens each thing, and finds no key that would be refused', async () => {
  for (const [language, look] of looks)
    await visit('auditor', language, look, async ({ page, words, admin, refused }) => {
      const rules = look === 'light' ? 'all' : 'colours';
      const links = page.getByRole('navigation').first().getByRole('link');
      assert.deepEqual(
        await textsOf(links),
        auditors.map((name) => admin.page?.[name]),
      );
      await page.getByRole('heading', { level: 1, name: admin.page?.audit ?? '' }).waitFor();
      await page.getByText('callback/c-demo-9').first().waitFor();
      for (const name of look === 'light' ? auditors : again) {
        await page.goto(`${url}/admin#${name}`);
        await page.getByRole('heading', { level: 1, name: admin.page?.[name] ?? '', exact: true }).waitFor();
        await page.locator('.list tbody tr, .list-empty, .tenant-form, .cm-content').first().waitFor();
        await onlyLooks(page, name, words, admin);
        assert.ok(!(await page.content()).includes('13800001001'), `${name}: a caller in clear`);
        const row = page.locator('.list tbody .as-link').first();
        if ((await row.count()) > 0 && name !== 'audit') {
          await row.click();
          const panel = page.getByRole('dialog');
          await panel.waitFor();
          await onlyLooks(page, `${name}, opened`, words, admin);
          if (opened.includes(name)) {
            assert.deepEqual(await breaches(page, rules), [], name);
            await page.screenshot({ path: `${shots}auditor-${name}-${language}-${look}.png` });
          }
          await page.keyboard.press('Escape');
          await panel.waitFor({ state: 'detached' });
        } else if (pictured.includes(name)) {
          assert.deepEqual(await breaches(page, rules), [], name);
          await page.screenshot({ path: `${shots}auditor-${name}-${language}-${look}.png` });
        }
      }
      assert.deepEqual(refused, []);
    });
});

const opened = ['queues'];
const pictured = ['dialplans', 'tenant'];
/** In the other language and look. */
const again = ['queues'];

/** Every key that can be seen and pressed is one of those that change nothing; nothing can be written but what is searched for. */
async function onlyLooks(page: Page, where: string, words: Words, admin: Words): Promise<void> {
  const within = (await page.getByRole('dialog').count()) > 0 ? page.getByRole('dialog') : page.getByRole('main');
  const names = await textsOf(within.locator('button:visible:enabled'));
  const forbidden = ['save', 'add', 'addTitle', 'remove', 'publish', 'rollBack', 'upload', 'revoke', 'rotate', 'ping', 'again', 'import'];
  const changing = Object.values(admin).flatMap((group) => Object.entries(group).flatMap(([key, word]) => (forbidden.includes(key) ? [word] : [])));
  const allowed = [admin.rules?.open, words.controls?.close];
  assert.deepEqual(
    names.filter((name) => changing.includes(name) && !allowed.includes(name)),
    [],
    where,
  );
  const written = await within.locator('input:enabled:not([type=search]):not([type=file]), textarea:enabled').count();
  if (where.endsWith('opened')) assert.equal(written, 0, `${where}: something can be written`);
}
