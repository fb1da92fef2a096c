/** A WebSocket client that can break every rule: it writes frames by hand (RFC 6455 §5.2). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../../support/wait.ts';

export const TEXT = 0x1;
export const BINARY = 0x2;
export const CONTINUATION = 0x0;
export const PING = 0x9;
const CLOSE = 0x8;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

interface FrameOptions {
  fin?: boolean;
  masked?: boolean;
  /** A length that is said instead of the true one, in 64 bits. */
  length?: bigint;
  /** RSV1: deflated. */
  deflated?: boolean;
}

export class RawWebSocket {
  readonly socket: Socket;
  isClosed = false;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
  }

  /** Sends the upgrade and resolves with what the server said first: `101 Switching Protocols` … */
  static async open(port: number, headers: Record<string, string> = {}, path = '/'): Promise<{ status: string; raw: RawWebSocket }> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const raw = new RawWebSocket(socket);
    const all = {
      ...{ Host: `127.0.0.1:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Key': KEY, 'Sec-WebSocket-Version': '13' },
      ...{ 'Sec-WebSocket-Protocol': 'sip', ...headers },
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    const head = await until('an HTTP head', () => (raw.#received.includes('\r\n\r\n') ? raw.#received.toString('latin1') : undefined));
    const end = head.indexOf('\r\n\r\n') + 4;
    raw.#received = raw.#received.subarray(end);
    raw.head = head.slice(0, end);
    return { status: head.slice('HTTP/1.1 '.length, head.indexOf('\r\n')), raw };
  }

  /** Of the answer to the upgrade. */
  head = '';

  frame(opcode: number, payload: Buffer | string, { fin = true, masked = true, length, deflated = false }: FrameOptions = {}): void {
    const body = Buffer.from(payload);
    const first = (fin ? 0x80 : 0) | (deflated ? 0x40 : 0) | opcode;
    const mask = Buffer.from([1, 2, 3, 4]);
    const said = Buffer.alloc(length !== undefined || body.length > 65_535 ? 9 : body.length > 125 ? 3 : 1);
    if (said.length === 9) said.writeBigUInt64BE(length ?? BigInt(body.length), 1);
    else if (said.length === 3) said.writeUInt16BE(body.length, 1);
    said[0] = (masked ? 0x80 : 0) | (said.length === 9 ? 127 : said.length === 3 ? 126 : body.length);
    const coded = masked ? body.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : body;
    this.socket.write(Buffer.concat([Buffer.from([first]), said, masked ? mask : Buffer.alloc(0), coded]));
  }

  /** The code of the server's close frame. */
  async closeCode(withinMs = 5_000): Promise<number> {
    return until(
      'a close frame',
      () =>
        this.#frames()
          .find(({ opcode }) => opcode === CLOSE)
          ?.payload.readUInt16BE(0),
      withinMs,
    );
  }

  /** Texts and binaries that came so far. */
  messages(): { opcode: number; text: string }[] {
    return this.#frames()
      .filter(({ opcode }) => opcode === TEXT || opcode === BINARY)
      .map(({ opcode, payload }) => ({ opcode, text: payload.toString('latin1') }));
  }

  #frames(): { opcode: number; payload: Buffer }[] {
    const frames = [];
    for (let at = 0; at + 2 <= this.#received.length; ) {
      const short = (this.#received[at + 1] ?? 0) & 0x7f;
      const header = short === 127 ? 10 : short === 126 ? 4 : 2;
      const length = short === 127 ? Number(this.#received.readBigUInt64BE(at + 2)) : short === 126 ? this.#received.readUInt16BE(at + 2) : short;
      frames.push({ opcode: (this.#received[at] ?? 0) & 0x0f, payload: this.#received.subarray(at + header, at + header + length) });
      at += header + length;
    }
    return frames;
  }
}
