import { isIP } from 'node:net';
import { parseFlags, readSettingsFile, SettingsReader } from '../kernel/settings.ts';
import { parseTrustedNetwork, type TrustedNetwork } from './guard/addresses.ts';
import { bareHost, parseUri } from './message/uri.ts';
import { type Handlers, readHandlers } from './outbound/handlers.ts';
import { parseNet } from './transport/addresses.ts';
import type { TlsFiles } from './transport/certificate.ts';

/** Everything the SIP server is told; the one reader of the environment here. */
export interface SipConfig {
  /** IP addresses without brackets. */
  readonly hosts: readonly string[];
  /** Those of them that need not be there. */
  readonly optionalHosts: ReadonlySet<string>;
  readonly port: number;
  readonly publicAddress: string | undefined;
  /** Peers in these nets are told our own addresses. */
  readonly localNets: readonly string[];
  /** `192.0.2.53`, `127.0.0.1:5353`; none: those of the system. */
  readonly dnsServers: readonly string[];
  /** Names of ours, in lower case: strangers' requests for others are refused. Empty: any name may be ours. */
  readonly domains: ReadonlySet<string>;
  /** Header names, in lower case, that are sent as applications write them. */
  readonly preservedHeaders: ReadonlySet<string>;
  /** A URI: the way of applications' new requests that name none. */
  readonly outboundProxy: string | undefined;
  /** User-Agents whose OPTIONS are answered here. */
  readonly probeAgents: ReadonlySet<string>;
  readonly tls: TlsConfig;
  readonly webSocket: WebSocketConfig;
  readonly adminHost: string;
  readonly adminPort: number;
  /** undefined: no admin port over TLS. */
  readonly adminTlsPort: number | undefined;
  readonly secret: string;
  /** Who says which application takes a new request; empty: those that have routed its method. */
  readonly handlers: Handlers;
  /** Whose calls need no credentials and have the largest limits. */
  readonly trustedTrunks: readonly TrustedNetwork[];
  /** Strangers are challenged here, in this realm, with nonces that the application takes; undefined: by the application alone. */
  readonly challengeRealm: string | undefined;
  /** New calls a second that are let in; undefined: as many as can be served. */
  readonly ratedCalls: number | undefined;
  readonly operation: OperationConfig;
  readonly logLevel: string;
  /** 0: never. */
  readonly orphanExitSeconds: number;
  /** How long an application that has a name may be away, or be started anew, and still find its calls. */
  readonly callsKeptSeconds: number;
}

export interface OperationConfig {
  /** On 127.0.0.1; undefined: off. */
  readonly metricsPort: number | undefined;
  /** A socket file on which the application asks for figures and traces. */
  readonly socket: string | undefined;
  /** The last messages kept for traces. */
  readonly traceMessages: number;
}

interface TlsConfig {
  readonly files: TlsFiles;
  /** undefined: without a certificate. */
  readonly port: number | undefined;
  readonly verifyClient: boolean;
  readonly verifyServer: boolean;
}

interface WebSocketConfig {
  /** undefined: off. */
  readonly port: number | undefined;
  readonly securePort: number | undefined;
  /** A socket file on which the application hands on browsers. */
  readonly socket: string | undefined;
  readonly origins: readonly string[];
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const YES_NO = ['true', 'false'] as const;
const A_DAY_S = 86_400;
const MOST_TRACED = 100_000;
const MOST_RATED_CALLS = 100_000;

/** The configuration, or every fault of it, each saying how to mend it. Flags over environment over `huawu.yaml`. */
export function readSipConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): { config: SipConfig } | { faults: string[] } {
  const { flags, words } = parseFlags(args);
  const faults = words.map((word) => `"${word}" is not understood: settings are given as --name value`);
  const file = readSettingsFile(flags.CONFIG ?? env.HUAWU_CONFIG ?? 'huawu.yaml', faults);
  const settings = new SettingsReader({ flags, env, file });
  const given = settings.list('SIP_HOST').map(bareHost);
  const publicAddress = settings.optional('PUBLIC_ADDRESS');
  const config: SipConfig = {
    hosts: given.length === 0 ? ['0.0.0.0', '::'] : given,
    optionalHosts: new Set(given.length === 0 ? ['::'] : []),
    port: settings.integer('SIP_PORT', 5060, 0, 65_535),
    publicAddress: publicAddress === undefined ? undefined : bareHost(publicAddress),
    localNets: settings.list('SIP_LOCAL_NETS'),
    dnsServers: settings.list('SIP_DNS_SERVERS'),
    domains: new Set(settings.list('SIP_DOMAINS').map((name) => name.toLowerCase())),
    preservedHeaders: new Set(settings.list('DRACHTIO_PRESERVE_HEADER_NAMES').map((name) => name.toLowerCase())),
    outboundProxy: settings.optional('SIP_OUTBOUND_PROXY'),
    probeAgents: new Set(settings.list('SIP_PROBE_USER_AGENTS')),
    tls: readTls(settings, faults),
    webSocket: readWebSocket(settings, faults),
    adminHost: bareHost(settings.text('DRACHTIO_HOST', '127.0.0.1')),
    adminPort: settings.integer('DRACHTIO_PORT', 9022, 0, 65_535),
    adminTlsPort: readAdminTlsPort(settings, faults),
    secret: settings.secret('DRACHTIO_SECRET') ?? '',
    handlers: readHandlers(settings),
    trustedTrunks: trunksOf(settings.list('TRUSTED_TRUNKS'), faults),
    challengeRealm: settings.optional('SIP_CHALLENGE_REALM'),
    ratedCalls: settings.optional('SIP_RATED_CALLS') === undefined ? undefined : settings.integer('SIP_RATED_CALLS', 0, 1, MOST_RATED_CALLS),
    operation: readOperation(settings),
    logLevel: settings.choice('LOG_LEVEL', 'info', LEVELS),
    callsKeptSeconds: settings.integer('CALLS_KEPT_SECONDS', 30, 1, 600),
    orphanExitSeconds: settings.integer('ORPHAN_EXIT_SECONDS', 0, 0, A_DAY_S),
  };
  faults.push(...settings.faults, ...addressFaults(config));
  for (const name of config.domains)
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) faults.push(`SIP_DOMAINS has "${name}": give host names, separated by commas`);
  if (config.challengeRealm !== undefined && !/^[\w .@-]{1,64}$/.test(config.challengeRealm))
    faults.push(`SIP_CHALLENGE_REALM is "${config.challengeRealm}": give up to 64 letters, digits, blanks and _ . @ -`);
  if (config.outboundProxy !== undefined && !isSipUri(config.outboundProxy))
    faults.push(`SIP_OUTBOUND_PROXY is "${config.outboundProxy}": give a SIP URI such as sip:192.0.2.1:5060;transport=tcp`);
  if (config.secret === '')
    faults.push('DRACHTIO_SECRET is not set: give the secret applications must show, or DRACHTIO_SECRET_FILE with a file that holds it');
  else if (/[|\r\n]/.test(config.secret)) faults.push('DRACHTIO_SECRET holds a "|" or a line break: the control protocol cannot carry those');
  return faults.length > 0 ? { faults } : { config: Object.freeze(config) };
}

function isSipUri(text: string): boolean {
  try {
    return /^sips?$/.test(parseUri(text).scheme);
  } catch {
    return false;
  }
}

function readTls(settings: SettingsReader, faults: string[]): TlsConfig {
  const files: TlsFiles = {
    certificate: settings.optional('SIP_TLS_CERT_FILE'),
    key: settings.optional('SIP_TLS_KEY_FILE'),
    authorities: settings.optional('SIP_TLS_CA_FILE'),
    revoked: settings.optional('SIP_TLS_CRL_FILE'),
  };
  const hasCertificate = files.certificate !== undefined;
  if (hasCertificate !== (files.key !== undefined)) faults.push('SIP_TLS_CERT_FILE and SIP_TLS_KEY_FILE go together: give both, as PEM files');
  const verifyClient = settings.choice('SIP_TLS_VERIFY_CLIENT', 'false', YES_NO) === 'true';
  if (verifyClient && files.authorities === undefined)
    faults.push('SIP_TLS_VERIFY_CLIENT needs SIP_TLS_CA_FILE: give the authorities whose clients may come in');
  const port = settings.integer('SIP_TLS_PORT', 5061, 0, 65_535);
  const verifyServer = settings.choice('SIP_TLS_VERIFY_SERVER', 'true', YES_NO) === 'true';
  return { files, port: hasCertificate ? port : undefined, verifyClient, verifyServer };
}

function readAdminTlsPort(settings: SettingsReader, faults: string[]): number | undefined {
  if (settings.optional('DRACHTIO_TLS_PORT') === undefined) return undefined;
  if (settings.optional('SIP_TLS_CERT_FILE') === undefined) faults.push('DRACHTIO_TLS_PORT needs a certificate: give SIP_TLS_CERT_FILE and SIP_TLS_KEY_FILE');
  return settings.integer('DRACHTIO_TLS_PORT', 0, 0, 65_535);
}

function readOperation(settings: SettingsReader): OperationConfig {
  const metricsPort = settings.optional('SIP_METRICS_PORT') === undefined ? undefined : settings.integer('SIP_METRICS_PORT', 0, 0, 65_535);
  return { metricsPort, socket: settings.optional('SIP_OPERATION_SOCKET'), traceMessages: settings.integer('SIP_TRACE_MESSAGES', 0, 0, MOST_TRACED) };
}

function readWebSocket(settings: SettingsReader, faults: string[]): WebSocketConfig {
  const port = (name: string): number | undefined => (settings.optional(name) === undefined ? undefined : settings.integer(name, 0, 0, 65_535));
  const securePort = port('SIP_WSS_PORT');
  if (securePort !== undefined && settings.optional('SIP_TLS_CERT_FILE') === undefined)
    faults.push('SIP_WSS_PORT needs a certificate: give SIP_TLS_CERT_FILE and SIP_TLS_KEY_FILE');
  return { port: port('SIP_WS_PORT'), securePort, socket: settings.optional('SIP_WS_SOCKET'), origins: settings.list('SIP_WS_ORIGINS') };
}

function trunksOf(texts: readonly string[], faults: string[]): TrustedNetwork[] {
  return texts.flatMap((text) => {
    const network = parseTrustedNetwork(text);
    if (typeof network !== 'string') return [network];
    faults.push(`TRUSTED_TRUNKS has ${network}`);
    return [];
  });
}

function addressFaults({ hosts, publicAddress, localNets, dnsServers, adminHost }: SipConfig): string[] {
  const faults: string[] = [];
  for (const server of dnsServers)
    if (isIP(server) === 0 && !/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]):\d{1,5}$/.test(server))
      faults.push(`SIP_DNS_SERVERS has "${server}": give IP addresses, each with a port where it is not 53`);
  for (const net of localNets) if (parseNet(net) === undefined) faults.push(`SIP_LOCAL_NETS has "${net}": give nets such as 10.0.0.0/8, separated by commas`);
  for (const host of hosts) if (isIP(host) === 0) faults.push(`SIP_HOST has "${host}": give IP addresses of this host, separated by commas`);
  if (publicAddress !== undefined && isIP(publicAddress) === 0)
    faults.push(`PUBLIC_ADDRESS is "${publicAddress}": give the IP address that phones and trunks reach us by`);
  if (isIP(adminHost) === 0 && adminHost !== 'localhost') faults.push(`DRACHTIO_HOST is "${adminHost}": give an IP address of this host`);
  return faults;
}
