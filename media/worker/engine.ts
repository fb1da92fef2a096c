/** Which way packets are carried: what was asked for, and what this machine can. */
import { getSystemErrorName } from 'node:util';
import { systemClock } from '../../kernel/clock.ts';
import { loadPacketPath } from '../native/addon.ts';
import { NativeEngine } from '../native/native-sockets.ts';
import { plainEngine } from './plain-sockets.ts';
import type { EngineName, SocketEngine } from './sockets.ts';

/** `native`: our C++, the better way that this kernel has; `epoll`: our C++ without io_uring. */
export const ENGINE_CHOICES = ['auto', 'native', 'epoll', 'plain'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** `why`: what is wrong with a better way that was wanted. */
export function chooseEngine(wanted: EngineChoice, load = loadPacketPath): { name: EngineName; why: string | null } {
  if (wanted === 'plain') return { name: 'plain', why: null };
  try {
    const path = load();
    if (wanted === 'epoll') return { name: 'epoll', why: null };
    const fault = path.ring();
    if (fault === 0) return { name: 'io_uring', why: null };
    return { name: 'epoll', why: `io_uring: ${getSystemErrorName(fault)}` };
  } catch (error) {
    return { name: 'plain', why: (error as Error).message };
  }
}

/** Of this thread. */
export const openEngine = (name: EngineName): SocketEngine =>
  name === 'plain' ? plainEngine : new NativeEngine(loadPacketPath(), systemClock.now(), name === 'io_uring');
