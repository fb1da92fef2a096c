/** Phones in browsers: sip.js in a real Chromium, over a WebSocket to the consoles' own port, on the real server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { RawWebSocket } from '../sip/support/raw-websocket.ts';
import { AgentPage } from '../support/agent-page.ts';
import { shots } from '../support/at-the-desk.ts';
import { Baresip } from '../support/baresip.ts';
import { BrowserPhone } from '../support/browser-phone.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { RecordingsPage } from '../support/recordings-page.ts';
import { rms, SAMPLE_RATE, shareAt, sine, writeWav } from '../support/tone.ts';
import { until } from '../support/wait.ts';

/** What the browser's microphone hears, and what the customer says. */
const TONE_HZ = 440;
const CUSTOMER_HZ = 800;
/** Of both tones. */
const SAID_RMS = 8000 / Math.SQRT2;
const CALLER = '13800001001';
/** Loopback is no network to a browser unless it is told so. */
const microphone = (file: string): string[] => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${file}`,
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];

const folder = mkdtempSync(join(tmpdir(), 'huawu-browser-'));
let browser: Browser;
let context: BrowserContext;
let house: House;
before(async () => {
  await builtWeb();
  const tone = join(folder, 'tone.wav');
  writeWav(tone, sine(TONE_HZ, 0, 8000));
  [browser, house] = await Promise.all([openChromium(microphone(tone)), House.start({ RECORDING_FORMAT: 'opus' })]);
  context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
});
after(async () => {
  await browser.close();
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('B22: a browser registers, again after a reload; its agent and a desk phone of another maker hear each other, she holds, presses keys, and loads her page in mid-call: the customer waits with music, and the call goes on', async () => {
  const agent = await BrowserPhone.open(context, { house: house.http, user: '8001', password: DEMO_PASSWORD });
  assert.match(await agent.contact(), /^sip:\w+@\w+\.invalid;transport=ws$/);
  await agent.page.reload();
  await agent.register();
  const console = new AgentPage(agent.page, 'zh');
  await console.signIn('8001', DEMO_PASSWORD);
  await console.waitForState('not_ready');
  await console.goReady();
  const customer = await Baresip.start({ user: CALLER, server: house.sip, toneHz: CUSTOMER_HZ });
  try {
    await customer.dial('10086');
    await customer.until('CALL_ESTABLISHED');
    await customer.press('0');
    assert.equal(await agent.ringing(), CALLER);
    await agent.accept();
    await console.waitForPhase('established');
    await bothHeard(agent, customer, 'at the beginning');

    await agent.press('7');
    assert.equal((await customer.until('CALL_DTMF_START')).param, '7');
    await agent.hold(true);
    await console.waitForPhase('held');
    await agent.hears(0);
    await silenceOf(customer);
    await agent.hold(false);
    await console.waitForPhase('established');
    await console.pauseRecording();
    await bothHeard(agent, customer, 'after the hold');
    await console.resumeRecording();

    await agent.page.reload();
    await console.waitForPhase('held');
    await silenceOf(customer);
    assert.ok(rms(customer.heard().slice(-SAMPLE_RATE / 2)) > 50, 'music, not silence');
    await agent.register();
    await agent.takeBack();
    await console.waitForPhase('established');
    await bothHeard(agent, customer, 'after the reload');
    await agent.press('9');
    assert.equal((await customer.until('CALL_DTMF_START')).param, '9');
    const { packetsReceived, packetsLost } = await agent.received();
    assert.ok(packetsReceived > 20 && packetsLost <= packetsReceived / 20, `${packetsLost} of ${packetsReceived} packets are lost`);

    await console.hangUp();
    await customer.until('CALL_CLOSED');
    await agent.ended();
    const record = await house.record(`+86${CALLER}`);
    assert.deepEqual(
      record.legs.map(({ role, cause }) => `${role} ${cause}`),
      ['caller normal', 'agent transferred', 'agent normal'],
    );
  } finally {
    await customer.stop();
  }
});

test('an agent chooses the phone of her own page, takes a hotline call by the page’s button and talks; a reload in mid-call gives her the caller back; the microphone’s level and the network are shown', async () => {
  const customer = await SipPhone.open({ user: '13900001234', server: house.sip });
  const page = await context.newPage();
  context.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    const console = new AgentPage(page, 'zh');
    await console.open(house.http);
    await console.signIn('8002', DEMO_PASSWORD);
    await console.waitForState('not_ready');
    await console.chooseBrowserPhone();
    await page.screenshot({ path: `${shots}phone-panel-zh.png` });
    await page.keyboard.press('Escape');
    await console.goReady();

    const call = await customer.call('10086');
    await call.answered();
    assert.ok(await call.rtp.hearsSound());
    await call.rtp.press('0');
    await console.waitForPhase('offered');
    await page.locator('[data-phone-call="ringing"]').waitFor();
    await console.answer();
    await console.waitForPhase('established');
    call.rtp.play(CUSTOMER_HZ);
    assert.ok(await call.rtp.hears(TONE_HZ), 'the caller hears her microphone');
    await console.phoneHears(CUSTOMER_HZ);
    await page.locator('.phone .phone-quality').waitFor();

    await page.reload();
    await console.waitForPhase('held');
    await console.waitForPhase('established');
    assert.ok(await call.rtp.hears(TONE_HZ), 'the caller hears her after the reload');
    await console.phoneHears(CUSTOMER_HZ);

    await console.hangUp();
    await call.ended();
    await console.waitForState('wrapping_up');
    await page.locator('[data-phone-state="online"]:not([data-phone-call])').waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
    await customer.close();
  }
});

test('a supervisor finds the call and listens to what was kept as Opus: outline, both sides by ear, ranges, keyboard, and where it was paused', async () => {
  const page = await (await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', viewport: { width: 1280, height: 800 } })).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  const parts = { url: '', statuses: [] as number[] };
  page.on('response', (response) => {
    if (!response.url().includes('/recording?ticket=')) return;
    parts.url = response.url();
    parts.statuses.push(response.status());
  });
  const listener = new RecordingsPage(page);
  await listener.open(house.http);
  await listener.signIn('supervisor', DEMO_PASSWORD);
  await listener.choose('138 **** 1001');
  await listener.outlined();
  const { words } = listener;
  await page.getByRole('button', { name: new RegExp(`^${words.player.paused.split(' ')[0]} `) }).waitFor();

  await listener.slider.focus();
  await page.keyboard.press('Space');
  await listener.hears({ left: CUSTOMER_HZ, right: TONE_HZ });
  assert.ok(parts.statuses.length > 0 && parts.statuses.every((status) => status === 206), `ranges: ${parts.statuses}`);
  await page.keyboard.press('Space');
  await listener.button(words.player.play).waitFor();
  const stopped = await listener.position();
  await page.keyboard.press('Home');
  assert.equal(await listener.position(), 0);
  await page.keyboard.press('ArrowRight');
  assert.equal(await listener.position(), 5);
  await page.keyboard.press('End');
  assert.ok((await listener.position()) > stopped);
  await listener.seek(0.5);
  assert.deepEqual(complaints, []);

  // Another maker's decoder opens the Ogg file: each side, in the length it has as a WAV.
  const opus = await listener.decoded(parts.url.replace('/recording?', '/recording?as=opus&'));
  const wav = await listener.decoded(parts.url);
  assert.deepEqual([opus.type, wav.type], ['audio/ogg', 'audio/wav']);
  assert.ok(Math.abs(opus.seconds - wav.seconds) < 0.03, `${opus.seconds} s and ${wav.seconds} s`);
  assert.ok(Math.abs((opus.heardHz[0] ?? 0) - CUSTOMER_HZ) < 20 && Math.abs((opus.heardHz[1] ?? 0) - TONE_HZ) < 20, `heard ${opus.heardHz}`);
  assert.ok(opus.bytes < wav.bytes / 7, `${opus.bytes} bytes, and ${wav.bytes}`);

  for (const language of ['zh', 'en'] as const)
    for (const look of ['light', 'dark'] as const) {
      await listener.shows(language, look);
      await page.screenshot({ path: `${shots}recordings-${language}-${look}.png` });
    }
  await page.close();
});

/** Each hears the other's tone: the frequency, and as loud as it was said. */
async function bothHeard(agent: BrowserPhone, customer: Baresip, when: string): Promise<void> {
  await agent.hears(CUSTOMER_HZ);
  await until(`the level of the customer ${when}`, async () => Math.abs(decibels((await agent.loudness()) / (SAID_RMS / 32_768))) < 2);
  const before = customer.heardSeconds(TONE_HZ);
  await until(`her microphone at the customer's phone ${when}`, () => customer.heardSeconds(TONE_HZ) >= before + 0.6);
  const level = decibels(loudestWindow(customer.heard().slice(-SAMPLE_RATE)) / SAID_RMS);
  assert.ok(Math.abs(level) < 2, `her microphone is heard ${level.toFixed(1)} dB louder than it was ${when}`);
}

/** From now on the customer hears nothing of her. */
async function silenceOf(customer: Baresip): Promise<void> {
  await until('her microphone to fall silent', () => {
    const heard = customer.heard();
    return shareAt(heard.subarray(-SAMPLE_RATE / 2), TONE_HZ) < 0.05;
  });
}

const decibels = (ratio: number): number => 20 * Math.log10(ratio);
const loudestWindow = (samples: Int16Array): number =>
  Math.max(...Array.from({ length: 5 }, (_, at) => rms(samples.subarray((at * samples.length) / 5, ((at + 1) * samples.length) / 5))));

test('G6: from another site, or without the subprotocol, /sip is refused; who claims to be the application is not believed', async () => {
  const port = Number(new URL(house.http).port);
  assert.match((await RawWebSocket.open(port, { Origin: 'https://evil.example' }, '/sip')).status, /^403 /);
  assert.match((await RawWebSocket.open(port, { 'Sec-WebSocket-Protocol': '' }, '/sip')).status, /^400 /);
  const { status, raw } = await RawWebSocket.open(port, { Origin: house.http, 'X-Huawu-Client': 'guess 192.0.2.7 5060' }, '/sip');
  assert.match(status, /^101 /);
  raw.frame(1, register());
  const [answer] = await until('an answer', () => (raw.messages().length > 0 ? raw.messages() : undefined));
  assert.match(answer?.text ?? '', /received=127\.0\.0\.1/);
  raw.socket.destroy();
});

const register = (): string =>
  [
    'REGISTER sip:127.0.0.1 SIP/2.0',
    'Via: SIP/2.0/WS abc.invalid;branch=z9hG4bKx1',
    'From: <sip:8001@127.0.0.1>;tag=1',
    'To: <sip:8001@127.0.0.1>',
    'Call-ID: guess',
    'CSeq: 1 REGISTER',
    'Contact: <sip:x@abc.invalid;transport=ws>',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
