/** The server under demonstration: `huawu serve` as a process of its own, under the usual settings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';

const START_WITHIN_MS = 120_000;

export interface DemoServer {
  http: string;
  sip: { host: string; port: number };
  logPath: string;
  password(username: string): string;
  /** Resolves when it has ended by itself. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

export async function startServer(): Promise<DemoServer> {
  const trunks = [...(process.env.TRUSTED_TRUNKS ?? '').split(',').filter((trunk) => trunk !== ''), '127.0.0.1'].join(',');
  const env = { PUBLIC_ADDRESS: '127.0.0.1', ...process.env, TRUSTED_TRUNKS: trunks };
  const config = readConfig([], env);
  mkdirSync(config.dataDir, { recursive: true });
  const logPath = join(config.dataDir, 'demo.log');
  const log = createWriteStream(logPath);
  const child = spawn(process.execPath, [join(config.packageRoot, 'scripts/huawu.mjs'), 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const http = `http://${config.http.host}:${config.http.port}`;
  await ready(http, child, ended, logPath);
  return {
    http,
    sip: { host: '127.0.0.1', port: config.sip.port },
    logPath,
    password: (username) => config.demoPassword ?? passwordKept(config.dataDir, username),
    ended,
    async stop() {
      child.kill('SIGTERM');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function ready(http: string, child: ChildProcess, ended: Promise<number | null>, logPath: string): Promise<void> {
  const until = performance.now() + START_WITHIN_MS;
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!(await answers(`${http}/readyz`))) {
    if (over) throw new Error(`the server ended: ${lastLines(logPath)}`);
    if (performance.now() > until) {
      child.kill('SIGTERM');
      throw new Error(`the server was not ready within ${START_WITHIN_MS / 1000} s; its log is ${logPath}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const lastLines = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').slice(-3).join('\n') : 'it wrote no log');

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function passwordKept(dataDir: string, username: string): string {
  const path = join(dataDir, 'demo-logins.json');
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
  const password = kept[username];
  if (password === undefined)
    throw new Error(`the password of ${username} was set at an earlier start: give it as DEMO_PASSWORD, or begin anew with an empty DATA_DIR`);
  return password;
}
