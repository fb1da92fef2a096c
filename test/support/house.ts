/** The whole application as its own processes, on ports and in a folder of its own: `huawu serve` as it was built. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../kernel/clock.ts';
import { placeCluster } from './cluster-template.ts';
import { DeskClient } from './desk-client.ts';
import { freePort, freeRange } from './ports.ts';
import { inProject } from './project.ts';

export const DEMO_PASSWORD = 'test-password-8';
const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 20_000;
const PATIENCE_MS = 15_000;
const POLL_MS = 50;
const ABOUT_CALLERS = /^\/api\/v1\/(?:calls|callbacks|customers|interactions)\b/;
/** Between two tries of what is refused for want of time; sign-ins are counted. */
const PATIENT_MS = 1_500;
const RTP_PORTS = 400;
const root = inProject('.');

/** One call record as the API shows it; tests read the fields they name. */
export interface CallRecord {
  callId: string;
  caller: string;
  callee: string;
  cause: string;
  endedBy: string;
  /** RFC 3339 */
  endedAt: string;
  queueId: string | null;
  agentId: string | null;
  queueWaitMs: number;
  disposition: string | null;
  notes: string | null;
  talkMs: number;
  ivrPath: string[];
  data: Record<string, string>;
  queues: { queueId: string; enteredAt: string; leftAt: string; exit: string; overflow: { at: string; step: number; to: object; why: object[] }[] }[];
  legs: {
    legId: string;
    role: string;
    agentId: string | null;
    cause: string;
    endedBy: string;
    answeredAt: string | null;
    asked: { how: string; end: string | null } | null;
  }[];
  recordings: { recordingId: string; durationMs: number | null; complete: boolean }[];
}

interface Ports {
  sip: number;
  drachtio: number;
  http: number;
  rtp: number;
}

export class House {
  readonly dataDir: string;
  readonly sip: { host: string; port: number };
  readonly http: string;
  /** What it logged, latest last. */
  log = '';
  readonly #ports: Ports;
  readonly #env: Record<string, string>;
  readonly #tokens = new Map<string, string>();
  #child: ChildProcess | null = null;

  private constructor(dataDir: string, ports: Ports, env: Record<string, string>) {
    this.dataDir = dataDir;
    this.#ports = ports;
    this.#env = env;
    this.sip = { host: '127.0.0.1', port: ports.sip };
    this.http = `http://127.0.0.1:${ports.http}`;
  }

  /** Ready for calls, or rejects with its log. `env` goes over the defaults; `anew`: with nothing made before, as on a fresh machine. */
  static async start(env: Record<string, string> = {}, { anew = false } = {}): Promise<House> {
    const ports = { sip: await freePort(), drachtio: await freePort(), http: await freePort(), rtp: await freeRange(RTP_PORTS) };
    const house = new House(mkdtempSync(join(tmpdir(), 'huawu-house-')), ports, env);
    if (!anew && env.DATABASE_URL === undefined) await placeCluster(house.dataDir);
    await house.begin();
    return house;
  }

  /** Starts it (again), in the same folder and on the same ports. */
  async begin(): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'scripts/huawu.mjs'), 'serve'], {
      cwd: root,
      env: { ...process.env, ...this.#settings(), ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.log = (this.log + chunk.toString()).slice(-1_000_000);
      });
    try {
      await this.#ready(child);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** What /readyz says. */
  async readiness(): Promise<{ status: string; parts: Record<string, { ok: boolean }> } | null> {
    try {
      return (await (await fetch(`${this.http}/readyz`)).json()) as { status: string; parts: Record<string, { ok: boolean }> };
    } catch {
      return null;
    }
  }

  /** Process of the application, of one of the two servers beside it, or of the embedded database. */
  pid(program: 'app' | 'sip' | 'media' | 'database'): number {
    if (program === 'app') return this.#child?.pid ?? 0;
    if (program === 'database') return Number(readFileSync(join(this.dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const state = JSON.parse(readFileSync(join(this.dataDir, 'run', `${program}.json`), 'utf8')) as { pid: number };
    return state.pid;
  }

  /** Dies at once. The others live on. */
  async kill(program: 'app' | 'sip' | 'media'): Promise<void> {
    const pid = this.pid(program);
    process.kill(pid, 'SIGKILL');
    await gone(pid, PATIENCE_MS);
  }

  /** Tells the application so, without waiting. */
  tell(signal: 'SIGTERM' | 'SIGUSR2'): void {
    this.#child?.kill(signal);
  }

  /** Its exit code, as soon as it has ended by itself. */
  async ended(withinMs = PATIENCE_MS): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    const deadline = systemClock.now() + withinMs;
    while (child.exitCode === null && child.signalCode === null) {
      if (systemClock.now() >= deadline) throw new Error(`the application did not end within ${withinMs} ms\n${this.log.slice(-4_000)}`);
      await pause(systemClock, POLL_MS);
    }
    return child.exitCode;
  }

  /** SIGTERM, everything it started with it, and its folder away. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid !== undefined && isAlive(child.pid)) {
      child.kill('SIGTERM');
      if (!(await gone(child.pid, STOP_WITHIN_MS))) child.kill('SIGKILL');
    }
    // Run as root, the database's folder lies elsewhere, behind a link.
    const link = join(this.dataDir, 'postgres');
    const cluster = existsSync(link) ? realpathSync(link) : link;
    for (const pid of this.#leftovers(cluster)) {
      signal(pid, 'SIGTERM');
      if (!(await gone(pid, 5_000))) signal(pid, 'SIGKILL');
    }
    rmSync(cluster, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** A token for the demo tenant. */
  async signIn(username: string): Promise<string> {
    const known = this.#tokens.get(username);
    if (known !== undefined) return known;
    const { token } = (await this.#request('POST', '/api/v1/sessions', null, { tenant: 'demo', username, password: DEMO_PASSWORD })) as { token: string };
    this.#tokens.set(username, token);
    return token;
  }

  /** A desk of an agent, signed in but not yet ready. */
  async desk(number: string): Promise<DeskClient> {
    return DeskClient.connect(this.http, await this.signIn(number));
  }

  /** GET as admin; of calls, as a supervisor, who sees numbers in clear. */
  async get(path: string): Promise<unknown> {
    return this.#request('GET', path, await this.signIn(ABOUT_CALLERS.test(path) ? 'supervisor' : 'admin'), null);
  }

  /** POST as admin. */
  async post(path: string, body: object): Promise<unknown> {
    return this.#request('POST', path, await this.signIn('admin'), body);
  }

  /** PATCH as admin. */
  async patch(path: string, body: object): Promise<unknown> {
    return this.#request('PATCH', path, await this.signIn('admin'), body);
  }

  /** The record of the newest call from this number (as the API shows it), as soon as it is written. */
  async record(caller: string, withinMs = PATIENCE_MS): Promise<CallRecord> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      const { items } = (await this.get(`/api/v1/calls?caller=${encodeURIComponent(caller)}`)) as { items: { callId: string }[] };
      if (items[0] !== undefined) return (await this.get(`/api/v1/calls/${items[0].callId}`)) as CallRecord;
      await pause(systemClock, POLL_MS);
    }
    throw new Error(`no record of a call from ${caller} within ${withinMs} ms\n${this.log.slice(-4_000)}`);
  }

  async liveCalls(): Promise<number> {
    return ((await this.get('/api/v1/calls/live')) as { items: unknown[] }).items.length;
  }

  #settings(): Record<string, string> {
    const { sip, drachtio, http, rtp } = this.#ports;
    return {
      ...{ DATA_DIR: this.dataDir, DEMO_PASSWORD, TRUSTED_TRUNKS: '127.0.0.1', PUBLIC_ADDRESS: '127.0.0.1', LOG_LEVEL: 'warn', MEDIA_WORKERS: '1' },
      ...{ SIP_HOST: '127.0.0.1', SIP_PORT: String(sip), DRACHTIO_PORT: String(drachtio), HTTP_HOST: '127.0.0.1', HTTP_PORT: String(http) },
      ...{ RTP_PORT_MIN: String(rtp), RTP_PORT_MAX: String(rtp + RTP_PORTS - 1), DRAIN_SECONDS: '1' },
    };
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = systemClock.now() + START_WITHIN_MS;
    while (systemClock.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`huawu serve ended with ${child.exitCode}:\n${this.log.slice(-6_000)}`);
      const ready = await this.readiness();
      if (ready?.status === 'ok') return;
      await pause(systemClock, POLL_MS);
    }
    throw new Error(`huawu serve was not ready within ${START_WITHIN_MS} ms: ${JSON.stringify(await this.readiness())}\n${this.log.slice(-6_000)}`);
  }

  async #request(method: string, path: string, token: string | null, body: object | null): Promise<unknown> {
    const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === null ? {} : { 'content-type': 'application/json' }) };
    const ask = (): Promise<Response> => fetch(`${this.http}${path}`, { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) });
    let response = await ask();
    // On a busy machine it asks for patience, above all when it has just been started.
    for (const until = systemClock.now() + PATIENCE_MS; response.status === 503 && systemClock.now() < until; response = await ask())
      await pause(systemClock, PATIENT_MS);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Programs of this house that outlived it: the two servers and the embedded database, known by the files they keep. */
  #leftovers(cluster: string): number[] {
    const run = join(this.dataDir, 'run');
    const states = existsSync(run) ? readdirSync(run).filter((name) => name.endsWith('.json')) : [];
    const servers = states.map((name) => (JSON.parse(readFileSync(join(run, name), 'utf8')) as { pid?: number }).pid ?? 0);
    const postmaster = join(cluster, 'postmaster.pid');
    const database = existsSync(postmaster) ? Number(readFileSync(postmaster, 'utf8').split('\n')[0]) : 0;
    return [...servers, database].filter((pid) => pid > 1 && isAlive(pid));
  }
}

/** A process that ended but was not yet reaped by its parent is gone for us. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself.
  }
}

/** true = it is gone within that time. */
async function gone(pid: number, withinMs: number): Promise<boolean> {
  const deadline = systemClock.now() + withinMs;
  while (systemClock.now() < deadline) {
    if (!isAlive(pid)) return true;
    await pause(systemClock, POLL_MS);
  }
  return !isAlive(pid);
}
