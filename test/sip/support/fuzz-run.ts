/** Mutants over UDP and TCP at a running server, with an honest OPTIONS between them whose answer is timed. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { StreamFramer } from '../../../sip/message/stream.ts';
import { CANARY, mutant } from './mutate.ts';

const BATCH = 50;
const HONEST_WAIT_MS = 10_000;
const TCP_SHARE = 4;
/** Of one connection; the server closes those whose framing breaks anyway. */
const MESSAGES_A_CONNECTION = 12;
/** These say what the message asked for, not that we failed. */
const RIGHTFUL_5XX: ReadonlySet<number> = new Set([501, 505, 513]);

export interface FuzzFigures {
  seed: number;
  messages: number;
  worstOptionsMs: number;
  /** Honest requests that were not answered within ten seconds. */
  honestLost: number;
  finals: number;
  /** Share of final answers that were 5xx for no fault of the message, in per cent. */
  fiveHundredsPct: number;
  fiveHundreds: Record<string, number>;
  /** Answers of 503 with a Retry-After. */
  overloaded: number;
  injectedHeaders: number;
}

export class FuzzRun {
  readonly #port: number;
  readonly #seed: number;
  readonly #udp: UdpSocket = createSocket('udp4');
  readonly #honest: UdpSocket = createSocket('udp4');
  #tcp: { socket: Socket; sent: number } | undefined;
  readonly #finals = new Map<string, number>();
  #injected = 0;
  #overloaded = 0;
  #honestCame: (() => void) | undefined;

  constructor(port: number, seed: number) {
    this.#port = port;
    this.#seed = seed;
  }

  async run(messages: number, onProgress: (sent: number) => void = () => undefined): Promise<FuzzFigures> {
    for (const socket of [this.#udp, this.#honest]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.setRecvBufferSize(4 * 1024 * 1024);
    }
    this.#udp.on('message', (bytes) => this.#see(bytes));
    this.#honest.on('message', () => this.#honestCame?.());
    let worstOptionsMs = 0;
    let honestLost = 0;
    for (let number = 0; number < messages; number += 1) {
      await this.#send(number);
      if ((number + 1) % BATCH !== 0) continue;
      const waited = await this.#ask(number);
      worstOptionsMs = Math.max(worstOptionsMs, waited);
      if (waited >= HONEST_WAIT_MS) honestLost += 1;
      onProgress(number + 1);
    }
    this.#tcp?.socket.destroy();
    this.#udp.close();
    this.#honest.close();
    return { seed: this.#seed, messages, worstOptionsMs: Math.round(worstOptionsMs), honestLost, ...this.#judged() };
  }

  #judged(): Pick<FuzzFigures, 'finals' | 'fiveHundredsPct' | 'fiveHundreds' | 'overloaded' | 'injectedHeaders'> {
    const fiveHundreds: Record<string, number> = {};
    let finals = 0;
    let bad = 0;
    for (const status of this.#finals.values()) {
      finals += 1;
      if (status < 500 || status >= 600 || RIGHTFUL_5XX.has(status)) continue;
      bad += 1;
      fiveHundreds[status] = (fiveHundreds[status] ?? 0) + 1;
    }
    return {
      finals,
      fiveHundredsPct: Math.round((bad * 100_000) / Math.max(1, finals)) / 1_000,
      fiveHundreds,
      overloaded: this.#overloaded,
      injectedHeaders: this.#injected,
    };
  }

  async #send(number: number): Promise<void> {
    if (number % TCP_SHARE === 0) {
      const socket = await this.#connection();
      socket.write(mutant(this.#seed, number, { transport: 'TCP', port: socket.localPort ?? 0 }).bytes);
    } else this.#udp.send(mutant(this.#seed, number, { transport: 'UDP', port: this.#udp.address().port }).bytes, this.#port, '127.0.0.1');
  }

  async #connection(): Promise<Socket> {
    const open = this.#tcp;
    if (open !== undefined && open.sent < MESSAGES_A_CONNECTION && open.socket.writable) {
      open.sent += 1;
      return open.socket;
    }
    open?.socket.destroy();
    const socket = connect(this.#port, '127.0.0.1');
    this.#tcp = { socket, sent: 1 };
    const framer = new StreamFramer();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const framed of framer.push(chunk)) if (framed.kind === 'message') this.#see(framed.bytes);
    });
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return socket;
  }

  #see(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const lines = text.slice(0, end < 0 ? text.length : end).split(/\r\n|\r|\n/);
    const first = lines[0] ?? '';
    if (!first.startsWith('SIP/2.0 ')) return;
    // A response echoes Via, From, To, Call-ID and CSeq: no line of it may begin with what was smuggled into one of those.
    if (lines.some((line) => line.toLowerCase().startsWith(CANARY.toLowerCase()))) this.#injected += 1;
    const status = Number(first.slice(8, 11));
    const branch = /^(?:Via|v): [^\r\n]*/im.exec(text)?.[0] ?? '';
    const method = /^CSeq: \d+ (.*)$/im.exec(text)?.[1] ?? '';
    // Refused for overload, and told when to come again: what a busy machine rightly says.
    if (status === 503 && /^Retry-After:/im.test(text)) this.#overloaded += 1;
    else if (status >= 200) this.#finals.set(`${branch} ${method}`, status);
  }

  /** How long an honest OPTIONS waits for its answer. */
  #ask(number: number): Promise<number> {
    const { port } = this.#honest.address();
    const id = `honest${this.#seed}x${number}`;
    const began = performance.now();
    return new Promise((resolve) => {
      const lost = setTimeout(() => resolve(HONEST_WAIT_MS), HONEST_WAIT_MS);
      this.#honestCame = () => {
        clearTimeout(lost);
        resolve(performance.now() - began);
      };
      this.#honest.send(
        `OPTIONS sip:10086@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bK${id}\r\nFrom: <sip:honest@127.0.0.1>;tag=1\r\n` +
          `To: <sip:10086@127.0.0.1>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
        this.#port,
        '127.0.0.1',
      );
    });
  }
}
