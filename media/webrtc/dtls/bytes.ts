/** Reads and writes the presentation language of TLS (RFC 5246 §4): big-endian numbers, and vectors behind their length. */

/** A message that is not what it says it is. It is dropped, as if it had been lost (RFC 6347 §4.1.2.7). */
export class Malformed extends Error {}

export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(bytes: 1 | 2 | 3 | 6): number {
    return this.bytes(bytes).readUIntBE(0, bytes);
  }

  bytes(count: number): Buffer {
    if (count > this.left) throw new Malformed('ends too soon');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.number(lengthBytes));
  }

  /** A vector of numbers. */
  numbers(lengthBytes: 1 | 2, each: 1 | 2): number[] {
    const reader = new Reader(this.vector(lengthBytes));
    const numbers: number[] = [];
    while (reader.left > 0) numbers.push(reader.number(each));
    return numbers;
  }

  end(): void {
    if (this.left > 0) throw new Malformed('goes on too long');
  }
}

export function number(value: number, bytes: 1 | 2 | 3 | 6): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

export const vector = (lengthBytes: 1 | 2 | 3, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([number(body.length, lengthBytes), body]);
};

export const numbers = (values: readonly number[], each: 1 | 2): Buffer => Buffer.concat(values.map((value) => number(value, each)));
