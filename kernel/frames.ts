/**
 * Messages on a byte stream: decimal byte length, '#', then that many bytes of UTF-8. The SIP server's control port
 * (drachtio's framing) and the media server's both speak it.
 */
import type { Socket } from 'node:net';
import { turn } from './clock.ts';

export const encodeFrame = (text: string): Buffer => Buffer.from(`${Buffer.byteLength(text)}#${text}`, 'utf8');

const gathering = new WeakSet<Socket>();

/**
 * Sends it with all else that is written so in this turn of the event loop, at its end: each write of its own wakes its reader, and a waking costs
 * more than a message. Returns as `write` does.
 */
export function writeFrame(socket: Socket, frame: Buffer): boolean {
  if (!gathering.has(socket)) {
    gathering.add(socket);
    socket.cork();
    void turn().then(() => {
      gathering.delete(socket);
      socket.uncork();
    });
  }
  return socket.write(frame);
}

const MOST_LENGTH_DIGITS = 8;
const HASH = 0x23;
const ZERO = 0x30;

/** Cuts a stream into frames. Throws on a broken or too large length: the connection cannot be understood any more. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes of the unfinished frame with its length, once that is known. */
  #wanted = 0;
  #length = 0;
  readonly #limit: number;
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  push(chunk: Buffer): string[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: string[] = [];
    // Joined only when the frame it holds the end of is whole: a frame in many pieces is copied once.
    if (this.#held < this.#wanted) return frames;
    const buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let from = 0;
    for (;;) {
      const start = this.#startOfBody(buffer, from);
      if (start === undefined) break;
      const end = start + this.#length;
      if (buffer.length < end) {
        this.#wanted = end - from;
        break;
      }
      frames.push(buffer.toString('utf8', start, end));
      this.#wanted = 0;
      from = end;
    }
    this.#chunks = from < buffer.length ? [from === 0 ? buffer : buffer.subarray(from)] : [];
    this.#held = buffer.length - from;
    return frames;
  }

  /** Reads the length before the "#" into `#length`; undefined when the "#" has not come yet. */
  #startOfBody(buffer: Buffer, from: number): number | undefined {
    let length = 0;
    for (let at = from; at < buffer.length; at += 1) {
      const code = buffer[at] ?? 0;
      if (code === HASH && at > from) {
        if (length > this.#limit) throw new Error(`frame: ${length} bytes are over the limit of ${this.#limit}`);
        this.#length = length;
        return at + 1;
      }
      if (at - from >= MOST_LENGTH_DIGITS) throw new Error('frame: no length before the "#"');
      if (code < ZERO || code > ZERO + 9) throw new Error('frame: the length is not a number');
      length = length * 10 + code - ZERO;
    }
    return undefined;
  }

  /** Bytes waiting for the rest of their frame. */
  get held(): number {
    return this.#held;
  }
}

/** Reads frames off a socket until it closes; a stream that breaks the framing is destroyed with `onFault`. */
export function readFrames(socket: Socket, limitBytes: number, onFrame: (text: string) => void, onFault: (error: Error) => void): void {
  const decoder = new FrameDecoder(limitBytes);
  socket.on('data', (chunk: Buffer) => {
    let frames: string[];
    try {
      frames = decoder.push(chunk);
    } catch (error) {
      onFault(error as Error);
      socket.destroy();
      return;
    }
    for (const frame of frames) onFrame(frame);
  });
}
