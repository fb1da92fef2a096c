/**
 * The recordings of one call as one: a WAV and an outline of all of them in the order in which they were made, without the gaps between them. A
 * transfer, a queue's rule or a dead media server begins the next one; whoever listens should not have to know.
 */
import { WAV_HEADER_BYTES, wavHeader } from '../../kernel/wav.ts';
import { CHANNELS, RATE, type RecordedAudio } from './audio.ts';
import type { Peaks } from './peaks.ts';

/** Closing it closes them. */
export function joinAudio(parts: readonly RecordedAudio[]): RecordedAudio {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const dataBytes = parts.reduce((sum, { bytes }) => sum + bytes - WAV_HEADER_BYTES, 0);
  return {
    bytes: WAV_HEADER_BYTES + dataBytes,
    seal: null,
    beside: null,
    close: async () => void (await Promise.all(parts.map((part) => part.close()))),
    async *read(from, to) {
      const head = wavHeader(CHANNELS, RATE, dataBytes);
      if (from < head.length) yield head.subarray(from, Math.min(to, head.length));
      let begins = WAV_HEADER_BYTES;
      for (const part of parts) {
        const ends = begins + part.bytes - WAV_HEADER_BYTES;
        const [first, last] = [Math.max(from, begins), Math.min(to, ends)];
        if (first < last) yield* part.read(WAV_HEADER_BYTES + first - begins, WAV_HEADER_BYTES + last - begins);
        begins = ends;
      }
    },
  };
}

/** `most` steps at most: several are put together when there are more. All have steps of the same length. */
export function joinPeaks(parts: readonly Peaks[], most: number): Peaks {
  const stepMs = parts[0]?.stepMs ?? 0;
  const count = parts.reduce((sum, { left }) => sum + left.length, 0);
  const together = Math.max(1, Math.ceil(count / most));
  const side = (of: 'left' | 'right'): number[] => {
    const steps = parts.flatMap((part) => part[of]);
    return Array.from({ length: Math.ceil(count / together) }, (_, at) => Math.max(...steps.slice(at * together, (at + 1) * together)));
  };
  return { stepMs: stepMs * together, left: side('left'), right: side('right') };
}
