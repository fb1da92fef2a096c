/** The whole server as one bench has it: ports and a data folder of its own, and the pids of its four programs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/config.ts';
import { freePort } from '../../test/support/ports.ts';
import { cpuMsOf } from './proc.ts';

export const PASSWORD = 'bench-password-8';
const START_WITHIN_MS = 60_000;

export interface Ports {
  sip: number;
  drachtio: number;
  http: number;
  rtp: number;
  /** Where the phones of its agents are. */
  agents: number;
}

export type Program = 'sip' | 'media' | 'app' | 'db';
export const programs: readonly Program[] = ['sip', 'media', 'app', 'db'];

export interface House {
  readonly ports: Ports;
  /** Of its HTTP. */
  readonly base: string;
  readonly dataDir: string;
  /** As they are now: backends of the database come and go. */
  pids(): Record<Program, number[]>;
  cpuMs(): Record<Program, number>;
  /** `kill -9` of the application; the others live on. */
  kill(): Promise<void>;
  /** The application, started anew; resolves when it is ready. */
  startAgain(): Promise<void>;
  /** Rejects when the application ends, whoever ended it. */
  ended(): Promise<never>;
  stop(): Promise<void>;
}

/** With the flags that `npm start` has: how long the collector stops everything is part of what is measured. */
function asStarted(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').slice(1);
}

interface HouseOptions {
  /** The first of so many free ports. */
  rtp: number;
  rtpPorts: number;
  /** Agents of the queue `bench` without a desk, ready from the start. */
  benchAgents?: number;
  /** For every program of it. */
  env?: Record<string, string>;
}

export async function openHouse({ rtp, rtpPorts, benchAgents = 0, env = {} }: HouseOptions): Promise<House> {
  const ports: Ports = { sip: await freePort(), drachtio: await freePort(), http: await freePort(), agents: await freePort(), rtp };
  const dataDir = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
  // Below root the database runs as another user, who must be able to reach its folder.
  chmodSync(dataDir, 0o711);
  const start = (): ChildProcess =>
    spawn(process.execPath, asStarted(), {
      cwd: packageRoot,
      env: { ...process.env, ...env, ...settings(ports, dataDir, rtpPorts), BENCH_AGENTS: String(benchAgents), BENCH_CONTACT: `127.0.0.1:${ports.agents}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  let server = start();
  const hasEnded = (): boolean => server.exitCode !== null || server.signalCode !== null;
  // Who stops the bench does not leave a server behind.
  const orphaned = (): void => void (server.kill('SIGTERM') && server.kill('SIGTERM'));
  process.once('exit', orphaned);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    server.kill(signal);
    if (!hasEnded()) await gone;
  };
  const stop = async (): Promise<void> => {
    process.off('exit', orphaned);
    // Those beside it wait for the next one, which takes them along as it closes.
    if (hasEnded()) await startAgain().catch(() => undefined);
    await end('SIGTERM');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const base = `http://127.0.0.1:${ports.http}`;
  const startAgain = async (): Promise<void> => {
    server = start();
    await ready(base);
  };
  try {
    await ready(base);
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = (): Record<Program, number[]> => ({
    sip: [serverPid(dataDir, 'sip')],
    media: [serverPid(dataDir, 'media')],
    app: [server.pid ?? 0],
    db: databasePids(dataDir),
  });
  const cpuMs = (): Record<Program, number> => {
    const { sip, media, app, db } = pids();
    return { sip: cpuMsOf(sip), media: cpuMsOf(media), app: cpuMsOf(app), db: cpuMsOf(db) };
  };
  const ended = async (): Promise<never> => {
    const [code, signal] = await once(server, 'exit');
    throw new Error(`the application ended by itself (${signal ?? `exit ${code}`}): above is what it had to say`);
  };
  return { ports, base, dataDir, pids, cpuMs, kill: () => end('SIGKILL'), startAgain, ended, stop };
}

function settings(ports: Ports, dataDir: string, rtpPorts: number): Record<string, string> {
  return {
    ...{ DATA_DIR: dataDir, DEMO_PASSWORD: PASSWORD, TRUSTED_TRUNKS: '127.0.0.1', PUBLIC_ADDRESS: '127.0.0.1', LOG_LEVEL: 'warn', DRAIN_SECONDS: '0' },
    ...{ SIP_HOST: '127.0.0.1', SIP_PORT: String(ports.sip), DRACHTIO_PORT: String(ports.drachtio), HTTP_PORT: String(ports.http) },
    ...{ RTP_PORT_MIN: String(ports.rtp), RTP_PORT_MAX: String(ports.rtp + rtpPorts - 1) },
  };
}

async function ready(base: string): Promise<void> {
  const until = performance.now() + START_WITHIN_MS;
  while (performance.now() < until) {
    const ok = await fetch(`${base}/readyz`).then(
      async (response) => ((await response.json()) as { status: string }).status === 'ok',
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server was not ready within ${START_WITHIN_MS} ms`);
}

const serverPid = (dataDir: string, name: string): number => (JSON.parse(readFileSync(join(dataDir, 'run', `${name}.json`), 'utf8')) as { pid: number }).pid;

/** The postmaster and its backends. */
function databasePids(dataDir: string): number[] {
  const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('postmaster.pid'));
  if (file === undefined) return [];
  const postmaster = Number(readFileSync(join(dataDir, file), 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [postmaster, ...children];
}

export const round = (value: number): number => Math.round(value * 100) / 100;
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
