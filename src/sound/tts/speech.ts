/** The TTS port over one voice: what was spoken before is found again, few texts are spoken at a time, nobody waits longer than the deadline. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Language } from '../../call/event.ts';
import { fileNameOf, SpokenFiles } from './cache.ts';
import { espeakVoice } from './espeak.ts';
import { httpVoice } from './http.ts';
import { type Speech, spokenText, type Voice } from './port.ts';
import { telephoneWav } from './wave.ts';

/** The setting `TTS`, with what each choice needs. */
export type SpeechSetting = { kind: 'off' } | { kind: 'espeak'; program: string } | { kind: 'http'; url: string; token: string | null };

const MOST_AT_A_TIME = 2;
const MOST_WAITING = 32;
/** From the asking on, waiting for one's turn included: a caller hears nothing meanwhile. */
const DEADLINE_MS = 5000;

export function createSpeech(setting: SpeechSetting, folder: string, clock: Clock): Speech {
  if (setting.kind === 'off') return { speak: () => Promise.reject(new Error('TTS is off')) };
  const voice = setting.kind === 'espeak' ? espeakVoice(setting.program) : httpVoice(setting.url, setting.token);
  return speechOf(voice, new SpokenFiles(folder), clock);
}

export const speechOf = (voice: Voice, files: SpokenFiles, clock: Clock): Speech => new Speaking(voice, files, clock);

class Speaking implements Speech {
  readonly #voice: Voice;
  readonly #files: SpokenFiles;
  readonly #clock: Clock;
  /** Two callers who are to hear the same wait for the same file. */
  readonly #making = new Map<string, Promise<string>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(voice: Voice, files: SpokenFiles, clock: Clock) {
    this.#voice = voice;
    this.#files = files;
    this.#clock = clock;
  }

  speak(text: string, language: Language): Promise<string> {
    const said = spokenText(text);
    if (said === '') return Promise.reject(new Error('the text is empty'));
    const name = fileNameOf(this.#voice.name, language, said);
    let making = this.#making.get(name);
    if (making === undefined) {
      making = this.#findOrMake(name, said, language).finally(() => this.#making.delete(name));
      this.#making.set(name, making);
    }
    return making;
  }

  async #findOrMake(name: string, text: string, language: Language): Promise<string> {
    const found = await this.#files.find(name);
    if (found !== null) return found;
    const deadline = new AbortController();
    const cancel = this.#clock.after(DEADLINE_MS, () => deadline.abort(new Error(`the text was not spoken within ${DEADLINE_MS} ms`)));
    try {
      await this.#turn(deadline.signal);
      return await this.#make(name, text, language, deadline.signal);
    } finally {
      cancel();
    }
  }

  async #make(name: string, text: string, language: Language, signal: AbortSignal): Promise<string> {
    try {
      const wav = await telephoneWav(await this.#voice.say(text, language, signal));
      return await this.#files.keep(name, wav);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Resolves when it is this one's turn, which it then has. */
  #turn(signal: AbortSignal): Promise<void> {
    if (this.#running < MOST_AT_A_TIME) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(new Error(`${MOST_WAITING} texts wait to be spoken already`));
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp);
        this.#running += 1;
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(begin);
    });
  }
}
