/** linphonec as a desk phone: a process of its own in a home of its own, driven over its terminal. Unlike baresip it transfers with consultation. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { freePort, freeRange } from './ports.ts';
import { SAMPLE_RATE, secondsOf, sine, writeWav } from './tone.ts';
import { until } from './wait.ts';

interface LinphoneOptions {
  user: string;
  password: string;
  server: { host: string; port: number };
  /** How it registers and calls; default UDP. `server` is of that transport. */
  transport?: 'udp' | 'tls';
  /** PEM file: the authority that vouches for the server. */
  authority?: string;
  /** It takes and makes calls with SRTP by keys in the SDP alone. */
  onlySrtp?: boolean;
}

/** A queue may greet the customer first. */
const PATIENCE_MS = 25_000;
const ASK_MS = 250;
const FAREWELL_MS = 3_000;
const TONE_SECONDS = 30;
const HEADER_BYTES = 44;
const HEARS_WITHIN_MS = 8_000;

export class Linphone {
  readonly options: LinphoneOptions;
  /** Its terminal. */
  output = '';
  readonly #child: ChildProcess;
  readonly #home: string;
  #seen = 0;
  #kept = 0;

  private constructor(options: LinphoneOptions, child: ChildProcess, home: string) {
    this.options = options;
    this.#child = child;
    this.#home = home;
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.stdin?.on('error', () => undefined);
    // Without it a missing program would be an uncaught exception, not a failed test.
    child.on('error', (error) => keep(Buffer.from(`linphonec could not be started: ${error.message}`)));
  }

  /** It has no sound card: it says silence, and what it hears is lost, unless `talk` was asked for. */
  static async start(options: LinphoneOptions): Promise<Linphone> {
    const home = mkdtempSync(join(tmpdir(), `linphone-${options.user}-`));
    mkdirSync(join(home, '.local/share/linphone'), { recursive: true });
    const settings = join(home, 'linphonerc');
    writeFileSync(settings, settingsOf(options, await freePort(), await freeRange(2)));
    const child = spawn('linphonec', ['-c', settings], { env: { ...process.env, HOME: home }, stdio: ['pipe', 'pipe', 'pipe'] });
    const phone = new Linphone(options, child, home);
    phone.#type('soundcard use files');
    return phone;
  }

  /** It does not tell by itself. */
  async registered(): Promise<void> {
    const asked = systemClock.every(ASK_MS, () => this.#type('states'));
    await this.says(/LinphoneRegistrationOk/).finally(asked);
  }

  /** It rings: its own number for that call. */
  async ringing(): Promise<string> {
    return (await this.says(/Receiving new incoming call from .*, assigned id (\d+)/))[1] ?? '';
  }

  /** Calls a number at the server; its own number for that call. */
  async dial(number: string): Promise<string> {
    const { server, transport = 'udp' } = this.options;
    const { host, port } = server;
    this.#type(`call sip:${number}@${host}:${port};transport=${transport}`);
    return (await this.says(/Establishing call id to .*, assigned id (\d+)/))[1] ?? '';
  }

  async answer(call: string): Promise<void> {
    this.#type(`answer ${call}`);
    await this.connected(call);
  }

  async connected(call: string): Promise<void> {
    await this.says(new RegExp(`Call ${call} with .* connected`));
  }

  async hold(call: string): Promise<void> {
    this.#type(`pause ${call}`);
    await this.says(new RegExp(`Call ${call} with .* is now paused`));
  }

  /** From now on, in the call that stands, it says this tone and keeps what it hears. */
  talk(hz: number): void {
    const tone = join(this.#home, 'tone.wav');
    writeWav(tone, sine(hz, 0, TONE_SECONDS * SAMPLE_RATE));
    this.#kept += 1;
    this.#type(`record ${this.#heard}`);
    this.#type(`play ${tone}`);
  }

  /** Whether it hears so many seconds of this tone in time. */
  async hears(hz: number, seconds = 0.5): Promise<boolean> {
    return until(`${this.options.user} to hear ${hz} Hz`, () => secondsOf(this.#audio(), hz) >= seconds, HEARS_WITHIN_MS).then(
      () => true,
      () => false,
    );
  }

  /** The header is written when it is closed: until then it is a gap before the samples. */
  #audio(): Int16Array {
    const file = existsSync(this.#heard) ? readFileSync(this.#heard) : Buffer.alloc(0);
    return Int16Array.from({ length: Math.max(0, (file.length - HEADER_BYTES) >> 1) }, (_, at) => file.readInt16LE(HEADER_BYTES + at * 2));
  }

  get #heard(): string {
    return join(this.#home, `heard-${this.#kept}.wav`);
  }

  async hangUp(call: string): Promise<void> {
    this.#type(`terminate ${call}`);
    await this.ended(call);
  }

  /** Transfer with consultation: joins the far ends of two of its calls. */
  join(call: string, other: string): void {
    this.#type(`transfer ${call} --to-call ${other}`);
  }

  async ended(call: string): Promise<void> {
    await until(`${this.options.user}'s call ${call} to end`, () => new RegExp(`Call ${call} with .* ended`).test(this.output), PATIENCE_MS).catch(
      this.#explain,
    );
  }

  /** The next line like this that no earlier wait has passed over. */
  async says(sign: RegExp): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | null => sign.exec(this.output.slice(this.#seen));
    const found = await until(`linphonec ${this.options.user} to say ${sign}`, look, PATIENCE_MS).catch(this.#explain);
    this.#seen += found.index + found[0].length;
    return found;
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      this.#type('quit');
      const cancel = systemClock.after(FAREWELL_MS, () => this.#child.kill('SIGKILL'));
      await gone;
      cancel();
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  #type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  readonly #explain = (error: Error): never => {
    throw new Error(`${error.message}\n${this.output.slice(-3_000)}`);
  };
}

function settingsOf(options: LinphoneOptions, sipPort: number, rtpPort: number): string {
  const { user, password, server, transport = 'udp', authority, onlySrtp = false } = options;
  const [udp, tls] = transport === 'udp' ? [sipPort, 0] : [0, sipPort];
  const lines = [
    // 0: no such transport. Nothing but loopback may be there, which its own look at the network takes for none.
    ...[
      '[sip]',
      `sip_port=${udp}`,
      'sip_tcp_port=0',
      `sip_tls_port=${tls}`,
      'use_ipv6=0',
      'auto_net_state_mon=0',
      'register_only_when_network_is_up=0',
      'default_proxy=0',
    ],
    ...(onlySrtp ? ['media_encryption=srtp', 'media_encryption_mandatory=1'] : []),
    ...(authority === undefined ? [] : [`root_ca=${authority}`, 'verify_server_certs=1', 'verify_server_cn=1']),
    ...['[rtp]', `audio_rtp_port=${rtpPort}`, '[video]', 'capture=0', 'display=0'],
    ...['[proxy_0]', `reg_proxy=<sip:${server.host}:${server.port};transport=${transport}>`, `reg_identity=sip:${user}@${server.host}`, 'reg_expires=300'],
    ...['reg_sendregister=1', '[auth_info_0]', `username=${user}`, `passwd=${password}`],
  ];
  return `${lines.join('\n')}\n`;
}
