/**
 * A client of the desk protocol `huawu.cti.v1`: says hello, keeps the model, comes back by itself, and loses nothing on the way. No framework, no DOM; the
 * socket, the clock, the dice and the ids may be given.
 *
 *   connecting → online ⇄ away → (hello again, resuming at the last number) → online
 *   any → closed: signed out, token refused, taken over by a newer desk; only a person brings it back
 *
 * A command is sent once and, if the line broke before its reply, sent again with the same id: the server lets an id take effect once. Where the server
 * has forgotten the ids (it came back as another process), nobody can tell: `no_reply`.
 */
import { type Clock, machineClock } from './clock.ts';
import { applyChange, type Change, type Desk } from './desk.ts';
import { afterChange, type Floor, floorOf } from './floor.ts';
import type { CtiErrorCode, DeskMessageInput, ServerMessage, ServerMessageOf, ServerMessageType, Welcome } from './messages.ts';
import { type DeskSocket, newCommandId, type SocketEvents } from './socket.ts';

export type Farewell = 'signed_out' | 'unauthorised' | 'forbidden' | 'replaced' | 'incompatible';
export type Link = { state: 'connecting' } | { state: 'online' } | { state: 'away'; since: number; attempt: number } | { state: 'closed'; why: Farewell };

/** Everything a page draws from; a new object with each change. */
export interface DeskView {
  link: Link;
  /** null until the first snapshot; always null on a supervisor's line without a desk */
  desk: Desk | null;
  /** The tenant's floor, where it was asked for (`watchFloor`); null until its first snapshot. */
  floor: Floor | null;
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

export type Command = Exclude<DeskMessageInput, { type: 'hello' | 'ping' | 'subscribe' | 'unsubscribe' }>;
export type CommandType = Command['type'];
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;
export type CommandData<T extends CommandType> = NonNullable<CommandOf<T>['data']>;
/** `no_reply`: nobody knows whether it took effect; the state shown is the truth. */
export type Outcome = { ok: true } | { ok: false; code: CtiErrorCode | 'no_reply' | 'too_many' | 'closed'; message: string };

export interface ClientOptions {
  /** Of `POST /api/v1/sessions`. */
  token: string;
  /** Opens a socket: `webSocket('wss://hotline.example.com/cti')`. */
  open(events: SocketEvents): DeskSocket;
  /** `supervisor`: no desk of an agent is opened, also for a user who has one. */
  as?: 'supervisor';
  clock?: Clock;
  /** Uniform in [0, 1). */
  random?(): number;
  newId?(): string;
}

export const FIRST_RETRY_MS = 400;
export const LONGEST_RETRY_MS = 15_000;
const CONNECT_TIMEOUT_MS = 8_000;
const PING_EVERY_MS = 15_000;
const PING_TIMEOUT_MS = 8_000;
/** Where there is a reason to doubt the line. */
const DOUBTED_TIMEOUT_MS = 4_000;
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
  /** The epoch in which it was sent first; null: not yet. */
  sentIn: string | null;
  settle(outcome: Outcome): void;
}

type Listener<T extends ServerMessageType> = (message: ServerMessageOf<T>) => void;

/** What a client shows before anything has come. */
export const nothingYet: DeskView = {
  ...{ link: { state: 'connecting' }, desk: null, floor: null, skewMs: 0, welcome: null, waiting: [], lastCapture: null, lastGone: null },
};

export class CtiClient {
  readonly #options: Required<Omit<ClientOptions, 'as'>> & Pick<ClientOptions, 'as'>;
  readonly #listeners = new Set<() => void>();
  readonly #heardBy = new Map<ServerMessageType, Set<(message: ServerMessage) => void>>();
  readonly #pending = new Map<string, Pending>();
  #view = nothingYet;
  #socket: DeskSocket | null = null;
  /** Each socket has its number: what an old one still says is not heard. */
  #generation = 0;
  #lastSeq: number | null = null;
  /** Of the floor, which has numbers of its own. */
  #floorAt: { epoch: string; seq: number } | null = null;
  #wantsFloor = false;
  /** true between a snapshot (or a resuming welcome) and the end of the socket */
  #synced = false;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;

  constructor(options: ClientOptions) {
    this.#options = { clock: machineClock, random: Math.random, newId: newCommandId, ...options };
  }

  readonly view = (): DeskView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hears each message of this type once, in order, when `view` has it already; returns its cancel. */
  on<T extends ServerMessageType>(type: T, listener: Listener<T>): () => void {
    const known = this.#heardBy.get(type) ?? new Set();
    this.#heardBy.set(type, known);
    // Under its own type a message is what the listener takes.
    const own = listener as (message: ServerMessage) => void;
    known.add(own);
    return () => void known.delete(own);
  }

  start(): void {
    this.#connect();
  }

  /** Supervisors and admins: `view().floor` is kept from now on. */
  watchFloor(): void {
    this.#wantsFloor = true;
    if (this.#synced) this.#subscribeFloor();
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
    else if (this.#synced) this.#ping(DOUBTED_TIMEOUT_MS);
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
      const pending = { id, type, text, settle, sentIn: null };
      this.#pending.set(id, pending);
      this.#show({ waiting: this.#waiting() });
      if (this.#synced) this.#transmit(pending);
    });
  }

  #transmit(pending: Pending): void {
    pending.sentIn = this.#view.welcome?.epoch ?? null;
    this.#socket?.send(pending.text);
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
    const { token, newId, as } = this.#options;
    const epoch = this.#view.welcome?.epoch;
    const resume = epoch !== undefined && this.#lastSeq !== null ? { epoch, seq: this.#lastSeq } : {};
    this.#socket?.send(JSON.stringify({ v: 1, id: newId(), type: 'hello', data: { token, ...resume, ...(as === undefined ? {} : { as }) } }));
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
  #ping(withinMs = PING_TIMEOUT_MS): void {
    const generation = this.#generation;
    this.#watch(withinMs, () => this.#broken(generation));
    this.#socket?.send(JSON.stringify({ v: 1, id: this.#options.newId(), type: 'ping', data: {} }));
  }

  // -- what the server says ----------------------------------------------------------------------------------------

  #heard(text: string): void {
    const message = parse(text);
    if (message === null) return;
    if (this.#synced) this.#watch(PING_EVERY_MS, () => this.#ping());
    if (message.type === 'reply') this.#replied(message);
    else if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'snapshot') this.#sawWhole(message);
    else if ('topic' in message) this.#floorSaid(message);
    // An error is followed by a close code, which says what to do.
    else if (message.type === 'error') this.#tell(message);
    else this.#changed(message);
  }

  #tell(message: ServerMessage): void {
    for (const listener of this.#heardBy.get(message.type) ?? []) listener(message);
  }

  #replied(reply: ServerMessageOf<'reply'>): void {
    const outcome: Outcome = reply.ok ? { ok: true } : { ok: false, code: reply.error?.code ?? 'internal', message: reply.error?.message ?? '' };
    this.#pending.get(reply.id)?.settle(outcome);
  }

  #welcomed(message: ServerMessageOf<'welcome'>): void {
    const { data } = message;
    const skewMs = Date.parse(data.serverTime) - this.#options.clock.now();
    this.#show({ welcome: data, skewMs });
    this.#tell(message);
    if (!data.resumed) this.#lastSeq = null;
    // Without a desk there is nothing to be whole.
    if (data.resumed || data.agentId === null) this.#online();
  }

  #sawWhole(message: ServerMessageOf<'snapshot'>): void {
    this.#lastSeq = message.seq;
    this.#show({ desk: message.data });
    this.#online();
    this.#tell(message);
  }

  #online(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.#failures = 0;
    this.#watch(PING_EVERY_MS, () => this.#ping());
    this.#show({ link: { state: 'online' } });
    if (this.#wantsFloor) this.#subscribeFloor();
    const epoch = this.#view.welcome?.epoch;
    for (const pending of [...this.#pending.values()]) {
      // Its id is forgotten there: sent again it might take effect a second time.
      if (pending.sentIn !== null && pending.sentIn !== epoch) pending.settle({ ok: false, code: 'no_reply', message: '' });
      else this.#transmit(pending);
    }
  }

  #subscribeFloor(): void {
    const data = { topic: 'floor', ...(this.#floorAt ?? {}) };
    this.#socket?.send(JSON.stringify({ v: 1, id: this.#options.newId(), type: 'subscribe', data }));
  }

  #floorSaid(message: ServerMessageOf<'floorSnapshot' | 'floorChanged'>): void {
    if (message.type === 'floorSnapshot') {
      this.#floorAt = { epoch: message.data.epoch, seq: message.seq };
      this.#show({ floor: floorOf(message.data) });
    } else {
      const { floor } = this.#view;
      if (floor === null || this.#floorAt === null || message.seq <= this.#floorAt.seq) return;
      if (message.seq !== this.#floorAt.seq + 1) {
        this.#broken(this.#generation);
        return;
      }
      this.#floorAt = { ...this.#floorAt, seq: message.seq };
      this.#show({ floor: afterChange(floor, message.data), skewMs: this.#skewAt(message.ts) });
    }
    this.#tell(message);
  }

  /** The quickest message tells best how far this machine's clock is off. */
  #skewAt(ts: string): number {
    return Math.max(this.#view.skewMs, Date.parse(ts) - this.#options.clock.now());
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
    this.#show({ desk: applyChange(desk, message), skewMs: this.#skewAt(message.ts), ...newsOf(desk, message) });
    this.#tell(message);
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
