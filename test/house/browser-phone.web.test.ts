/** Phones in browsers: sip.js in a real Chromium, over a WebSocket to the consoles' own port, on the real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { RawWebSocket } from '../sip/support/raw-websocket.ts';
import { BrowserPhone } from '../support/browser-phone.ts';
import { builtWeb } from '../support/built-web.ts';
import { openChromium } from '../support/chromium.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { until } from '../support/wait.ts';

let browser: Browser;
let context: BrowserContext;
let house: House;
before(async () => {
  await builtWeb();
  [browser, house] = await Promise.all([openChromium(), House.start()]);
  context = await browser.newContext();
});
after(async () => {
  await browser.close();
  await house.stop();
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
