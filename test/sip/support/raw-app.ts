/** An application that speaks the control protocol by hand over its TCP port, and sees every frame as it came. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '../../../kernel/frames.ts';
import { until } from '../../support/wait.ts';
import { SECRET, type SipProgram } from './program.ts';

export interface RawFrame {
  /** The tokens of the first line. */
  tokens: string[];
  /** The SIP text behind it. */
  text: string;
}

const MOST_FRAME_BYTES = 10_000_000;
export const TRANSACTION = 8;

export class RawApp {
  readonly frames: RawFrame[] = [];
  readonly #socket: Socket;
  /** What it does about a `sip` event. */
  onSip: (frame: RawFrame) => void = () => undefined;
  #asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const decoder = new FrameDecoder(MOST_FRAME_BYTES);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const text of decoder.push(chunk)) this.#take(text);
    });
  }

  /** Shows the secret and takes the requests of `methods`. */
  static async connect(program: SipProgram, methods: readonly string[]): Promise<RawApp> {
    const socket = connect(program.adminPort, '127.0.0.1');
    await once(socket, 'connect');
    const app = new RawApp(socket);
    app.ask(`authenticate|${SECRET}|`);
    for (const method of methods) app.ask(`route|${method}`);
    await until('the routes', () => app.frames.length === 1 + methods.length);
    return app;
  }

  /** Sends `verb|tokens…` with a SIP text; returns the frame's id. */
  ask(line: string, text = ''): string {
    this.#asked += 1;
    const id = `f${this.#asked}`;
    this.#socket.write(encodeFrame(`${id}|${line}${text === '' ? '' : `\r\n${text}`}`));
    return id;
  }
  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const end = text.indexOf('\r\n');
    const frame: RawFrame = { tokens: (end < 0 ? text : text.slice(0, end)).split('|'), text: end < 0 ? '' : text.slice(end + 2) };
    this.frames.push(frame);
    if (frame.tokens[1] === 'sip') this.onSip(frame);
  }
}
