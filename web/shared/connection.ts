/**
 * A desk's line to the server: says hello, keeps the model, comes back by itself, and loses nothing on the way.
 * No framework, no DOM: the socket, the clock, the dice and the ids are given.
 *
 *   connecting → online ⇄ away → (hello again, resuming at the last number) → online
 *   any → closed: signed out, token refused, taken over by a newer desk; only a person brings it back
 *
 * A command is sent once and, if the line broke before its reply, sent again with the same id: the server lets an id take effect once.
 */
import type { CtiErrorCode, DeskMessageInput, ServerMessage, ServerMessageOf, Welcome } from '../../src/cti/protocol.ts';
import type { Clock } from './clock.ts';
import { applyChange, type Change, type Desk } from './desk.ts';

/** What the connection needs of a WebSocket. */
export interface DeskSocket {
  send(text: string): void;
  close(): void;
}
export interface SocketEvents {
  opened(): void;
  heard(text: string): void;
  /** Once, whatever happened; `code` is the WebSocket's. */
  closed(code: number): void;
}

export type Farewell = 'signed_out' | 'unauthorised' | 'forbidden' | 'replaced' | 'incompatible';
export type Link = { state: 'connecting' } | { state: 'online' } | { state: 'away'; since: number; attempt: number } | { state: 'closed'; why: Farewell };

/** Everything a page draws from; a new object with each change. */
export interface DeskView {
  link: Link;
  /** null until the first snapshot */
  desk: Desk | null;
  /** Add to this machine's time to have the server's. */
  skewMs: number;
  welcome: Welcome | null;
  /** Types of commands sent but not yet answered. */
  waiting: readonly CommandType[];
  /** What was said last of a field that is keyed in unheard: how one ended is news, no part of the desk. */
  lastCapture: ServerMessageOf<'captureChanged'>['data'] | null;
  /** The last call that stopped ringing at her without having been hers, and why. */
  lastGone: { callId: string; cause: string } | null;
}

export type Command = Exclude<DeskMessageInput, { type: 'hello' | 'ping' }>;
export type CommandType = Command['type'];
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;
export type CommandData<T extends CommandType> = NonNullable<CommandOf<T>['data']>;
/** `no_reply`: nobody knows whether it took effect; the state shown is the truth. */
export type Outcome = { ok: true } | { ok: false; code: CtiErrorCode | 'no_reply' | 'too_many' | 'closed'; message: string };

export interface ConnectionOptions {
  token: string;
  open(events: SocketEvents): DeskSocket;
  clock: Clock;
  /** Uniform in [0, 1). */
  random(): number;
  newId(): string;
}

export const FIRST_RETRY_MS = 400;
export const LONGEST_RETRY_MS = 15_000;
const CONNECT_TIMEOUT_MS = 8_000;
const PING_EVERY_MS = 15_000;
const PING_TIMEOUT_MS = 8_000;
export const COMMAND_TIMEOUT_MS = 12_000;
export const MOST_PENDING = 32;

/** Close codes after which coming back by ourselves would be wrong (the table of the protocol, kept equal by a test). */
export const farewells: Readonly<Record<number, Farewell>> = {
  1009: 'incompatible',
  4400: 'incompatible',
  4401: 'unauthorised',
  4403: 'forbidden',
  4409: 'replaced',
  4410: 'signed_out',
};

interface Pending {
  id: string;
  type: CommandType;
  text: string;
  settle(outcome: Outcome): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<string, Pending>();
  #view: DeskView = { link: { state: 'connecting' }, desk: null, skewMs: 0, welcome: null, waiting: [], lastCapture: null, lastGone: null };
  #socket: DeskSocket | null = null;
  /** Each socket has its number: what an old one still says is not heard. */
  #generation = 0;
  #lastSeq: number | null = null;
  /** true between a snapshot (or a resuming welcome) and the end of the socket */
  #synced = false;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  readonly view = (): DeskView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    this.#connect();
  }

  /** Ends it for good; commands still waiting are told so. */
  close(why: Farewell = 'signed_out'): void {
    if (this.#view.link.state === 'closed') return;
    this.#dropSocket();
    this.#cancelRetry?.();
    this.#show({ link: { state: 'closed', why } });
    for (const pending of [...this.#pending.values()]) pending.settle({ ok: false, code: 'closed', message: '' });
  }

  /** The network or the page came back: try at once instead of waiting, and ask at once whether the line still lives. */
  wake(): void {
    if (this.#view.link.state === 'away' && this.#socket === null) this.#connect();
    else if (this.#synced) this.#ping();
  }

  /** The network said it is gone: no need to wait for a ping to find out. */
  lost(): void {
    if (this.#socket !== null) this.#broken(this.#generation);
  }

  /** Never rejects. */
  command<T extends CommandType>(type: T, data: CommandData<T>): Promise<Outcome> {
    if (this.#view.link.state === 'closed') return Promise.resolve({ ok: false, code: 'closed', message: '' });
    if (this.#pending.size >= MOST_PENDING) return Promise.resolve({ ok: false, code: 'too_many', message: '' });
    const id = this.#options.newId();
    const text = JSON.stringify({ v: 1, id, type, data });
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(COMMAND_TIMEOUT_MS, () => settle({ ok: false, code: 'no_reply', message: '' }));
      const settle = (outcome: Outcome): void => {
        cancel();
        this.#pending.delete(id);
        this.#show({ waiting: this.#waiting() });
        resolve(outcome);
      };
      this.#pending.set(id, { id, type, text, settle });
      this.#show({ waiting: this.#waiting() });
      if (this.#synced) this.#socket?.send(text);
    });
  }

  #waiting(): CommandType[] {
    return [...this.#pending.values()].map((pending) => pending.type);
  }

  #show(change: Partial<DeskView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }

  // -- the socket's life -------------------------------------------------------------------------------------------

  #connect(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#generation += 1;
    const mine = this.#generation;
    const current = (fn: () => void) => (mine === this.#generation ? fn() : undefined);
    this.#watch(CONNECT_TIMEOUT_MS, () => this.#broken(mine));
    this.#socket = this.#options.open({
      opened: () => current(() => this.#hello()),
      heard: (text) => current(() => this.#heard(text)),
      closed: (code) => current(() => this.#closed(mine, code)),
    });
  }

  #hello(): void {
    const { token, newId } = this.#options;
    const epoch = this.#view.welcome?.epoch;
    const resume = epoch !== undefined && this.#lastSeq !== null ? { epoch, seq: this.#lastSeq } : {};
    this.#socket?.send(JSON.stringify({ v: 1, id: newId(), type: 'hello', data: { token, ...resume } }));
  }

  #closed(generation: number, code: number): void {
    const why = farewells[code];
    if (why === undefined) this.#broken(generation);
    else this.close(why);
  }

  #dropSocket(): void {
    this.#generation += 1;
    this.#synced = false;
    this.#cancelWatch?.();
    this.#cancelWatch = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** The line is gone: come back after a while that grows, with jitter, so that a thousand desks do not come at once. */
  #broken(generation: number): void {
    if (generation !== this.#generation) return;
    this.#dropSocket();
    this.#failures += 1;
    const { clock, random } = this.#options;
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10));
    this.#cancelRetry = clock.after(ceiling / 2 + (random() * ceiling) / 2, () => this.#connect());
    const since = this.#view.link.state === 'away' ? this.#view.link.since : clock.now() + this.#view.skewMs;
    this.#show({ link: { state: 'away', since, attempt: this.#failures } });
  }

  #watch(ms: number, expired: () => void): void {
    this.#cancelWatch?.();
    this.#cancelWatch = this.#options.clock.after(ms, expired);
  }

  /** Asks for a sign of life; any message is one. */
  #ping(): void {
    const generation = this.#generation;
    this.#watch(PING_TIMEOUT_MS, () => this.#broken(generation));
    this.#socket?.send(JSON.stringify({ v: 1, id: this.#options.newId(), type: 'ping', data: {} }));
  }

  // -- what the server says ----------------------------------------------------------------------------------------

  #heard(text: string): void {
    const message = parse(text);
    // A topic has numbers of its own; a desk asks for none.
    if (message === null || 'topic' in message) return;
    if (this.#synced) this.#watch(PING_EVERY_MS, () => this.#ping());
    if (message.type === 'reply') this.#replied(message);
    else if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'snapshot') this.#sawWhole(message);
    // An error is followed by a close code, which says what to do.
    else if (message.type !== 'error') this.#changed(message);
  }

  #replied(reply: ServerMessageOf<'reply'>): void {
    const outcome: Outcome = reply.ok ? { ok: true } : { ok: false, code: reply.error?.code ?? 'internal', message: reply.error?.message ?? '' };
    this.#pending.get(reply.id)?.settle(outcome);
  }

  #welcomed({ data }: ServerMessageOf<'welcome'>): void {
    const skewMs = Date.parse(data.serverTime) - this.#options.clock.now();
    this.#show({ welcome: data, skewMs });
    if (data.resumed) this.#online();
    else this.#lastSeq = null;
  }

  #sawWhole({ seq, data }: ServerMessageOf<'snapshot'>): void {
    this.#lastSeq = seq;
    this.#show({ desk: data });
    this.#online();
  }

  #online(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.#failures = 0;
    this.#watch(PING_EVERY_MS, () => this.#ping());
    this.#show({ link: { state: 'online' } });
    for (const pending of this.#pending.values()) this.#socket?.send(pending.text);
  }

  #changed(message: Change): void {
    const { desk } = this.#view;
    if (!this.#synced || desk === null || this.#lastSeq === null || message.seq <= this.#lastSeq) return; // known already
    // A gap cannot happen on one socket; should it all the same, hello again with the last number brings what is missing.
    if (message.seq !== this.#lastSeq + 1) {
      this.#broken(this.#generation);
      return;
    }
    this.#lastSeq = message.seq;
    // The quickest message tells best how far this machine's clock is off.
    const skewMs = Math.max(this.#view.skewMs, Date.parse(message.ts) - this.#options.clock.now());
    this.#show({ desk: applyChange(desk, message), skewMs, ...newsOf(desk, message) });
  }
}

/** What is told once and is no part of the desk as it stands. */
function newsOf({ call }: Desk, message: Change): Partial<Pick<DeskView, 'lastCapture' | 'lastGone'>> {
  if (message.type === 'captureChanged') return { lastCapture: message.data };
  if (message.type !== 'callCleared' || call?.phase !== 'offered' || call.pop.callId !== message.data.callId) return {};
  return { lastGone: { callId: message.data.callId, cause: message.data.cause } };
}

/** Looks at the envelope only: the server is ours and checked it whole; its schema library would weigh more than this page's own code. */
function parse(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
