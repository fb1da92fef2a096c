/** Phones in browsers: sip.js in a real Chromium, over a WebSocket to the consoles' own port, on the real server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { RawWebSocket } from '../sip/support/raw-websocket.ts';
import { BrowserPhone } from '../support/browser-phone.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { sine, writeWav } from '../support/tone.ts';
import { until } from '../support/wait.ts';

/** What the browser's microphone hears, and what the customer says. */
const TONE_HZ = 440;
const CUSTOMER_HZ = 800;
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
  [browser, house] = await Promise.all([openChromium(microphone(tone)), House.start()]);
  context = await browser.newContext();
});
after(async () => {
  await browser.close();
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('B22: a browser registers at /sip, again after a reload of its page, and a call to its agent rings in it: routed by its newest socket, never by its name', async () => {
  const phone = await BrowserPhone.open(context, { house: house.http, user: '8001', password: DEMO_PASSWORD });
  assert.match(await phone.contact(), /^sip:\w+@\w+\.invalid;transport=ws$/);
  await phone.page.reload();
  await phone.register();
  const customer = await SipPhone.open({ user: '13800001001', server: house.sip });
  const desk = await house.desk('8001');
  await desk.must('ready');
  const call = await customer.call('10086');
  await call.answered();
  await call.rtp.press('0');
  assert.equal(await phone.ringing(), '13800001001');
  await phone.reject(486);
  await phone.ended();
  await call.hangUp();
  await customer.close();
});

test('an agent with nothing but a browser talks: both are heard, her keys arrive, she holds and takes back', async () => {
  const phone = await BrowserPhone.open(context, { house: house.http, user: '8001', password: DEMO_PASSWORD });
  const customer = await SipPhone.open({ user: '13800001001', server: house.sip });
  const desk = await house.desk('8001');
  await desk.must('ready');
  const call = await customer.call('10086');
  await call.answered();
  await call.rtp.press('0');
  assert.equal(await phone.ringing().catch((error: unknown) => assert.fail(`${String(error)}\n${house.log.slice(-3000)}`)), '13800001001');
  call.rtp.play(CUSTOMER_HZ);
  await phone.accept();
  await phone.hears(CUSTOMER_HZ);
  assert.ok(await call.rtp.hears(TONE_HZ), 'the customer hears her microphone');
  await phone.hold(true);
  await phone.hears(0);
  call.rtp.forget();
  assert.ok(!(await call.rtp.hears(TONE_HZ, 600)), 'on hold she is not heard');
  await phone.hold(false);
  await phone.hears(CUSTOMER_HZ);
  assert.ok(await call.rtp.hears(TONE_HZ), 'she is heard again');
  await phone.press('7');
  await until('the key at the customer', () => call.rtp.heardKeys.includes('7'));
  await call.hangUp();
  await phone.ended();
  await customer.close();
  desk.close();
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
