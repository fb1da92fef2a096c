/**
 * Takes the backups of a server that runs (`BACKUP_DIR`): one each few minutes, in a process of its own that gets what the calls leave of the machine. What it says when it
 * fails stands in the log, and how old the newest whole one is in the figures and in the health of the house.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Config } from '../config.ts';
import { backupsIn } from './folder.ts';

const MINUTE_MS = 60_000;
/** A full one of very many recordings takes its time; one that takes longer hangs. */
const LONGEST_MS = 6 * 60 * MINUTE_MS;
/** So many turns may be missed before it is a fault of the house. */
const MISSED = 3;
const NICE = 10;
const KEPT_CHARACTERS = 2_000;
const FAILED = 'ALARM: no backup was taken';

export interface BackupStanding {
  /** Of the newest whole one; of the server's start, where there is none yet. null: none is asked for. */
  ageMs: number | null;
  ok: boolean;
}

type Settings = Pick<Config, 'backup' | 'dataDir' | 'databaseUrl' | 'recordings' | 'dialplansDir' | 'secretKeys' | 'packageRoot' | 'childEnv'>;

export class BackupWatch {
  readonly #config: Settings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stop: () => void;
  #newestAt: number;
  #beganAt = Number.NEGATIVE_INFINITY;
  #child: ChildProcess | null = null;
  #cancelEnd: () => void = () => undefined;

  constructor({ config, clock, log }: { config: Settings; clock: Clock; log: Logger }) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#newestAt = clock.now();
    const { folder } = config.backup;
    if (folder !== null) this.#newestAt = this.#newest() ?? this.#newestAt;
    this.#stop = folder === null ? () => undefined : clock.every(MINUTE_MS, () => this.look());
  }

  get standing(): BackupStanding {
    const { folder, everyMinutes } = this.#config.backup;
    if (folder === null) return { ageMs: null, ok: true };
    const ageMs = Math.max(0, this.#clock.now() - this.#newestAt);
    return { ageMs, ok: ageMs < MISSED * everyMinutes * MINUTE_MS + MINUTE_MS };
  }

  /** Begins one when it is time; one at a time. */
  look(): void {
    const { folder, everyMinutes } = this.#config.backup;
    if (folder === null || this.#child !== null || this.#clock.now() - this.#beganAt < everyMinutes * MINUTE_MS) return;
    this.#beganAt = this.#clock.now();
    this.#begin(folder);
  }

  close(): void {
    this.#stop();
    // Whatever it has not come to an end with is removed by the next.
    this.#child?.kill('SIGKILL');
  }

  #begin(folder: string): void {
    const { packageRoot } = this.#config;
    const program = join(packageRoot, 'scripts', 'huawu.mjs');
    const child = spawn(process.execPath, [...process.execArgv, program, 'backup', folder, '--kind', 'light'], {
      env: { ...this.#config.childEnv, ...this.#settings() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    if (child.pid !== undefined) yieldTo(child.pid);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
    });
    this.#cancelEnd = this.#clock.after(LONGEST_MS, () => child.kill('SIGKILL'));
    child.on('error', (error) => this.#ended(error.message));
    child.on('close', (code) => this.#ended(code === 0 ? null : said.trim() || `it ended with ${code ?? 'a signal'}`));
  }

  #ended(fault: string | null): void {
    if (this.#child === null) return;
    this.#child = null;
    this.#cancelEnd();
    if (fault !== null) this.#log.error({ folder: this.#config.backup.folder, fault }, FAILED);
    this.#newestAt = this.#newest() ?? this.#newestAt;
  }

  /** As they were understood here, wherever they were set. */
  #settings(): Record<string, string> {
    const { backup, dataDir, databaseUrl, recordings, dialplansDir, secretKeys } = this.#config;
    const given = { DATABASE_URL: databaseUrl, RECORDING_KEY: recordings.keys, SECRET_KEY: secretKeys };
    return {
      ...{ DATA_DIR: dataDir, RECORDINGS_DIR: recordings.dir, DIALPLANS_DIR: dialplansDir, LOG_LEVEL: 'warn' },
      ...{ BACKUP_KEEP: String(backup.keep), BACKUP_FULL_HOURS: String(backup.fullHours) },
      ...Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== null)),
    };
  }

  #newest(): number | null {
    const { folder } = this.#config.backup;
    if (folder === null || !existsSync(folder)) return null;
    try {
      const newest = backupsIn(folder).at(-1);
      return newest === undefined ? null : Date.parse(newest.manifest.startedAt);
    } catch (error) {
      this.#log.warn({ err: error, folder }, 'backups: the folder cannot be read');
      return null;
    }
  }
}

function yieldTo(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // It has ended, or the system has no such thing: it is a process like others then.
  }
}
