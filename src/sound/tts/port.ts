/** Text → something a media server can play. What stands behind it is chosen by the setting `TTS`. */
import type { Language } from '../../call/event.ts';

export interface Speech {
  /** Absolute path of a WAV file, 8 kHz, one channel. Rejects with the reason when the text cannot be spoken, after 5 s at the latest. */
  speak(text: string, language: Language): Promise<string>;
}

/** Who speaks. */
export interface Voice {
  /** All that changes how a text sounds: what was kept under another name is made anew. */
  name: string;
  /** A WAV file, PCM16, one channel, 8 to 48 kHz. Rejects when `signal` is aborted. */
  say(text: string, language: Language, signal: AbortSignal): Promise<Buffer>;
}

const MOST_CHARACTERS = 500;

/** In one line, without control characters, and cut where nobody listens any more; '' = there is nothing to say. */
export const spokenText = (text: string): string => [...text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()].slice(0, MOST_CHARACTERS).join('');
