/** Handshake messages out of their fragments, in order (RFC 6347 §4.2.3). What comes too early waits, within limits. */
import { number, Reader } from './bytes.ts';

export interface HandshakeMessage {
  type: number;
  sequence: number;
  body: Buffer;
  /** As it counts in the transcript: with a header as if it had come in one piece. */
  whole: Buffer;
}

const HEADER_BYTES = 12;
/** A chain of certificates may be long, a ClientHello with post-quantum keys has 2 KB. */
const LONGEST_MESSAGE = 16_384;
const MOST_AHEAD = 8;

interface Partial {
  type: number;
  body: Buffer;
  /** Which bytes are there; a fragment may come twice, or overlap another. */
  have: Uint8Array;
  missing: number;
}

export const writeHandshake = (type: number, sequence: number, body: Buffer): Buffer =>
  Buffer.concat([number(type, 1), number(body.length, 3), number(sequence, 2), number(0, 3), number(body.length, 3), body]);

export class Fragments {
  readonly #waiting = new Map<number, Partial>();
  #next = 0;

  /**
   * Takes a record's fragments; tells whether any of them belongs to a message we have had already. `isWanted`: by type, before anything
   * is kept: what comes without the protection it should have must not stand in the way of what has it.
   */
  take(text: Buffer, isWanted: (type: number) => boolean): { old: boolean; first: HandshakeMessage | null } {
    const reader = new Reader(text);
    let old = false;
    let first: HandshakeMessage | null = null;
    while (reader.left >= HEADER_BYTES) {
      const [type, length, sequence, offset] = [reader.number(1), reader.number(3), reader.number(2), reader.number(3)];
      const fragment = reader.vector(3);
      if (length > LONGEST_MESSAGE || offset + fragment.length > length || !isWanted(type)) break;
      // Another beginning of the other side is worth a look even when ours has gone on.
      if (sequence === 0 && offset === 0 && fragment.length === length) first = { type, sequence, body: fragment, whole: writeHandshake(type, 0, fragment) };
      if (sequence < this.#next) old = true;
      else if (sequence < this.#next + MOST_AHEAD) this.#add(type, length, sequence, offset, fragment);
    }
    return { old, first };
  }

  /** The next message in order, when it is whole. */
  peek(): HandshakeMessage | null {
    const partial = this.#waiting.get(this.#next);
    if (partial === undefined || partial.missing > 0) return null;
    return { type: partial.type, sequence: this.#next, body: partial.body, whole: writeHandshake(partial.type, this.#next, partial.body) };
  }

  /** It was understood. */
  accept(): void {
    this.#waiting.delete(this.#next);
    this.#next += 1;
  }

  /** It was not: as if it had never come. */
  drop(): void {
    this.#waiting.delete(this.#next);
  }

  #add(type: number, length: number, sequence: number, offset: number, fragment: Buffer): void {
    let partial = this.#waiting.get(sequence);
    if (partial === undefined || partial.type !== type || partial.body.length !== length) {
      partial = { type, body: Buffer.alloc(length), have: new Uint8Array(length), missing: length };
      this.#waiting.set(sequence, partial);
    }
    for (let at = 0; at < fragment.length; at += 1) {
      if (partial.have[offset + at] === 1) continue;
      partial.have[offset + at] = 1;
      partial.body[offset + at] = fragment[at] as number;
      partial.missing -= 1;
    }
  }
}
