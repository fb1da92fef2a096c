/**
 * Messages on a byte stream: decimal byte length, '#', then that many bytes of UTF-8. The SIP server's control port
 * (drachtio's framing) and the media server's both speak it.
 */
import type { Socket } from 'node:net';

export const encodeFrame = (text: string): Buffer => {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from(`${body.length}#`, 'latin1'), body]);
};

const MOST_LENGTH_DIGITS = 8;
const HASH = 0x23;

/** Cuts a stream into frames. Throws on a broken or too large length: the connection cannot be understood any more. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #held = 0;
  readonly #limit: number;
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  push(chunk: Buffer): string[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: string[] = [];
    let buffer = this.#chunks.length === 1 ? chunk : undefined;
    for (;;) {
      buffer ??= Buffer.concat(this.#chunks);
      const hash = buffer.subarray(0, MOST_LENGTH_DIGITS + 1).indexOf(HASH);
      if (hash < 0) {
        if (buffer.length > MOST_LENGTH_DIGITS) throw new Error('frame: no length before the "#"');
        break;
      }
      const digits = buffer.toString('latin1', 0, hash);
      if (!/^[0-9]+$/.test(digits)) throw new Error('frame: the length is not a number');
      const length = Number(digits);
      if (length > this.#limit) throw new Error(`frame: ${length} bytes are over the limit of ${this.#limit}`);
      if (buffer.length < hash + 1 + length) break;
      frames.push(buffer.toString('utf8', hash + 1, hash + 1 + length));
      buffer = buffer.subarray(hash + 1 + length);
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#held = buffer.length;
    return frames;
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
