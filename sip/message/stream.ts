import { ParseError } from './fault.ts';
import { headerKey } from './headers.ts';
import { contentLength, MOST_HEAD_BYTES, MOST_MESSAGE_BYTES } from './parse.ts';

/** `keepAlive`: RFC 5626 §3.5.1's double CRLF, to be answered with one. */
export type Framed = { kind: 'message'; bytes: Buffer } | { kind: 'keepAlive' };

const HEAD_END = Buffer.from('\r\n\r\n');
const CR = 0x0d;
const LF = 0x0a;

/** The stream is lost, but the head that lost it came whole: its sender can be told what was wrong with it before the end. */
export class BrokenStream extends ParseError {
  readonly head: Buffer;
  constructor(fault: ParseError, head: Buffer) {
    super(fault.code, fault.message);
    this.head = head;
  }
}

/**
 * Cuts a stream into messages by Content-Length (RFC 3261 §18.3). Holds at most one head or one message, in a buffer that doubles,
 * so that a sender of single bytes costs linear time. Throws ParseError: the stream cannot be understood any more and must be closed.
 */
export class StreamFramer {
  #buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  /** Where the search for the end of the head goes on. */
  #searched = 0;
  /** Of the message whose body is awaited: its head is not looked at again for each byte of the body. */
  #length: number | undefined;

  push(chunk: Uint8Array): Framed[] {
    this.#append(chunk);
    if (this.fault !== undefined) throw this.fault;
    const framed: Framed[] = [];
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) framed.push(next);
    } catch (error) {
      if (framed.length === 0 || !(error instanceof ParseError)) throw error;
      this.fault = error;
    }
    return framed;
  }

  /** The stream broke behind the messages that were just given; the next `push` throws it. */
  fault: ParseError | undefined;

  /** Bytes of an unfinished message. */
  get held(): number {
    return this.#to - this.#from;
  }

  #next(): Framed | undefined {
    const blank = this.#length === undefined ? this.#skipBlank() : undefined;
    if (blank !== undefined) return blank;
    const view = this.#buffer.subarray(this.#from, this.#to);
    this.#length ??= this.#lengthIn(view);
    if (this.#length === undefined || view.length < this.#length) return undefined;
    const bytes = Buffer.from(view.subarray(0, this.#length));
    this.#advance(this.#length);
    return { kind: 'message', bytes };
  }

  /** Of the message that begins there; undefined while its head is not whole. */
  #lengthIn(view: Buffer): number | undefined {
    const end = view.indexOf(HEAD_END, Math.max(0, this.#searched - this.#from - 3));
    if ((end < 0 ? view.length : end) > MOST_HEAD_BYTES) throw endlessHead(view);
    if (end < 0) {
      this.#searched = this.#to;
      return undefined;
    }
    return this.#lengthOf(view.subarray(0, end + HEAD_END.length));
  }

  /** Of the whole message, from its head. */
  #lengthOf(head: Buffer): number {
    try {
      const length = head.length + lengthSaid(head.toString('latin1'));
      if (length > MOST_MESSAGE_BYTES) throw new ParseError('tooLong', `a message may have ${MOST_MESSAGE_BYTES} bytes`);
      return length;
    } catch (error) {
      throw error instanceof ParseError ? new BrokenStream(error, Buffer.from(head)) : error;
    }
  }

  /** A single CRLF between messages says nothing; two of them ask for a pong. */
  #skipBlank(): Framed | undefined {
    const at = (offset: number): number | undefined => (this.#from + offset < this.#to ? this.#buffer[this.#from + offset] : undefined);
    while (at(0) === CR && at(1) === LF) {
      if (at(2) === CR && at(3) === LF) {
        this.#advance(4);
        return { kind: 'keepAlive' };
      }
      if (at(2) === undefined || (at(2) === CR && at(3) === undefined)) return undefined;
      this.#advance(2);
    }
    return undefined;
  }

  #advance(bytes: number): void {
    this.#from += bytes;
    this.#searched = this.#from;
    this.#length = undefined;
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
      this.#searched = 0;
      if (this.#buffer.length > MOST_HEAD_BYTES) this.#buffer = Buffer.alloc(0);
    }
  }

  #append(chunk: Uint8Array): void {
    const held = this.#to - this.#from;
    if (this.#to + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(4096, 2 * (held + chunk.length)));
      this.#buffer.copy(grown, 0, this.#from, this.#to);
      this.#searched -= this.#from;
      this.#buffer = grown;
      this.#from = 0;
      this.#to = held;
    }
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
  }
}

/** As much of it as whole lines make of what a head may have. */
function endlessHead(view: Buffer): BrokenStream {
  const end = view.lastIndexOf('\r\n', MOST_HEAD_BYTES - HEAD_END.length);
  const head = Buffer.concat([view.subarray(0, Math.max(0, end)), HEAD_END]);
  return new BrokenStream(new ParseError('headTooLong', `a head may have ${MOST_HEAD_BYTES} bytes`), head);
}

/** RFC 3261 §20.14: "If a stream-based protocol (such as TCP) is used as transport, the header field MUST be used." */
function lengthSaid(head: string): number {
  const values: string[] = [];
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && headerKey(line.slice(0, colon).trimEnd()) === 'content-length') values.push(line.slice(colon + 1).trim());
  }
  if (values.length === 0) throw new ParseError('contentLength', 'no Content-Length on a stream');
  return contentLength(values);
}
