/** An administrator's whole day at the console, on the real server, in a real browser. Each part goes on from the one before it. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { wavHeader } from '../../kernel/wav.ts';
import { breaches } from '../support/axe.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { inProject } from '../support/project.ts';
import { SAMPLE_RATE, sine } from '../support/tone.ts';
import { until } from '../support/wait.ts';

interface Words {
  [key: string]: Words & string;
}
const json = (path: string): Words => JSON.parse(readFileSync(inProject(`web/${path}`), 'utf8')) as Words;
const all = { zh: json('admin/words/zh.json'), en: json('admin/words/en.json') };
const shared = { zh: json('i18n/zh.json'), en: json('i18n/en.json') };
/** Prompts are written into it. */
const dialplans = mkdtempSync(join(tmpdir(), 'huawu-admin-day-'));
const shots = inProject('test-output/web/');

let browser: Browser;
let house: House;
let page: Page;
let language: 'zh' | 'en' = 'zh';
const complaints: string[] = [];

/** A word of this console as it is shown now, filled in. */
function w(path: string, fill: Record<string, string | number> = {}): string {
  const found = path.split('.').reduce<Words | string | undefined>((at, key) => (typeof at === 'object' ? at[key] : undefined), all[language]);
  assert.equal(typeof found, 'string', `${path} is a word`);
  return String(found).replaceAll(/\{\{(\w+)\}\}/g, (_hole, name: string) => String(fill[name] ?? ''));
}
const button = (name: string, within: Page | Locator = page): Locator => within.getByRole('button', { name, exact: true });
const panel = (): Locator => page.getByRole('dialog');
const told = (sentence: string): Promise<void> => page.locator('.admin-told').getByText(sentence).waitFor();
const list = (name: string): Locator => page.getByRole('region', { name, exact: true });

async function open(name: string): Promise<void> {
  while ((await panel().count()) > 0) {
    await button(shared[language].controls?.close ?? '', panel()).click();
    await panel().waitFor({ state: 'detached' });
  }
  await page.getByRole('link', { name: w(`page.${name}`), exact: true }).click();
  await page.getByRole('heading', { level: 1, name: w(`page.${name}`) }).waitFor();
}

async function shows(wanted: 'zh' | 'en', look: 'light' | 'dark'): Promise<void> {
  if (language !== wanted) {
    await page.getByRole('button', { name: shared[language].controls?.language ?? '' }).click();
    language = wanted;
  }
  if ((await page.locator('html').getAttribute('data-theme')) !== look)
    await page.getByRole('button', { name: shared[language].controls?.[look] ?? '' }).click();
  await page.locator(`html[data-theme="${look}"]`).waitFor();
}

const seen = new Set<string>();

/** Pictures in both languages and colours are for people. What a page has against somebody it has in every look, but for its colours. */
async function picture(name: string): Promise<void> {
  assert.deepEqual(await breaches(page, seen.has(name) ? 'colours' : 'all'), [], `${name} in ${language}`);
  seen.add(name);
  await page.screenshot({ path: `${shots}admin-${name}-${language}-${await page.locator('html').getAttribute('data-theme')}.png` });
}

const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

/** A microphone that beeps once a second, and nobody asked whether it may. */
const MICROPHONE = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required'];

before(async () => {
  mkdirSync(shots, { recursive: true });
  await builtWeb();
  cpSync(inProject('dialplans'), dialplans, { recursive: true });
  [browser, house] = await Promise.all([openChromium(MICROPHONE), House.start({ DIALPLANS_DIR: dialplans })]);
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', colorScheme: 'light' });
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
});
after(async () => {
  await browser.close();
  await house.stop();
  rmSync(dialplans, { recursive: true, force: true });
});

test('only an administrator comes in; she is told where else to go', async () => {
  await page.goto(`${house.http}/admin`);
  const signIn = async (user: string) => {
    await page.getByLabel(w('signIn.name'), { exact: true }).fill(user);
    await page.getByLabel(shared.zh.signIn?.password ?? '', { exact: true }).fill(DEMO_PASSWORD);
    await button(shared.zh.signIn?.submit ?? '').click();
  };
  await signIn('supervisor');
  await page.getByRole('heading', { name: w('closed.title') }).waitFor();
  await button(shared.zh.controls?.signOut ?? '').click();
  await signIn('admin');
  await page.getByRole('heading', { level: 1, name: w('page.agents') }).waitFor();
});

test('agents: a team comes from a file, seen through before anything is written; a faulty row leaves all unwritten; then several are changed alike', async () => {
  const agents = list(w('page.agents'));
  await agents.getByRole('button', { name: '8001' }).waitFor();
  await picture('agents');
  await button(w('import.open')).click();
  await panel().waitFor();
  const choose = panel().locator('input[type="file"]');
  const head = '工号,姓名,班组,队列,技能,初始密码\n';
  await choose.setInputFiles(file('team.csv', `${head}8101,李明,早班,service,english 6,long-enough-1\n8102,王芳,早班,nowhere,,\n8001,,早班,,,\n`));
  await panel()
    .getByText(w('rowFault.queue_unknown', { value: 'nowhere' }))
    .waitFor();
  assert.equal(await button(w('preview.apply', { count: 2 }), panel()).isDisabled(), true, 'one faulty row, nothing is written');
  await picture('import-faulty');
  await button(w('preview.back'), panel()).click();
  await choose.setInputFiles(file('team.csv', `${head}8101,李明,早班,service,english 6,long-enough-1\n8102,王芳,早班,service,,\n8001,,早班,,,\n`));
  await button(w('preview.apply', { count: 3 }), panel()).click();
  await told(w('preview.done', { count: 3 }));
  await agents.getByRole('button', { name: '8101' }).waitFor();

  await agents.getByLabel(w('agentField.team'), { exact: true }).selectOption('早班');
  await agents.getByLabel(w('list.markAll')).check();
  await button(w('bulk.open')).click();
  await panel()
    .getByRole('group', { name: w('bulk.addQueues') })
    .getByRole('checkbox')
    .first()
    .check();
  await button(w('bulk.look'), panel()).click();
  await panel().locator('.tag.is-changed').first().waitFor();
  await picture('bulk');
  await panel().getByRole('button', { name: /3|2/ }).first().click();
  await panel().waitFor({ state: 'hidden' });
  await agents.getByLabel(w('agentField.team'), { exact: true }).selectOption('');
});

test('agents: by keyboard alone one is found, opened, renamed and saved; the list is exported with a BOM', async () => {
  await shows('en', 'dark');
  await page.locator('h1').click();
  await page.keyboard.press('/');
  await page.keyboard.type('8101');
  await until('one row', async () => (await page.locator('.list tbody tr').count()) === 1);
  await page.locator('.as-link').focus();
  await page.keyboard.press('Enter');
  await panel().getByLabel(w('agentField.name')).fill('Li Ming');
  await picture('agent');
  await page.keyboard.press('Enter');
  await told(w('agent.saved', { name: 'Li Ming' }));
  const [download] = await Promise.all([page.waitForEvent('download'), button(w('exportAs.csv')).click()]);
  const text = readFileSync(await download.path(), 'utf8');
  assert.match(text, /^\uFEFFNumber,Name,Team/);
  assert.match(text, /8101,Li Ming,早班/);
  await picture('agents');
});

test('agents: one is disabled, seen so, and is back; removed, she is gone from the list and her sign-in with her', async () => {
  const agents = list(w('page.agents'));
  await page.getByLabel(w('list.search')).fill('8101');
  const openHer = () => agents.getByRole('button', { name: '8101' }).click();
  for (const [press, sentence, state] of [
    ['agent.disable', 'agent.disabledNow', w('agent.disabled')],
    ['agent.enable', 'agent.enabledNow', shared[language].state?.signed_out ?? ''],
  ] as const) {
    await openHer();
    await button(w(press), panel()).click();
    await told(w(sentence, { name: 'Li Ming' }));
    await agents.locator('tbody').getByText(state, { exact: true }).waitFor();
  }
  await openHer();
  await button(w('agent.remove'), panel()).click();
  await page
    .getByRole('tooltip')
    .getByRole('button', { name: w('agent.remove') })
    .click();
  await told(w('agent.removed', { name: 'Li Ming' }));
  await page.getByText(w('list.nothingFits')).waitFor();
  await page.getByLabel(w('list.search')).fill('');
});

test('users: one is added and signs in; her password is reset, and every page she has open is shut at once', async () => {
  await open('users');
  await list(w('page.users')).getByRole('button', { name: 'supervisor' }).waitFor();
  await picture('users');
  await button(w('user.add')).click();
  await panel().getByLabel(w('user.username')).fill('chen');
  await panel().getByLabel(w('user.name'), { exact: true }).fill('陈静');
  const password = await panel().getByLabel(w('user.password'), { exact: true }).inputValue();
  await button(w('user.add'), panel()).click();
  await told(w('user.added', { name: '陈静' }));
  const signIn = (given: string) =>
    fetch(`${house.http}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'demo', username: 'chen', password: given }),
    });
  const { token } = (await (await signIn(password)).json()) as { token: string };
  const me = async () => (await fetch(`${house.http}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await me(), 200);
  await list(w('page.users')).getByRole('button', { name: 'chen' }).click();
  await panel()
    .getByText(/expires/)
    .waitFor();
  await button(w('user.newPassword'), panel()).click();
  await panel().getByText(w('user.willEnd')).waitFor();
  await picture('user');
  await button(w('form.save'), panel()).click();
  await told(w('user.savedAndEnded', { name: '陈静' }));
  assert.equal(await me(), 401, 'her token is void at once');
  assert.equal((await signIn(password)).status, 401, 'and so is her password');
});

test('queues: a change is tried on recorded traffic before it is saved; a fault of a rule is shown where it stands', async () => {
  const call = await customerWhoGivesUp();
  await open('queues');
  await list(w('page.queues')).getByRole('button', { name: 'Service', exact: true }).click();
  await panel().getByLabel(w('queueField.answerWithinMs')).fill('30');
  await button(w('trial.start'), panel()).click();
  await panel().getByText(w('trial.thisQueue')).waitFor({ timeout: 60_000 });
  await picture('queue-trial');
  await panel().locator('.cm-content').focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('\noverflow:\n- when: {waiting: 3}\nto: {queue: nowhere}');
  await button(w('form.save'), panel()).click();
  await panel()
    .getByText(/there is no queue "nowhere"/)
    .first()
    .waitFor();
  await panel().locator('.cm-content').press('Control+a');
  await page.keyboard.press('Delete');
  await button(w('form.save'), panel()).click();
  await told(w('queue.saved', { name: 'Service' }));
  await picture('queues');
  assert.ok(call);
});

test('calendars: the year is seen, a holiday is set in it, and holds once saved', async () => {
  await open('calendars');
  await page.locator('.as-link').first().click();
  const day = panel().getByRole('button', { name: /-03-11 / });
  await day.click();
  await panel().getByLabel(w('calendar.dayName')).fill('Founding day');
  await button(w('calendar.setDay'), panel()).click();
  await panel()
    .getByRole('button', { name: /-03-11 .*Founding day/ })
    .waitFor();
  await picture('calendar');
  await button(w('form.save'), panel()).click();
  await panel().waitFor({ state: 'hidden' });
});

test('dialplans: faults come with line and column, the picture is drawn, a version is published and taken back', async () => {
  await open('dialplans');
  await page.getByRole('button', { name: 'main.yaml' }).click();
  await page.locator('.cm-content').press('Control+Home');
  await page.keyboard.type('broken: [');
  await page
    .getByRole('button', { name: /^main\.yaml:\d+:\d+$/ })
    .first()
    .waitFor();
  await picture('dialplan');
  for (let back = 0; back < 'broken: ['.length + 1; back += 1) await page.keyboard.press('Delete');
  await button(w('dialplan.giveUp')).click();
  await page
    .getByRole('tooltip')
    .getByRole('button', { name: w('dialplan.giveUp') })
    .click();
  await page.locator('.cm-content').press('Control+End');
  await page.keyboard.type('\nagent');
  await page.keyboard.press('Control+Space');
  // Of the schema the API publishes, with what it says of it.
  await page.locator('.cm-tooltip-autocomplete').getByText('agentFlow').waitFor();
  await picture('dialplan-completion');
  await page.keyboard.press('Escape');
  for (let back = 0; back < 'agent'.length; back += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('# reviewed');
  await page.locator('.dialplan [role="status"]').getByText(w('dialplan.good')).waitFor();
  await page.getByRole('tab', { name: w('dialplanView.picture') }).click();
  await page.locator('.flow-node').first().waitFor();
  await picture('dialplan-picture');
  await button(w('dialplan.publish')).click();
  await panel().getByLabel(w('dialplan.note')).fill('Reviewed');
  await picture('dialplan-publish');
  await button(w('dialplan.publishNow'), panel()).click();
  await told(w('dialplan.published'));
  await page.getByRole('tab', { name: w('dialplanView.versions') }).click();
  await until('two versions', async () => (await page.locator('.list tbody tr').count()) === 2);
  await page.locator('.list tbody tr').nth(1).locator('.as-link').click();
  await panel().locator('.cm-changedLine, .cm-deletedChunk, .cm-insertedLine').first().waitFor();
  await picture('dialplan-version');
  await button(w('dialplan.rollBack'), panel()).click();
  await page
    .getByRole('tooltip')
    .getByRole('button', { name: w('dialplan.rollBack') })
    .click();
  await panel().waitFor({ state: 'hidden' });
});

test('numbers: one is added and called, then switched off; what would not stand is refused with how to mend it', async () => {
  await open('numbers');
  await list(w('page.numbers')).getByRole('button', { name: '10086' }).waitFor();
  await button(w('number.add')).click();
  await panel().getByLabel(w('number.number'), { exact: true }).fill('8002');
  await panel().getByLabel(w('number.flow'), { exact: true }).selectOption('echo');
  await button(w('number.add'), panel()).click();
  await panel()
    .getByText(/is an agent’s job number/)
    .first()
    .waitFor();
  await panel().getByLabel(w('number.number'), { exact: true }).fill('95588');
  await picture('number');
  await button(w('number.add'), panel()).click();
  await told(w('number.saved', { number: '95588' }));
  assert.equal(await reaches('95588'), true, 'a call to it is answered at once');
  await list(w('page.numbers')).getByRole('button', { name: '95588' }).click();
  await panel().getByLabel(w('number.enabled')).uncheck();
  await button(w('form.save'), panel()).click();
  await panel().waitFor({ state: 'hidden' });
  assert.equal(await reaches('95588'), false, 'and no more once it is off');
  await list(w('page.numbers')).getByRole('button', { name: '750' }).click();
  await button(w('number.remove'), panel()).click();
  await page
    .getByRole('tooltip')
    .getByRole('button', { name: w('number.remove') })
    .click();
  await panel()
    .getByText(/the dialplan in use names it/)
    .first()
    .waitFor();
});

test('the tenant: a number that is not ours to show is refused; its name and time zone are saved', async () => {
  await open('tenant');
  await button(w('tenant.addOutbound')).click();
  await page.getByLabel(w('tenant.purpose'), { exact: true }).last().fill('survey');
  await page.getByLabel(w('tenant.numberOf', { purpose: 'survey' }), { exact: true }).fill('95533');
  await button(w('form.save')).click();
  await page
    .getByText(/95533 is not ours to show/)
    .first()
    .waitFor();
  await button(w('tenant.removeOutbound', { purpose: 'survey' })).click();
  await page.getByLabel(w('tenant.name'), { exact: true }).fill('Huawu Telecom');
  await page.getByLabel(w('tenant.timeZone')).fill('Asia/Urumqi');
  await button(w('form.save')).click();
  await told(w('tenant.saved'));
});

test('how long things are kept: too short a time is refused where it stands; a shorter one is asked first, and is in the trail', async () => {
  await open('tenant');
  const records = page.getByLabel(w('keeping.recordsKeepDays'));
  const save = async (): Promise<void> => {
    await button(w('keeping.save')).first().click();
    await page.getByRole('tooltip').getByText(w('keeping.ask')).waitFor();
    await page
      .getByRole('tooltip')
      .getByRole('button', { name: w('keeping.save') })
      .click();
  };
  await records.fill('30');
  await save();
  await page.locator('.field-fault').waitFor();
  await page.getByLabel(w('keeping.keepDays')).fill('180');
  await records.fill('730');
  await save();
  await told(w('tenant.saved'));
  assert.deepEqual(await house.get('/api/v1/recording-rules'), { keepDays: 180, recordsKeepDays: 730, required: false });
});

test('prompts: one is uploaded and heard, one is recorded here by the microphone; both are on the server, and one that nobody names is removed', async () => {
  await open('prompts');
  await button(w('prompt.add')).click();
  await panel().getByLabel(w('prompt.name')).fill('test-hello');
  const part = (of: 'zh' | 'en'): Locator => panel().getByRole('region', { name: w(`language.${of}`), exact: true });
  const tone = Buffer.from(sine(440, 0, SAMPLE_RATE).buffer);
  await part('zh')
    .locator('input[type="file"]')
    .setInputFiles({ name: 'hello.wav', mimeType: 'audio/wav', buffer: Buffer.concat([wavHeader(1, SAMPLE_RATE, tone.length), tone]) });
  await part('zh')
    .getByText(w('prompt.fresh', { seconds: '1.0' }))
    .waitFor();
  await button(w('prompt.take'), part('zh')).click();
  await told(w('prompt.saved', { name: 'test-hello' }));
  await button(w('prompt.listen', { language: w('language.zh') }), part('zh')).click();
  const heard = () =>
    part('zh')
      .locator('audio')
      .evaluate((audio: { currentTime: number }) => audio.currentTime);
  await until('it is heard', async () => (await heard()) > 0.1);
  await button(w('prompt.record'), part('en')).click();
  // Until a beep of the microphone is in it for certain.
  await part('en').getByText(/0:02/).waitFor();
  await part('en').locator('.prompt-buttons button.ant-btn-dangerous').first().click();
  await picture('prompt');
  await button(w('prompt.take'), part('en')).click();
  await told(w('prompt.saved', { name: 'test-hello' }));
  await part('en')
    .getByText(/\d\.\d s/)
    .first()
    .waitFor();
  const kept = (of: string): string => join(dialplans, 'demo/prompts', of, 'test-hello.wav');
  // The word that it is saved may still be that of the first.
  await until('the recorded one is kept', () => existsSync(kept('en')));
  const samples = (of: string): Int16Array => {
    const bytes = readFileSync(kept(of));
    return new Int16Array(Uint8Array.from(bytes.subarray(44)).buffer);
  };
  assert.ok(Math.abs(samples('zh').length - SAMPLE_RATE) < 400, `a second was uploaded, ${samples('zh').length} samples are kept`);
  assert.ok(samples('en').length > SAMPLE_RATE, `more than a second was recorded: ${samples('en').length} samples`);
  assert.ok(
    samples('en').some((sample) => Math.abs(sample) > 1_000),
    'and it is not silent',
  );
  await button(w('prompt.remove'), part('zh')).click();
  await page
    .getByRole('tooltip')
    .getByRole('button', { name: w('prompt.remove') })
    .click();
  await told(w('prompt.removed', { name: 'test-hello' }));
});

/** Whether somebody who calls it is answered. */
async function reaches(number: string): Promise<boolean> {
  const customer = await SipPhone.open({ user: '13800001006', server: house.sip });
  try {
    const call = await customer.call(number);
    const isUp = await call.answered().then(
      () => true,
      () => false,
    );
    if (isUp) await call.hangUp();
    return isUp;
  } finally {
    await customer.close();
  }
}

test('the rest of the house: prompts, trunks, phones, calls, the audit of this day, and how the server is, in both languages and colours', async () => {
  for (const [wanted, look] of [
    ['en', 'dark'],
    ['zh', 'light'],
  ] as const) {
    await shows(wanted, look);
    for (const name of ['prompts', 'numbers', 'trunks', 'phones', 'calls', 'audit', 'tenant', 'system']) {
      await open(name);
      await until(`${name} is loaded`, async () => (await page.getByText(w('list.loading'), { exact: true }).count()) === 0);
      await picture(name);
    }
  }
  await open('audit');
  await page.getByText('agent.import').first().waitFor();
  await page.getByText('dialplan.rollBack').first().waitFor();
});

/** Somebody must have called before a change can be tried. */
async function customerWhoGivesUp(): Promise<boolean> {
  const customer = await SipPhone.open({ user: '13800001005', server: house.sip });
  try {
    const call = await customer.call('710');
    await call.answered().catch(() => undefined);
    await call.hangUp();
    return true;
  } finally {
    await customer.close();
  }
}

test('nothing went wrong in the browser all day', () => {
  assert.deepEqual(complaints, []);
});
