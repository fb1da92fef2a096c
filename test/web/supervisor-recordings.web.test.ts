/** A supervisor listens to a call that was recorded in two parts, in both languages and both looks; an admin, who may not listen, holds it. The pictures are kept. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type AgentId, asId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { wavHeader } from '../../kernel/wav.ts';
import { Recordings, type StoredRecording } from '../../src/recordings/recordings.ts';
import type { Store } from '../../src/store/store.ts';
import { type FakeHouse, openFakeHouse, PASSWORD } from '../api/fake-house.ts';
import { shots } from '../support/at-the-desk.ts';
import { breaches } from '../support/axe.ts';
import { builtWeb } from '../support/built-web.ts';
import { openShell } from '../support/chromium.ts';
import { FakeClock } from '../support/clock.ts';
import { inProject } from '../support/project.ts';
import { RecordingsPage } from '../support/recordings-page.ts';
import { SAMPLE_RATE, sine } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const PART_SECONDS = 8;
/** Caller left, agent right: of the first part, and of the second. */
const TONES = [
  [500, 900],
  [600, 1300],
] as const;

const adminWords = JSON.parse(readFileSync(inProject('web/admin/words/zh.json'), 'utf8')) as Record<'hold' | 'call' | 'signIn', Record<string, string>>;

let browser: Browser;
let house: FakeHouse;
let url = '';
const folder = mkdtempSync(join(tmpdir(), 'huawu-two-parts-'));
const dir = join(folder, 'recordings');

function partFile(nth: 0 | 1): string {
  const [left, right] = TONES[nth].map((hz) => sine(hz, 0, PART_SECONDS * SAMPLE_RATE)) as [Int16Array, Int16Array];
  const data = Buffer.alloc(left.length * 4);
  for (const [at, sample] of left.entries()) {
    data.writeInt16LE(sample, at * 4);
    data.writeInt16LE(right[at] ?? 0, at * 4 + 2);
  }
  const path = join(dir, `part-${nth}.wav`);
  writeFileSync(path, Buffer.concat([wavHeader(2, SAMPLE_RATE, data.length), data]));
  return path;
}

/** Two parts that are heard and one that was erased, of the demo's second call. */
function twoParts(): StoredRecording[] {
  mkdirSync(dir, { recursive: true });
  const startedAt = Date.parse('2026-03-01T07:00:00.000Z');
  const part = (nth: 0 | 1, agent: string, over: Partial<StoredRecording> = {}): StoredRecording => ({
    ...{ recordingId: `c-demo-2.r${nth + 1}`, callId: asId('c-demo-2'), tenantId: asId('demo'), customerId: null },
    ...{ agentIds: [asId<AgentId>(`demo:${agent}`)], agentId: asId<AgentId>(`demo:${agent}`), startedAt: startedAt + nth * 60_000 },
    ...{ durationMs: PART_SECONDS * 1000, complete: true, pauses: [], reason: null, seal: null, bytes: 1, legalHold: false, erasedAt: null, eraseReason: null },
    ...{ path: partFile(nth), ...over },
  });
  const erased = { recordingId: 'c-demo-2.r3', erasedAt: startedAt + 86_400_000, eraseReason: 'asked' };
  return [part(0, '8001'), part(1, '8002', { pauses: [{ fromMs: 2000, toMs: 3000 }] }), part(1, '8002', erased)];
}

before(async () => {
  browser = await openShell();
  const webDir = await builtWeb();
  const rows = twoParts();
  const opener = new Recordings({ ...{ store: {} as Store, clock: new FakeClock(), log: silentLog, dir, keys: '5e'.repeat(32), keysFile: '' } });
  house = await openFakeHouse(() => ({ webDir }));
  Object.assign(house.ports.recordings, {
    ofCall: async (_tenant: string, callId: string) => rows.filter((row) => row.callId === callId),
    holdCall: async (_tenant: string, callId: string, legalHold: boolean) => {
      for (const row of rows.filter((each) => each.callId === callId && each.erasedAt === null)) row.legalHold = legalHold;
      house.held[legalHold ? 'add' : 'delete'](callId);
      return true;
    },
    openAll: (all: StoredRecording[]) => opener.openAll(all),
    peaksOfAll: (all: StoredRecording[], most: number) => opener.peaksOfAll(all, most),
  });
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
});
after(async () => {
  await house.app.close();
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function atTheCall(): Promise<{ page: Page; listener: RecordingsPage }> {
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const listener = new RecordingsPage(page);
  await listener.open(url);
  await listener.signIn('supervisor', PASSWORD);
  await page.locator('[data-call="c-demo-2"]').click();
  await listener.outlined();
  return { page, listener };
}

test('a call that was recorded in parts is heard as one: one outline, one scale, from the end of the one into the other, and by name of who talked', async () => {
  const { page, listener } = await atTheCall();
  const { player } = listener.words;
  assert.equal(await page.getByRole('slider', { name: player.position }).count(), 1);
  assert.equal(await listener.slider.getAttribute('aria-valuemax'), String(2 * PART_SECONDS));
  // To hear the change from one to the other, it begins a second before.
  await listener.slider.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await listener.hears({ left: TONES[0][0], right: TONES[0][1] });
  await listener.hears({ left: TONES[1][0], right: TONES[1][1] });
  assert.ok((await listener.position()) >= PART_SECONDS);
  await page.getByRole('button', { name: `0:00 · ${player.with.replace('{{agent}}', '8001')}` }).click();
  await listener.hears({ left: TONES[0][0], right: TONES[0][1] });
  // What was paused in the second part stands where it is in the whole.
  await page.getByRole('button', { name: player.paused.replace('{{from}}', '0:10').replace('{{to}}', '0:11') }).waitFor();
  await page.getByText(player.nth.replace('{{nth}}', '3').replace('{{of}}', '3'), { exact: false }).waitFor();
  const played = house.audit.filter(({ action }) => action === 'recording.play');
  assert.ok(played.length > 0 && played.every(({ resource }) => resource === 'call/c-demo-2'), JSON.stringify(played.at(-1)));
  await page.close();
});

test('the queue goes by its name in the language that is spoken', async () => {
  const { page, listener } = await atTheCall();
  for (const [language, name] of [
    ['zh', '服务'],
    ['en', 'Service'],
  ] as const)
    for (const look of ['light', 'dark'] as const) {
      await listener.shows(language, look);
      await page.getByRole('region', { name: listener.words.calls.detail }).getByText(name, { exact: true }).waitFor();
      await page.screenshot({ path: `${shots}whole-call-${language}-${look}.png` });
    }
  await page.close();
});

test('calls are found by outcome, by what was attached and by what was said of recording; half a line of data asks for nothing', async () => {
  const detail = house.details.get('c-demo-2');
  assert.ok(detail !== undefined);
  const at = detail.call.arrivedAt;
  Object.assign(detail.call, { disposition: 'handled', data: { orderId: '4711' }, consent: { state: 'refused', how: 'no_key', at, announcedAt: null } });
  const { page, listener } = await atTheCall();
  const { calls, recordingConsent, consentHow, disposition, wrapUp, consentShort } = listener.words;
  const rows = page.locator('[data-call]');
  const one = (): Promise<unknown> =>
    until('the one call', async () => (await rows.count()) === 1 && (await page.locator('[data-call="c-demo-2"]').count()) === 1);
  const all = await until('all calls', async () => ((await rows.count()) > 1 ? await rows.count() : undefined));
  for (const [name, chosen] of [
    [wrapUp.disposition, disposition.handled],
    [calls.byConsent, consentShort.refused],
  ] as const) {
    await page.getByLabel(name, { exact: true }).selectOption({ label: chosen });
    await one();
    await page.getByLabel(name, { exact: true }).selectOption('');
    await until('all again', async () => (await rows.count()) === all);
  }
  const data = page.getByLabel(calls.byData, { exact: true });
  await data.fill('orderId');
  await page.getByText(calls.dataHelp, { exact: true }).waitFor();
  assert.equal(await data.getAttribute('aria-invalid'), 'true');
  assert.equal(await rows.count(), all);
  await data.fill('orderId=4711');
  await one();
  await page.getByText(recordingConsent.refused, { exact: false }).waitFor();
  await page.getByText(consentHow.no_key, { exact: false }).waitFor();
  for (const language of ['zh', 'en'] as const)
    for (const look of ['light', 'dark'] as const) {
      await listener.shows(language, look);
      assert.deepEqual(await breaches(page, language === 'zh' ? 'all' : 'colours'), []);
      await page.screenshot({ path: `${shots}calls-by-data-${language}-${look}.png` });
    }
  await page.locator('#by-data').press('Escape');
  await until('all again', async () => (await rows.count()) === all);
  await page.close();
});

test('an admin lays a legal hold on a call, sees it, also on its recordings, cannot erase meanwhile, and lifts it; each with its reason in the audit trail', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const { hold, call, signIn } = adminWords;
  const wordOf = (of: Record<string, string>, name: string): string => of[name] ?? name;
  await page.goto(`${url}/admin#calls`);
  const { words } = new RecordingsPage(page);
  await page.getByLabel(wordOf(signIn, 'name'), { exact: true }).fill('admin');
  await page.getByLabel(words.signIn.password, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: words.signIn.submit, exact: true }).click();
  await page.locator('.list tbody tr').filter({ hasText: '8002' }).locator('.as-link').click();
  const panel = page.getByRole('dialog');
  const act = async (name: string, reason: string) => {
    await panel.getByLabel(wordOf(hold, 'reason')).fill(reason);
    await panel.getByRole('button', { name, exact: true }).click();
  };
  await panel.getByText(wordOf(hold, 'isFree')).waitFor();
  await act(wordOf(hold, 'hold'), '(2026)粤01民终1号');
  await panel.getByText(wordOf(hold, 'isHeld')).waitFor();
  await until('both parts say so', async () => (await panel.locator('.recording .tag.is-warning').getByText(wordOf(call, 'held')).count()) === 2);
  await panel.getByLabel(wordOf(call, 'reason')).first().fill('到期');
  assert.equal(
    await panel
      .getByRole('button', { name: wordOf(call, 'erase'), exact: true })
      .first()
      .isDisabled(),
    true,
    'nobody erases what is held',
  );
  await page.screenshot({ path: `${shots}admin-hold-zh-light.png` });
  await act(wordOf(hold, 'lift'), '结案');
  await panel.getByText(wordOf(hold, 'isFree')).waitFor();
  assert.deepEqual(
    house.audit.filter(({ action }) => /\.(hold|release)$/.test(action)).map(({ action, resource, after }) => [action, resource, after]),
    [
      ['call.hold', 'call/c-demo-2', { reason: '(2026)粤01民终1号' }],
      ['call.release', 'call/c-demo-2', { reason: '结案' }],
    ],
  );
  await page.close();
});

test('an admin erases a customer only behind her number typed twice, is told what goes and what stays, and reads what a hold has kept', async () => {
  const begun: unknown[] = [];
  const done = { calls: 3, interactions: 1, recordings: 2, held: 1, failed: 0 };
  const report = { erasureId: 'demo:e9', tenantId: asId<never>('demo'), customerId: null, numbers: [], reason: 'request 17', userId: null, source: null };
  const list = [{ ...report, begunAt: Date.parse('2026-03-02T07:00:00Z'), endedAt: Date.parse('2026-03-02T07:00:04Z'), report: done }];
  Object.assign(house.ports.erasures, {
    list: async () => list,
    begin: async (_: string, who: unknown, reason: string) => {
      begun.push([who, reason]);
      return list[0];
    },
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const { words } = new RecordingsPage(page);
  const w = adminWords as unknown as Record<string, Record<string, string>>;
  const word = (group: string, name: string): string => w[group]?.[name] ?? name;
  await page.goto(`${url}/admin#erasures`);
  await page.getByLabel(word('signIn', 'name'), { exact: true }).fill('admin');
  await page.getByLabel(words.signIn.password, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: words.signIn.submit, exact: true }).click();
  await page.locator('.list tbody .as-link').first().click();
  await page.getByRole('dialog').getByText(word('erasureStateText', 'held')).waitFor();
  assert.deepEqual(
    await page
      .getByRole('dialog')
      .locator('dd')
      .allInnerTexts()
      .then((all) => all.slice(-5)),
    ['3', '1', '2', '1', '0'],
  );
  await page.screenshot({ path: `${shots}erasure-report-zh-light.png` });
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: word('erasure', 'begin'), exact: true }).click();
  const dialog = page.getByRole('dialog');
  const go = dialog.getByRole('button', { name: word('erasure', 'beginNow'), exact: true });
  const field = (name: string) => dialog.getByLabel(word('erasure', name), { exact: true });
  for (const what of ['recordings', 'records', 'card', 'journal']) await dialog.getByText(word('erasureGoes', what)).waitFor();
  await field('number').fill('13800001001');
  await field('reason').fill('request 17');
  assert.ok(await go.isDisabled());
  await field('again').fill('13800001002');
  await dialog.getByText(word('erasure', 'differs')).waitFor();
  assert.ok(await go.isDisabled());
  assert.deepEqual(await breaches(page), []);
  await page.screenshot({ path: `${shots}erasure-begin-zh-light.png` });
  await page.getByRole('button', { name: words.controls.dark }).evaluate((button: { click(): void }) => button.click());
  assert.deepEqual(await breaches(page, 'colours'), []);
  await page.screenshot({ path: `${shots}erasure-begin-zh-dark.png` });
  await field('again').fill('13800001001');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(begun, [[{ number: '13800001001' }, 'request 17']]);
  await page.close();
});

test('a supervisor takes the oldest ticket by keyboard, notes what was done and closes it with a result', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const listener = new RecordingsPage(page);
  await page.goto(`${url}/supervisor#tickets`);
  await listener.signIn('supervisor', PASSWORD);
  const { ticketsPage, ticketResult, rating } = listener.words;
  await page.locator('.calls-row').first().focus();
  await page.keyboard.press('Enter');
  const detail = page.getByRole('region', { name: ticketsPage.one });
  await detail.getByText(rating['5'], { exact: true }).waitFor();
  for (const look of ['light', 'dark'] as const) {
    await listener.shows('zh', look);
    assert.deepEqual(await breaches(page, look === 'light' ? 'all' : 'colours'), []);
    await page.screenshot({ path: `${shots}tickets-zh-${look}.png` });
  }
  const last = () => house.audit.at(-1);
  await listener.button(ticketsPage.take).click();
  await until('it is hers', () => last()?.action === 'ticket.change');
  await detail.getByLabel(ticketsPage.note, { exact: true }).fill('已回电');
  await detail.getByLabel(ticketsPage.result, { exact: true }).selectOption({ label: ticketResult.resolved });
  await listener.button(ticketsPage.close).click();
  await until('it is closed', () => last()?.action === 'ticket.close');
  assert.deepEqual(last()?.after, { close: 'resolved', noted: true });
  await page.close();
});
