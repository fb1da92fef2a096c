/** Where the sounds that the core names lie, as files and tones for the media server. */
import { join } from 'node:path';
import type { Logger } from '../../kernel/log.ts';
import type { Source } from '../../media/port.ts';
import type { Sound } from '../call/command.ts';
import type { Speech } from './tts/port.ts';

const SILENCE_MS = 1000;

/** Names come from checked dialplans, yet a path is never made of what is not a plain name. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

export interface SourcesOptions {
  dialplansFolder: string;
  speech: Speech;
  log: Logger;
}

/** What is to be heard, as the media server takes it. Rejects on a name that is no plain name. */
export async function sourcesOf(sounds: readonly Sound[], tenantId: string, { dialplansFolder, speech, log }: SourcesOptions): Promise<Source[]> {
  const sources = sounds.map(async (sound): Promise<Source | null> => {
    if (sound.kind !== 'speech') return sourceOf(sound, dialplansFolder, tenantId);
    try {
      return { kind: 'file', path: await speech.speak(sound.text, sound.language) };
    } catch (error) {
      // Not the text: it may concern one customer alone.
      log.warn({ reason: (error as Error).message, tenantId, language: sound.language, fallback: sound.fallback }, 'a text could not be spoken');
      return insteadOf(sound, dialplansFolder, tenantId);
    }
  });
  return (await Promise.all(sources)).filter((source) => source !== null);
}

/** The same without a machine's voice. */
export const unspoken = (sounds: readonly Sound[]): Sound[] =>
  sounds.flatMap((sound): Sound[] => {
    if (sound.kind !== 'speech') return [sound];
    return sound.fallback === null ? [] : [{ kind: 'prompt', name: sound.fallback, language: sound.language }];
  });

function insteadOf(sound: Sound, dialplansFolder: string, tenantId: string): Source | null {
  const [prompt] = unspoken([sound]);
  return prompt === undefined || prompt.kind === 'speech' ? null : sourceOf(prompt, dialplansFolder, tenantId);
}

function sourceOf(sound: Exclude<Sound, { kind: 'speech' }>, dialplansFolder: string, tenantId: string): Source {
  switch (sound.kind) {
    case 'prompt':
      return { kind: 'file', path: join(dialplansFolder, plain(tenantId), 'prompts', sound.language, `${plain(sound.name)}.wav`) };
    case 'music':
      return { kind: 'music', path: join(dialplansFolder, plain(tenantId), 'music', `${plain(sound.name)}.wav`) };
    case 'tone': {
      if (sound.name === 'silence') return { kind: 'silence', ms: sound.ms ?? SILENCE_MS };
      return { kind: 'signal', name: sound.name, ...(sound.ms === undefined ? {} : { ms: sound.ms }) };
    }
  }
}

function plain(name: string): string {
  if (!PLAIN_NAME.test(name)) throw new Error(`"${name}" is no name of a sound: use letters, digits, - and _`);
  return name;
}

/** For a file's name: tenants and recordings are named by us, yet a path is never made of what could lead elsewhere. */
export function plainName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) throw new Error(`"${name}" is no name for a file`);
  return name;
}
