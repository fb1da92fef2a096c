/**
 * What every stage of the media bench stands on: a media server as it is shipped, a process of its own; parties that send and hear,
 * in another; and the endpoints between the two. CPU is that of the whole server process (RTP workers, control and recorder threads)
 * in percent of one core, from /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { connectMedia, type MediaClient } from '../../src/sound/client.ts';
import { Load, type LoadFigures, type PartyAddress, type SealedPackets } from './media-load.ts';
import { cpuMsOf, rssMbOf } from './proc.ts';

const SETTLE_MS = 1500;
const START_WITHIN_MS = 15_000;
/** Orders to the server under way at a time. */
const AT_ONCE = 20;

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const serverProgram = new URL(`../../media/main.${extension}`, import.meta.url).pathname;

export interface StageOptions {
  seconds: number;
  /** Calls, callers, conferences: what the stage counts; absent = its default. */
  count?: number | undefined;
  /** More settings of the server. */
  settings: Readonly<Record<string, string>>;
}

/** One stage: the figures it adds to the bench's one line. */
export type StageRun = (options: StageOptions) => Promise<Record<string, number>>;

export interface Measured {
  figures: LoadFigures;
  cpuPct: number;
  rssMb: number;
  /** Resident memory of the idle server, before the first endpoint. */
  idleRssMb: number;
}

/** Parties with keys in their SDP (SDES): the `a=crypto` of each, and what was sealed with them. */
export interface ProtectedParties extends SealedPackets {
  cryptos: readonly string[];
}

/** A fresh server under the load of so many parties: `act` sets up what they do, the measurement follows. */
export async function underLoad(
  parties: number,
  { seconds, settings }: StageOptions,
  act: (rig: Rig) => Promise<void>,
  partiesPerGroup = 2,
  guarded?: ProtectedParties,
): Promise<Measured> {
  const rig = await Rig.open(parties, settings, partiesPerGroup, guarded);
  try {
    await act(rig);
    return await rig.measure(seconds);
  } finally {
    await rig.close();
  }
}

export const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Of two per group, parties 0 and 1 are of one, 2 and 3 of the next, … */
export class Rig {
  readonly folder: string;
  readonly media: MediaClient;
  readonly ids: string[] = [];
  readonly #server: ChildProcess;
  readonly #load: Load;
  #idleRssMb = 0;

  private constructor(folder: string, server: ChildProcess, load: Load, media: MediaClient) {
    this.folder = folder;
    this.#server = server;
    this.#load = load;
    this.media = media;
  }

  static async open(parties: number, settings: Readonly<Record<string, string>>, partiesPerGroup: number, guarded?: ProtectedParties): Promise<Rig> {
    const load = await Load.open(parties, guarded);
    const folder = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
    const socket = join(folder, 'run', 'media.sock');
    const env = {
      PATH: process.env.PATH ?? '',
      MEDIA_SOCKET: socket,
      DATA_DIR: folder,
      RECORDINGS_DIR: folder,
      MEDIA_WORKERS: '1',
      RTP_PORT_MIN: '10000',
      RTP_PORT_MAX: '19999',
      PUBLIC_ADDRESS: '127.0.0.1',
      LOG_LEVEL: 'error',
      ...settings,
    };
    const server = spawn(process.execPath, [...process.execArgv, serverProgram], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const media = connectMedia({ socket, clock: systemClock, log: silentLog, onEvent: () => undefined });
    const rig = new Rig(folder, server, load, media);
    await rig.#openEndpoints(partiesPerGroup, guarded?.cryptos);
    return rig;
  }

  id(party: number): string {
    return this.ids[party] ?? '';
  }

  /** Joins each two parties to a call. */
  async join(): Promise<void> {
    await inTurn(this.ids.length / 2, (call) => this.media.join(this.id(call * 2), this.id(call * 2 + 1)));
  }

  async measure(seconds: number): Promise<Measured> {
    await pause(systemClock, SETTLE_MS);
    this.#load.measure();
    const server = [this.#server.pid ?? 0];
    const [fromMs, fromCpuMs] = [systemClock.now(), cpuMsOf(server)];
    await pause(systemClock, seconds * 1000);
    const cpuPct = ((cpuMsOf(server) - fromCpuMs) * 100) / (systemClock.now() - fromMs);
    const rssMb = rssMbOf(server);
    return { figures: await this.#load.report(), cpuPct, rssMb, idleRssMb: this.#idleRssMb };
  }

  async close(): Promise<void> {
    this.#load.close();
    this.media.disconnect();
    const exited = once(this.#server, 'exit');
    this.#server.kill('SIGTERM');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #openEndpoints(partiesPerGroup: number, cryptos: readonly string[] = []): Promise<void> {
    for (let waited = 0; !this.media.connected; waited += 20) {
      if (waited > START_WITHIN_MS) throw new Error(`the media server did not start within ${START_WITHIN_MS / 1000} s`);
      await pause(systemClock, 20);
    }
    this.#idleRssMb = rssMbOf([this.#server.pid ?? 0]);
    const { parties } = this.#load;
    const ports: number[] = [];
    for (const party of parties.keys()) this.ids.push(`call${Math.floor(party / partiesPerGroup)}.${party}`);
    await inTurn(parties.length, async (party) => {
      const offer = offerOf(parties[party] as PartyAddress, cryptos[party]);
      const { sdp } = await this.media.open({ endpointId: this.id(party), offer, signallingAddress: '127.0.0.1', timeoutMs: 0, privateSignalling: true });
      ports[party] = Number(/m=audio ([0-9]+)/.exec(sdp)?.[1]);
    });
    this.#load.aim(ports);
  }
}

/** Does `each` for 0 … count − 1, a few at a time. */
export async function inTurn(count: number, each: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await each(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const offerOf = ({ address, port }: PartyAddress, crypto?: string): string =>
  [
    ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...[`m=audio ${port} ${crypto === undefined ? 'RTP/AVP' : 'RTP/SAVP'} 8 101`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000'],
    ...(crypto === undefined ? [] : [crypto]),
    '',
  ].join('\r\n');
