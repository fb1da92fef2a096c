/**
 * Somebody who wants to know which users there are, as a process of its own: REGISTERs for a user that is known and one that is not, in turns, from many addresses, without
 * credentials and with wrong ones; tells how long each answer took. Asks again what is not answered, and does not count it.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pause, systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';

export interface EnumeratorOrder {
  port: number;
  known: string;
  unknown: string;
  /** `127.<net>.0.1` and so on: each in a network of its own. */
  net: number;
  sources: number;
  /** Of each kind, of each user, from each source. */
  each: number;
}
export interface EnumeratorFound {
  /** Milliseconds, in the order they were asked for. */
  bare: { known: number[]; unknown: number[] };
  credentials: { known: number[]; unknown: number[] };
  statuses: string[];
}

/** Nothing is lost on loopback, and a wrong password that is tried again counts again: long enough for a machine that is busy. */
const PATIENCE_MS = 5_000;
const MOST_TRIES = 3;
/** Strangers together may send 1,000 messages a second. */
const LEAST_MS_A_MESSAGE = 1.2;
/** And 2,000 at once. */
const MOST_EARLY_MS = 200;

interface Answer {
  text: string;
  ms: number;
}

class Source {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #port: number;
  #cseq = 0;
  #heard: (text: string) => void = () => undefined;

  private constructor(socket: Socket, address: string, port: number) {
    this.#socket = socket;
    this.#address = address;
    this.#port = port;
    socket.on('message', (bytes) => this.#heard(bytes.toString('latin1')));
  }

  static async open(address: string, port: number): Promise<Source> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Source(socket, address, port);
  }

  async ask(user: string, authorization?: string): Promise<Answer> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const answer = await this.#askOnce(user, authorization);
      if (answer !== null) return answer;
    }
    throw new Error(`no answer to ${this.#address}`);
  }

  /** null: no answer in time. */
  #askOnce(user: string, authorization?: string): Promise<Answer | null> {
    const branch = `z9hG4bK${randomToken(8)}`;
    const bytes = Buffer.from(this.#register(user, branch, authorization));
    return new Promise((resolve) => {
      const cancel = systemClock.after(PATIENCE_MS, () => resolve(null));
      const began = performance.now();
      this.#heard = (text) => {
        if (!text.includes(branch) || text.startsWith('SIP/2.0 100')) return;
        const ms = performance.now() - began;
        cancel();
        resolve({ text, ms });
      };
      this.#socket.send(bytes, this.#port, '127.0.0.1');
    });
  }

  #register(user: string, branch: string, authorization: string | undefined): string {
    this.#cseq += 1;
    const at = `${this.#address}:${this.#socket.address().port}`;
    const lines = [
      'REGISTER sip:127.0.0.1 SIP/2.0',
      `Via: SIP/2.0/UDP ${at};rport;branch=${branch}`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=${randomToken(4)}`,
      `To: <sip:${user}@127.0.0.1>`,
      `Call-ID: ${randomToken(8)}`,
      `CSeq: ${this.#cseq} REGISTER`,
      `Contact: <sip:${user}@${at}>`,
      'Expires: 300',
      'User-Agent: a phone like any other',
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      'Content-Length: 0',
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  close(): void {
    this.#socket.close();
  }
}

async function enumerate({ port, known, unknown, net, sources, each }: EnumeratorOrder): Promise<EnumeratorFound> {
  const found: EnumeratorFound = { bare: { known: [], unknown: [] }, credentials: { known: [], unknown: [] }, statuses: [] };
  const statuses = new Set<string>();
  const began = performance.now();
  let asked = 0;
  for (let nth = 0; nth < sources; nth += 1) {
    const source = await Source.open(`127.${net}.${nth}.1`, port);
    // Who is first, and so the one that finds all cold, changes from source to source.
    const kinds = nth % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    let nonce = '';
    let realm = '';
    const run = async (into: EnumeratorFound['bare'], authorization: (user: string) => string | undefined): Promise<void> => {
      for (let turn = 0; turn < each; turn += 1)
        for (const kind of kinds) {
          const user = kind === 'known' ? known : unknown;
          const { text, ms } = await source.ask(user, authorization(user));
          into[kind].push(ms);
          statuses.add(text.slice(8, 11));
          nonce = /nonce="([^"]+)"/.exec(text)?.[1] ?? nonce;
          realm = /realm="([^"]+)"/.exec(text)?.[1] ?? realm;
          asked += 1;
          const early = began + asked * LEAST_MS_A_MESSAGE - performance.now();
          if (early > MOST_EARLY_MS) await pause(systemClock, early);
        }
    };
    await run(found.bare, () => undefined);
    await run(
      found.credentials,
      (user) =>
        `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="sip:127.0.0.1", algorithm=MD5, qop=auth, nc=00000001, cnonce="${randomToken(8)}", response="${randomToken(16)}"`,
    );
    source.close();
  }
  return { ...found, statuses: [...statuses] };
}

process.once('message', (order: EnumeratorOrder) => void enumerate(order).then((found) => process.send?.(found, () => process.exit(0))));
