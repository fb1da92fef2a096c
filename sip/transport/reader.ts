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
  /** Messages that may still be handled in this turn, however many pieces they come in. */
  #left = MESSAGES_A_TURN;
  #isPaused = false;

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
    this.#handleSome();
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

  #handleSome(): void {
    const { line } = this.#connection;
    const some = this.#waiting.splice(0, this.#left);
    this.#left -= some.length;
    for (const each of some) this.#handle(each);
    if (this.#waiting.length > 0 && !this.#isPaused) {
      this.#isPaused = true;
      line.pause();
    }
    if (some.length > 0) this.#cancelTurn ??= this.#clock.after(0, () => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#cancelTurn = undefined;
    this.#left = MESSAGES_A_TURN;
    this.#handleSome();
    if (!this.#isPaused || this.#waiting.length > 0) return;
    this.#isPaused = false;
    this.#connection.line.resume();
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
