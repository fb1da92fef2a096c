/**
 * Keeps one program of ours running: starts it, adopts one that outlived us, starts it again when it dies, gives up on a
 * crash loop. The program writes nothing to us; that it works is known by its port or socket, not by its pid.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export interface ChildOptions {
  name: string;
  /** The module to run by this same Node, with the same loader arguments. */
  entry: URL;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Holds pid and fingerprint of the running program, so that a restarted parent finds it. */
  stateFile: string;
  /** Changes with anything the program must be restarted for (its settings, the version). */
  fingerprint: string;
  clock: Clock;
  log: Logger;
  /** Called when it is given up: 5 deaths within 60 s. */
  onGivenUp: () => void;
}

const MOST_DEATHS = 5;
const DEATHS_WITHIN_MS = 60_000;
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
const WATCH_ADOPTED_MS = 500;
const STOP_WITHIN_MS = 8_000;

interface State {
  pid: number;
  fingerprint: string;
}

export class SupervisedChild {
  readonly #options: ChildOptions;
  #pid: number | null = null;
  #stopping = false;
  #deaths: number[] = [];
  #cancel: (() => void) | null = null;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#pid;
  }

  /** Adopts the running one when it has the same fingerprint; one with another is ended first. */
  async start(): Promise<'adopted' | 'started'> {
    const left = this.#readState();
    if (left !== null && isOurs(left.pid, this.#options.entry)) {
      if (left.fingerprint === this.#options.fingerprint) {
        this.#pid = left.pid;
        this.#options.log.info({ child: this.#options.name, pid: left.pid }, 'adopted a program that outlived its parent');
        this.#watchAdopted(left.pid);
        return 'adopted';
      }
      await endPid(left.pid, this.#options.clock);
    }
    this.#spawn();
    return 'started';
  }

  /** It lives on, for whoever is started next. */
  leave(): void {
    this.#stopping = true;
    this.#cancel?.();
  }

  /** SIGTERM, and SIGKILL after 8 s. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel?.();
    if (this.#pid !== null) await endPid(this.#pid, this.#options.clock);
    rmSync(this.#options.stateFile, { force: true });
  }

  #spawn(): void {
    const { name, entry, args, env, log } = this.#options;
    // Detached: a Ctrl-C meant for us must not cut its calls before we have drained. stderr stays ours; stdout is not used.
    const child = spawn(process.execPath, [...process.execArgv, entry.pathname, ...args], {
      env: { ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    this.#pid = child.pid ?? null;
    child.unref();
    if (child.pid !== undefined) this.#writeState({ pid: child.pid, fingerprint: this.#options.fingerprint });
    child.on('error', (error) => log.error({ err: error, child: name }, 'a program could not be started'));
    child.on('exit', (code, signal) => this.#died(code, signal));
    log.info({ child: name, pid: child.pid }, 'started');
  }

  #died(code: number | null, signal: string | null): void {
    const { clock, log, name, onGivenUp } = this.#options;
    this.#pid = null;
    if (this.#stopping) return;
    const now = clock.now();
    this.#deaths = [...this.#deaths.filter((at) => at > now - DEATHS_WITHIN_MS), now];
    log.error({ child: name, code, signal, deaths: this.#deaths.length }, 'a program died');
    if (this.#deaths.length >= MOST_DEATHS) {
      log.fatal({ child: name }, `gave up: ${MOST_DEATHS} deaths within ${DEATHS_WITHIN_MS / 1000} s; see its log lines above for the reason`);
      onGivenUp();
      return;
    }
    const wait = Math.min(FIRST_RESTART_MS * 2 ** (this.#deaths.length - 1), LONGEST_RESTART_MS);
    this.#cancel = clock.after(wait, () => this.#spawn());
  }

  /** It is not our child, so nobody tells us of its death: look. */
  #watchAdopted(pid: number): void {
    this.#cancel = this.#options.clock.after(WATCH_ADOPTED_MS, () => {
      if (isAlive(pid)) this.#watchAdopted(pid);
      else this.#died(null, 'unknown');
    });
  }

  #readState(): State | null {
    if (!existsSync(this.#options.stateFile)) return null;
    try {
      const state = JSON.parse(readFileSync(this.#options.stateFile, 'utf8')) as Partial<State>;
      return typeof state.pid === 'number' && typeof state.fingerprint === 'string' ? { pid: state.pid, fingerprint: state.fingerprint } : null;
    } catch {
      return null;
    }
  }

  #writeState(state: State): void {
    mkdirSync(dirname(this.#options.stateFile), { recursive: true });
    writeFileSync(this.#options.stateFile, JSON.stringify(state), { mode: 0o600 });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A pid from a file may belong to a stranger by now: only a process that runs this very entry is ours to adopt or end. */
function isOurs(pid: number, entry: URL): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(entry.pathname);
  } catch {
    return false;
  }
}

async function endPid(pid: number, clock: Clock): Promise<void> {
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // gone already
    }
  };
  send('SIGTERM');
  const until = clock.now() + STOP_WITHIN_MS;
  while (isAlive(pid)) {
    if (clock.now() > until) send('SIGKILL');
    await new Promise<void>((resolve) => void clock.after(20, resolve));
  }
}
