/**
 * A real PostgreSQL of our own, from npm, for one box without a database server. Lives in `dataDir`/postgres, listens on
 * loopback only, with a password made at the first start.
 *
 * It outlives us on kill -9 by design (nothing that was committed may be lost); the next start adopts it. When it dies
 * under us it is started again on the same port.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, pause } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { findBinaries } from './binaries.ts';
import { ask, type Cluster, DATABASE, freePort, makeCluster, makeDatabase, startServer, urlOf } from './cluster.ts';
import { clusterFolder, runAs, runnableBinaries } from './place.ts';
import { isBeingMade, isServing, readPostmaster, removeStale } from './postmaster.ts';

const START_WITHIN_MS = 30_000;
const POLL_MS = 25;
const STOP_WITHIN_MS = 10_000;
const WATCH_MS = 1_000;
/** A cluster that cannot start is not tried in a tight loop. */
const RESTARTS_A_MINUTE = 5;

export interface EmbeddedServer {
  url: string;
  port: number;
  /** `made`: the first start on this folder. `adopted`: it was left running by a process that died. */
  how: 'made' | 'started' | 'adopted';
  /** Of the server that runs now. */
  pid(): number;
  /**
   * Stops the server, unless a guest found it running (fast shutdown: open transactions are rolled back) and waits for its end. `leaves`: it runs on, for whoever
   * is started next.
   */
  close(leaves?: boolean): Promise<void>;
}

interface Options {
  dataDir: string;
  /** Leaves a server alone that it did not start: somebody else's house stands on it. */
  guest?: boolean;
  clock: Clock;
  log: Logger;
}

export async function startEmbedded(options: Options): Promise<EmbeddedServer> {
  const { dataDir, clock, log } = options;
  const cluster = openCluster(dataDir);
  const making = join(dataDir, 'postgres.making');
  // Whoever began it died over it: nothing has ever been kept there.
  if (existsSync(making)) await clearEmbedded(options);
  const isNew = !existsSync(join(cluster.folder, 'PG_VERSION'));
  if (isNew) {
    writeFileSync(making, '', { flush: true });
    await makeCluster(cluster);
  }
  rmSync(making, { force: true });
  let running = await adopt(cluster, clock);
  const how = running !== null ? 'adopted' : isNew ? 'made' : 'started';
  running ??= await start(cluster, clock, lastPort(dataDir));
  writeFileSync(portFile(dataDir), `${running.port}\n`);
  await makeDatabase(cluster, running.port);
  log.info({ how, pid: running.pid, port: running.port, folder: cluster.folder }, 'store: embedded PostgreSQL');
  return supervised(cluster, running, how, options);
}

/** Nothing is left of the cluster of a data folder; a server on it is stopped, and an initdb that outlived who had started it is let come to its end. */
export async function clearEmbedded({ dataDir, clock }: Pick<Options, 'dataDir' | 'clock'>): Promise<void> {
  const cluster = openCluster(dataDir);
  const until = clock.now() + START_WITHIN_MS;
  while (isBeingMade(cluster.folder)) {
    if (clock.now() > until) throw new Error(`initdb is still at work in ${cluster.folder}: end it, or wait for it`);
    await pause(clock, POLL_MS * 4);
  }
  const running = await adopt(cluster, clock);
  if (running !== null) await stop(cluster, running, clock);
  for (const name of readdirSync(cluster.folder)) rmSync(join(cluster.folder, name), { recursive: true, force: true });
}

interface Running {
  pid: number;
  port: number;
}

/** Starts it again when it dies, at most five times a minute. */
function supervised(cluster: Cluster, first: Running, how: EmbeddedServer['how'], { clock, log, guest }: Options): EmbeddedServer {
  let running = first;
  let closed = false;
  let busy = false;
  let starts: number[] = [];
  const look = async (): Promise<void> => {
    if (closed || busy || isServing(running, cluster.folder)) return;
    starts = starts.filter((at) => at > clock.now() - 60_000);
    if (starts.length >= RESTARTS_A_MINUTE) return;
    starts.push(clock.now());
    busy = true;
    log.error({ pid: running.pid }, 'store: embedded PostgreSQL died; starting it again');
    try {
      running = (await adopt(cluster, clock)) ?? (await startOn(cluster, clock, first.port));
    } catch (error) {
      log.error({ err: error, tries: starts.length }, 'store: embedded PostgreSQL does not start');
    } finally {
      busy = false;
    }
  };
  const stopWatching = clock.every(WATCH_MS, () => void look());
  return {
    url: urlOf(cluster, first.port, DATABASE),
    port: first.port,
    how,
    pid: () => running.pid,
    async close(leaves = false) {
      if (closed) return;
      closed = true;
      stopWatching();
      if (!leaves && (guest !== true || how !== 'adopted')) await stop(cluster, running, clock);
    },
  };
}

function openCluster(dataDir: string): Cluster {
  const as = runAs();
  const folder = clusterFolder(dataDir, as);
  const passwordFile = join(dataDir, 'postgres.password');
  if (!existsSync(passwordFile)) {
    if (existsSync(join(folder, 'PG_VERSION'))) throw new Error(`${passwordFile} is gone, but the database in ${folder} asks for it: bring it back`);
    writeFileSync(passwordFile, `${randomToken(24)}\n`, { mode: 0o600 });
  }
  const password = readFileSync(passwordFile, 'utf8').trim();
  return { folder, binaries: runnableBinaries(findBinaries(), as), as, password, logFile: join(dataDir, 'postgres.log') };
}

/** The server that already runs on this cluster, once it answers; null when there is none (a stale pid file is removed). */
async function adopt(cluster: Cluster, clock: Clock): Promise<Running | null> {
  const until = clock.now() + START_WITHIN_MS;
  for (;;) {
    const found = readPostmaster(cluster.folder);
    if (found === null) return null;
    if (!isServing(found, cluster.folder)) {
      removeStale(cluster.folder);
      return null;
    }
    // It may be recovering from a crash, or on its way down: both end within the time-out.
    const answer = found.port > 0 ? await ask(cluster, found.port) : null;
    if (answer?.folder === cluster.folder) return found;
    if (clock.now() > until) {
      throw new Error(`process ${found.pid} holds the database in ${cluster.folder}, but does not answer on port ${found.port}: end it, or see postgres.log`);
    }
    await pause(clock, POLL_MS * 4);
  }
}

async function start(cluster: Cluster, clock: Clock, wantedPort: number): Promise<Running> {
  return startOn(cluster, clock, await freePort(wantedPort));
}

async function startOn(cluster: Cluster, clock: Clock, port: number): Promise<Running> {
  const child = startServer(cluster, port);
  let fault = '';
  child.once('error', (error) => {
    fault = error.message;
  });
  child.once('exit', (code, signal) => {
    fault = `it ended with ${code ?? signal}`;
  });
  const until = clock.now() + START_WITHIN_MS;
  while (clock.now() < until && fault === '') {
    if ((await ask(cluster, port))?.folder === cluster.folder) return { pid: child.pid ?? 0, port };
    await pause(clock, POLL_MS);
  }
  throw new Error(`embedded PostgreSQL did not start (${fault || 'no answer in time'}): see ${cluster.logFile}`);
}

async function stop(cluster: Cluster, running: Running, clock: Clock): Promise<void> {
  const until = clock.now() + STOP_WITHIN_MS;
  for (let signal: NodeJS.Signals = 'SIGINT'; isServing(running, cluster.folder); ) {
    send(running.pid, signal);
    while (isServing(running, cluster.folder) && clock.now() < until) await pause(clock, POLL_MS);
    // SIGQUIT: immediate shutdown; the next start recovers from the log.
    if (signal === 'SIGQUIT') return;
    signal = 'SIGQUIT';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

const portFile = (dataDir: string): string => join(dataDir, 'postgres.port');

/** The same port as last time where it is free, so that tools that know the address find it. */
function lastPort(dataDir: string): number {
  try {
    return Number(readFileSync(portFile(dataDir), 'utf8')) || 0;
  } catch {
    return 0;
  }
}
