import type { Clock } from '../../kernel/clock.ts';
import type { Framed } from '../message/stream.ts';
import type { Connection } from './connection.ts';
import type { Pass } from './gate.ts';

/** faults: a peer that opens connections and says nothing, one that never ends a message. */
const FIRST_MESSAGE_MS = 32_000;
const UNFINISHED_MESSAGE_MS = 30_000;
/** So many messages of one connection are handled before all others get their turn. */
const MESSAGES_A_TURN = 16;
const CRLF = Buffer.from('\r\n');

export interface ReaderUser {
  onMessage(bytes: Buffer, connection: Connection): void;
  /** The peer broke the framing; the connection is closed. */
  onBroken(error: Error, connection: Connection): void;
}

/**
 * Hands on what came over one connection, in order and a few messages at a time: a connection that floods is not read while its
 * messages wait, so that it fills its own window and nobody else's time.
 */
export class Reader {
  readonly #connection: Connection;
  readonly #pass: Pass | undefined;
  readonly #clock: Clock;
  readonly #user: ReaderUser;
  readonly #waiting: (Framed | Error)[] = [];
  #cancelSilent: (() => void) | undefined;
  #cancelUnfinished: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;

  /** `pass`: of a connection that was accepted; it must say something in time. */
  constructor(connection: Connection, pass: Pass | undefined, clock: Clock, user: ReaderUser) {
    this.#connection = connection;
    this.#pass = pass;
    this.#clock = clock;
    this.#user = user;
    if (pass !== undefined) this.#cancelSilent = this.#deadline(FIRST_MESSAGE_MS);
  }

  /** `held`: a message has begun and not ended. `fault`: nothing more of this connection can be understood. */
  take(framed: readonly Framed[], held: boolean, fault?: Error): void {
    for (const each of framed) {
      if (each.kind === 'message') this.#heard();
      this.#waiting.push(each);
    }
    if (fault !== undefined) this.#waiting.push(fault);
    if (!held || framed.length > 0) {
      this.#cancelUnfinished?.();
      this.#cancelUnfinished = undefined;
    }
    if (held) this.#cancelUnfinished ??= this.#deadline(UNFINISHED_MESSAGE_MS);
    if (this.#cancelTurn === undefined) this.#turn();
  }

  stop(): void {
    this.#cancelSilent?.();
    this.#cancelUnfinished?.();
    this.#cancelTurn?.();
    this.#waiting.length = 0;
  }

  #heard(): void {
    if (this.#cancelSilent === undefined) return;
    this.#pass?.heard();
    this.#cancelSilent();
    this.#cancelSilent = undefined;
  }

  #deadline(ms: number): () => void {
    return this.#clock.after(ms, () => this.#connection.line.destroy());
  }

  #turn(): void {
    const { line } = this.#connection;
    for (const each of this.#waiting.splice(0, MESSAGES_A_TURN)) this.#handle(each);
    if (this.#waiting.length === 0) {
      if (this.#cancelTurn !== undefined) line.resume();
      this.#cancelTurn = undefined;
      return;
    }
    if (this.#cancelTurn === undefined) line.pause();
    this.#cancelTurn = this.#clock.after(0, () => this.#turn());
  }

  #handle(each: Framed | Error): void {
    const { line } = this.#connection;
    if (each instanceof Error) {
      this.#user.onBroken(each, this.#connection);
      this.#waiting.length = 0;
      line.end();
    } else if (each.kind === 'keepAlive') {
      // RFC 5626 §4.4.1: the pong to a double CRLF is a single one.
      line.write(CRLF, () => undefined);
    } else this.#user.onMessage(each.bytes, this.#connection);
  }
}
