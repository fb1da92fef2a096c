/** A list of files at an rtpengine, one after another: it tells how long each is, and the next is asked for when that has passed. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Source } from '../../../media/port.ts';

export interface Playing {
  playId: string;
  bargeIn: boolean;
  cancelTimer: () => void;
}

/** rtpengine plays a file so often before it ends: for ever, to anybody who waits. */
const FOR_EVER = 1_000_000;

export interface Player {
  clock: Clock;
  /** Begins a file; resolves with its length. */
  begin(path: string, repeatTimes: number): Promise<number>;
  ended(end: 'finished' | 'failed', reason?: string): void;
}

/** null = it plays files only: tones are of our own media server's making. */
export function filesOf(sources: readonly Source[]): { path: string; repeat: boolean }[] | null {
  const files = sources.map((source) => (source.kind === 'file' || source.kind === 'music' ? { path: source.path, repeat: source.kind === 'music' } : null));
  return files.every((file) => file !== null) ? files : null;
}

export async function playFrom(player: Player, playing: Playing, files: readonly { path: string; repeat: boolean }[], loop: boolean, at = 0): Promise<void> {
  const file = files[at];
  if (file === undefined) return player.ended('finished');
  const forEver = file.repeat || (loop && files.length === 1);
  try {
    const durationMs = await player.begin(file.path, forEver ? FOR_EVER : 1);
    if (forEver) return;
    const next = loop ? (at + 1) % files.length : at + 1;
    playing.cancelTimer = player.clock.after(durationMs, () => void playFrom(player, playing, files, loop, next));
  } catch (error) {
    player.ended('failed', (error as Error).message);
  }
}
