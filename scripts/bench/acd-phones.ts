/**
 * Callers and the phones of a floor for `acd --calls`: two UDP sockets that play all of them, so that an agent's BYE and her next INVITE are
 * read off one clock. Agents answer at once and hang up themselves. Neither side sends audio, and where the callers say they listen, nobody does.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { newRequest, type Request, responseTo } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { writeMessage } from '../../sip/message/write.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';

export interface FloorOptions {
  server: { host: string; port: number };
  agentPort: number;
  /** Which number the callers dial. */
  number: string;
  /** Nobody calls while so many wait already. */
  mostWaiting: number;
  /** The mean: talks are even between half and one and a half of it. */
  talkMs: number;
  /** Who wants to know when: a caller's first INVITE is on its way, an agent's phone was read to ring, her BYE is on its way. */
  watch?: { placed(caller: string): void; rang(agent: string, caller: string): void; hungUp(agent: string): void };
}

interface Talk {
  agent: string;
  invite: Request;
  answered: boolean;
  over: boolean;
}

const HOST = '127.0.0.1';
const RETRANSMIT_MS = 500;
const MOST_RETRANSMISSIONS = 6;
const PACE_MS = 10;
/** They only listen: that nothing comes from them is no fault, however long they talk. */
const SDP = `v=0\r\no=- 1 1 IN IP4 127.1.0.1\r\ns=-\r\nc=IN IP4 127.1.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=recvonly\r\n`;

export class FloorPhones {
  /** From an agent's BYE to her next INVITE. */
  readonly freedMs: number[] = [];
  /** Calls whose agent hung up, and those that came to nothing. */
  ended = 0;
  readonly failures = new Map<string, number>();
  /** The fewest that waited at any time since `forget`, as a caller's place in the queue: she has called and no phone of an agent rings yet. */
  leastWaiting = Number.POSITIVE_INFINITY;
  readonly #options: FloorOptions;
  readonly #dice = new Dice(10086);
  readonly #caller = createSocket('udp4');
  readonly #agent = createSocket('udp4');
  /** Calls by their Call-ID: has the server answered? */
  readonly #callers = new Map<string, { answered: boolean }>();
  readonly #waiting = new Set<string>();
  readonly #talks = new Map<string, Talk>();
  /** Agents that hung up, and when. */
  readonly #freed = new Map<string, number>();
  readonly #served = new Set<string>();
  #placed = 0;
  #closed = false;

  constructor(options: FloorOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Agents who have had a call. */
  get served(): number {
    return this.#served.size;
  }

  async open(): Promise<void> {
    await Promise.all([bind(this.#caller, 0), bind(this.#agent, this.#options.agentPort)]);
    this.#caller.on('message', (bytes) => this.#atCaller(bytes));
    this.#agent.on('message', (bytes) => this.#atAgent(bytes));
  }

  /** Calls come at an even pace until it is enough. */
  async call(callsPerSecond: number, enough: () => boolean): Promise<void> {
    const startedAt = performance.now();
    let due = 0;
    while (!enough()) {
      const until = ((performance.now() - startedAt) / 1000) * callsPerSecond;
      for (; due < until; due += 1) if (this.#waiting.size < this.#options.mostWaiting) this.#place();
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  /** What was measured so far was getting there. */
  forget(): void {
    this.freedMs.length = 0;
    this.ended = 0;
    this.failures.clear();
    this.leastWaiting = this.#waiting.size;
  }

  close(): void {
    this.#closed = true;
    this.#caller.close();
    this.#agent.close();
  }

  #place(): void {
    this.#placed += 1;
    const id = `8${String(this.#placed).padStart(7, '0')}`;
    const call = { answered: false };
    this.#callers.set(id, call);
    this.#waiting.add(id);
    const { host, port } = this.#options.server;
    const to = `sip:${this.#options.number}@${host}:${port}`;
    const invite = newRequest('INVITE', to, [...this.#headersOf(id, 'INVITE'), ['To', `<${to}>`], ['Content-Type', 'application/sdp']], SDP);
    const done = (): boolean => call.answered || !this.#callers.has(id);
    this.#options.watch?.placed(id);
    this.#repeat(this.#caller, writeMessage(invite), done, () => this.#failed(id, 'INVITE not answered'));
  }

  #headersOf(id: string, method: string, transaction = method): [string, string][] {
    const port = portOf(this.#caller);
    return [
      ['Via', `SIP/2.0/UDP ${HOST}:${port};branch=z9hG4bK${id}${transaction}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:${id}@${HOST}>;tag=t${id}`],
      ['Call-ID', id],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:${id}@${HOST}:${port}>`],
    ];
  }

  #atCaller(bytes: Buffer): void {
    const message = parseMessage(bytes);
    const id = message.headers.get('Call-ID') ?? '';
    const call = this.#callers.get(id);
    if (message.kind === 'request') {
      this.#send(this.#caller, writeMessage(responseTo(message, 200)));
      if (message.method === 'BYE' && call !== undefined) this.#hungUp(id, message.headers.get('Reason') ?? 'no reason');
      return;
    }
    if (message.status < 200) return;
    const uri = /<([^>]+)>/.exec(message.headers.get('Contact') ?? '')?.[1] ?? `sip:${this.#options.number}@${this.#options.server.host}`;
    this.#send(
      this.#caller,
      writeMessage(newRequest('ACK', uri, [...this.#headersOf(id, 'ACK', message.status >= 300 ? 'INVITE' : 'ACK'), ['To', message.headers.get('To') ?? '']])),
    );
    if (call === undefined || call.answered) return;
    call.answered = true;
    if (message.status >= 300) this.#failed(id, `INVITE answered ${message.status}`);
  }

  /** A server that hangs up on who still waits has failed her. */
  #hungUp(id: string, reason: string): void {
    if (this.#waiting.has(id)) this.#failed(id, `hung up while waiting: ${reason}`);
    else this.#callers.delete(id);
  }

  #failed(id: string, why: string): void {
    this.#callers.delete(id);
    this.#waiting.delete(id);
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }

  #atAgent(bytes: Buffer): void {
    const at = performance.now();
    const message = parseMessage(bytes);
    const talk = this.#talks.get(message.headers.get('Call-ID') ?? '');
    if (message.kind === 'response') {
      if (talk !== undefined && message.headers.get('CSeq')?.endsWith('BYE')) this.#ended(talk);
    } else if (message.method === 'INVITE') {
      if (talk === undefined) this.#ring(message, at);
    } else if (message.method === 'ACK') {
      if (talk !== undefined && !talk.answered) this.#talk(talk);
    } else {
      this.#send(this.#agent, writeMessage(responseTo(message, 200)));
      if (talk !== undefined) this.#ended(talk);
    }
  }

  #ring(invite: Request, at: number): void {
    const agent = /sips?:([^@;>]+)@/.exec(invite.uri)?.[1] ?? '';
    const freedAt = this.#freed.get(agent);
    if (freedAt !== undefined) this.freedMs.push(at - freedAt);
    this.#freed.delete(agent);
    this.#served.add(agent);
    const caller = /<?sips?:([^@;>]+)@/.exec(invite.headers.get('From') ?? '')?.[1] ?? '';
    this.#options.watch?.rang(agent, caller);
    this.#waiting.delete(caller);
    this.leastWaiting = Math.min(this.leastWaiting, this.#waiting.size);
    const talk: Talk = { agent, invite, answered: false, over: false };
    this.#talks.set(invite.headers.get('Call-ID') ?? '', talk);
    const say = (status: number, body = ''): Buffer => {
      const response = responseTo(invite, status, 'agent', undefined, body);
      response.headers.set('Contact', `<sip:${agent}@${HOST}:${this.#options.agentPort}>`);
      if (body !== '') response.headers.set('Content-Type', 'application/sdp');
      return writeMessage(response);
    };
    this.#send(this.#agent, say(180));
    this.#repeat(this.#agent, say(200, SDP), () => talk.answered || talk.over);
  }

  /** Until she hangs up. */
  #talk(talk: Talk): void {
    talk.answered = true;
    const { talkMs } = this.#options;
    setTimeout(() => this.#hangUp(talk), this.#dice.between(talkMs / 2, talkMs * 1.5));
  }

  #hangUp(talk: Talk): void {
    if (talk.over || this.#closed) return;
    const { agent, invite } = talk;
    const header = (name: string): string => invite.headers.get(name) ?? '';
    const uri = /<([^>]+)>/.exec(header('Contact'))?.[1] ?? '';
    const bye = newRequest('BYE', uri, [
      ['Via', `SIP/2.0/UDP ${HOST}:${this.#options.agentPort};branch=z9hG4bKbye${header('Call-ID')}`],
      ['Max-Forwards', '70'],
      ['From', `${header('To')};tag=agent`],
      ['To', header('From')],
      ['Call-ID', header('Call-ID')],
      ['CSeq', '1 BYE'],
    ]);
    this.#freed.set(agent, performance.now());
    this.#options.watch?.hungUp(agent);
    this.#repeat(
      this.#agent,
      writeMessage(bye),
      () => talk.over,
      () => this.#ended(talk, 'BYE not answered'),
    );
  }

  #ended(talk: Talk, failure?: string): void {
    if (talk.over) return;
    talk.over = true;
    this.#talks.delete(talk.invite.headers.get('Call-ID') ?? '');
    if (failure === undefined) this.ended += 1;
    else this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
  }

  #repeat(socket: Socket, bytes: Buffer, done: () => boolean, givenUp: () => void = () => undefined, left = MOST_RETRANSMISSIONS): void {
    if (this.#closed || done()) return;
    if (left < 0) {
      givenUp();
      return;
    }
    this.#send(socket, bytes);
    setTimeout(() => this.#repeat(socket, bytes, done, givenUp, left - 1), RETRANSMIT_MS * 2 ** (MOST_RETRANSMISSIONS - left));
  }

  #send(socket: Socket, bytes: Buffer): void {
    if (!this.#closed) socket.send(bytes, this.#options.server.port, this.#options.server.host);
  }
}

const portOf = (socket: Socket): number => (socket.address() as AddressInfo).port;

async function bind(socket: Socket, port: number): Promise<void> {
  socket.bind(port, HOST);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
}
