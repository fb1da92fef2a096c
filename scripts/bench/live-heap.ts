/**
 * Preloaded into every program of a soak (`--import`): collects all there is to collect, every minute, and writes what is alive, and what the program has of the system's
 * memory a second later, into a file of its own in the folder of LIVE_HEAP. Memory of the system alone says little of a leak: V8 keeps what its heap once grew to.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { turn } from '../../kernel/clock.ts';

export const COLLECT_MS = 60_000;
/** The first empties pages in part; those that follow move what is left together. */
const COLLECTIONS = 3;
/** What is free goes back to the system beside the program. */
const GIVEN_BACK_MS = 1_000;
const MEGABYTE = 1024 * 1024;

export interface Collected {
  /** ms since 1970 */
  at: number;
  /** Of the main thread, but for code: V8 compiles for an hour and more what runs now and then. */
  liveMb: number;
  codeMb: number;
  rssMb: number;
}

const fileOf = (folder: string, pid: number): string => join(folder, `${pid}.jsonl`);

export function collectedBy(folder: string, pid: number): Collected[] {
  const file = fileOf(folder, pid);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Collected);
}

const folder = process.env.LIVE_HEAP;
if (isMainThread && folder !== undefined) setInterval(() => void collect(folder), COLLECT_MS).unref();

async function collect(into: string): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collectAll = runInNewContext('gc') as () => void;
  for (let n = 0; n < COLLECTIONS; n += 1) {
    collectAll();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics();
  const code = code_and_metadata_size + bytecode_and_metadata_size;
  setTimeout(() => {
    const collected: Collected = {
      at: Date.now(),
      liveMb: (heapUsed + external - code) / MEGABYTE,
      codeMb: code / MEGABYTE,
      rssMb: process.memoryUsage.rss() / MEGABYTE,
    };
    appendFileSync(fileOf(into, process.pid), `${JSON.stringify(collected)}\n`);
  }, GIVEN_BACK_MS).unref();
}
