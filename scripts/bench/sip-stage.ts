/** What each SIP bench stands on: `huawu sip` and a bare application, each a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../test/support/ports.ts';
import type { LoopFigures } from './loop-lag.ts';
import { cpuMsOf, rssMbOf } from './proc.ts';
import type { AppCounts, AppOptions } from './sip-app.ts';

const SECRET = 'bench-secret';
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const at = (path: string): string => new URL(`${path}.${extension}`, import.meta.url).pathname;

export interface Usage {
  sipCpuMs: number;
  appCpuMs: number;
}

export class SipStage {
  readonly sipPort: number;
  readonly #server: ChildProcess;
  readonly #app: ChildProcess;

  private constructor(sipPort: number, server: ChildProcess, app: ChildProcess) {
    this.sipPort = sipPort;
    this.#server = server;
    this.#app = app;
  }

  /** `SIP_NODE_ARGS` go to the server's Node: `--cpu-prof` shows where its time is spent. */
  static async open(settings: Record<string, string> = {}, more: Pick<AppOptions, 'mostCalls'> = {}): Promise<SipStage> {
    const [sipPort, adminPort] = [await freePort(), await freePort()];
    const env = { PATH: process.env.PATH ?? '', SIP_HOST: '127.0.0.1', SIP_PORT: String(sipPort), DRACHTIO_PORT: String(adminPort), DRACHTIO_SECRET: SECRET };
    const profiling = (process.env.SIP_NODE_ARGS ?? '').split(' ').filter((arg) => arg !== '');
    const server = fork(at('../../sip/main'), [], {
      env: { ...env, LOG_LEVEL: 'warn', ...settings },
      execArgv: [...process.execArgv, ...profiling, '--import', at('./loop-lag')],
    });
    const app = fork(at('./sip-app'), [], { execArgv: process.execArgv });
    process.once('exit', () => {
      server.kill('SIGKILL');
      app.kill('SIGKILL');
    });
    const options: AppOptions = { adminPort, secret: SECRET, ...more };
    app.send(options);
    const died = once(server, 'exit').then(([code]) => [`the server ended with ${code}`]);
    const [ready] = (await Promise.race([once(app, 'message'), died])) as [string];
    if (ready !== 'ready') throw new Error(`the application did not connect: ${ready}`);
    return new SipStage(sipPort, server, app);
  }

  get sipPid(): number {
    return this.#server.pid ?? 0;
  }
  /** Both of them: what kills the application counts as much. */
  get isAlive(): boolean {
    return this.#server.exitCode === null && this.#server.signalCode === null && this.#app.exitCode === null && this.#app.signalCode === null;
  }
  usage(): Usage {
    return { sipCpuMs: cpuMsOf([this.sipPid]), appCpuMs: cpuMsOf([this.#app.pid ?? 0]) };
  }
  rssMb(): { sip: number; app: number } {
    return { sip: rssMbOf([this.sipPid]), app: rssMbOf([this.#app.pid ?? 0]) };
  }

  /** Of the server's event loop since the last time it was asked. */
  async loopLag(): Promise<LoopFigures> {
    const answer = once(this.#server, 'message');
    this.#server.send('lag');
    return ((await answer) as [LoopFigures])[0];
  }
  async appCounts(): Promise<AppCounts> {
    const answer = once(this.#app, 'message');
    this.#app.send('counts');
    return ((await answer) as [AppCounts])[0];
  }

  async close(): Promise<void> {
    this.#app.kill('SIGKILL');
    if (this.#server.exitCode !== null) return;
    const gone = once(this.#server, 'exit');
    // Twice: the second does not wait for calls.
    this.#server.kill('SIGTERM');
    this.#server.kill('SIGTERM');
    await gone;
  }
}
