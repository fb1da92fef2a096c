/**
 * `huawu backup FOLDER`: everything of a server that cannot be made anew, beside the server that runs. `huawu backup verify FOLDER`: whether what lies there is what was
 * written.
 */
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Backup, BackupError, backupsIn, demandFolder } from '../backup/folder.ts';
import { brokenRecordings, countRecordings } from '../backup/recordings-pool.ts';
import { takeBackup } from '../backup/take.ts';
import { faultsOf } from '../backup/verify.ts';
import { type Config, readConfig } from '../config.ts';

const USAGE = `usage: huawu backup FOLDER [--kind full|light] [--keep N] [--database yes|no]      or: huawu backup verify FOLDER
  --kind       light: what the journal tells anew is left as it was in the last full one, unless that is a day old (full)
  --keep       so many full ones stay; the newest always does (BACKUP_KEEP, 14)
  --database   no: it is backed up by its owner, and the manifest says so (yes)
`;
const FLAGS = ['KIND', 'KEEP', 'DATABASE'];

/** Exit codes: 0 whole, 1 failed or broken, 2 wrong usage. */
export async function main(args: readonly string[], given?: Config): Promise<number> {
  const { flags, words } = parseFlags(args);
  const { KIND: kind = 'full', KEEP: keep, DATABASE: database = 'yes' } = flags;
  const isVerify = words[0] === 'verify' && words.length === 2;
  const folder = isVerify ? words[1] : words[0];
  const isRight =
    isVerify || (words.length === 1 && isOneOf(kind, ['full', 'light']) && isOneOf(database, ['yes', 'no']) && /^[1-9]\d{0,3}$/.test(keep ?? '1'));
  if (!isRight || folder === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  // What others wrote is read with our rights, and what we write is ours alone.
  process.umask(0o077);
  try {
    if (isVerify) return await verify(folder);
    const settings = Object.entries(flags).flatMap(([name, value]) => (FLAGS.includes(name) ? [] : [`--${name.toLowerCase().replaceAll('_', '-')}`, value]));
    const config = given ?? readConfig(settings);
    await takeBackup({
      ...{ config, folder, kind: kind === 'light' ? 'light' : 'full', fullHours: config.backup.fullHours, keep: Number(keep ?? config.backup.keep) },
      ...{ withDatabase: database === 'yes', clock: systemClock, log: openLog('backup', config.logLevel === 'info' ? 'warn' : config.logLevel), say },
    });
    return 0;
  } catch (error) {
    process.stderr.write(`no backup was taken: ${(error as Error).message}\n`);
    if (!(error instanceof BackupError) && process.env.LOG_LEVEL === 'debug') process.stderr.write(`${(error as Error).stack}\n`);
    return 1;
  }
}

const isOneOf = (word: string, words: readonly string[]): boolean => words.includes(word);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function verify(folder: string): Promise<number> {
  demandFolder(folder);
  let broken = 0;
  const tell = (name: string, faults: readonly string[], good: string): void => {
    broken += faults.length;
    say(`${name}: ${faults.length === 0 ? good : 'BROKEN'}`);
    for (const fault of faults) say(`  ${fault}`);
  };
  const backups = backupsIn(folder, (name, error) => tell(name, [error.message], ''));
  for (const backup of backups) tell(backup.name, await faultsOf(folder, backup), goodOf(backup));
  const { files } = countRecordings(folder);
  tell('recordings', await brokenRecordings(folder), `${files} files, as they were copied`);
  if (backups.length === 0) say('there is no backup in it');
  return broken === 0 && backups.length > 0 ? 0 : 1;
}

function goodOf({ manifest: { version, database, journal, endedAt } }: Backup): string {
  const rows = database?.tables.reduce((sum, table) => sum + table.rows, 0);
  return `whole, of ${endedAt}, version ${version}, ${rows === undefined ? 'without the database' : `${rows} rows`}, the journal from event ${journal.from}`;
}
