/**
 * A wall's line to the server: says hello without opening a desk, subscribes to the floor, folds what it is told, and comes back by itself, resuming by
 * number. No framework, no DOM: the socket, the clock, the dice and the ids are given.
 *
 *   connecting → online ⇄ away → … ; any → closed: the token is no longer good, or the role is not a supervisor's
 *
 * A command is sent once and, if the line broke before its reply, again with the same id: the server lets an id take effect once.
 */
import type { DeskMessageInput, FloorAgent, FloorAlert, FloorChange, FloorQueue, FloorTrunk, ServerMessage } from '../../src/cti/protocol.ts';
import type { Clock } from '../shared/clock.ts';

export interface LineSocket {
  send(text: string): void;
  close(): void;
}
export interface LineEvents {
  opened(): void;
  heard(text: string): void;
  closed(code: number): void;
}

export interface Floor {
  queues: ReadonlyMap<string, FloorQueue>;
  agents: ReadonlyMap<string, FloorAgent>;
  trunks: readonly FloorTrunk[];
  alerts: ReadonlyMap<string, FloorAlert>;
  agentsNotShown: number;
}

export interface LineView {
  link: 'connecting' | 'online' | 'away' | 'unauthorised' | 'forbidden';
  /** null until the first snapshot */
  floor: Floor | null;
  /** Add to this machine's time to have the server's. */
  skewMs: number;
}

type Command = Exclude<DeskMessageInput, { type: 'hello' | 'subscribe' | 'unsubscribe' }>;
/** `code` `no_reply`: nobody knows whether it took effect. */
export type Answer = { ok: true } | { ok: false; code: string; message: string };

interface LineOptions {
  token: string;
  open(events: LineEvents): LineSocket;
  clock: Clock;
  random(): number;
  newId(): string;
}

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 15_000;
/** The server tells something each few seconds; a line that is silent for longer is asked, and given up. */
const SILENT_MS = 15_000;
const PING_MS = 8_000;
const COMMAND_MS = 12_000;
const farewells: Record<number, 'unauthorised' | 'forbidden'> = { 4401: 'unauthorised', 4403: 'forbidden' };

interface Pending {
  text: string;
  settle(answer: Answer): void;
}

export class FloorLine {
  readonly #options: LineOptions;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<string, Pending>();
  #view: LineView = { link: 'connecting', floor: null, skewMs: 0 };
  #socket: LineSocket | null = null;
  #generation = 0;
  #epoch: string | null = null;
  #seq = 0;
  #failures = 0;
  #closed = false;
  #cancelWatch: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  readonly view = (): LineView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    this.#cancelRetry?.();
    this.#generation += 1;
    const mine = this.#generation;
    const current = (fn: () => void) => (mine === this.#generation ? fn() : undefined);
    this.#watch(PING_MS, () => this.#broken());
    this.#socket = this.#options.open({
      opened: () => current(() => this.#say('hello', { token: this.#options.token, as: 'supervisor' })),
      heard: (text) => current(() => this.#heard(text)),
      closed: (code) => current(() => this.#ended(code)),
    });
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    this.#cancelRetry?.();
    for (const { settle } of [...this.#pending.values()]) settle({ ok: false, code: 'closed', message: '' });
  }

  /** Never rejects. */
  command<T extends Command['type']>(type: T, data: NonNullable<Extract<Command, { type: T }>['data']>): Promise<Answer> {
    const id = this.#options.newId();
    const text = JSON.stringify({ v: 1, id, type, data });
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(COMMAND_MS, () => settle({ ok: false, code: 'no_reply', message: '' }));
      const settle = (answer: Answer): void => {
        cancel();
        this.#pending.delete(id);
        resolve(answer);
      };
      this.#pending.set(id, { text, settle });
      if (this.#view.link === 'online') this.#socket?.send(text);
    });
  }

  #say(type: string, data: object): void {
    this.#socket?.send(JSON.stringify({ v: 1, id: this.#options.newId(), type, data }));
  }

  #show(change: Partial<LineView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }

  #watch(ms: number, expired: () => void): void {
    this.#cancelWatch?.();
    this.#cancelWatch = this.#options.clock.after(ms, expired);
  }

  #drop(): void {
    this.#generation += 1;
    this.#cancelWatch?.();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #ended(code: number): void {
    const why = farewells[code];
    if (why === undefined) {
      this.#broken();
      return;
    }
    this.#drop();
    this.#show({ link: why });
  }

  /** With a pause that grows and varies, so that not all walls come at once. */
  #broken(): void {
    this.#drop();
    if (this.#closed) return;
    this.#failures += 1;
    const { clock, random } = this.#options;
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10));
    this.#cancelRetry = clock.after(ceiling / 2 + (random() * ceiling) / 2, () => this.start());
    this.#show({ link: 'away' });
  }

  #heard(text: string): void {
    this.#watch(SILENT_MS, () => {
      this.#watch(PING_MS, () => this.#broken());
      this.#say('ping', {});
    });
    const message = parsed(text);
    if (message?.type === 'welcome') this.#welcomed(message.data.serverTime);
    else if (message?.type === 'reply')
      this.#pending.get(message.id)?.settle(message.ok ? { ok: true } : { ok: false, code: 'internal', message: '', ...message.error });
    else if (message?.type === 'floorSnapshot') {
      const { epoch, queues, agents, trunks, alerts, agentsNotShown } = message.data;
      this.#epoch = epoch;
      this.#seq = message.seq;
      this.#show({ floor: { queues: byId(queues, 'queueId'), agents: byId(agents, 'agentId'), trunks, alerts: byId(alerts, 'alertId'), agentsNotShown } });
    } else if (message?.type === 'floorChanged' && message.seq > this.#seq) this.#changed(message.seq, message.ts, message.data);
  }

  #welcomed(serverTime: string): void {
    this.#failures = 0;
    this.#show({ link: 'online', skewMs: Date.parse(serverTime) - this.#options.clock.now() });
    this.#say('subscribe', { topic: 'floor', ...(this.#epoch === null ? {} : { epoch: this.#epoch, seq: this.#seq }) });
    for (const { text } of this.#pending.values()) this.#socket?.send(text);
  }

  #changed(seq: number, ts: string, change: FloorChange): void {
    const { floor } = this.#view;
    if (floor === null || seq !== this.#seq + 1) {
      this.#broken();
      return;
    }
    this.#seq = seq;
    const skewMs = Math.max(this.#view.skewMs, Date.parse(ts) - this.#options.clock.now());
    this.#show({ floor: folded(floor, change), skewMs });
  }
}

const byId = <K extends string, T extends Record<K, string>>(rows: readonly T[], key: K): Map<string, T> => new Map(rows.map((row) => [row[key], row]));

/** The floor after the change; what did not change is the same object, so that a page may compare by identity. */
export function folded(floor: Floor, { queues, agents, trunks, alerts, gone = [] }: FloorChange): Floor {
  return {
    queues: after(floor.queues, queues, 'queueId', gone),
    agents: after(floor.agents, agents, 'agentId', gone),
    trunks: trunks ?? floor.trunks,
    alerts: after(floor.alerts, alerts, 'alertId', gone),
    agentsNotShown: floor.agentsNotShown,
  };
}

function after<K extends string, T extends Record<K, string>>(
  rows: ReadonlyMap<string, T>,
  changed: readonly T[] = [],
  key: K,
  gone: readonly string[],
): ReadonlyMap<string, T> {
  if (changed.length === 0 && !gone.some((id) => rows.has(id))) return rows;
  const next = new Map(rows);
  for (const row of changed) next.set(row[key], row);
  for (const id of gone) next.delete(id);
  return next;
}

/** Looks at the envelope only: the server is ours and checked it whole. */
function parsed(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
