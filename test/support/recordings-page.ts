/** A supervisor at her page of calls and recordings: finds her way by role and name, and listens. */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import type zhWords from '../../web/i18n/zh.json';
import { inProject } from './project.ts';
import { until } from './wait.ts';

type Words = typeof zhWords;
type Language = 'zh' | 'en';
const wordsOf = (language: Language): Words => JSON.parse(readFileSync(inProject(`web/i18n/${language}.json`), 'utf8')) as Words;

/** Each side of what the page plays into an analyser of its own; the loudest frequency of either, 0 = silence. */
const LISTEN = `(() => {
  if (window.listener === undefined) {
    const audio = document.querySelector('audio');
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    context.createMediaElementSource(audio).connect(splitter);
    const sides = [0, 1].map((side) => {
      const analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      splitter.connect(analyser, side);
      return analyser;
    });
    window.listener = { context, sides };
  }
  return window.listener.sides.map((analyser) => {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    let best = 0;
    for (let at = 1; at < bins.length; at += 1) if (bins[at] > bins[best]) best = at;
    return bins[best] < -60 ? 0 : (best * window.listener.context.sampleRate) / analyser.fftSize;
  });
})()`;

export class RecordingsPage {
  readonly page: Page;
  words = wordsOf('zh');

  constructor(page: Page) {
    this.page = page;
  }

  async open(url: string): Promise<void> {
    await this.page.goto(`${url}/supervisor`);
  }

  async signIn(user: string, password: string): Promise<void> {
    const { supervisorSignIn, signIn } = this.words;
    await this.page.getByLabel(supervisorSignIn.name, { exact: true }).fill(user);
    await this.page.getByLabel(signIn.password, { exact: true }).fill(password);
    await this.page.getByRole('button', { name: signIn.submit, exact: true }).click();
  }

  button(word: string): Locator {
    return this.page.getByRole('button', { name: word, exact: true });
  }

  get slider(): Locator {
    return this.page.getByRole('slider', { name: this.words.player.position });
  }

  /** The newest call from this number, as it is shown. */
  async choose(number: string): Promise<void> {
    await this.page.getByRole('button', { name: number }).first().click();
  }

  /** The outline is drawn. */
  async outlined(): Promise<void> {
    await this.page.locator('.waveform[data-loaded="true"]').waitFor();
  }

  /** Seconds, as it tells those who cannot see it. */
  async position(): Promise<number> {
    return Number(await this.slider.getAttribute('aria-valuenow'));
  }

  async seek(share: number): Promise<void> {
    const box = await this.slider.boundingBox();
    if (box === null) throw new Error('there is no outline');
    await this.page.mouse.click(box.x + share * box.width, box.y + box.height / 2);
  }

  /** Waits until the loudest frequency of each side is this (within 20 Hz). */
  async hears({ left, right }: { left: number; right: number }): Promise<void> {
    let heard: number[] = [];
    await until(`${left} Hz on the left and ${right} Hz on the right`, async () => {
      heard = (await this.page.evaluate(LISTEN)) as number[];
      return Math.abs((heard[0] ?? 0) - left) < 20 && Math.abs((heard[1] ?? 0) - right) < 20;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; heard ${heard.join(' and ')}`);
    });
  }

  /** What the browser makes of a whole file: its length, and the frequency of either side where it says anything, by counting crossings of zero. */
  async decoded(url: string): Promise<{ type: string; bytes: number; seconds: number; heardHz: number[] }> {
    return (await this.page.evaluate(`(async () => {
      const response = await fetch(${JSON.stringify(url)});
      const file = await response.arrayBuffer();
      const bytes = file.byteLength;
      const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(file);
      const heardHz = [0, 1].map((side) => {
        const samples = sound.getChannelData(side);
        const heard = [];
        for (let from = 0; from + 4800 <= samples.length; from += 4800) {
          const window = samples.subarray(from, from + 4800);
          if (!window.some((sample) => Math.abs(sample) > 0.1)) continue;
          let rises = 0;
          for (let at = 1; at < window.length; at += 1) if (window[at - 1] < 0 && window[at] >= 0) rises += 1;
          heard.push(rises * 10);
        }
        return heard.sort((a, b) => a - b)[heard.length >> 1];
      });
      return { type: response.headers.get('content-type'), bytes, seconds: sound.duration, heardHz };
    })()`)) as { type: string; bytes: number; seconds: number; heardHz: number[] };
  }

  /** Switches language and colours as a person does. */
  async shows(language: Language, look: 'light' | 'dark'): Promise<void> {
    if (this.words !== undefined && (await this.page.locator('html').getAttribute('lang'))?.slice(0, 2) !== language) {
      await this.page.getByRole('button', { name: this.words.controls.language }).click();
      this.words = wordsOf(language);
    }
    if ((await this.page.locator('html').getAttribute('data-theme')) !== look) await this.page.getByRole('button', { name: this.words.controls[look] }).click();
    await this.page.locator(`html[data-theme="${look}"]`).waitFor();
  }
}
