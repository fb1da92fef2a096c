/**
 * `huawu restore FOLDER [--backup NAME]`: puts a backup in place in an empty data folder, tells the journal anew behind it, and proves what is there then: the audit
 * trail, every recording, the figures of the last days.
 */
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { parseFlags } from '../../kernel/settings.ts';
import { type Backup, BackupError, backupsIn, demandFolder } from '../backup/folder.ts';
import { demandRoom, type Restored, restoreBackup } from '../backup/restore.ts';
import { faultsOf } from '../backup/verify.ts';
import { type Config, readConfig } from '../config.ts';
import { CHINA } from '../tenants/calendar.ts';
import * as audit from './audit.ts';
import * as reconcile from './reconcile.ts';
import * as recording from './recording.ts';

const USAGE = `usage: huawu restore FOLDER [--backup NAME]
  --backup   one of those that "huawu backup verify FOLDER" names (the newest)
`;
const SETTLED_DAYS = [2, 1];
const DAY_MS = 86_400_000;

/** Exit codes: 0 everything is there and proved, 1 it could not be restored, or something differs, 2 wrong usage. */
export async function main(args: readonly string[], given?: Config): Promise<number> {
  const { flags, words } = parseFlags(args);
  const [folder] = words;
  if (words.length !== 1 || folder === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  process.umask(0o077);
  const { BACKUP: name, ...settings } = flags;
  const config = given ?? readConfig(Object.entries(settings).flatMap(([flag, value]) => [`--${flag.toLowerCase().replaceAll('_', '-')}`, value]));
  const log = openLog('restore', config.logLevel === 'info' ? 'warn' : config.logLevel);
  const began = systemClock.now();
  try {
    const backup = await chosen(folder, name);
    const restoring = { config, backups: folder, backup, clock: systemClock, log, say };
    demandRoom(restoring);
    const restored = await restoreBackup(restoring);
    return report(backup, restored, await proved(config, restored), began);
  } catch (error) {
    process.stderr.write(`nothing was restored: ${(error as Error).message}\n`);
    return 1;
  }
}

async function chosen(folder: string, name: string | undefined): Promise<Backup> {
  demandFolder(folder);
  const backups = backupsIn(folder, (broken, error) => say(`${broken}: ${error.message}`));
  const backup = name === undefined ? backups.at(-1) : backups.find((each) => each.name === name);
  if (backup === undefined) throw new BackupError(name === undefined ? `there is no backup in ${folder}` : `there is no backup "${name}" in ${folder}`);
  say(`${backup.name}: ${backup.manifest.kind}, of ${backup.manifest.endedAt}, version ${backup.manifest.version}`);
  const faults = await faultsOf(folder, backup);
  if (faults.length > 0)
    throw new BackupError(`${backup.name} is not what was written:\n${faults.map((fault) => `  ${fault}\n`).join('')}take an earlier one with --backup NAME`);
  say('every file has the sum it had');
  return backup;
}

/** Names of what differs. The day of the last event is shown alone: its last intervals are settled when the server has started and closed the calls that were up. */
async function proved(config: Config, { lastAt }: Restored): Promise<string[]> {
  const day = (ago: number): string[] => (lastAt === null ? [] : [dayIn(CHINA, lastAt - ago * DAY_MS)]);
  const proofs: [string, () => Promise<number>][] = [
    ['the audit trail', () => audit.main(['verify'], config)],
    ['recordings', () => recording.main(['verify', '--all'], config)],
    ...SETTLED_DAYS.flatMap(day).map((name): [string, () => Promise<number>] => [`the figures of ${name}`, () => reconcile.main(['--day', name], config)]),
  ];
  const differs: string[] = [];
  for (const [what, proof] of proofs) if ((await proof()) !== 0) differs.push(what);
  for (const name of day(0))
    if ((await reconcile.main(['--day', name], config)) !== 0)
      say(`LOOK: of ${name} the last intervals are not settled before the server has started: run "huawu reconcile --day ${name}" then`);
  return differs;
}

const dayIn = (timeZone: string, at: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);

function report({ manifest }: Backup, { lastAt, refused }: Restored, differs: string[], began: number): number {
  say('');
  say(`restored in ${((systemClock.now() - began) / 1000).toFixed(0)} s`);
  say(
    `calls are there up to ${lastAt === null ? manifest.endedAt : new Date(lastAt).toISOString()}; settings, users and the audit trail as of ${manifest.startedAt}`,
  );
  for (const missing of manifest.notInIt) say(`not in it: ${missing}`);
  if (refused > 0) differs.push(`${refused} records that the database did not take ("huawu refused" shows them)`);
  for (const what of differs) say(`DIFFERS: ${what}`);
  say(differs.length === 0 ? 'everything that was proved is as it was: start the server' : 'look at what differs before the server is started');
  return differs.length === 0 ? 0 : 1;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
