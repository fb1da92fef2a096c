/** `huawu media`: the media server alone. Ends on SIGTERM and SIGINT with 0, on wrong settings with 2, on failure with 1. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { type MediaConfig, readMediaConfig } from './config.ts';
import { type MediaProcess, openMediaServer } from './server.ts';

const LOOK_FOR_APPLICATION_MS = 1000;
const LOOK_WHETHER_EMPTY_MS = 500;

export async function main(args: string[]): Promise<number> {
  const { config, faults } = readMediaConfig(args);
  const log = openLog('huawu-media', config.logLevel);
  if (faults.length > 0) {
    for (const fault of faults) log.fatal(fault);
    return 2;
  }
  return new Promise((resolve) => {
    let server: MediaProcess | null = null;
    let ending = false;
    const end = (code: number, reason: string): void => {
      if (ending) return;
      ending = true;
      log.info({ reason }, 'ending');
      void (server?.close() ?? Promise.resolve()).finally(() => resolve(code));
    };
    openMediaServer(config, systemClock, log, (reason) => end(1, reason)).then(
      (opened) => {
        server = opened;
        const { socket, workers, rtpPortMin, rtpPortMax, publicAddresses } = config;
        log.info({ socket, workers, engine: opened.engine, rtpPortMin, rtpPortMax, publicAddresses }, 'media server is up');
        endWhenOrphaned(config, opened, () => end(0, 'no application for too long'));
        endWhenDrained(opened, () => end(0, 'drained'));
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'the media server could not start');
        resolve(1);
      },
    );
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(0, signal));
    process.once('SIGUSR2', () => server?.drain());
  });
}

/** Told to drain (SIGUSR2, or over the control socket) it ends with its last call. */
function endWhenDrained(server: MediaProcess, end: () => void): void {
  systemClock.every(LOOK_WHETHER_EMPTY_MS, () => {
    if (server.draining && server.endpoints === 0) end();
  });
}

function endWhenOrphaned({ orphanExitSeconds }: MediaConfig, server: MediaProcess, end: () => void): void {
  if (orphanExitSeconds === 0) return;
  let lastSeenMs = systemClock.now();
  systemClock.every(LOOK_FOR_APPLICATION_MS, () => {
    if (server.applications > 0) lastSeenMs = systemClock.now();
    else if (systemClock.now() - lastSeenMs > orphanExitSeconds * 1000) end();
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) process.exit(await main(process.argv.slice(2)));
