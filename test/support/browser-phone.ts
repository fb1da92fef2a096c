/** A phone in a browser's page: sip.js, as it comes from npm, over a WebSocket to the page's own host. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from './wait.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('sip.js/package.json')), 'lib');
const PATIENCE_MS = 20_000;
const PATH = '/sip.js-of-the-test/';

interface PhoneOptions {
  /** `http://127.0.0.1:8080` */
  house: string;
  user: string;
  password: string;
}

/** What runs in the page. It keeps what happened in `phone.registration` and `phone.calls`. */
const PAGE_SCRIPT = `
import { Inviter, Registerer, UserAgent, Web } from './index.js';
const phone = { registration: 'starting', calls: [], invitations: [] };
window.phone = phone;
/** One phone, however often its page is loaded. */
const instanceId = sessionStorage.getItem('phone.instance') ?? crypto.randomUUID();
sessionStorage.setItem('phone.instance', instanceId);
phone.start = async ({ user, password }) => {
  phone.user = user;
  const userAgent = new UserAgent({
    uri: UserAgent.makeURI('sip:' + user + '@' + location.hostname),
    transportOptions: { server: 'ws://' + location.host + '/sip' },
    authorizationUsername: user,
    authorizationPassword: password,
    logLevel: 'error',
    instanceId,
    sipExtensionReplaces: 'Supported',
    delegate: {
      onInvite: (invitation) => {
        const call = { from: invitation.request.from.uri.user, state: 'ringing' };
        phone.calls.push(call);
        phone.invitations.push(invitation);
        invitation.stateChange.addListener((state) => { call.state = state; });
        // 180: a phone that says nothing within 4 s is taken for gone.
        invitation.progress();
      },
    },
  });
  phone.userAgent = userAgent;
  phone.contact = String(userAgent.contact.uri);
  await userAgent.start();
  const registerer = new Registerer(userAgent, { expires: 300, instanceId, regId: 1 });
  registerer.stateChange.addListener((state) => { phone.registration = state; });
  await registerer.register();
};
const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
/** Off the hook, with what is heard going into an analyser. */
phone.accept = async (nth) => {
  const invitation = phone.invitations[nth];
  await invitation.accept({ sessionDescriptionHandlerOptions: { constraints: { audio: sound, video: false } } });
  phone.listen(invitation);
};
/** Takes the place of the leg that the page had before it was loaded anew (RFC 3891). */
phone.takeBack = async () => {
  const call = { from: null, state: 'Establishing' };
  const { callId, theirTag, ourTag } = JSON.parse(sessionStorage.getItem('phone.call'));
  const inviter = new Inviter(phone.userAgent, UserAgent.makeURI('sip:' + phone.user + '@' + location.hostname), {
    extraHeaders: ['Replaces: ' + callId + ';to-tag=' + theirTag + ';from-tag=' + ourTag, 'Require: replaces'],
    sessionDescriptionHandlerOptions: { constraints: { audio: sound, video: false } },
  });
  inviter.stateChange.addListener((state) => { call.state = state; });
  phone.calls.push(call);
  phone.invitations.push(inviter);
  await new Promise((resolve, reject) => inviter.invite({ requestDelegate: { onAccept: resolve, onReject: ({ message }) => reject(new Error('refused: ' + message.statusCode)) } }));
  phone.listen(inviter);
};
phone.listen = (session) => {
  const { callId, localTag, remoteTag } = session.dialog;
  sessionStorage.setItem('phone.call', JSON.stringify({ callId, theirTag: remoteTag, ourTag: localTag }));
  const { peerConnection } = session.sessionDescriptionHandler;
  phone.peerConnection = peerConnection;
  const stream = new MediaStream(peerConnection.getReceivers().map((receiver) => receiver.track));
  // Chromium feeds an audio graph from the network only where an element plays the stream, too.
  const player = new Audio();
  player.srcObject = stream;
  player.muted = true;
  void player.play();
  phone.audio = new AudioContext();
  phone.analyser = phone.audio.createAnalyser();
  phone.analyser.fftSize = 8192;
  phone.audio.createMediaStreamSource(stream).connect(phone.analyser);
};
/** The loudest frequency, in Hz; 0 = silence. */
phone.heard = () => {
  const bins = new Float32Array(phone.analyser.frequencyBinCount);
  phone.analyser.getFloatFrequencyData(bins);
  let best = 0;
  for (let at = 1; at < bins.length; at += 1) if (bins[at] > bins[best]) best = at;
  return bins[best] < -60 ? 0 : (best * phone.audio.sampleRate) / phone.analyser.fftSize;
};
/** How loud it is (RMS, of 1). */
phone.loudness = () => {
  const samples = new Float32Array(phone.analyser.fftSize);
  phone.analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
};
/** WebRTC's own figures of what came. */
phone.figures = async () => {
  const all = [...(await phone.peerConnection.getStats()).values()];
  const { packetsReceived, packetsLost } = all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return { packetsReceived, packetsLost };
};
phone.press = (nth, key) => phone.invitations[nth].sessionDescriptionHandler.sendDtmf(key);
phone.hold = async (nth, hold) => {
  const session = phone.invitations[nth];
  session.sessionDescriptionHandlerOptionsReInvite = { hold };
  await new Promise((resolve, reject) => session.invite({ requestDelegate: { onAccept: resolve, onReject: () => reject(new Error('refused')) } }));
};
`;

export class BrowserPhone {
  readonly page: Page;
  readonly #options: PhoneOptions;

  private constructor(page: Page, options: PhoneOptions) {
    this.page = page;
    this.#options = options;
  }

  /** Serves sip.js to the pages of this context, opens one of the house's own pages, and registers. */
  static async open(context: BrowserContext, options: PhoneOptions): Promise<BrowserPhone> {
    await context.route(`**${PATH}**`, (route) => {
      const name = new URL(route.request().url()).pathname.slice(PATH.length);
      return route.fulfill({ contentType: 'text/javascript', body: name === 'phone.js' ? PAGE_SCRIPT : readFileSync(join(folder, name), 'utf8') });
    });
    const phone = new BrowserPhone(await context.newPage(), options);
    await phone.page.goto(`${options.house}/agent`);
    await phone.register();
    return phone;
  }

  /** Again after a reload of the page. */
  async register(): Promise<void> {
    const { user, password } = this.#options;
    await this.page.evaluate(`import('${PATH}phone.js').then(() => phone.start(${JSON.stringify({ user, password })}))`);
    await this.#until('the registration', 'phone.registration === "Registered"');
  }

  /** The Contact it registered: a name that nobody can resolve. */
  async contact(): Promise<string> {
    return String(await this.page.evaluate('phone.contact'));
  }

  /** The number of the caller of the `nth` call, as soon as it rings. */
  async ringing(nth = 0): Promise<string> {
    await this.#until('the call to ring in the browser', `phone.calls.length > ${nth}`);
    return String(await this.page.evaluate(`phone.calls[${nth}].from`));
  }

  async accept(nth = 0): Promise<void> {
    await this.page.evaluate(`phone.accept(${nth})`);
    await this.#until('the connection of the browser', 'phone.peerConnection.connectionState === "connected"');
  }

  /** After a reload of the page and `register`: its call goes on in this page. */
  async takeBack(): Promise<void> {
    await this.page.evaluate('phone.takeBack()');
    await this.#until('the connection of the browser', 'phone.peerConnection.connectionState === "connected"');
  }

  /** RMS of what it hears in this moment, of 1. */
  async loudness(): Promise<number> {
    return Number(await this.page.evaluate('phone.loudness()'));
  }

  /** By WebRTC's own count. */
  async received(): Promise<{ packetsReceived: number; packetsLost: number }> {
    return (await this.page.evaluate('phone.figures()')) as { packetsReceived: number; packetsLost: number };
  }

  /** Waits until its loudest frequency is this (within 20 Hz); 0 = silence. */
  async hears(hz: number): Promise<void> {
    await this.#until(`${hz} Hz in the browser`, `Math.abs(phone.heard() - ${hz}) < 20`);
  }

  async press(key: string, nth = 0): Promise<void> {
    if ((await this.page.evaluate(`phone.press(${nth}, ${JSON.stringify(key)})`)) !== true) throw new Error('the browser cannot send keys');
  }

  async hold(isHeld: boolean, nth = 0): Promise<void> {
    await this.page.evaluate(`phone.hold(${nth}, ${isHeld})`);
  }

  async reject(status: number, nth = 0): Promise<void> {
    await this.page.evaluate(`phone.invitations[${nth}].reject({ statusCode: ${status} })`);
  }

  async ended(nth = 0): Promise<void> {
    await this.#until('the end of the call in the browser', `phone.calls[${nth}].state === 'Terminated'`);
  }

  async #until(what: string, isTrue: string): Promise<void> {
    await until(what, () => this.page.evaluate(isTrue), PATIENCE_MS);
  }
}
