/** `huawu migrate`: brings the database up to date and says what it did. */
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { type Config, readConfig } from '../config.ts';
import { bringUpToDate } from '../store/store.ts';

export async function main(args: readonly string[], config: Config = readConfig(args)): Promise<number> {
  const log = openLog('migrate', config.logLevel === 'info' ? 'warn' : config.logLevel);
  const applied = await bringUpToDate({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, guest: true, log, clock: systemClock });
  const said = applied.length === 0 ? 'the database is up to date' : applied.map((name) => `applied ${name}`).join('\n');
  process.stdout.write(`${said}\n`);
  return 0;
}
