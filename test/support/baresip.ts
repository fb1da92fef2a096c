/**
 * baresip as a desk phone or a customer: a headless process of its own, spoken to over ctrl_tcp (JSON in netstrings). Sends a tone
 * for as long as a call lasts and keeps what it hears in a WAV. It cannot transfer with consultation (linphonec can: linphone.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../kernel/clock.ts';
import { freePort } from './ports.ts';
import { readWav, SAMPLE_RATE, secondsOf, sine, writeWav } from './tone.ts';

export interface BaresipOptions {
  /** SIP user: an agent's number, or the number a customer calls from. */
  user: string;
  /** With a password it registers, without it does not. */
  password?: string;
  server: { host: string; port: number };
  /** What it says all the time. */
  toneHz: number;
  /** How it registers and calls; default UDP. `server` is of that transport. */
  transport?: 'udp' | 'tcp' | 'tls';
  /** PEM file: the authority that vouches for the server. */
  authority?: string;
  /** It takes and makes calls with SRTP by keys in the SDP alone. */
  onlySrtp?: boolean;
}

/** What ctrl_tcp tells: `type` CALL_INCOMING, CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED, REGISTER_OK, REGISTER_FAIL … */
export interface BaresipEvent {
  type: string;
  param?: string;
  peeruri?: string;
}

const PATIENCE_MS = 10_000;
const POLL_MS = 20;
/** The call ends when the file does. */
const TONE_SECONDS = 180;
const MODULES = ['g711', 'aufile', 'ausine', 'aubridge', 'sndfile', 'uuid'];
const APPLICATIONS = ['account', 'menu', 'ctrl_tcp'];

export class Baresip {
  readonly options: BaresipOptions;
  /** Everything it told, in order. */
  readonly events: BaresipEvent[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  #socket: Socket | null = null;
  #received = Buffer.alloc(0);
  #seen = 0;
  #token = 0;
  readonly #answers = new Map<string, (answer: { ok: boolean; data: string }) => void>();
  /** Its terminal, for when a test fails. */
  output = '';

  readonly sipPort: number;

  private constructor(options: BaresipOptions, child: ChildProcess, folder: string, sipPort: number) {
    this.options = options;
    this.sipPort = sipPort;
    this.#child = child;
    this.#folder = folder;
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-20_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    // Without it a missing program would be an uncaught exception, not a failed test.
    child.on('error', (error) => keep(Buffer.from(`baresip could not be started: ${error.message}`)));
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = mkdtempSync(join(tmpdir(), `baresip-${options.user}-`));
    const sipPort = await freePort();
    const controlPort = await controlPortBeside(sipPort);
    writeConfiguration(folder, options, sipPort, controlPort);
    const child = spawn('baresip', ['-f', folder, '-v'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const phone = new Baresip(options, child, folder, sipPort);
    try {
      await phone.#connect(controlPort);
    } catch (error) {
      await phone.stop();
      throw error;
    }
    return phone;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Its terminal tells it even when it registered before we had connected to its control port. */
  registered(withinMs = PATIENCE_MS): Promise<void> {
    return this.#untilOutput(/200 OK \(\) \[\d+ binding/, 'registration', withinMs);
  }

  registrationFailed(withinMs = PATIENCE_MS): Promise<void> {
    return this.#untilOutput(/\b(?:401|403) |reg: .*: Register: /, 'failed registration', withinMs);
  }

  /** Calls a number at the server. */
  async dial(number: string): Promise<void> {
    const { host, port } = this.options.server;
    await this.command('dial', `sip:${number}@${host}:${port}`);
  }

  async accept(): Promise<void> {
    await this.command('accept');
  }

  async hangUp(): Promise<void> {
    await this.command('hangup');
  }

  async hold(): Promise<void> {
    await this.command('hold');
  }

  async resume(): Promise<void> {
    await this.command('resume');
  }

  async transfer(number: string): Promise<void> {
    await this.command('transfer', `sip:${number}@${this.options.server.host}:${this.options.server.port}`);
  }

  /** Presses keys one after another, as RFC 4733 events. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      await this.command('sndcode', key);
      await pause(systemClock, 250);
    }
  }

  /** The next event of this type that no earlier `until` has passed over. */
  async until(type: string, withinMs = PATIENCE_MS): Promise<BaresipEvent> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      const at = this.events.findIndex((event, index) => index >= this.#seen && event.type === type);
      const event = this.events[at];
      if (event !== undefined) {
        this.#seen = at + 1;
        return event;
      }
      await pause(systemClock, POLL_MS);
    }
    throw new Error(
      `baresip ${this.options.user}: no ${type} within ${withinMs} ms, only ${this.events.map((event) => event.type).join(' ')}\n${this.output.slice(-2_000)}`,
    );
  }

  command(command: string, params = ''): Promise<{ ok: boolean; data: string }> {
    this.#token += 1;
    const token = String(this.#token);
    const text = JSON.stringify({ command, params, token });
    return new Promise((resolve, reject) => {
      const cancel = systemClock.after(PATIENCE_MS, () => reject(new Error(`baresip did not answer to ${command}`)));
      this.#answers.set(token, (answer) => {
        cancel();
        resolve(answer);
      });
      this.#socket?.write(`${Buffer.byteLength(text)}:${text},`);
    });
  }

  /** All it heard in its latest call. The file grows while the call lasts. */
  heard(): Int16Array {
    const files = readdirSync(join(this.#folder, 'heard')).filter((name) => name.endsWith('-dec.wav'));
    const newest = files.map((name) => join(this.#folder, 'heard', name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    return newest === undefined ? new Int16Array(0) : readWav(newest);
  }

  /** true as soon as its latest call brought half a second of the tone. */
  async hears(hz: number, withinMs = 5_000): Promise<boolean> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      if (this.heardSeconds(hz) >= 0.5) return true;
      await pause(systemClock, 5 * POLL_MS);
    }
    return false;
  }

  /** Seconds of the tone it heard in its latest call. */
  heardSeconds(hz: number): number {
    return secondsOf(this.heard(), hz);
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      this.#child.kill('SIGTERM');
      const cancel = systemClock.after(3_000, () => this.#child.kill('SIGKILL'));
      await gone;
      cancel();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Dies at once, without a word to anybody. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.stop();
  }

  async #untilOutput(sign: RegExp, what: string, withinMs: number): Promise<void> {
    const deadline = systemClock.now() + withinMs;
    while (!sign.test(this.output)) {
      if (systemClock.now() > deadline) throw new Error(`baresip ${this.options.user}: no ${what} within ${withinMs} ms\n${this.output.slice(-2_000)}`);
      await pause(systemClock, POLL_MS);
    }
  }

  async #connect(port: number): Promise<void> {
    const deadline = systemClock.now() + PATIENCE_MS;
    while (systemClock.now() < deadline) {
      if (this.#child.pid === undefined || this.#child.exitCode !== null) throw new Error(`baresip ended with ${this.#child.exitCode}: ${this.output}`);
      const socket = await tryConnect(port);
      if (socket !== null) {
        this.#socket = socket;
        socket.on('data', (chunk) => this.#read(chunk));
        socket.on('error', () => undefined);
        return;
      }
      await pause(systemClock, POLL_MS);
    }
    throw new Error(`baresip did not open its control port: ${this.output}`);
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const colon = this.#received.indexOf(':');
      const length = Number(this.#received.toString('latin1', 0, Math.max(0, colon)));
      if (colon < 0 || this.#received.length < colon + length + 2) return;
      const message: unknown = JSON.parse(this.#received.toString('utf8', colon + 1, colon + 1 + length));
      this.#received = this.#received.subarray(colon + length + 2);
      this.#take(message as BaresipEvent & { response?: boolean; ok?: boolean; data?: string; token?: string });
    }
  }

  #take(message: BaresipEvent & { response?: boolean; ok?: boolean; data?: string; token?: string }): void {
    if (message.response !== true) {
      this.events.push(message);
      return;
    }
    this.#answers.get(message.token ?? '')?.({ ok: message.ok ?? false, data: message.data ?? '' });
    this.#answers.delete(message.token ?? '');
  }
}

/** Never SIP port + 1, which baresip takes for TLS. */
async function controlPortBeside(sipPort: number): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port !== sipPort + 1) return port;
  }
}

function writeConfiguration(folder: string, options: BaresipOptions, sipPort: number, controlPort: number): void {
  const { user, password, server, toneHz, transport = 'udp', authority, onlySrtp = false } = options;
  const heard = join(folder, 'heard');
  mkdirSync(heard);
  const tone = join(folder, 'tone.wav');
  writeWav(tone, sine(toneHz, 0, TONE_SECONDS * SAMPLE_RATE));
  const lines = [
    ...['poll_method epoll', `sip_listen 127.0.0.1:${sipPort}`, 'net_interface 127.0.0.1', 'call_local_timeout 120', 'call_max_calls 4'],
    ...[
      `audio_source aufile,${tone}`,
      'audio_player aubridge,heard',
      'audio_alert aubridge,alert',
      'audio_channels 1-1',
      'ausrc_srate 8000',
      'auplay_srate 8000',
    ],
    ...['rtp_ports 61000-64000', 'audio_jitter_buffer_delay 1-5', `snd_path ${heard}`, `ctrl_tcp_listen 127.0.0.1:${controlPort}`],
    ...(authority === undefined ? [] : [`sip_cafile ${authority}`]),
    ...[
      'module_path /usr/lib/baresip/modules',
      ...[...MODULES, ...(onlySrtp ? ['srtp'] : [])].map((name) => `module ${name}.so`),
      ...APPLICATIONS.map((name) => `module_app ${name}.so`),
    ],
  ];
  writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
  const { host, port } = server;
  const registration = password === undefined ? 'regint=0' : `auth_user=${user};auth_pass=${password};regint=120`;
  const account = `<sip:${user}@${host}:${port};transport=${transport}>;${registration};outbound="sip:${host}:${port};transport=${transport}";answermode=manual;audio_codecs=pcma,pcmu${onlySrtp ? ';mediaenc=srtp-mand' : ''}\n`;
  writeFileSync(join(folder, 'accounts'), account);
}

function tryConnect(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
