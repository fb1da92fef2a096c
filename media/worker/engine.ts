/** Which of the two carries the packets: what was asked for, and what this machine can. */
import { systemClock } from '../../kernel/clock.ts';
import { loadPacketPath } from '../native/addon.ts';
import { NativeEngine } from '../native/native-sockets.ts';
import { plainEngine } from './plain-sockets.ts';
import type { EngineName, SocketEngine } from './sockets.ts';

export const ENGINE_CHOICES = ['auto', 'native', 'plain'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** `why`: what is wrong with the native engine where it was wanted. */
export function chooseEngine(wanted: EngineChoice, load = loadPacketPath): { name: EngineName; why: string | null } {
  if (wanted === 'plain') return { name: 'plain', why: null };
  try {
    load();
    return { name: 'native', why: null };
  } catch (error) {
    return { name: 'plain', why: (error as Error).message };
  }
}

/** Of this thread. */
export const openEngine = (name: EngineName): SocketEngine => (name === 'native' ? new NativeEngine(loadPacketPath(), systemClock.now()) : plainEngine);
