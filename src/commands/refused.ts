/** `huawu refused`: the records that PostgreSQL would not take and that were set aside for a person to look at, one JSON a line. */
import { join } from 'node:path';
import { Spool } from '../cdr/spool.ts';
import { readConfig } from '../config.ts';
import { journalKeys } from '../master-keys.ts';

/** Exit codes: 0 there are none, 1 there are some (or they cannot be opened), 2 wrong usage. */
export async function main(args: string[]): Promise<number> {
  const config = readConfig(args);
  try {
    const all = await new Spool(join(config.dataDir, 'spool'), 0, journalKeys(config)).refused();
    for (const record of all) process.stdout.write(`${JSON.stringify(record)}\n`);
    return all.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}
