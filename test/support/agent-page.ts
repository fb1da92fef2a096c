/** An agent at her page, as a person and a screen reader find their way: by role and name, in the language of the page. */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import type zhWords from '../../web/i18n/zh.json';
import { inProject } from './project.ts';
import { until } from './wait.ts';

type Words = typeof zhWords;
export type PageLanguage = 'zh' | 'en';
export type AgentState = keyof Words['state'];
export type CallPhase = 'none' | 'offered' | 'calling' | 'established' | 'held' | 'cleared';
export type Outcome = keyof Words['disposition'];
type OwnReason = 'break' | 'meal' | 'training' | 'meeting' | 'other';

const wordsOf = (language: PageLanguage): Words => JSON.parse(readFileSync(inProject(`web/i18n/${language}.json`), 'utf8')) as Words;

/** Runs in the page: an analyser on whatever remote sound the page has; the loudest frequency, in Hz, and how loud it is (RMS, of 1). */
const LISTEN = `(() => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  let from = null;
  window.heardHz = () => {
    const track = window.remoteTracks.findLast(({ readyState }) => readyState === 'live');
    if (track !== undefined && track !== from) {
      from = track;
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    }
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const best = bins.reduce((at, level, bin) => (level > bins[at] ? bin : at), 1);
    return (best * context.sampleRate) / analyser.fftSize;
  };
  window.loudness = () => {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  };
})()`;
/** Runs in the page before its own code: keeps every connection, and their remote tracks, which no element of the document plays. */
const KEEP_TRACKS = `
  window.remoteTracks = [];
  window.connections = [];
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
      this.addEventListener('track', ({ track }) => window.remoteTracks.push(track));
    }
  };
`;

export class AgentPage {
  readonly page: Page;
  readonly words: Words;

  constructor(page: Page, language: PageLanguage = 'zh') {
    this.page = page;
    this.words = wordsOf(language);
  }

  async open(url: string): Promise<void> {
    await this.page.addInitScript(KEEP_TRACKS);
    await this.page.goto(`${url}/agent`);
  }

  async signIn(number: string, password: string): Promise<void> {
    const { signIn } = this.words;
    await this.page.getByLabel(signIn.number, { exact: true }).fill(number);
    await this.page.getByLabel(signIn.password, { exact: true }).fill(password);
    await this.page.getByRole('button', { name: signIn.submit, exact: true }).click();
  }

  /** A button by its word; the key that is shown beside it is part of its name. */
  button(word: string): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^${word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(\\s|$)`) });
  }

  async waitForState(state: AgentState): Promise<void> {
    await this.page.locator(`[data-state="${state}"]`).waitFor();
  }

  async waitForPhase(phase: CallPhase): Promise<void> {
    await this.page.locator(`[data-phase="${phase}"]`).waitFor();
  }

  get pop(): Locator {
    return this.page.getByRole('region', { name: this.words.pop.region });
  }

  async waitForPop(text: string): Promise<void> {
    await this.pop.getByText(text).first().waitFor();
  }

  /** The strip over the desk that tells of the connection. */
  get banner(): Locator {
    return this.page.locator('.banner-place');
  }

  async goReady(): Promise<void> {
    await this.button(this.words.status.goReady).click();
    await this.waitForState('ready');
  }

  async goNotReady(reason: OwnReason): Promise<void> {
    await this.button(this.words.status.goNotReady).click();
    await this.page.getByRole('menuitem', { name: this.words.reason[reason] }).click();
  }

  async answer(): Promise<void> {
    await this.button(this.words.call.answer).click();
  }

  async reject(): Promise<void> {
    await this.button(this.words.call.reject).click();
  }

  async hold(): Promise<void> {
    await this.button(this.words.call.hold).click();
    await this.waitForPhase('held');
  }

  async retrieve(): Promise<void> {
    await this.button(this.words.call.retrieve).click();
    await this.waitForPhase('established');
  }

  async pauseRecording(): Promise<void> {
    await this.button(this.words.pauser.pause).click();
    await this.page.locator('[data-paused-by="agent"]').waitFor();
  }

  async askForSecret(field: string): Promise<void> {
    await this.page.locator(`[data-field="${field}"]`).getByRole('button', { name: this.words.secret.ask }).click();
    await this.page.locator(`[data-field="${field}"][data-keys]`).waitFor();
  }

  async secretKeys(field: string, count: number): Promise<void> {
    await this.page.locator(`[data-field="${field}"][data-keys="${count}"]`).waitFor();
  }

  async resumeRecording(): Promise<void> {
    await this.button(this.words.pauser.resume).click();
    await this.page.locator('[data-paused-by]').waitFor({ state: 'detached' });
  }

  async hangUp(): Promise<void> {
    await this.button(this.words.call.hangup).click();
  }

  /** Her phone is this page from now on, and is registered. */
  async chooseBrowserPhone(): Promise<void> {
    await this.page.keyboard.press('Alt+p');
    await this.page.getByRole('radio', { name: this.words.phone.browser }).check();
    await this.page.locator('[data-phone="online"]').waitFor();
  }

  /** Waits until the page plays this frequency (within 20 Hz) to her. */
  async phoneHears(hz: number): Promise<void> {
    await this.page.evaluate(LISTEN);
    await until(`${hz} Hz in the page`, () => this.page.evaluate(`Math.abs(window.heardHz() - ${hz}) < 20`));
  }

  /** Of what `phoneHears` listens to, in this moment. */
  async phoneLoudness(): Promise<number> {
    return Number(await this.page.evaluate('window.loudness()'));
  }

  /** The ICE user name of the call that is up: another after each restart. */
  async phoneUfrag(): Promise<string> {
    return String(await this.page.evaluate(`/ice-ufrag:(\\S+)/.exec(window.connections.at(-1).localDescription.sdp)?.[1]`));
  }

  /** WebRTC's own count of what came. */
  async phoneReceived(): Promise<{ packetsReceived: number; packetsLost: number }> {
    return (await this.page.evaluate(`window.connections.at(-1).getStats().then((all) => {
      const { packetsReceived, packetsLost } = [...all.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
      return { packetsReceived, packetsLost };
    })`)) as { packetsReceived: number; packetsLost: number };
  }

  async chooseOutcome(outcome: Outcome): Promise<void> {
    await this.page.getByRole('radio', { name: this.words.disposition[outcome] }).check();
  }

  async writeNotes(text: string): Promise<void> {
    await this.page.getByLabel(this.words.wrapUp.notes, { exact: true }).fill(text);
  }

  async finishWrapUp(): Promise<void> {
    await this.button(this.words.wrapUp.done).click();
  }
}
