/** The two programs beside the application: started, adopted when they outlived us, and watched. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SupervisedChild } from '../kernel/child.ts';
import type { Clock } from '../kernel/clock.ts';
import { readControlAddress } from '../kernel/control-socket.ts';
import type { Logger } from '../kernel/log.ts';
import type { Config } from './config.ts';
import { SIP_REALM } from './tenants/directory.ts';

/** A program that has had no application for so long ends itself: nobody is left to stop it. */
const ORPHAN_EXIT_SECONDS = '60';
/**
 * Raised with each change after which an application cannot work with servers that an earlier version of it has started. As long as it stays, an application that was
 * upgraded goes on with the servers, and the calls, that it finds; they are themselves upgraded when all is stopped.
 */
const UNDERSTOOD = 2;
/** Two minutes of a hotline with 20 calls a second; 16 MB at most. */
const SIP_TRACE_MESSAGES = '20000';

/** Both start at once; `onFatal` hears which was given up after a crash loop. */
export async function startServers(config: Config, clock: Clock, log: Logger, onFatal: (reason: string) => void): Promise<SupervisedChild[]> {
  const servers = serversOf(config, clock, log, onFatal);
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}

function serversOf(config: Config, clock: Clock, log: Logger, onFatal: (reason: string) => void): SupervisedChild[] {
  const runFolder = join(config.dataDir, 'run');
  if ('path' in readControlAddress(config.media.socket)) mkdirSync(dirname(config.media.socket), { recursive: true, mode: 0o700 });
  const child = (program: 'sip' | 'media', name: string, settings: Record<string, string>): SupervisedChild => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const { DRACHTIO_SECRET, RECORDING_KEY, ...shown } = settings;
    return new SupervisedChild({
      name,
      entry: new URL(`../${program}/main.${extension}`, import.meta.url),
      args: [],
      env: { ...config.childEnv, ...settings, ORPHAN_EXIT_SECONDS, LOG_LEVEL: config.logLevel },
      stateFile: join(runFolder, `${name}.json`),
      fingerprint: JSON.stringify([UNDERSTOOD, shown]),
      clock,
      log,
      onGivenUp: () => onFatal(`the ${name} server dies again and again`),
    });
  };
  const { sip, media, drachtio, publicAddress } = config;
  const servers = ownMediaServers(config).map(({ name, socket, rtpPortMin, rtpPortMax }) =>
    child('media', name, {
      MEDIA_SOCKET: socket,
      MEDIA_WORKERS: String(media.workers),
      MEDIA_ENGINE: media.engine,
      RTP_PORT_MIN: String(rtpPortMin),
      RTP_PORT_MAX: String(rtpPortMax),
      PUBLIC_ADDRESS: publicAddress,
      DATA_DIR: config.dataDir,
      CALLS_KEPT_SECONDS: String(config.callsKeptSeconds),
      RECORDINGS_DIR: config.recordings.dir,
      ...(config.recordings.keys === null ? {} : { RECORDING_KEY: config.recordings.keys }),
    }),
  );
  if (drachtio.embedded) {
    servers.push(
      child('sip', 'sip', {
        ...(sip.host === null ? {} : { SIP_HOST: sip.host }),
        ...sip.transports,
        SIP_PORT: String(sip.port),
        SIP_WS_SOCKET: sip.browserSocket,
        PUBLIC_ADDRESS: publicAddress,
        DRACHTIO_PORT: String(drachtio.port),
        DRACHTIO_SECRET: drachtio.secret,
        // Who has to prove himself, and how, is the same for both.
        TRUSTED_TRUNKS: config.trustedTrunks.join(','),
        SIP_CHALLENGE_REALM: SIP_REALM,
        CALLS_KEPT_SECONDS: String(config.callsKeptSeconds),
        SIP_OPERATION_SOCKET: config.sipOperationSocket,
        SIP_TRACE_MESSAGES,
      }),
    );
  }
  return servers;
}

/** The media servers that are ours to start: each has a socket of its own and an equal part of the RTP ports. */
export function ownMediaServers({ media }: Pick<Config, 'media'>): { name: string; socket: string; rtpPortMin: number; rtpPortMax: number }[] {
  const { servers, socket, rtpPortMin, rtpPortMax } = media;
  const share = Math.floor((rtpPortMax - rtpPortMin + 1) / Math.max(1, servers));
  return Array.from({ length: servers }, (_, at) => ({
    name: at === 0 ? 'media' : `media-${at + 1}`,
    socket: at === 0 ? socket : beside(socket, at),
    rtpPortMin: rtpPortMin + at * share,
    rtpPortMax: at === servers - 1 ? rtpPortMax : rtpPortMin + (at + 1) * share - 1,
  }));
}

/** A socket file of its own, or one of the next ports. */
function beside(socket: string, at: number): string {
  return 'path' in readControlAddress(socket) ? `${socket}-${at + 1}` : socket.replace(/\d+$/, (port) => String(Number(port) + at));
}
