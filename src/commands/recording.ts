/**
 * `huawu recording verify FILE…|--all`: proves that recordings are what was recorded. A file alone is proved whole in itself; with `--all` each is compared
 * with the seal in the database as well, so that one that was put back as it once was, or exchanged for another, shows too.
 */
import { resolve } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { SealError } from '../../kernel/seal/format.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Config, readConfig } from '../config.ts';
import { Recordings } from '../recordings/recordings.ts';
import { recordingsFrom } from '../store/recordings.ts';
import { openStore, type Store } from '../store/store.ts';

const USAGE = 'usage: huawu recording verify FILE…   or   huawu recording verify --all\n';
const BATCH = 200;

interface Wanted {
  path: string;
  seal: string | null;
}

export async function main(args: readonly string[], given?: Config): Promise<number> {
  const { flags, words } = parseFlags(args);
  const [verb, ...files] = words;
  const all = flags.ALL === 'true';
  if (verb !== 'verify' || all === files.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const config =
    given ?? readConfig(Object.entries(flags).flatMap(([name, value]) => (name === 'ALL' ? [] : [`--${name.toLowerCase().replaceAll('_', '-')}`, value])));
  const log = openLog('recording', 'warn');
  const parts = { clock: systemClock, log, ...config.recordings };
  const store = all ? await openStore({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, guest: true, log, clock: systemClock }) : null;
  const recordings = new Recordings({ ...parts, store: store ?? noStore });
  try {
    return await verify(recordings, store === null ? files.map((file) => ({ path: resolve(file), seal: null })) : stored(store));
  } finally {
    recordings.close();
    await store?.close();
  }
}

/** Files alone need none. */
const noStore = {} as Store;

async function* stored(store: Store): AsyncGenerator<Wanted> {
  for (let after = ''; ; ) {
    const batch = await recordingsFrom(store.db, after, BATCH);
    yield* batch;
    const last = batch.at(-1);
    if (last === undefined) return;
    after = last.recordingId;
  }
}

async function verify(recordings: Recordings, wanted: Iterable<Wanted> | AsyncIterable<Wanted>): Promise<number> {
  const counts = { good: 0, plain: 0, bad: 0 };
  for await (const one of wanted) {
    try {
      const { sealed } = await recordings.prove(one);
      counts[sealed ? 'good' : 'plain'] += 1;
      if (!sealed) process.stdout.write(`${one.path}: a plain file, which proves nothing\n`);
    } catch (error) {
      counts.bad += 1;
      process.stdout.write(`${one.path}: ${error instanceof SealError ? `${error.fault}: ${error.message}` : (error as Error).message}\n`);
    }
  }
  process.stdout.write(`${counts.good} proved, ${counts.plain} plain, ${counts.bad} not as they were recorded\n`);
  return counts.bad === 0 ? 0 : 1;
}
