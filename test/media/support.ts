/** A real media server process and the application's own client of it, on ports and in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { MediaEvent } from '../../media/port.ts';
import { connectMedia, type MediaClient } from '../../src/sound/client.ts';
import { program } from '../support/project.ts';

export interface House {
  media: MediaClient;
  events: MediaEvent[];
  folder: string;
  socket: string;
  pid: number;
  /** The event of this kind, awaited; fails after `withinMs`. */
  event<Type extends MediaEvent['type']>(
    type: Type,
    matches?: (event: Extract<MediaEvent, { type: Type }>) => boolean,
    withinMs?: number,
  ): Promise<Extract<MediaEvent, { type: Type }>>;
  /** kill -9, and what is left of it. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Starts one more with the same settings, and waits for it to end. */
  exitCodeOfAnother(changes?: Record<string, string>): Promise<number | null>;
  /** Waits for it to end by itself. */
  exitCode(): Promise<number | null>;
  close(): Promise<void>;
}

export interface HouseOptions {
  settings?: Record<string, string>;
  /** Blocks of 1024 bytes a file may have. */
  fileLimit?: number;
}

/** A busy machine takes its time to read a program. */
const START_MS = 40_000;
/** A range of its own for each server, below the ephemeral ports. */
const PORTS = 600;
const portRange = (): number => 10_000 + randomBelow(36) * PORTS;

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-media-'));
  const socket = join(folder, 'run', 'media.sock');
  const rtpPortMin = portRange();
  const settings = {
    MEDIA_SOCKET: socket,
    DATA_DIR: folder,
    RECORDINGS_DIR: folder,
    MEDIA_WORKERS: '1',
    RTP_PORT_MIN: String(rtpPortMin),
    RTP_PORT_MAX: String(rtpPortMin + PORTS - 1),
    PUBLIC_ADDRESS: '127.0.0.1',
    CALLS_KEPT_SECONDS: '2',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
    MEDIA_ENGINE: process.env.MEDIA_ENGINE ?? 'auto',
    ...options.settings,
  };
  const events: MediaEvent[] = [];
  let child = await start(settings, options.fileLimit);
  const client = connectMedia({
    socket: settings.MEDIA_SOCKET,
    secret: options.settings?.MEDIA_SECRET ?? null,
    clock: systemClock,
    log: silentLog,
    onEvent: (event) => events.push(event),
  });
  const connected = (): Promise<void> => until('the client is connected', () => client.connected, START_MS);
  await connected();
  return {
    media: client,
    events,
    folder,
    socket,
    get pid() {
      return child.pid ?? 0;
    },
    event: async (type, matches = () => true, withinMs = 12_000) => {
      let found: MediaEvent | undefined;
      await until(
        `event ${type}`,
        () => {
          found = events.find((event) => event.type === type && matches(event as Parameters<typeof matches>[0]));
          return found !== undefined;
        },
        withinMs,
      );
      return found as Parameters<typeof matches>[0];
    },
    kill: () => endChild(child, 'SIGKILL'),
    restart: async () => {
      // Of a process that has gone the socket may still look alive for a moment.
      await until('the client has noticed', () => !client.connected);
      child = await start(settings, options.fileLimit);
      await connected();
    },
    exitCode: async () => {
      await until('it has ended', () => child.exitCode !== null);
      return child.exitCode;
    },
    exitCodeOfAnother: async (changes = {}) => {
      const another = await start({ ...settings, LOG_LEVEL: 'silent', ...changes }, undefined);
      await until('it has ended', () => another.exitCode !== null);
      return another.exitCode;
    },
    close: async () => {
      client.disconnect();
      await endChild(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(settings: Record<string, string>, fileLimit: number | undefined): Promise<ChildProcess> {
  const command = [process.execPath, ...program('media/main')];
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings };
  const child =
    fileLimit === undefined
      ? spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'ignore', 'inherit'] })
      : spawn('bash', ['-c', `ulimit -f ${fileLimit}; exec "$@"`, 'bash', ...command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'spawn');
  return child;
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Waits for a state; fails with `what` when it does not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = systemClock.now() + withinMs;
  while (!(await holds())) {
    if (systemClock.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise<void>((resolve) => void systemClock.after(5, resolve));
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => void systemClock.after(ms, resolve));
