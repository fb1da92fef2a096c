/** The one reader of the application's environment and configuration file: a frozen Config, or a list of faults. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEAST_SECRET, readControlAddress } from '../kernel/control-socket.ts';
import { randomToken } from '../kernel/ids.ts';
import { readKeyRing } from '../kernel/seal/keys.ts';
import { parseFlags, readSettingsFile, SettingsReader } from '../kernel/settings.ts';
import { type CaptureForms, readForms } from './capture/forms.ts';
import type { MailSettings } from './report-mail/mailer.ts';
import { type OidcProviders, readProviders } from './users/oidc-settings.ts';

export interface Config {
  dataDir: string;
  databaseUrl: string | null;
  /** host null: every address, IPv4 and IPv6. */
  sip: {
    host: string | null;
    port: number;
    /** Where our own SIP server takes browsers that come to the HTTP port. */
    browserSocket: string;
    /** What else is said of its transports; it reads them itself. */
    transports: Readonly<Record<string, string>>;
    /** Our own names, in lower case; none: every name may be ours. */
    domains: ReadonlySet<string>;
  };
  publicAddress: string;
  /** `embedded`: we run our own SIP server; otherwise where a drachtio-compatible one is. */
  drachtio: { embedded: boolean; host: string; port: number; tls: boolean; secret: string };
  /** Socket file on which our SIP server is asked for figures and traces. */
  sipOperationSocket: string;
  media: {
    socket: string;
    /** How many media servers are ours to start; 0 = only those of `others`. */
    servers: number;
    /** Sockets of media servers that somebody else starts, here or elsewhere. */
    others: readonly string[];
    /** Of those that are reached by TLS. */
    secret: string | null;
    /** NG ports of rtpengines. */
    engines: readonly { host: string; port: number }[];
    /** Where rtpengines report keys to (their `dtmf-log-dest`); null: keys that only they hear are lost. */
    engineKeys: { host: string; port: number } | null;
    workers: number;
    engine: string;
    rtpPortMin: number;
    rtpPortMax: number;
  };
  /** `keys` null: those in `keysFile`, made at the first start. `sealed` false: plain WAV files. */
  recordings: { dir: string; sealed: boolean; format: 'pcm16' | 'alaw' | 'opus'; keys: string | null; keysFile: string; leastFreeBytes: number };
  /** What callers may key in unheard, and to whom it is handed. */
  captureForms: CaptureForms;
  /** Who speaks texts; `program`: path of espeak-ng. */
  tts: { kind: 'off' } | { kind: 'espeak'; program: string } | { kind: 'http'; url: string; token: string | null };
  /** `tls`: PEM files, read again when they change; null: without. */
  http: { host: string; port: number; tls: { certificate: string; key: string } | null };
  /** Under which secrets that must be read again are sealed in the database; null: those in `DATA_DIR/secrets.keys`, made at the first start. */
  secretKeys: string | null;
  /** Identity providers, by tenant. */
  oidc: OidcProviders;
  /** Hosts to which webhooks may lead although their addresses are not public, and without TLS. */
  webhookHosts: ReadonlySet<string>;
  /** How reports are sent by mail; null: they are not. `domains`: who may receive them; none: all. */
  mail: (MailSettings & { domains: ReadonlySet<string> }) | null;
  /** Pages of other hosts that may open desks at `/cti`. */
  ctiOrigins: string[];
  /** Sites that may show the agent's console in a frame of theirs. */
  embedOrigins: string[];
  logLevel: string;
  trustedTrunks: string[];
  /** Who is asked for names, as our SIP server is told; none: those of the system. */
  sipDnsServers: string[];
  /** PEM text of the authorities that may sign callers' numbers (RFC 8224); null: signatures are not looked at. */
  stirRoots: string | null;
  dialplansDir: string;
  /** Built consoles. */
  webDir: string;
  /** null: made at first start and printed. */
  demoPassword: string | null;
  bench: { agents: number; contact: string };
  /** How long calls under way may go on after SIGTERM. */
  drainSeconds: number;
  /** How long the SIP server and the media servers keep the calls of an application that has died or is started anew. */
  callsKeptSeconds: number;
  /** How long the event loop may stand before the process ends itself; 0: however long. */
  loopLimitSeconds: number;
  /** Of the journal behind its newest snapshot. */
  journalKeepBytes: number;
  /** What the server backs up by itself: into `folder` (null: it does not), the tables as a whole each `fullHours`, `keep` of these. */
  backup: { folder: string | null; everyMinutes: number; fullHours: number; keep: number };
  version: string;
  packageRoot: string;
  /** What the two programs beside us are started with. */
  childEnv: Readonly<Record<string, string | undefined>>;
}

export class ConfigError extends Error {
  readonly faults: string[];
  constructor(faults: string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

export const packageRoot = findPackageRoot();
export const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

const RECORDING_FORMATS = { pcm: 'pcm16', g711: 'alaw', opus: 'opus' } as const;

/** Throws ConfigError with every fault there is. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const { flags } = parseFlags(args);
  const reader = new SettingsReader({ flags, env, file: readSettingsFile(flags.CONFIG ?? 'huawu.yaml', faults) });
  const dataDir = resolve(reader.text('DATA_DIR', './data'));
  const config: Config = {
    dataDir,
    databaseUrl: reader.secret('DATABASE_URL') ?? null,
    sip: {
      host: reader.optional('SIP_HOST') ?? null,
      port: reader.integer('SIP_PORT', 5060, 1, 65_535),
      browserSocket: join(dataDir, 'run', 'sip-ws.sock'),
      transports: readTransports(reader),
      domains: new Set(reader.list('SIP_DOMAINS').map((name) => name.toLowerCase())),
    },
    publicAddress: reader.text('PUBLIC_ADDRESS', firstPublicAddress()),
    drachtio: readDrachtio(reader, dataDir, faults),
    sipOperationSocket: join(dataDir, 'run', 'sip.sock'),
    media: {
      socket: reader.text('MEDIA_SOCKET', join(dataDir, 'run', 'media.sock')),
      servers: reader.integer('MEDIA_SERVERS', 1, 0, MOST_MEDIA_SERVERS),
      others: reader.list('MEDIA_SOCKETS'),
      secret: reader.secret('MEDIA_SECRET') ?? null,
      ...readEngines(reader, faults),
      workers: reader.integer('MEDIA_WORKERS', Math.max(1, availableParallelism() - 1), 1, 256),
      // Which are there is the media server's business: it says so when it does not know the name.
      engine: reader.text('MEDIA_ENGINE', 'auto'),
      rtpPortMin: reader.integer('RTP_PORT_MIN', 20_000, 1024, 65_534),
      rtpPortMax: reader.integer('RTP_PORT_MAX', 29_999, 1025, 65_535),
    },
    recordings: {
      dir: resolve(reader.text('RECORDINGS_DIR', join(dataDir, 'recordings'))),
      sealed: reader.choice('RECORDING_ENCRYPTION', 'on', ['on', 'off']) === 'on',
      format: RECORDING_FORMATS[reader.choice('RECORDING_FORMAT', 'pcm', ['pcm', 'g711', 'opus'])],
      keys: reader.secret('RECORDING_KEY') ?? null,
      keysFile: join(dataDir, 'recording.keys'),
      leastFreeBytes: reader.integer('RECORDING_FREE_MB', 512, 0, 1_000_000) * 1024 * 1024,
    },
    captureForms: readForms(reader.secret('CAPTURE_FORMS'), faults),
    tts: readTts(reader, env, faults),
    http: { host: reader.text('HTTP_HOST', '127.0.0.1'), port: reader.integer('HTTP_PORT', 8080, 1, 65_535), tls: readHttpTls(reader, faults) },
    ctiOrigins: readOrigins(reader, 'CTI_ORIGINS', faults),
    ...{ oidc: readProviders(reader.secret('OIDC'), faults), secretKeys: reader.secret('SECRET_KEY') ?? null },
    webhookHosts: new Set(reader.list('WEBHOOK_HOSTS').map((host) => host.toLowerCase())),
    ...{ mail: readMail(reader, faults), backup: readBackup(reader), embedOrigins: readOrigins(reader, 'EMBED_ORIGINS', faults) },
    logLevel: reader.choice('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    trustedTrunks: reader.list('TRUSTED_TRUNKS'),
    sipDnsServers: reader.list('SIP_DNS_SERVERS'),
    stirRoots: reader.secret('STIR_ROOTS') ?? null,
    dialplansDir: resolve(reader.text('DIALPLANS_DIR', join(packageRoot, 'dialplans'))),
    webDir: join(packageRoot, 'dist', 'consoles'),
    demoPassword: reader.secret('DEMO_PASSWORD') ?? null,
    bench: { agents: reader.integer('BENCH_AGENTS', 0, 0, 10_000), contact: reader.text('BENCH_CONTACT', '127.0.0.1:5970') },
    journalKeepBytes: reader.integer('JOURNAL_KEEP_MB', 256, 0, 1_000_000) * 1024 * 1024,
    loopLimitSeconds: reader.integer('LOOP_LIMIT_SECONDS', 15, 0, 3_600),
    ...{ callsKeptSeconds: reader.integer('CALLS_KEPT_SECONDS', 30, 1, 600), drainSeconds: reader.integer('DRAIN_SECONDS', 3600, 0, 86_400) },
    ...{ version, packageRoot, childEnv: env },
  };
  if (config.media.rtpPortMax <= config.media.rtpPortMin) {
    faults.push(`RTP_PORT_MAX is ${config.media.rtpPortMax}: give a port above RTP_PORT_MIN, ${config.media.rtpPortMin}`);
  }
  faults.push(...mediaFaults(config.media));
  if (config.stirRoots !== null && !config.stirRoots.includes('BEGIN CERTIFICATE'))
    faults.push('STIR_ROOTS_FILE holds no certificate: give a file of PEM certificates, each between BEGIN and END CERTIFICATE');
  if (config.recordings.keys !== null) faults.push(...faultsOfKeys('RECORDING_KEY', config.recordings.keys));
  if (config.secretKeys !== null) faults.push(...faultsOfKeys('SECRET_KEY', config.secretKeys));
  faults.push(...reader.faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

function readBackup(reader: SettingsReader): Config['backup'] {
  const folder = reader.optional('BACKUP_DIR');
  return {
    folder: folder === undefined ? null : resolve(folder),
    everyMinutes: reader.integer('BACKUP_EVERY_MINUTES', 5, 1, 1_440),
    fullHours: reader.integer('BACKUP_FULL_HOURS', 24, 1, 168),
    keep: reader.integer('BACKUP_KEEP', 14, 1, 9_999),
  };
}

function readMail(reader: SettingsReader, faults: string[]): Config['mail'] {
  const [url, from] = [reader.secret('SMTP_URL'), reader.optional('MAIL_FROM')];
  const domains = new Set(reader.list('MAIL_TO_DOMAINS').map((domain) => domain.toLowerCase().replace(/^@/, '')));
  if (url === undefined && from === undefined) return null;
  if (url === undefined) faults.push('SMTP_URL is missing: give the mail server that MAIL_FROM sends by, as smtp://user:password@mail.example.com:587');
  else if (!/^smtps?:\/\/\S+$/.test(url)) faults.push('SMTP_URL is no address of a mail server: give smtp://user:password@mail.example.com:587, or smtps://');
  if (from === undefined || !/@[\w.-]+>?$/.test(from))
    faults.push(`MAIL_FROM is "${from ?? ''}": give the address that reports come from, as reports@example.com`);
  return { url: url ?? '', from: from ?? '', domains };
}

const MOST_MEDIA_SERVERS = 16;

/** Addresses only: what comes from another is not an rtpengine's word. */
function readEngines(reader: SettingsReader, faults: string[]): Pick<Config['media'], 'engines' | 'engineKeys'> {
  const read = (name: string, text: string, form: RegExp): { host: string; port: number } | null => {
    const [, host = '', port = ''] = form.exec(text) ?? [];
    const address = host.replace(/^\[|\]$/g, '');
    if (isIP(address) === 0) faults.push(`${name} is "${text}": give an address and a port, as udp://192.0.2.1:22222 for an rtpengine`);
    return isIP(address) === 0 ? null : { host: address, port: Number(port) };
  };
  const engines = reader.list('RTPENGINE_URLS').map((url) => read('RTPENGINE_URLS', url, /^udp:\/\/(.+):(\d{1,5})$/));
  const keys = reader.optional('RTPENGINE_DTMF');
  const engineKeys = keys === undefined ? null : read('RTPENGINE_DTMF', keys, /^(.+):(\d{1,5})$/);
  return { engines: engines.filter((engine) => engine !== null), engineKeys };
}

function mediaFaults({ servers, others, engines, secret }: Config['media']): string[] {
  const faults: string[] = [];
  if (servers + others.length + engines.length === 0)
    faults.push('MEDIA_SERVERS is 0, and neither MEDIA_SOCKETS nor RTPENGINE_URLS names one: give one of them');
  for (const socket of others) {
    const address = readControlAddress(socket);
    if ('path' in address) continue;
    const local = address.host === '127.0.0.1' || address.host === '::1';
    if (!address.secured && !local) faults.push(`MEDIA_SOCKETS names "${socket}": another machine is reached by tls:host:port only`);
    if (address.secured && (secret ?? '').length < LEAST_SECRET)
      faults.push(`MEDIA_SECRET is missing or shorter than ${LEAST_SECRET} characters: give that of the media server at ${socket}`);
  }
  return faults;
}

function faultsOfKeys(name: string, text: string): string[] {
  try {
    readKeyRing(text);
    return [];
  } catch (error) {
    return [`${name}: ${(error as Error).message}`];
  }
}

/** Settings of the SIP server's transports (sip/README.md); a change of one starts it anew. */
const TRANSPORT_SETTINGS = [
  ...[
    'SIP_LOCAL_NETS',
    'SIP_DNS_SERVERS',
    'SIP_DOMAINS',
    'SIP_RATED_CALLS',
    'DRACHTIO_PRESERVE_HEADER_NAMES',
    'SIP_TLS_PORT',
    'SIP_TLS_CERT_FILE',
    'SIP_TLS_KEY_FILE',
    'SIP_TLS_CA_FILE',
    'SIP_TLS_CRL_FILE',
    'SIP_TLS_VERIFY_CLIENT',
  ],
  ...['SIP_TLS_VERIFY_SERVER', 'SIP_WS_PORT', 'SIP_WSS_PORT', 'SIP_WS_ORIGINS'],
];

function readTransports(reader: SettingsReader): Record<string, string> {
  return Object.fromEntries(TRANSPORT_SETTINGS.flatMap((name) => (reader.optional(name) === undefined ? [] : [[name, reader.text(name, '')]])));
}

function readHttpTls(reader: SettingsReader, faults: string[]): Config['http']['tls'] {
  const [certificate, key] = ['HTTP_TLS_CERT_FILE', 'HTTP_TLS_KEY_FILE'].map((name) => reader.optional(name));
  if ((certificate === undefined) !== (key === undefined)) faults.push('HTTP_TLS_CERT_FILE and HTTP_TLS_KEY_FILE go together: give both, as PEM files');
  for (const path of [certificate, key]) if (path !== undefined && !existsSync(path)) faults.push(`the file ${path} of the HTTP port's TLS is not there`);
  return certificate === undefined || key === undefined ? null : { certificate, key };
}

/** As a browser says it: scheme, host and port, nothing behind. A `*` would let any page of the world ask with an agent's token that it got hold of. */
function readOrigins(reader: SettingsReader, name: string, faults: string[]): string[] {
  const origins = reader.list(name);
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin))
      faults.push(`${name} has "${origin}": give each page's origin alone, as https://crm.example.com or http://localhost:3000`);
  return origins;
}

function readTts(reader: SettingsReader, env: NodeJS.ProcessEnv, faults: string[]): Config['tts'] {
  const program = onPath('espeak-ng', env.PATH ?? '');
  const kind = reader.choice('TTS', program === null ? 'off' : 'espeak', ['espeak', 'http', 'off']);
  if (kind === 'http') return readTtsService(reader, faults);
  if (kind === 'espeak' && program === null) faults.push('TTS is "espeak", but there is no espeak-ng in PATH: install it, or set TTS to http or off');
  return kind === 'espeak' && program !== null ? { kind, program } : { kind: 'off' };
}

function readTtsService(reader: SettingsReader, faults: string[]): Config['tts'] {
  const url = reader.text('TTS_URL', '');
  const token = reader.secret('TTS_TOKEN') ?? null;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    faults.push(`TTS is "http" and TTS_URL is "${url}": give the address of the service, as https://tts.example.com/speak`);
  } else if (token !== null && parsed.protocol === 'http:' && !['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname))
    faults.push(`TTS_URL is "${url}", and there is a TTS_TOKEN: it is sent to another machine by https only`);
  return { kind: 'http', url, token };
}

const onPath = (program: string, path: string): string | null =>
  path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file)) ?? null;

function readDrachtio(reader: SettingsReader, dataDir: string, faults: string[]): Config['drachtio'] {
  const url = reader.optional('DRACHTIO_URL');
  const given = reader.secret('DRACHTIO_SECRET');
  if (url === undefined) {
    const port = reader.integer('DRACHTIO_PORT', 9022, 1, 65_535);
    return { embedded: true, host: '127.0.0.1', port, tls: false, secret: given ?? ownSecret(join(dataDir, 'drachtio.secret')) };
  }
  const parts = /^(tcp|tls):\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d{1,5})\/?$/i.exec(url);
  if (parts === null) faults.push(`DRACHTIO_URL is "${url}": give tcp://host:9022 or tls://host:port`);
  if (given === undefined) faults.push('DRACHTIO_SECRET is missing: give the secret of the server that DRACHTIO_URL names');
  return { embedded: false, host: parts?.[2] ?? '', port: Number(parts?.[3] ?? 0), tls: parts?.[1]?.toLowerCase() === 'tls', secret: given ?? '' };
}

/** Made at the first start, kept for the next. */
export function ownSecret(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(dirname(path), { recursive: true });
  const secret = randomToken(24);
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** What phones are told to send to: the first address of this machine that is not loopback. */
function firstPublicAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => !address.internal && address.family === 'IPv4')?.address ?? '127.0.0.1';
}

/** The folder of package.json: one or two levels up, from `src/` or from `dist/src/`. */
function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json was not found above the program: the installation is broken');
    folder = parent;
  }
  return folder;
}
