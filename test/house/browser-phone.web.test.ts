/** Phones in browsers: sip.js in a real Chromium, over a WebSocket to the consoles' own port, on the real server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { pause, systemClock } from '../../kernel/clock.ts';
import { RawWebSocket } from '../sip/support/raw-websocket.ts';
import { AgentPage } from '../support/agent-page.ts';
import { shots } from '../support/at-the-desk.ts';
import { Baresip } from '../support/baresip.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { RecordingsPage } from '../support/recordings-page.ts';
import { Relay } from '../support/relay.ts';
import { rms, SAMPLE_RATE, shareAt, sine, writeWav } from '../support/tone.ts';
import { until } from '../support/wait.ts';

/** What the browser's microphone hears, and what the customer says. */
const TONE_HZ = 440;
const CUSTOMER_HZ = 800;
/** Of both tones. */
const SAID_RMS = 8000 / Math.SQRT2;
const CALLER = '13800001001';
/** Straight into a queue. */
const QUEUE = '700';
/** Of whom no call is listened to. */
const ANOTHER = '13900002001';
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
  await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:service', 'demo:bench'] });
  context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
});
after(async () => {
  await browser.close();
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs in the page before its own code: the microphone as it is, so that its loudness can be compared. */
const AS_IT_IS = `
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  navigator.mediaDevices.getUserMedia = () => ask({ audio: plain, video: false });
`;

/** The agent's console with the phone of its own page, registered; and the REGISTERs that it sent. */
async function openConsole(url = house.http, clockMayJump = false): Promise<{ agent: AgentPage; page: Page; registers: string[]; complaints: string[] }> {
  const page = await context.newPage();
  context.setDefaultTimeout(20_000);
  const [registers, complaints]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (String(payload).startsWith('REGISTER ')) registers.push(String(payload));
    }),
  );
  await page.addInitScript(AS_IT_IS);
  if (clockMayJump) await page.clock.install();
  const agent = new AgentPage(page, 'zh');
  await agent.open(url);
  await agent.signIn('8001', DEMO_PASSWORD);
  await agent.waitForState('not_ready');
  await agent.chooseBrowserPhone();
  await page.screenshot({ path: `${shots}phone-panel-zh.png` });
  await page.keyboard.press('Escape');
  return { agent, page, registers, complaints };
}

const online = (page: Page): Promise<void> => page.locator('[data-phone-state="online"]').waitFor();

/** The customer calls, and she answers at her page: both hear each other. */
async function talk(agent: AgentPage, page: Page, customer: Baresip, reach = () => customer.dial(QUEUE)): Promise<void> {
  await agent.goReady();
  await reach();
  await agent.waitForPhase('offered');
  await page.locator('[data-phone-call="ringing"]').waitFor();
  await agent.answer();
  await agent.waitForPhase('established');
  await bothHeard(agent, customer, 'at the beginning');
}

test('B22: the phone of an agent’s own page and a phone of another maker hear each other; she holds, mutes, presses keys; she loads her page in mid-call: the customer waits with music, and the call goes on', async () => {
  const { agent, page, registers, complaints } = await openConsole();
  assert.match(registers.at(-1) ?? '', /^Contact: <sip:\w+@\w+\.invalid;transport=ws>/m);
  const customer = await Baresip.start({ user: CALLER, server: house.sip, toneHz: CUSTOMER_HZ });
  try {
    await talk(agent, page, customer, async () => {
      await customer.dial('10086');
      await customer.until('CALL_ESTABLISHED');
      await customer.press('0');
    });
    await page.locator('.phone .phone-quality').waitFor();

    await page.keyboard.press('Alt+k');
    await page.getByRole('group', { name: agent.words.keypad.title }).waitFor();
    await page.keyboard.press('7');
    assert.equal((await customer.until('CALL_DTMF_START')).param, '7');
    await page.keyboard.press('Escape');
    await page.evaluate(`window.connections.at(-1).getSenders()[0].dtmf.insertDTMF('5')`);
    assert.equal((await customer.until('CALL_DTMF_START')).param, '5', 'events of the browser itself');
    await agent.hold();
    await silenceOf(customer);
    await agent.retrieve();
    await page.keyboard.press('Alt+m');
    await page.locator('[data-muted]').waitFor();
    await nothingComesTo(customer);
    await page.keyboard.press('Alt+m');
    await agent.pauseRecording();
    await bothHeard(agent, customer, 'after the hold');
    await agent.resumeRecording();

    const heard = customer.heard().length;
    await page.reload();
    await agent.waitForPhase('held');
    await agent.waitForPhase('established');
    await bothHeard(agent, customer, 'after the reload');
    assert.ok(hasMusic(customer.heard().subarray(heard)), 'music, not silence');
    const instances = new Set(registers.map((text) => /\+sip\.instance="([^"]+)"/.exec(text)?.[1]));
    assert.deepEqual([instances.size, instances.has(undefined)], [1, false], 'one phone, however often it registers');
    const { packetsReceived, packetsLost } = await agent.phoneReceived();
    assert.ok(packetsReceived > 20 && packetsLost <= packetsReceived / 20, `${packetsLost} of ${packetsReceived} packets are lost`);

    await agent.goNotReady('break');
    await agent.hangUp();
    await customer.until('CALL_CLOSED');
    await agent.waitForState('wrapping_up');
    await agent.chooseOutcome('handled');
    await agent.button(agent.words.wrapUp.doneAfter).click();
    await agent.waitForState('not_ready');
    await page.locator('[data-phone-state="online"]:not([data-phone-call])').waitFor();
    const record = await house.record(`+86${CALLER}`);
    assert.deepEqual(
      record.legs.map(({ role, cause }) => `${role} ${cause}`),
      ['caller normal', 'agent transferred', 'agent normal'],
    );
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
    await customer.stop();
  }
});

/** Nothing tells a page that its computer slept, but that the clock has jumped. */
const SLEPT_MS = 30_000;

/** As the browser tells it; on a machine that has no network but its own it tells nothing. */
const networkIs = (page: Page, state: 'online' | 'offline'): Promise<unknown> => page.evaluate(`window.dispatchEvent(new Event('${state}'))`);

test('B22: the network goes and comes back in mid-call, then is another, then her computer sleeps: she is told, her phone registers by a new socket, and the sound of the call that stands takes another way', async () => {
  const relay = await Relay.open(Number(new URL(house.http).port));
  const { agent, page, complaints } = await openConsole(`http://127.0.0.1:${relay.port}`, true);
  const customer = await Baresip.start({ user: ANOTHER, server: house.sip, toneHz: CUSTOMER_HZ });
  const { offline, back } = agent.words.link;
  const soundGoesAnotherWay = async (before: string, when: string): Promise<void> => {
    await online(page);
    await until(`another way of the sound ${when}`, async () => (await agent.phoneUfrag()) !== before);
    await page.locator('[data-phone-call="up"]').waitFor();
    await agent.waitForPhase('established');
    await bothHeard(agent, customer, when);
  };
  try {
    await talk(agent, page, customer);

    const first = await agent.phoneUfrag();
    relay.cut();
    await networkIs(page, 'offline');
    await agent.banner.getByText(offline).waitFor();
    await page.screenshot({ path: `${shots}offline-zh.png` });
    await page.locator('[data-phone-state="away"]').waitFor();
    relay.mend();
    await networkIs(page, 'online');
    await agent.banner.getByText(back).waitFor();
    await soundGoesAnotherWay(first, 'after the network was away');

    const [second, made] = [await agent.phoneUfrag(), relay.made];
    relay.strand();
    await networkIs(page, 'online');
    await until('a new line of the desk, and one of the phone', () => relay.made >= made + 2);
    await soundGoesAnotherWay(second, 'by another network');

    const [third, madeAwake] = [await agent.phoneUfrag(), relay.made];
    relay.strand();
    await page.clock.fastForward(SLEPT_MS);
    await until('new lines after the sleep', () => relay.made >= madeAwake + 2);
    await soundGoesAnotherWay(third, 'after her computer slept');

    await agent.goNotReady('break');
    await agent.hangUp();
    await customer.until('CALL_CLOSED');
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
    await customer.stop();
    relay.close();
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
  const end = await listener.position();
  assert.ok(end > 5 && end >= stopped, `End is at ${end} s, where ${stopped} s had been played`);
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
async function bothHeard(agent: AgentPage, customer: Baresip, when: string): Promise<void> {
  await agent.phoneHears(CUSTOMER_HZ);
  await until(`the level of the customer ${when}`, async () => Math.abs(decibels((await agent.phoneLoudness()) / (SAID_RMS / 32_768))) < 2);
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

/** Muted, she sends nothing at all: what the customer keeps of what it hears grows no further. */
async function nothingComesTo(customer: Baresip): Promise<void> {
  await until('her microphone to be heard no more', async () => {
    const before = customer.heardSeconds(TONE_HZ);
    await pause(systemClock, 400);
    return customer.heardSeconds(TONE_HZ) === before;
  });
}

/** Somewhere in it there is something else than her. */
function hasMusic(samples: Int16Array): boolean {
  const window = SAMPLE_RATE / 5;
  return Array.from({ length: Math.floor(samples.length / window) }, (_, at) => samples.subarray(at * window, (at + 1) * window)).some(
    (part) => rms(part) > 50 && shareAt(part, TONE_HZ) < 0.05,
  );
}

const decibels = (ratio: number): number => 20 * Math.log10(ratio);
const loudestWindow = (samples: Int16Array): number =>
  Math.max(...Array.from({ length: 5 }, (_, at) => rms(samples.subarray((at * samples.length) / 5, ((at + 1) * samples.length) / 5))));

test('the SIP server, then the application is started anew: the console says what is away, both come back by themselves, and her phone can be rung again', async () => {
  const { agent, page, complaints } = await openConsole();
  const customer = await Baresip.start({ user: CALLER, server: house.sip, toneHz: CUSTOMER_HZ });
  try {
    await house.kill('sip');
    await agent.banner.getByText(agent.words.link.phoneAway).waitFor();
    await online(page);
    await house.kill('app');
    await agent.banner.getByText(agent.words.link.away).waitFor();
    await page.locator('[data-phone-state="away"]').waitFor();
    await house.begin();
    await agent.waitForState('not_ready');
    await online(page);
    await agent.goReady();
    // Passes of the application before are void: it has fetched one of the new.
    await customer.dial(QUEUE);
    await page.locator('[data-phone-call="ringing"]').waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
    await customer.stop();
  }
});

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
