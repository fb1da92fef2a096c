/**
 * `npm run bench -- media`: what one call costs the media server. Three loads one after another, each on a fresh server process with
 * one worker: bridged calls, bridged and recorded calls, callers who wait with music. CPU is that of the whole server process
 * (worker, control and recorder threads) in percent of one core, from /proc; the load is made by another process.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { connectMedia, type MediaClient } from '../../src/sound/client.ts';
import type { FromLoad, LoadFigures, ToLoad } from './media-load.ts';
import { cpuMsOf, rssMbOf } from './proc.ts';

const CALLS = 100;
const RECORDED_CALLS = 50;
const WAITING_CALLERS = 200;
const SETTLE_MS = 1500;
const SECONDS = 20;
const MUSIC_SAMPLES = 8000 * 10;

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const at = (path: string): string => new URL(`${path}.${extension}`, import.meta.url).pathname;

export interface MediaBench {
  bridgedCalls: number;
  lostPct: number;
  oneWayP50Ms: number;
  oneWayP99Ms: number;
  cpuPctPerCall: number;
  recordedCpuPctPerCall: number;
  waitingCpuPctPerCaller: number;
  rssMb: number;
}

export async function run({ seconds = SECONDS }: { seconds?: number }): Promise<MediaBench> {
  const each = Math.max(2, seconds / 3);
  const bridged = await underLoad(CALLS * 2, each, (stage) => stage.join());
  const recorded = await underLoad(RECORDED_CALLS * 2, each, async (stage) => {
    await stage.join();
    await stage.record();
  });
  const waiting = await underLoad(WAITING_CALLERS, each, (stage) => stage.playMusic());
  const { sent, received, p50Ms, p99Ms } = bridged.figures;
  return {
    bridgedCalls: CALLS,
    lostPct: round(sent === 0 ? 100 : ((sent - received) * 100) / sent),
    oneWayP50Ms: p50Ms,
    oneWayP99Ms: p99Ms,
    cpuPctPerCall: round(bridged.cpuPct / CALLS),
    recordedCpuPctPerCall: round(recorded.cpuPct / RECORDED_CALLS),
    waitingCpuPctPerCaller: round(waiting.cpuPct / WAITING_CALLERS),
    rssMb: bridged.rssMb,
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

interface Measured {
  figures: LoadFigures;
  cpuPct: number;
  rssMb: number;
}

async function underLoad(parties: number, seconds: number, act: (stage: Stage) => Promise<void>): Promise<Measured> {
  const stage = await Stage.open(parties);
  try {
    await act(stage);
    return await stage.measure(seconds);
  } finally {
    await stage.close();
  }
}

/** A server, a load of so many parties, an endpoint for each. Parties 0 and 1 are one call, 2 and 3 the next. */
class Stage {
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #load: ChildProcess;
  readonly #media: MediaClient;
  readonly #ids: string[] = [];

  private constructor(folder: string, server: ChildProcess, load: ChildProcess, media: MediaClient) {
    this.#folder = folder;
    this.#server = server;
    this.#load = load;
    this.#media = media;
  }

  static async open(parties: number): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
    const socket = join(folder, 'run', 'media.sock');
    const settings = {
      MEDIA_SOCKET: socket,
      MEDIA_WORKERS: '1',
      RTP_PORT_MIN: '10000',
      RTP_PORT_MAX: '12999',
      PUBLIC_ADDRESS: '127.0.0.1',
      LOG_LEVEL: 'error',
    };
    const server = spawn(process.execPath, [...process.execArgv, at('../../media/main')], {
      env: { PATH: process.env.PATH ?? '', ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const load = fork(at('./media-load'), { execArgv: process.execArgv });
    const media = connectMedia({ socket, clock: systemClock, log: silentLog, onEvent: () => undefined });
    const stage = new Stage(folder, server, load, media);
    await stage.#openEndpoints(parties);
    return stage;
  }

  async join(): Promise<void> {
    for (let call = 0; call < this.#ids.length; call += 2) await this.#media.join(this.#id(call), this.#id(call + 1));
  }

  async record(): Promise<void> {
    for (let call = 0; call < this.#ids.length; call += 2) {
      await this.#media.record({ recordingId: `r${call}`, path: join(this.#folder, `${call}.wav`), left: this.#id(call), right: this.#id(call + 1) });
    }
  }

  async playMusic(): Promise<void> {
    const path = join(this.#folder, 'music.al');
    writeFileSync(path, Buffer.from(Array.from({ length: MUSIC_SAMPLES }, (_, sample) => (sample * 7) & 0xff)));
    for (const id of this.#ids) await this.#media.play(id, `p-${id}`, [{ kind: 'music', path }], { loop: true, bargeIn: false });
  }

  async measure(seconds: number): Promise<Measured> {
    await pause(systemClock, SETTLE_MS);
    this.#tell({ type: 'measure' });
    const server = [this.#server.pid ?? 0];
    const [fromMs, fromCpuMs] = [systemClock.now(), cpuMsOf(server)];
    await pause(systemClock, seconds * 1000);
    const cpuPct = ((cpuMsOf(server) - fromCpuMs) * 100) / (systemClock.now() - fromMs);
    const rssMb = rssMbOf(server);
    const answered = this.#answer('figures');
    this.#tell({ type: 'report' });
    return { figures: (await answered).figures, cpuPct, rssMb };
  }

  async close(): Promise<void> {
    this.#tell({ type: 'hush' });
    this.#load.disconnect();
    this.#media.disconnect();
    const exited = once(this.#server, 'exit');
    this.#server.kill('SIGTERM');
    await exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #openEndpoints(parties: number): Promise<void> {
    const opened = this.#answer('opened');
    this.#tell({ type: 'open', parties });
    const { ports } = await opened;
    for (let waited = 0; !this.#media.connected; waited += 20) {
      if (waited > 15_000) throw new Error('the media server did not start within 15 s');
      await pause(systemClock, 20);
    }
    const ours: number[] = [];
    for (const [party, port] of ports.entries()) {
      const id = `call${party >> 1}.${party & 1}`;
      const { sdp } = await this.#media.open({ endpointId: id, offer: offerOf(port), signallingAddress: '127.0.0.1', timeoutMs: 0 });
      ours.push(Number(/m=audio ([0-9]+)/.exec(sdp)?.[1]));
      this.#ids.push(id);
    }
    const aimed = this.#answer('aimed');
    this.#tell({ type: 'aim', ports: ours });
    await aimed;
  }

  #id(party: number): string {
    return this.#ids[party] ?? '';
  }

  #tell(message: ToLoad): void {
    this.#load.send(message);
  }

  #answer<Type extends FromLoad['type']>(type: Type): Promise<Extract<FromLoad, { type: Type }>> {
    return new Promise((resolve) => {
      const hear = (message: unknown): void => {
        const answer = message as FromLoad;
        if (answer.type !== type) return;
        this.#load.off('message', hear);
        resolve(answer as Extract<FromLoad, { type: Type }>);
      };
      this.#load.on('message', hear);
    });
  }
}

const offerOf = (port: number): string =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');
