/**
 * `npm run pictures`: the pictures of README, taken of the demo tenant with calls on it: each console in Chinese and in English, into `web/pictures/`.
 * Nothing in them is painted: a hotline of its own is started, real SIP phones call it, and the built consoles show it.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { pause, systemClock } from '../kernel/clock.ts';
import { chromiumPath } from '../test/support/chromium.ts';
import { DeskClient } from '../test/support/desk-client.ts';
import { SipPhone } from '../test/support/phone.ts';
import { freeRange } from '../test/support/ports.ts';
import { type House, openHouse, PASSWORD } from './bench/house.ts';

const folder = fileURLToPath(new URL('../web/pictures/', import.meta.url));
const SIZE = { width: 1280, height: 800 };
const RTP_PORTS = 400;
const RINGS_WITHIN_MS = 30_000;
/** Time for times to be worth showing. */
const TALK_MS = 8_000;
const AGENT = '8001';
const CHECKING = /检查中|checking…/;

type Language = 'zh' | 'en';

async function tokenOf({ base }: House, username: string): Promise<string> {
  const body = JSON.stringify({ tenant: 'demo', username, password: PASSWORD });
  const response = await fetch(`${base}/api/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await response.json()) as { token: string }).token;
}

/** Ends what it has begun, last first. */
class Scene {
  readonly house: House;
  readonly browser: Browser;
  readonly #ends: (() => unknown)[] = [];

  constructor(house: House, browser: Browser) {
    this.house = house;
    this.browser = browser;
  }

  async phone(user: string, password?: string): Promise<SipPhone> {
    const server = { host: '127.0.0.1', port: this.house.ports.sip };
    const phone = await SipPhone.open({ user, server, ...(password === undefined ? {} : { password }) });
    this.#ends.push(() => phone.close());
    if (password !== undefined) await phone.registered();
    return phone;
  }

  /** An agent at a desk and a phone. */
  async agent(number: string, says: 'ready' | 'notReady'): Promise<SipPhone> {
    const phone = await this.phone(number, PASSWORD);
    const desk = await DeskClient.connect(this.house.base, await tokenOf(this.house, number));
    this.#ends.push(() => desk.close());
    await desk.must(says, says === 'ready' ? {} : { reason: 'training' });
    return phone;
  }

  /** Through the menu to an agent. */
  async customer(number: string): Promise<void> {
    const call = await (await this.phone(number)).call('10086');
    await call.answered();
    await call.rtp.hearsSound();
    await call.rtp.press('0');
  }

  async page(console: string, username: string, language: Language): Promise<Page> {
    const context = await this.browser.newContext({ viewport: SIZE, colorScheme: 'light', timezoneId: 'Asia/Shanghai' });
    const page = await context.newPage();
    const token = await tokenOf(this.house, username);
    await page.addInitScript(`
      sessionStorage.setItem('huawu.token', ${JSON.stringify(token)});
      localStorage.setItem('huawu.preferences', ${JSON.stringify(JSON.stringify({ language, appearance: 'light' }))});
    `);
    await page.goto(`${this.house.base}${console}`);
    return page;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

/** A gold customer talks with the first agent, colleagues are on calls, ready, away; two wait where nobody serves. */
async function play(scene: Scene): Promise<void> {
  for (const number of ['8002', '8003', '8004']) await answering(await scene.agent(number, 'ready'));
  for (const number of ['8005', '8006']) await scene.agent(number, 'notReady');
  await scene.customer('13900002001');
  await scene.customer('13900002002');
  for (const number of ['13900002003', '13900002004']) await (await scene.phone(number)).call('710');
}

async function answering(phone: SipPhone): Promise<void> {
  void phone.ringing(RINGS_WITHIN_MS).then(
    (call) => call.answer(),
    () => undefined,
  );
}

async function shoot(page: Page, name: string, language: Language): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.screenshot({ path: `${folder}${name}-${language}.png` });
  process.stdout.write(`web/pictures/${name}-${language}.png\n`);
}

async function agentConsole(scene: Scene): Promise<void> {
  const phone = await scene.phone(AGENT, PASSWORD);
  const first = await scene.page('/agent', AGENT, 'zh');
  await first.locator('[data-state="not_ready"]').waitFor();
  await first.keyboard.press('F2');
  await first.locator('[data-state="ready"]').waitFor();
  const ringing = phone.ringing(RINGS_WITHIN_MS);
  await scene.customer('13800001001');
  (await ringing).answer();
  await first.locator('[data-phase="established"]').waitFor();
  await pause(systemClock, TALK_MS);
  await shoot(first, 'agent', 'zh');
  await first.context().close();
  const second = await scene.page('/agent', AGENT, 'en');
  await second.locator('[data-phase="established"]').waitFor();
  // Keys of a call work once its phase has stood for a moment.
  await second.locator('button:enabled', { hasText: 'F8' }).waitFor();
  await shoot(second, 'agent', 'en');
}

async function otherConsoles(scene: Scene, language: Language): Promise<void> {
  const supervisor = await scene.page('/supervisor#live', 'supervisor', language);
  await supervisor.getByText('8002').first().waitFor();
  // With the day's columns.
  await supervisor.locator('.wall-variant').waitFor();
  await shoot(supervisor, 'supervisor', language);
  const admin = await scene.page('/admin#dialplans', 'admin', language);
  await admin.getByText('main.yaml', { exact: true }).click();
  await admin.locator('.cm-content').waitFor();
  await admin.getByText(CHECKING).waitFor({ state: 'detached' });
  await shoot(admin, 'admin', language);
}

mkdirSync(folder, { recursive: true });
const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS });
const browser = await chromium.launch({
  executablePath: chromiumPath(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
});
const scene = new Scene(house, browser);
try {
  await play(scene);
  await agentConsole(scene);
  for (const language of ['zh', 'en'] as const) await otherConsoles(scene, language);
} finally {
  await browser.close();
  await scene.end();
  await house.stop();
}
process.exit(0);
