/** Where the sounds that the core names lie, as files and tones for the media server. */
import { join } from 'node:path';
import type { Source } from '../../media/port.ts';
import type { Sound } from '../call/command.ts';

/** ITU-T E.180 for China: ring-back 450 Hz 1 s on 4 s off, busy 450 Hz 0.35 s on and off; milliwatt 1004 Hz at 0 dBm0. */
const TONES = {
  milliwatt: { hz: [1004], dbm0: 0, onMs: 1000, offMs: 0 },
  ringback: { hz: [450], dbm0: -10, onMs: 1000, offMs: 4000 },
  busy: { hz: [450], dbm0: -10, onMs: 350, offMs: 350 },
  beep: { hz: [1000], dbm0: -10, onMs: 200, offMs: 0 },
} as const;
const BEEP_MS = 200;
const SILENCE_MS = 1000;

/** Names come from checked dialplans, yet a path is never made of what is not a plain name. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

/** Throws on a name that is no plain name. */
export function sourceOf(sound: Sound, dialplansFolder: string, tenantId: string): Source {
  switch (sound.kind) {
    case 'prompt':
      return { kind: 'file', path: join(dialplansFolder, plain(tenantId), 'prompts', sound.language, `${plain(sound.name)}.wav`) };
    case 'music':
      return { kind: 'music', path: join(dialplansFolder, plain(tenantId), 'music', `${plain(sound.name)}.wav`) };
    case 'tone': {
      if (sound.name === 'silence') return { kind: 'silence', ms: sound.ms ?? SILENCE_MS };
      const tone = { kind: 'tone' as const, ...TONES[sound.name], hz: [...TONES[sound.name].hz] };
      const ms = sound.ms ?? (sound.name === 'beep' ? BEEP_MS : undefined);
      return ms === undefined ? tone : { ...tone, ms };
    }
  }
}

function plain(name: string): string {
  if (!PLAIN_NAME.test(name)) throw new Error(`"${name}" is no name of a sound: use letters, digits, - and _`);
  return name;
}
