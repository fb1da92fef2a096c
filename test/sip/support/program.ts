/** `sip/main.ts` as its own process on free loopback ports, with applications of the real drachtio-srf connected to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';
import { program } from '../../support/project.ts';
import { until } from '../../support/wait.ts';

// The typings of the library cover a part of it: what the tests use of it is said here.
type Handler = (req: AppRequest, res: AppResponse) => void;
interface Headed {
  get(name: string): string;
  has(name: string): boolean;
  body: string;
}
export interface AppRequest extends Headed, EventEmitter {
  method: string;
  uri: string;
  source_address: string;
  receivedOn: string;
  protocol: string;
  cancel(callback?: (error: unknown, cancel: AppRequest) => void): void;
}
export interface AppResponse extends Headed {
  status: number;
  statusCode: number;
  send(
    status: number,
    opts?: { headers?: Record<string, string>; body?: string },
    callback?: (error: unknown, sent: Headed) => void,
    onAckOrPrack?: (ack: AppRequest) => void,
  ): void;
}
export interface AppDialog extends EventEmitter {
  id: string;
  connected: boolean;
  socket: Socket;
  sip: { callId: string; localTag: string; remoteTag: string };
  local: { uri: string; sdp: string };
  remote: { uri: string; sdp: string };
  destroy(opts?: { headers?: Record<string, string> }): Promise<Headed>;
  modify(sdp: string): Promise<string>;
  other?: AppDialog;
  request(opts: { method: string; auth?: object; headers?: Record<string, string>; body?: string }): Promise<AppResponse>;
}
export interface ProxyResult {
  connected: boolean;
  finalStatus: number;
  responses: { address: string; port: number; msgs: { status: number }[] }[];
}
interface Progress {
  cbRequest?: (error: unknown, req: AppRequest) => void;
  cbProvisional?: (res: AppResponse) => void;
}
interface UacOptions {
  localSdp?: string;
  headers?: Record<string, string>;
  auth?: { username: string; password: string };
  proxy?: string;
  callingNumber?: string;
  followRedirects?: boolean;
}
interface UasOptions {
  localSdp?: string;
  body?: () => Promise<string>;
  headers?: Record<string, string>;
}
export interface App extends EventEmitter {
  connect(opts: object): unknown;
  disconnect(): void;
  listen(opts: { host: string; port: number; secret: string; tls?: object }, callback: () => void): Server;
  endSession(message: AppRequest | AppResponse): void;
  use(method: string, handler: Handler): void;
  invite(handler: Handler): void;
  register(handler: Handler): void;
  options(handler: Handler): void;
  message(handler: Handler): void;
  refer(handler: Handler): void;
  createUAS(req: AppRequest, res: AppResponse, opts: UasOptions): Promise<AppDialog>;
  createUAS(req: AppRequest, res: AppResponse, opts: UasOptions, callback: (error: unknown, dialog: AppDialog) => void): void;
  createUAC(uri: string, opts: UacOptions, progress?: Progress): Promise<AppDialog>;
  createUAC(uri: string, opts: UacOptions, progress: Progress, callback: (error: unknown, dialog: AppDialog) => void): void;
  findDialogByCallIDAndFromTag(callId: string, tag: string): AppDialog | undefined;
  proxyRequest(req: AppRequest, to: string | string[], opts: object): Promise<ProxyResult>;
  proxyRequest(req: AppRequest, to: string | string[], opts: object, callback: (error: unknown, result: ProxyResult) => void): void;
  createB2BUA(req: AppRequest, res: AppResponse, uri: string | object, opts?: object): Promise<{ uas: AppDialog; uac: AppDialog }>;
  request(
    uri: string,
    opts: { method: string; headers?: Record<string, string>; body?: string; auth?: object },
    callback: (error: Error | null, req: AppRequest) => void,
  ): void;
}
const Srf = createRequire(import.meta.url)('drachtio-srf') as new () => App;

export const SECRET = 'a-secret-of-the-test';

/** On a machine that has much else to do. */
const START_MS = 30_000;

export interface SipProgram {
  child: ChildProcess;
  sipPort: number;
  adminPort: number;
  adminTlsPort: number | undefined;
  /** `udp/127.0.0.1:5060` … */
  hostports: string[];
  /** Log lines so far. */
  log: string[];
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
}

export async function startProgram(settings: Record<string, string> = {}): Promise<SipProgram> {
  const env = { ...process.env, SIP_HOST: '127.0.0.1', SIP_PORT: '0', DRACHTIO_PORT: '0', DRACHTIO_SECRET: SECRET, LOG_LEVEL: 'debug', ...settings };
  const child = spawn(process.execPath, program('sip/main'), { env, stdio: ['ignore', 'inherit', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const log: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(...text.split('\n').filter((line) => line !== '')));
  const line = await until(
    'the SIP server to listen',
    () => log.find((each) => each.includes('"listening"')) ?? (child.exitCode === null ? undefined : 'gone'),
    START_MS,
  );
  if (line === 'gone') throw new Error(`the SIP server did not start: ${log.join('\n')}`);
  const { sip, admin, adminTls } = JSON.parse(line) as { sip: string; admin: string; adminTls?: string };
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null) return child.exitCode;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = (await gone) as [number | null];
    return code;
  };
  const adminTlsPort = adminTls === undefined ? undefined : portOf(adminTls);
  return { child, log, hostports: sip.split(','), sipPort: portOf(sip.split(',')[0] ?? ''), adminPort: portOf(admin), adminTlsPort, stop };
}

export const portOf = (hostport: string): number => Number(hostport.slice(hostport.lastIndexOf(':') + 1));

/** An application that is not connected yet. */
export function newApp(): App {
  const srf = new Srf();
  srf.on('error', () => undefined);
  return srf;
}

/** A connected application. */
export async function connectApp(
  program: SipProgram,
  secret: string = SECRET,
  more: { tags?: string[]; port?: number; tls?: object; reconnect?: { maxAttempts: number } } = {},
): Promise<App> {
  const srf = newApp();
  const connected = new Promise<void>((resolve, reject) => srf.once('connect', (error: Error | null) => (error === null ? resolve() : reject(error))));
  srf.connect({ host: '127.0.0.1', port: program.adminPort, secret, reconnect: { maxAttempts: 1 }, ...more });
  await connected;
  return srf;
}

/** Takes its leave; the library throws when the server has gone first. */
export function leave(app: App): void {
  try {
    app.disconnect();
  } catch {
    // Gone already.
  }
}

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=sendrecv\r\n';
