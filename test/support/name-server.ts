/** A DNS server on loopback that knows what a test tells it: A and SRV, over UDP (RFC 1035, 2782). */
import { createSocket, type Socket } from 'node:dgram';

const A = 1;
const SRV = 33;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 1;

export class NameServer {
  readonly a: Record<string, string> = {};
  readonly srv: Record<string, { name: string; port: number }> = {};
  /** Answers nothing any more. */
  silent = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (question, from) => {
      if (!this.silent) socket.send(this.#answer(question), from.port, from.address);
    });
  }

  static open(): Promise<NameServer> {
    return new Promise((resolve) => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1', () => resolve(new NameServer(socket)));
    });
  }

  /** As SIP_DNS_SERVERS takes it. */
  get at(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(question: Buffer): Buffer {
    const { name, end } = readName(question, 12);
    const type = question.readUInt16BE(end);
    const asked = question.subarray(12, end + 4);
    const data = this.#dataOf(name, type);
    const isKnown = Object.keys({ ...this.a, ...this.srv }).includes(name);
    const head = Buffer.from([...question.subarray(0, 2), 0x85, isKnown ? 0x80 : 0x80 | NO_SUCH_NAME, 0, 1, 0, data === null ? 0 : 1, 0, 0, 0, 0]);
    if (data === null) return Buffer.concat([head, asked]);
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, TTL_SECONDS, 0, data.length]);
    return Buffer.concat([head, asked, record, data]);
  }

  #dataOf(name: string, type: number): Buffer | null {
    const address = this.a[name];
    const target = this.srv[name];
    if (type === A && address !== undefined) return Buffer.from(address.split('.').map(Number));
    if (type !== SRV || target === undefined) return null;
    const labels = target.name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
    return Buffer.from([0, 1, 0, 1, target.port >> 8, target.port & 0xff, ...labels, 0]);
  }
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
