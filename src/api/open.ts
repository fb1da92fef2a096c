/** Opens the HTTP side of the house: API, consoles, health, and the desks' sockets on the same port. */
import type { Clock } from '../../kernel/clock.ts';
import { Descriptors } from '../../kernel/descriptors.ts';
import { Listening } from '../../kernel/listening.ts';
import type { Logger } from '../../kernel/log.ts';
import { asyncApiDocument } from '../cti/asyncapi.ts';
import type { Desks } from '../cti/desks.ts';
import { DeskSockets } from '../cti/socket.ts';
import type { WatchCounts } from '../invariants/watch.ts';
import { handOnBrowser } from './browser-phones.ts';
import { type HouseParts, portsOf } from './house.ts';
import { openMetrics } from './metrics.ts';
import type { ApiPorts } from './ports.ts';
import { buildReport } from './report-schedules.ts';
import { buildServer } from './server.ts';
import { HttpTls, type TlsFiles } from './tls.ts';

export interface HttpOptions
  extends HouseParts,
    Pick<
      ApiPorts,
      | 'acd'
      | 'explain'
      | 'calls'
      | 'trunks'
      | 'toll'
      | 'directory'
      | 'floor'
      | 'health'
      | 'recordings'
      | 'erasures'
      | 'setAgentState'
      | 'orders'
      | 'pauseRecording'
      | 'resumeRecording'
      | 'cancelCallback'
      | 'trials'
      | 'prompts'
      | 'mediaServers'
      | 'phoneContacts'
      | 'tellInteraction'
      | 'webDir'
      | 'version'
      | 'sipTrace'
      | 'legAudio'
      | 'phonePasses'
      | 'embedOrigins'
    > {
  log: Logger;
  clock: Clock;
  desks: Desks;
  /** What the watcher of the invariants has counted. */
  watched: () => WatchCounts;
  /** Figures of the SIP server. */
  sipMetrics: () => Promise<string>;
  /** null: the SIP server is another's, and takes its browsers itself. */
  browserPhones: { socket: string; secret: string } | null;
  /** Of pages of other hosts that may open desks. */
  ctiOrigins?: readonly string[];
  host: string;
  port: number;
  /** null: without TLS. */
  tls: TlsFiles | null;
}

/** Resolves when it listens; rejects when the port is taken. */
export async function openHttp(options: HttpOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { clock, log, desks, version, host, port, browserPhones } = options;
  const metrics = openMetrics(options, () => desks.connected, options.sipMetrics);
  const tls = options.tls === null ? null : new HttpTls(options.tls, clock, log);
  const ports = portsOf(options);
  options.sessions.onRevoked((userId) => desks.userRevoked(userId));
  const signedOut = (token: string): void => {
    options.phonePasses?.end(token);
    desks.tokenVoided(token);
  };
  const all: ApiPorts = {
    ...options,
    ...ports,
    sessions: { ...ports.sessions, signOut: (token) => ports.sessions.signOut(token).then(() => signedOut(token)) },
    metrics,
    asyncApi: asyncApiDocument(version),
  };
  const server = await buildServer(all, tls);
  options.reportMail.begin((report) => buildReport(all, report));
  const sockets = new DeskSockets({ clock, log, desks, allowedOrigins: options.ctiOrigins ?? [] });
  sockets.attach(server.server, (request, socket, head) => browserPhones !== null && handOnBrowser({ ...browserPhones, log }, request, socket, head));
  const listening = await server.listen({ host, port });
  const descriptors = new Descriptors(clock);
  const held = new Listening(server.server, { host, port }, { descriptors, onError: (error) => log.warn({ error: error.message }, 'the HTTP port') });
  const url = tls === null ? listening : listening.replace(/^http:/, 'https:');
  log.info({ host, port, tls: tls !== null }, 'consoles, API and desks are served');
  return {
    url,
    async close() {
      held.release();
      sockets.close();
      await server.close();
      descriptors.stop();
    },
  };
}
