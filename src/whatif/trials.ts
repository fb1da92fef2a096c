/** Trials of changed queues on recorded days: one at a time, in a process of its own, with an end whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '../../kernel/clock.ts';
import { randomToken, type TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { TrialRequest, TrialResult, TrialWord } from './trial.ts';

const LONGEST_MS = 300_000;
const MOST_MEMORY_MB = 1_024;
/** Results that can still be asked for. */
const MOST_KEPT = 20;
const SEEDS = [1, 2, 3, 4, 5];

export interface Trial {
  trialId: string;
  tenantId: TenantId;
  /** What is tried, for who asks. */
  of: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1 */
  progress: number;
  /** Of a failed one: nobody has called yet, it took too long, or it broke (the log says how). */
  why: 'no_calls' | 'too_long' | 'broken' | null;
  result: TrialResult | null;
}

export class Trials {
  readonly #journal: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #kept = new Map<string, Trial>();
  #running: { trial: Trial; child: ChildProcess; cancelEnd: () => void } | null = null;

  constructor({ journal, clock, log }: { journal: string; clock: Clock; log: Logger }) {
    this.#journal = journal;
    this.#clock = clock;
    this.#log = log;
  }

  /** null: another one is being played. */
  start(tenantId: TenantId, of: string, request: Omit<TrialRequest, 'journal' | 'seeds'>): Trial | null {
    if (this.#running !== null) return null;
    const trial: Trial = { trialId: randomToken(8), tenantId, of, state: 'running', progress: 0, why: null, result: null };
    this.#kept.set(trial.trialId, trial);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    const child = this.#spawn();
    const cancelEnd = this.#clock.after(LONGEST_MS, () => this.#stop(trial, 'too_long'));
    this.#running = { trial, child, cancelEnd };
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    lines.on('line', (line) => this.#hear(trial, line));
    child.stdin?.on('error', () => undefined); // it has died: `close` tells
    child.stdin?.end(JSON.stringify({ ...request, journal: this.#journal, seeds: SEEDS } satisfies TrialRequest));
    child.on('error', (error) => this.#log.warn({ err: error }, 'a trial could not be started'));
    child.on('close', () => this.#closed(trial));
    return trial;
  }

  get(tenantId: TenantId, trialId: string): Trial | null {
    const trial = this.#kept.get(trialId);
    return trial?.tenantId === tenantId ? trial : null;
  }

  cancel(tenantId: TenantId, trialId: string): boolean {
    const trial = this.get(tenantId, trialId);
    if (trial === null) return false;
    this.#stop(trial, null);
    return true;
  }

  close(): void {
    if (this.#running !== null) this.#stop(this.#running.trial, null);
  }

  #spawn(): ChildProcess {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const program = new URL(`program.${extension}`, import.meta.url);
    return spawn(process.execPath, [...process.execArgv, `--max-old-space-size=${MOST_MEMORY_MB}`, program.pathname], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
    });
  }

  #hear(trial: Trial, line: string): void {
    if (trial.state !== 'running') return;
    const word = JSON.parse(line) as TrialWord;
    if ('progress' in word) trial.progress = word.progress;
    else if ('result' in word) Object.assign(trial, { state: 'done', progress: 1, result: word.result });
    else {
      Object.assign(trial, { state: 'failed', why: word.failed });
      if (word.failed === 'broken') this.#log.warn({ detail: word.detail }, 'a trial broke');
    }
  }

  #stop(trial: Trial, why: 'too_long' | null): void {
    if (trial.state === 'running') Object.assign(trial, why === null ? { state: 'cancelled' } : { state: 'failed', why });
    if (this.#running?.trial === trial) this.#running.child.kill('SIGKILL');
  }

  #closed(trial: Trial): void {
    if (trial.state === 'running') Object.assign(trial, { state: 'failed', why: 'broken' });
    if (this.#running?.trial !== trial) return;
    this.#running.cancelEnd();
    this.#running = null;
  }
}
