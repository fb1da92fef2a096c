/**
 * The rim between desks and the house: who is connected, what they ask (→ events), what they are told (← commands).
 * Knows no WebSocket: a socket here is something that takes text and can be closed with a reason.
 */

import type { Clock } from '../../kernel/clock.ts';
import { type AgentId, type LegId, randomToken, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { CallCommand } from '../call/command.ts';
import type { Journal } from '../journal/port.ts';
import { mayAtAll, type Role, scopeOf } from '../users/user.ts';
import { type CloseCode, type CtiErrorCode, ctiError, ctiErrors } from './errors.ts';
import type { CtiCommand, DeskNews } from './event.ts';
import { Feed } from './feed.ts';
import type { FloorFeeds, Sight, Wall } from './floor/feeds.ts';
import { type AgentCommand, type DeskEffect, isAgentCommand, type Obeying, obey } from './obey.ts';
import { CTI_VERSION, type DeskMessage, type DeskMessageOf, deskCommandTypes, type Parsed, parseDeskMessage, supervisorCommands } from './protocol.ts';
import { isSupervisorMessage, type Order, type OrderMessage, ordersOf, type SupervisorMessage, supervise } from './supervising.ts';

/** The user behind a token. */
export interface DeskUser {
  userId: UserId;
  tenantId: TenantId;
  /** null: a user without a phone and a desk */
  agentId: AgentId | null;
  name: string;
  role: Role;
  /** Those a lead leads. */
  teams?: readonly string[];
  language: 'zh' | 'en';
}

export interface DeskSocket {
  /** The address it comes from, for the audit trail. */
  readonly source?: string;
  /** Writes at once; what the peer does not read is the socket's to limit. */
  send(text: string): void;
  /** Bytes the peer has not read; absent = not known here. */
  owed?(): number;
  close(why: CloseCode): void;
}

export interface DesksOptions extends Obeying {
  clock: Clock;
  log: Logger;
  journal: Pick<Journal, 'settled'>;
  take(event: DeskEffect): void;
  /** Keys for the parties of these legs. */
  press(legIds: readonly LegId[], keys: string): void;
  /** A supervisor's word: it is in the audit trail before its events are taken; a rejection means that nothing was done. */
  /** `source`: the address of her desk; null = not known. */
  carryOut(order: Order, by: DeskUser, source: string | null): Promise<void>;
  /** What walls are told. */
  floor: Pick<FloorFeeds, 'subscribe' | 'unsubscribe' | 'acknowledge'>;
  /** null: unknown, expired or withdrawn. A rejection means it cannot be told now. */
  userOfToken(token: string): Promise<DeskUser | null>;
  /** From the loss of the last socket to `client_lost`. */
  graceMs?: number;
}

const GRACE_MS = 30_000;
/** How long a feed outlives its last socket; who comes back later gets a snapshot. */
const FORGET_MS = 600_000;
/** A part of the open desks' tokens is looked at again each time, so that all have had their turn after four: what another process withdraws is closed within 5 s. */
const RECHECK_MS = 1_000;
const RECHECK_PARTS = 4;
const MOST_REMEMBERED_COMMANDS = 1_000;
/** What may arrive while the token of the hello is being looked up. */
const MOST_EARLY_MESSAGES = 16;

/** One agent's desk, connected or expected back. */
interface AgentDesk {
  agentId: AgentId;
  feed: Feed;
  /** The tenant whose alarms are told here: a supervisor's desk, or an admin's. */
  alarmsOf: TenantId | null;
  connection: Connection | null;
  /** Command id → its reply. */
  replies: Map<string, string>;
  cancelTimer: (() => void) | null;
}

/** One socket: waits for hello, then belongs to one agent's desk until either goes; or, without a desk, to a supervisor. */
interface Connection {
  socket: DeskSocket;
  state: 'awaiting_hello' | 'checking' | 'open' | 'closed';
  early: string[];
  desk: AgentDesk | null;
  token: string;
  userId: UserId | null;
  user: DeskUser | null;
  language: 'zh' | 'en';
  /** It has subscribed to the floor. */
  wall: Wall | null;
}

/** What the socket rim holds of a connection. */
export interface DeskLine {
  receive(text: string): void;
  /** The socket is gone, whoever closed it. */
  closed(): void;
  /** Tells why and closes. */
  refuse(code: CtiErrorCode): void;
  readonly open: boolean;
}

export class Desks {
  readonly #options: DesksOptions;
  readonly #desks = new Map<AgentId, AgentDesk>();
  readonly #connections = new Set<Connection>();
  /** User and command id → its reply, of supervisors without a desk; the longest ago first. */
  readonly #supervisorReplies = new Map<string, string>();
  readonly #cancelRecheck: () => void;
  /** Of lines without a desk: their command ids are remembered as long as this process lives. */
  readonly #epoch = randomToken(8);
  #rechecking = false;
  #closing = false;
  #lastJson: { data: DeskNews['data']; json: string } | null = null;

  constructor(options: DesksOptions) {
    this.#options = options;
    this.#cancelRecheck = options.clock.every(RECHECK_MS, () => void this.#recheck());
  }

  /** How many sockets have said hello. */
  get connected(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.state === 'open') count += 1;
    return count;
  }

  accept(socket: DeskSocket): DeskLine {
    const connection: Connection = { socket, state: 'awaiting_hello', early: [], desk: null, token: '', userId: null, user: null, language: 'zh', wall: null };
    this.#connections.add(connection);
    return {
      receive: (text) => this.#receive(connection, text),
      closed: () => this.#lost(connection),
      refuse: (code) => this.#refuse(connection, code),
      get open() {
        return connection.state === 'open';
      },
    };
  }

  /** The screen pops: written to the socket before this returns, so that it is ahead of the INVITE to her phone. */
  popScreen(command: Extract<CallCommand, { type: 'popScreen' }>): void {
    const desk = this.#desks.get(command.agentId);
    const pop = this.#options.desk.screenPop(command.agentId, command.offerId);
    if (desk === undefined || pop === null) return;
    const { callId, legId, offerId, queueId } = command;
    this.#publish(desk, { type: 'callOffered', data: { callId, legId, offerId, queueId, ringUntil: pop.ringUntil } });
    this.#publish(desk, { type: 'screenPop', data: pop });
  }

  tellDesk(command: Extract<CtiCommand, { type: 'tellDesk' }>): void {
    const desk = this.#desks.get(command.agentId);
    if (desk !== undefined) this.#publish(desk, command.message);
  }

  /** To the supervisors who have a desk; the others see it over the API. */
  alarm(tenantId: TenantId, data: Extract<DeskNews, { type: 'alarm' }>['data']): void {
    for (const desk of this.#desks.values()) if (desk.alarmsOf === tenantId) this.#publish(desk, { type: 'alarm', data });
  }

  /** Every session of the user is void: password, role, disabled. */
  userRevoked(userId: UserId): void {
    for (const connection of [...this.#connections]) if (connection.userId === userId) this.#refuse(connection, 'unauthorised');
  }

  /** This one session was ended. */
  tokenVoided(token: string): void {
    for (const connection of [...this.#connections]) if (connection.token === token) this.#refuse(connection, 'unauthorised');
  }

  close(): void {
    this.#closing = true;
    this.#cancelRecheck();
    for (const connection of [...this.#connections]) this.#end(connection, 'goingAway');
    // Only now: each desk that has just lost its socket waits for it to come back.
    for (const desk of this.#desks.values()) desk.cancelTimer?.();
    this.#desks.clear();
  }

  #publish(desk: AgentDesk, { type, data }: DeskNews): void {
    // A queue's figures go to all its agents: one object, one JSON.
    if (this.#lastJson?.data !== data) this.#lastJson = { data, json: JSON.stringify(data) };
    const { json } = this.#lastJson;
    const { text } = desk.feed.append((seq) => this.#envelope(type, seq, json));
    desk.connection?.socket.send(text);
  }

  #envelope(type: string, seq: number, json: string): string {
    return `{"v":${CTI_VERSION},"seq":${seq},"type":"${type}","ts":"${this.#nowText()}","data":${json}}`;
  }

  #nowText(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  #receive(connection: Connection, text: string): void {
    if (connection.state === 'closed') return;
    if (connection.state === 'checking') {
      if (connection.early.push(text) > MOST_EARLY_MESSAGES) this.#refuse(connection, 'too_fast');
      return;
    }
    const parsed = parseDeskMessage(text);
    if (!parsed.ok) this.#misunderstood(connection, parsed);
    else this.#understood(connection, parsed.message);
  }

  #understood(connection: Connection, message: DeskMessage): void {
    if (message.type === 'hello') {
      if (connection.state === 'open') this.#reply(connection, message.id, 'hello_again');
      else void this.#hello(connection, message);
    } else if (connection.state !== 'open') {
      this.#reply(connection, message.id, 'hello_first');
      this.#end(connection, 'badMessage');
    } else if (isSupervisorMessage(message)) this.#oversee(connection, message);
    else if (!isAgentCommand(message)) this.#reply(connection, message.id);
    else if (connection.desk === null) this.#reply(connection, message.id, 'no_desk');
    else this.#command(connection, connection.desk, message);
  }

  #misunderstood(connection: Connection, { id, code, detail }: Extract<Parsed, { ok: false }>): void {
    if (id === null) this.#error(connection, code, detail);
    else this.#reply(connection, id, code, detail);
    // Before hello nothing but a hello is worth waiting for; after it only what is no message at all ends the talk.
    if (connection.state === 'awaiting_hello' || 'close' in ctiErrors[code]) this.#end(connection, 'badMessage');
  }

  async #hello(connection: Connection, message: DeskMessageOf<'hello'>): Promise<void> {
    connection.state = 'checking';
    connection.token = message.data.token;
    let user: DeskUser | null;
    try {
      user = await this.#options.userOfToken(message.data.token);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a desk could not be signed in');
      this.#reply(connection, message.id, 'internal');
      return this.#end(connection, 'internal');
    }
    if (this.#isClosed(connection)) return;
    connection.userId = user?.userId ?? null;
    connection.user = user;
    connection.language = user?.language ?? connection.language;
    const seat = user?.agentId == null || message.data.as === 'supervisor' || !mayAtAll(user, 'desk.use') ? null : user.agentId;
    const agent = seat === null ? undefined : this.#options.acd.agent(seat);
    const isSupervisor = user !== null && mayAtAll(user, 'floor.watch') && message.data.as !== 'agent';
    if (user !== null && agent === undefined && isSupervisor) this.#openWithoutDesk(connection, user, message);
    else if (user === null || agent === undefined) {
      const code = user === null ? 'unauthorised' : 'no_desk';
      this.#reply(connection, message.id, code);
      return this.#end(connection, ctiErrors[code].close);
    } else this.#open(connection, user, agent.agentId, message);
    for (const text of connection.early.splice(0)) this.#receive(connection, text);
  }

  #open(connection: Connection, user: DeskUser, agentId: AgentId, message: DeskMessageOf<'hello'>): void {
    const desk = this.#deskOf(agentId);
    desk.cancelTimer?.();
    desk.cancelTimer = null;
    const former = desk.connection;
    desk.connection = null;
    desk.alarmsOf = mayAtAll(user, 'trunk.read') ? user.tenantId : null;
    if (former !== null) this.#refuse(former, 'replaced');
    if (this.#options.acd.agent(agentId)?.state === 'signed_out') this.#options.take({ type: 'agentSignedIn', agentId });
    connection.state = 'open';
    connection.desk = desk;
    this.#reply(connection, message.id);
    this.#catchUp(connection, desk, user, message.data, former !== null);
    desk.connection = connection;
    if (former === null) this.#options.take({ type: 'deskConnected', agentId });
  }

  /** Welcome, then what was missed, or everything. Numbers go on from there. */
  #catchUp(connection: Connection, desk: AgentDesk, user: DeskUser, { epoch, seq }: DeskMessageOf<'hello'>['data'], tookOver: boolean): void {
    const { feed } = desk;
    // Who does not resume is another desk, which may count its command ids from the start again.
    if (seq === undefined) desk.replies.clear();
    const missed = seq === undefined ? { result: 'lost' as const } : feed.since(epoch ?? feed.epoch, seq);
    const welcome = { ...this.#welcome(user, feed.epoch, missed.result === 'resumed', desk.agentId), ...(tookOver ? { tookOver } : {}) };
    // A desk that dies between welcome and snapshot must not resume from a number whose state it never saw.
    const welcomeSeq = missed.result === 'resumed' ? (seq ?? 0) : 0;
    connection.socket.send(this.#envelope('welcome', welcomeSeq, JSON.stringify(welcome)));
    if (missed.result === 'resumed') for (const { text } of missed.messages) connection.socket.send(text);
    else connection.socket.send(this.#envelope('snapshot', feed.last, JSON.stringify(this.#options.desk.snapshot(desk.agentId))));
  }

  #welcome(user: DeskUser, epoch: string, resumed: boolean, agentId: AgentId | null): object {
    const { tenantId, name, language } = user;
    const hers: readonly string[] = ordersOf(user);
    const all = agentId === null ? (['hello', ...supervisorCommands, 'ping'] as const) : deskCommandTypes;
    const commands = all.filter((type) => !(supervisorCommands as readonly string[]).includes(type) || hers.includes(type));
    return { epoch, resumed, agentId, tenantId, name, language, commands, ...this.#named(tenantId), serverTime: this.#nowText() };
  }

  #named(tenantId: TenantId): object {
    const flows = Object.entries(this.#options.flows(tenantId, null)).map(([flow, name]) => ({ flow, name }));
    return { forms: this.#options.forms(tenantId), flows };
  }

  /** She has no calls of her own: nothing is numbered but the topics she subscribes to. */
  #openWithoutDesk(connection: Connection, user: DeskUser, message: DeskMessageOf<'hello'>): void {
    connection.state = 'open';
    this.#reply(connection, message.id);
    connection.socket.send(this.#envelope('welcome', 0, JSON.stringify(this.#welcome(user, this.#epoch, false, null))));
  }

  #deskOf(agentId: AgentId): AgentDesk {
    const desk = this.#desks.get(agentId) ?? {
      agentId,
      feed: new Feed(randomToken(8)),
      alarmsOf: null,
      connection: null,
      replies: new Map(),
      cancelTimer: null,
    };
    this.#desks.set(agentId, desk);
    return desk;
  }

  #command(connection: Connection, desk: AgentDesk, message: AgentCommand): void {
    const before = desk.replies.get(message.id);
    if (before !== undefined) {
      this.#whenSettled(connection, before);
      return;
    }
    const outcome = obey(message, desk.agentId, this.#options);
    const error = outcome.ok ? undefined : ctiError(outcome.code, connection.language, outcome.detail);
    const reply = replyText(message.id, error);
    remember(desk.replies, message.id, reply);
    if (!outcome.ok) {
      this.#send(connection, reply);
      return;
    }
    for (const event of outcome.events) this.#options.take(event);
    if (outcome.keys !== undefined) this.#options.press(outcome.keys.legIds, outcome.keys.digits);
    this.#whenSettled(connection, reply, message.type === 'signOut' ? () => this.#signedOut(connection, desk) : undefined);
  }

  #oversee(connection: Connection, message: SupervisorMessage): void {
    const { user } = connection;
    if (user === null || !ordersOf(user).includes(message.type)) this.#reply(connection, message.id, 'not_allowed');
    else if (message.type === 'subscribe') this.#subscribe(connection, user, message);
    else if (message.type === 'unsubscribe') {
      this.#unsubscribe(connection);
      this.#reply(connection, message.id);
    } else if (message.type === 'acknowledgeAlert') {
      const known = this.#options.floor.acknowledge(user.tenantId, message.data.alertId, user.name);
      this.#reply(connection, message.id, known ? undefined : 'unknown_alert');
    } else this.#order(connection, user, message);
  }

  /** Asked again, it begins anew: the wall has lost its place. */
  #subscribe(connection: Connection, user: DeskUser, { id, data }: DeskMessageOf<'subscribe'>): void {
    this.#unsubscribe(connection);
    this.#reply(connection, id);
    connection.wall = { send: (text) => this.#send(connection, text), owes: () => connection.socket.owed?.() ?? 0 };
    const { epoch, seq } = data;
    this.#options.floor.subscribe(connection.wall, sightOf(user), epoch === undefined || seq === undefined ? null : { epoch, seq });
  }

  #unsubscribe(connection: Connection): void {
    if (connection.wall !== null) this.#options.floor.unsubscribe(connection.wall);
    connection.wall = null;
  }

  /** Once, like every command; audited first. */
  #order(connection: Connection, user: DeskUser, message: OrderMessage): void {
    const replies = connection.desk?.replies ?? this.#supervisorReplies;
    const key = connection.desk === null ? `${user.userId} ${message.id}` : message.id;
    const before = replies.get(key);
    if (before !== undefined) {
      this.#whenSettled(connection, before);
      return;
    }
    const asked = supervise(message, user, { ...this.#options, newId: () => randomToken(12) });
    const reply = replyText(message.id, asked.ok ? undefined : ctiError(asked.code, connection.language));
    remember(replies, key, reply);
    if (!asked.ok) {
      this.#send(connection, reply);
      return;
    }
    this.#options.carryOut(asked.order, user, connection.socket.source ?? null).then(
      () => this.#whenSettled(connection, reply),
      (error: unknown) => {
        this.#options.log.error({ err: error }, 'a supervisor’s word could not be audited, and was not done');
        replies.delete(key);
        this.#reply(connection, message.id, 'internal');
      },
    );
  }

  /** "Done" means it is on disk. */
  #whenSettled(connection: Connection, reply: string, then?: () => void): void {
    const finish = (): void => {
      this.#send(connection, reply);
      then?.();
    };
    this.#options.journal.settled().then(finish, (error: unknown) => {
      this.#options.log.error({ err: error }, 'a desk command took effect but is not on disk');
      this.#end(connection, 'internal');
    });
  }

  #signedOut(connection: Connection, desk: AgentDesk): void {
    if (desk.connection === connection) this.#options.take({ type: 'deskLost', agentId: desk.agentId });
    desk.connection = null;
    this.#end(connection, 'signedOut');
    if (this.#desks.get(desk.agentId) === desk && desk.connection === null) this.#desks.delete(desk.agentId);
  }

  #reply(connection: Connection, id: string, code?: CtiErrorCode, detail?: string): void {
    this.#send(connection, replyText(id, code === undefined ? undefined : ctiError(code, connection.language, detail)));
  }

  #error(connection: Connection, code: CtiErrorCode, detail?: string): void {
    const seq = connection.desk?.feed.last ?? 0;
    this.#send(connection, this.#envelope('error', seq, JSON.stringify(ctiError(code, connection.language, detail))));
  }

  #refuse(connection: Connection, code: CtiErrorCode): void {
    const row = ctiErrors[code];
    this.#error(connection, code);
    this.#end(connection, 'close' in row ? row.close : 'internal');
  }

  #send(connection: Connection, text: string): void {
    if (connection.state !== 'closed') connection.socket.send(text);
  }

  #end(connection: Connection, why: CloseCode): void {
    if (connection.state === 'closed') return;
    connection.socket.close(why);
    this.#lost(connection);
  }

  #isClosed(connection: Connection): boolean {
    return connection.state === 'closed';
  }

  #lost(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.state = 'closed';
    this.#unsubscribe(connection);
    const { desk } = connection;
    if (desk === null || desk.connection !== connection) return;
    desk.connection = null;
    if (!this.#closing) this.#options.take({ type: 'deskLost', agentId: desk.agentId });
    const { clock, graceMs = GRACE_MS } = this.#options;
    desk.cancelTimer = clock.after(graceMs, () => this.#notComingBack(desk));
  }

  /** Her calls go on: the phone is not the desk. She only gets no new ones. */
  #notComingBack(desk: AgentDesk): void {
    const { agentId } = desk;
    const state = this.#options.acd.agent(agentId)?.state;
    if (state !== undefined && state !== 'signed_out') this.#options.take({ type: 'agentWentNotReady', agentId, reason: 'client_lost' });
    desk.cancelTimer = this.#options.clock.after(FORGET_MS, () => {
      if (this.#desks.get(agentId) === desk) this.#desks.delete(agentId);
    });
  }

  /** A token that was withdrawn (sign-out elsewhere, password, role) ends its open sockets too. What this process withdraws is told to us at once. */
  async #recheck(): Promise<void> {
    if (this.#rechecking) return;
    this.#rechecking = true;
    const part = [...this.#connections].slice(0, Math.ceil(this.#connections.size / RECHECK_PARTS));
    try {
      // All at once: they are looked up together.
      await Promise.all(part.map((connection) => this.#recheckOne(connection)));
    } catch (error) {
      // The store is away: who is signed in stays so.
      this.#options.log.warn({ err: error }, 'tokens of open desks could not be checked');
    } finally {
      this.#rechecking = false;
    }
  }

  async #recheckOne(connection: Connection): Promise<void> {
    // To the end of the line, so that everybody has her turn.
    this.#connections.delete(connection);
    this.#connections.add(connection);
    if (connection.state !== 'open') return;
    const user = await this.#options.userOfToken(connection.token);
    if (this.#isClosed(connection)) return;
    if (user === null || !isStillHers(connection, user)) this.#refuse(connection, 'unauthorised');
    else connection.user = user;
  }
}

/** A lead sees the agents of her teams. */
const sightOf = (user: DeskUser): Sight => ({
  tenantId: user.tenantId,
  teams: scopeOf(user, 'floor.watch') === 'all' ? null : (user.teams ?? []),
  trunks: mayAtAll(user, 'trunk.read'),
});

const isStillHers = ({ desk }: Connection, user: DeskUser): boolean =>
  desk === null ? mayAtAll(user, 'floor.watch') : user.agentId === desk.agentId && mayAtAll(user, 'desk.use');

function remember(replies: Map<string, string>, key: string, reply: string): void {
  replies.set(key, reply);
  if (replies.size > MOST_REMEMBERED_COMMANDS) replies.delete(replies.keys().next().value ?? '');
}

function replyText(id: string, error?: { code: CtiErrorCode; message: string }): string {
  return JSON.stringify({ v: CTI_VERSION, type: 'reply', id, ok: error === undefined, ...(error === undefined ? {} : { error }) });
}
