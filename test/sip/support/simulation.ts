/** A world in memory: a clock that jumps from event to event, a network that loses, doubles and delays, and two SIP servers with an application each. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import { silentLog } from '../../../kernel/log.ts';
import { Agent } from '../../../sip/agent/agent.ts';
import { Ledger, ownsNothing } from '../../../sip/agent/ledger.ts';
import { CallRecords } from '../../../sip/agent/records.ts';
import { noCounts, type Stack } from '../../../sip/agent/stack.ts';
import { cdrEvents } from '../../../sip/control/cdr.ts';
import { Lobby } from '../../../sip/control/lobby.ts';
import { Routes } from '../../../sip/control/routes.ts';
import { Seats } from '../../../sip/control/seat.ts';
import { type Asker, carryOut } from '../../../sip/control/verbs.ts';
import { dismissed, parseFrame } from '../../../sip/control/wire.ts';
import { type Guard, openToAll } from '../../../sip/guard/guard.ts';
import type { Message } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { Transactions } from '../../../sip/transaction/transactions.ts';
import type { Dns } from '../../../sip/transport/dns.ts';
import { RegisteredFlows } from '../../../sip/transport/flows.ts';
import type { Hop, Transport } from '../../../sip/transport/hop.ts';
import { Resolver } from '../../../sip/transport/resolve.ts';

/** mulberry32: small, fast, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Timer {
  at: number;
  order: number;
  fn: (() => void) | undefined;
}

/** A binary heap of timers; time is when the next one is due. */
export class SimClock implements Clock {
  #now = 1_700_000_000_000;
  #order = 0;
  #live = 0;
  readonly #heap: Timer[] = [];

  now(): number {
    return this.#now;
  }
  /** Timers armed. */
  get armed(): number {
    return this.#live;
  }
  after(ms: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#live += 1;
    this.#push(timer);
    return () => {
      if (timer.fn !== undefined) this.#live -= 1;
      timer.fn = undefined;
    };
  }
  every(ms: number, fn: () => void): () => void {
    let cancel = this.after(ms, function again(this: void) {
      fn();
    });
    const arm = (): void => {
      cancel = this.after(ms, () => {
        arm();
        fn();
      });
    };
    cancel();
    arm();
    return () => cancel();
  }
  /** The process sleeps for `ms`: what falls due meanwhile runs with the next `forward`, late. */
  sleep(ms: number): void {
    this.#now += ms;
  }
  /** Runs everything that falls due within `ms`. */
  forward(ms: number): void {
    const until = this.#now + ms;
    for (let top = this.#heap[0]; top !== undefined && top.at <= until; top = this.#heap[0]) {
      this.#pop();
      const { fn } = top;
      if (fn === undefined) continue;
      top.fn = undefined;
      this.#live -= 1;
      this.#now = Math.max(this.#now, top.at);
      fn();
    }
    this.#now = until;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    heap.push(timer);
    for (let at = heap.length - 1; at > 0; ) {
      const up = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[up])) break;
      swap(heap, at, up);
      at = up;
    }
  }
  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const least = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[least], heap[at])) return;
      swap(heap, at, least);
      at = least;
    }
  }
}
const isBefore = (a: Timer | undefined, b: Timer | undefined): boolean =>
  a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.order < b.order));
function swap(heap: Timer[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}

export interface Weather {
  loss: number;
  double: number;
  /** Of a datagram that is late at all. */
  late: number;
  mostDelayMs: number;
}

export class SimNetwork {
  readonly #nodes = new Map<string, (bytes: Buffer, from: Hop) => void>();
  readonly #clock: SimClock;
  readonly #random: () => number;
  readonly #weather: Weather;
  carried = 0;
  /** Sees each message as it is sent, once, whatever becomes of it; true: it is lost for sure. */
  tap: (bytes: Buffer, from: string, to: string) => boolean = () => false;
  constructor(clock: SimClock, random: () => number, weather: Weather) {
    this.#clock = clock;
    this.#random = random;
    this.#weather = weather;
  }
  join(address: string, take: (bytes: Buffer, from: Hop) => void): void {
    this.#nodes.set(address, take);
  }
  send(bytes: Buffer, from: string, to: string): void {
    if (this.tap(bytes, from, to)) return;
    const { loss, double, late, mostDelayMs } = this.#weather;
    const copies = this.#random() < double ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.#random() < loss) continue;
      const delay = 1 + (this.#random() < late ? this.#random() * mostDelayMs : this.#random() * 5);
      this.#clock.after(delay, () => {
        this.carried += 1;
        this.#nodes.get(to)?.(bytes, { protocol: 'udp', address: from, port: 5060 });
      });
    }
  }
}

const nothing = async () => ({ records: [], ttlSeconds: undefined });
const noNames: Dns = { naptr: nothing, srv: nothing, addresses: nothing };

/** One SIP server on the simulated network, with one application. */
export class SimNode {
  readonly address: string;
  readonly stack: Stack;
  readonly agent: Agent;
  readonly routes = new Routes();
  readonly seats: Seats;
  readonly lobby: Lobby;
  isDraining = false;

  constructor(address: string, clock: SimClock, network: SimNetwork, guard: Guard = openToAll()) {
    this.address = address;
    const transport: Transport = {
      send: (bytes, to) => {
        network.send(bytes, address, to.address);
        return undefined;
      },
      localFor: () => ({ address, port: 5060 }),
    };
    let made = 0;
    const next = (): number => {
      made += 1;
      return made;
    };
    const name = (kind: string): string => `${kind}${address.split('.').at(-1)}x${next()}`;
    const resolver = new Resolver(clock, () => ({ v4: true, v6: false }), noNames);
    this.stack = {
      clock,
      log: silentLog,
      names: {
        transaction: () => name('t'),
        tag: () => name('tag'),
        branch: () => name('z9hG4bK'),
        callId: () => name('call'),
        seq: () => 1 + (next() % 1_000),
      },
      transport,
      guard,
      transactions: new Transactions(clock, transport),
      ledger: new Ledger(),
      records: new CallRecords(cdrEvents(this.routes, clock)),
      flows: new RegisteredFlows(clock, () => false),
      resolve: (uri) => resolver.resolve(uri),
      isOpen: () => false,
      isMine: (hop) => hop.address === address,
      alias: () => undefined,
      sign: (text) => createHash('sha256').update(`${address}\n${text}`).digest('hex').slice(0, 16),
      counters: noCounts(),
    };
    const node = this;
    this.agent = new Agent(this.stack, {
      pick: (method) => {
        const app = this.routes.pick(method);
        return app === 'none' ? (this.lobby.pick(method) ?? app) : app;
      },
      get isDraining() {
        return node.isDraining;
      },
    });
    this.lobby = new Lobby({ clock, stack: this.stack, routes: this.routes, serverSide: () => this.agent.serverSide });
    this.seats = new Seats(clock, {
      unroute: (app) => this.routes.removeAll(app),
      release: (app) => this.agent.release(app),
      unanswered: (app) => this.agent.serverSide.unanswered(app),
      handOver: (app) => this.agent.handOver(app),
      supersede: (before) => before.dismiss(dismissed('', 'another connection has come with this name')),
    });
    network.join(address, (bytes, from) => this.agent.take(bytes, { ...from, flow: 'udp-0', local: { address, port: 5060 } }));
  }
}

/** A frame of the server, cut up. */
export class Heard {
  readonly tokens: string[];
  /** The SIP text as it came; empty when there is none. */
  readonly bytes: Buffer;
  #message: Message | undefined;
  constructor(frame: Buffer) {
    const text = frame.subarray(frame.indexOf('#') + 1);
    const end = text.indexOf('\r\n');
    this.tokens = text.toString('utf8', 0, end < 0 ? text.length : end).split('|');
    this.bytes = end < 0 ? NOTHING : text.subarray(end + 2);
  }
  get message(): Message | undefined {
    if (this.bytes.length > 0) this.#message ??= parseMessage(this.bytes);
    return this.#message;
  }
}
const NOTHING = Buffer.alloc(0);

/** An application that speaks the control protocol by hand. */
export class SimApp implements Asker {
  readonly owned = ownsNothing();
  readonly isBusy = false;
  readonly isAway = false;
  readonly tags: ReadonlySet<string>;
  isGone = false;
  /** Whom its calls belong to: itself, or whoever has its name. */
  readonly app: Asker;
  readonly heard: Heard[] = [];
  /** False when thousands of calls are to be simulated. */
  keeps = true;
  readonly node: SimNode;
  /** What it does about a frame. */
  onHeard: (heard: Heard) => void = () => undefined;
  #asked = 0;

  constructor(node: SimNode, tags: string[] = []) {
    this.node = node;
    this.tags = new Set(tags);
    this.app = node.seats.open(this);
  }
  deliver(frame: Buffer): void {
    const heard = new Heard(frame);
    if (this.keeps) this.heard.push(heard);
    // An application is another process: it acts a little later.
    this.node.stack.clock.after(1, () => {
      if (!this.isGone) this.onHeard(heard);
    });
  }
  dismiss(frame: Buffer): void {
    this.deliver(frame);
  }
  /** Asks for `verb|tokens` with SIP text; returns the frame's id. */
  ask(line: string, text = ''): string {
    this.#asked += 1;
    const id = `f${this.#asked}`;
    carryOut(this.node.routes, this.node.agent, this.app, parseFrame(`${id}|${line}${text === '' ? '' : `\r\n${text}`}`));
    return id;
  }
  leave(): void {
    this.isGone = true;
    this.node.lobby.left(this);
    this.node.seats.closed(this, this.app);
  }
}
