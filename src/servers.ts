/** The two programs beside the application: started, adopted when they outlived us, and watched. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SupervisedChild } from '../kernel/child.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Config } from './config.ts';
import { SIP_REALM } from './tenants/directory.ts';

/** A program that has had no application for so long ends itself: nobody is left to stop it. */
const ORPHAN_EXIT_SECONDS = '60';
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
  mkdirSync(dirname(config.media.socket), { recursive: true, mode: 0o700 });
  const child = (name: 'sip' | 'media', settings: Record<string, string>): SupervisedChild => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const { DRACHTIO_SECRET, ...shown } = settings;
    return new SupervisedChild({
      name,
      entry: new URL(`../${name}/main.${extension}`, import.meta.url),
      args: [],
      env: { ...config.childEnv, ...settings, ORPHAN_EXIT_SECONDS, LOG_LEVEL: config.logLevel },
      stateFile: join(runFolder, `${name}.json`),
      fingerprint: JSON.stringify([config.version, shown]),
      clock,
      log,
      onGivenUp: () => onFatal(`the ${name} server dies again and again`),
    });
  };
  const { sip, media, drachtio, publicAddress } = config;
  const servers = [
    child('media', {
      MEDIA_SOCKET: media.socket,
      MEDIA_WORKERS: String(media.workers),
      MEDIA_ENGINE: media.engine,
      RTP_PORT_MIN: String(media.rtpPortMin),
      RTP_PORT_MAX: String(media.rtpPortMax),
      PUBLIC_ADDRESS: publicAddress,
    }),
  ];
  if (drachtio.embedded) {
    servers.push(
      child('sip', {
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
        SIP_OPERATION_SOCKET: config.sipOperationSocket,
        SIP_TRACE_MESSAGES,
      }),
    );
  }
  return servers;
}
