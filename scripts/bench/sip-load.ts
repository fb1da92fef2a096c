/**
 * Callers and agents for the call benchmark: two UDP sockets that play any number of phones, so that both ends of a call
 * are timed by one clock. Every fifth call carries real RTP both ways.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { newRequest, type Request, type Response, responseTo, tagOf } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { writeMessage } from '../../sip/message/write.ts';

export interface CallTimes {
  /** The caller's number, in the From. */
  number: string;
  invitedAt: number;
  answeredAt: number | null;
  /** When the INVITE to an agent's phone arrived. */
  offeredAt: number | null;
  agent: string | null;
  /** Both send audio. */
  withMedia: boolean;
  /** The caller heard the agent's RTP. */
  heard: boolean;
  /** When it did last; null = never, or it carries none. */
  heardAt: number | null;
  endedAt: number | null;
  failure: string | null;
}

export interface LoadOptions {
  server: { host: string; port: number };
  agentPort: number;
  number: string;
  callsPerSecond: number;
  seconds: number;
  /** From the agent's answer to the caller's BYE; of the nth call, from 1. */
  talkMs: number | ((n: number) => number);
  /** Whether the nth call's party falls silent then and is never heard of again, instead of hanging up. */
  vanishes?: (n: number) => boolean;
}

interface CallerCall extends CallTimes {
  id: string;
  tag: string;
  remoteTo: string;
  contact: string;
  media: number | null;
  byeSent: boolean;
  sendTimer: NodeJS.Timeout | null;
}

const RETRANSMIT_MS = 500;
const MOST_RETRANSMISSIONS = 6;
const MEDIA_EVERY = 5;
const PACKET_MS = 20;
const SETTLE_MS = 15_000;
const LONGEST_WAIT_MS = 30_000;

export class SipLoad {
  readonly calls = new Map<string, CallTimes>();
  readonly #options: LoadOptions;
  readonly #live = new Map<string, CallerCall>();
  readonly #caller = createSocket('udp4');
  readonly #agent = createSocket('udp4');
  readonly #callerRtp = createSocket('udp4');
  readonly #agentRtp = createSocket('udp4');
  /** Agent legs: Call-ID → RTP port of the server. */
  readonly #agentMedia = new Map<string, NodeJS.Timeout>();
  #next = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Places the calls at an even pace and resolves when all have ended or failed. */
  async run(onProgress: (placed: number, live: number) => void): Promise<void> {
    await Promise.all([bind(this.#caller, 0), bind(this.#agent, this.#options.agentPort), bind(this.#callerRtp, 0), bind(this.#agentRtp, 0)]);
    this.#caller.on('message', (bytes) => this.#atCaller(bytes));
    this.#agent.on('message', (bytes) => this.#atAgent(bytes));
    this.#callerRtp.on('message', (_bytes, from) => this.#heard(from.port));
    this.#agentRtp.on('message', () => undefined);
    const { callsPerSecond, seconds } = this.#options;
    const total = callsPerSecond * seconds;
    const started = performance.now();
    while (this.#next < total) {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * callsPerSecond) + 1);
      while (this.#next < due) this.#place();
      onProgress(this.#next, this.#live.size);
      await pause(10);
    }
    const until = performance.now() + SETTLE_MS;
    while (this.#live.size > 0 && performance.now() < until) await pause(50);
    for (const call of this.#live.values()) this.#end(call, 'did not end');
    for (const timer of this.#agentMedia.values()) clearInterval(timer);
    for (const socket of [this.#caller, this.#agent, this.#callerRtp, this.#agentRtp]) socket.close();
  }

  #place(): void {
    this.#next += 1;
    const number = `8${String(this.#next).padStart(7, '0')}`;
    const call: CallerCall = {
      ...{
        id: number,
        number,
        tag: `t${number}`,
        withMedia: this.#next % MEDIA_EVERY === 0,
        remoteTo: '',
        contact: '',
        media: null,
        byeSent: false,
        sendTimer: null,
      },
      ...{ invitedAt: performance.now(), answeredAt: null, offeredAt: null, agent: null, heard: false, heardAt: null, endedAt: null, failure: null },
    };
    this.calls.set(number, call);
    this.#live.set(number, call);
    this.#sendUntil(this.#request(call, 'INVITE', 1, sdpOf(this.#callerRtp)), () => call.answeredAt !== null || call.failure !== null);
    setTimeout(() => {
      if (call.answeredAt === null) this.#end(call, 'no answer from the server');
      else if (call.offeredAt === null) this.#hangUp(call, 'no agent');
    }, LONGEST_WAIT_MS);
  }

  #request(call: CallerCall, method: string, cseq: number, body = ''): Request {
    const { host, port } = this.#options.server;
    const to = `<sip:${this.#options.number}@${host}:${port}>`;
    const via = `SIP/2.0/UDP 127.0.0.1:${portOf(this.#caller)};branch=z9hG4bK${call.id}${method === 'ACK' ? `a${cseq}` : `${method}${cseq}`}`;
    return newRequest(
      method,
      call.contact === '' ? `sip:${this.#options.number}@${host}:${port}` : call.contact,
      [
        ['Via', via],
        ['Max-Forwards', '70'],
        ['From', `<sip:${call.id}@127.0.0.1>;tag=${call.tag}`],
        ['To', call.remoteTo === '' ? to : call.remoteTo],
        ['Call-ID', call.id],
        ['CSeq', `${cseq} ${method}`],
        ['Contact', `<sip:${call.id}@127.0.0.1:${portOf(this.#caller)}>`],
        ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
      ],
      body,
    );
  }

  #sendUntil(request: Request, done: () => boolean): void {
    const bytes = writeMessage(request);
    const { host, port } = this.#options.server;
    const send = (left: number): void => {
      if (done() || left < 0) return;
      this.#caller.send(bytes, port, host);
      setTimeout(() => send(left - 1), RETRANSMIT_MS * 2 ** (MOST_RETRANSMISSIONS - left));
    };
    send(MOST_RETRANSMISSIONS);
  }

  #atCaller(bytes: Buffer): void {
    const message = parseMessage(bytes);
    const call = this.#live.get(message.headers.get('Call-ID') ?? '');
    if (call === undefined) return;
    if (message.kind === 'request') {
      if (message.method === 'ACK') return;
      const { host, port } = this.#options.server;
      if (message.method === 'INVITE') this.#moved(call, mediaPort(message.body));
      this.#caller.send(writeMessage(answerTo(message, 200, portOf(this.#caller), message.method === 'INVITE' ? sdpOf(this.#callerRtp) : '')), port, host);
      if (message.method === 'BYE') this.#end(call, call.byeSent ? null : `the server hung up: ${message.headers.get('Reason') ?? 'no reason'}`);
      return;
    }
    const method = (message.headers.get('CSeq') ?? '').split(' ')[1];
    if (method === 'BYE') this.#end(call, call.failure);
    else if (method === 'INVITE' && message.status >= 200)
      this.#finalAnswer(call, message.status, message.headers.get('To') ?? '', message.headers.get('Contact') ?? '', message.body);
  }

  #finalAnswer(call: CallerCall, status: number, to: string, contact: string, body: Buffer): void {
    call.remoteTo = to;
    if (status >= 300) {
      this.#caller.send(writeMessage(this.#request(call, 'ACK', 1)), this.#options.server.port, this.#options.server.host);
      this.#end(call, `INVITE answered ${status}`);
      return;
    }
    call.contact = /<([^>]+)>/.exec(contact)?.[1] ?? '';
    this.#caller.send(writeMessage(this.#request(call, 'ACK', 1)), this.#options.server.port, this.#options.server.host);
    if (call.answeredAt !== null) return;
    call.answeredAt = performance.now();
    call.media = mediaPort(body);
    if (call.withMedia && call.media !== null) call.sendTimer = sendRtp(this.#callerRtp, call.media);
  }

  /** The server's end of the audio is elsewhere now. */
  #moved(call: CallerCall, port: number | null): void {
    if (port === null || port === call.media) return;
    call.media = port;
    if (call.sendTimer === null) return;
    clearInterval(call.sendTimer);
    call.sendTimer = sendRtp(this.#callerRtp, port);
  }

  #hangUp(call: CallerCall, failure: string | null): void {
    if (call.byeSent || call.endedAt !== null) return;
    call.byeSent = true;
    call.failure ??= failure;
    this.#sendUntil(this.#request(call, 'BYE', 2), () => call.endedAt !== null);
  }

  #end(call: CallerCall, failure: string | null): void {
    if (call.sendTimer !== null) clearInterval(call.sendTimer);
    call.endedAt = performance.now();
    call.failure ??= failure ?? (call.withMedia && !call.heard ? 'the caller heard nothing of the agent' : null);
    this.#live.delete(call.id);
  }

  #heard(port: number): void {
    for (const call of this.#live.values()) {
      if (call.media === port && call.offeredAt !== null) {
        call.heard = true;
        call.heardAt = performance.now();
        return;
      }
    }
  }

  #atAgent(bytes: Buffer): void {
    const message = parseMessage(bytes);
    if (message.kind !== 'request') return;
    const { host, port } = this.#options.server;
    const reply = (response: Response): void => this.#agent.send(writeMessage(response), port, host);
    const legId = message.headers.get('Call-ID') ?? '';
    if (message.method === 'INVITE') {
      if (tagOf(message.headers.get('To') ?? '') === undefined) this.#ringAtAgent(message, reply);
      else if (this.#agentMedia.has(legId)) this.#sendFromAgent(legId, mediaPort(message.body));
      reply(answerTo(message, 200, this.#options.agentPort, sdpOf(this.#agentRtp)));
    } else if (message.method !== 'ACK') {
      clearInterval(this.#agentMedia.get(legId));
      this.#agentMedia.delete(legId);
      reply(answerTo(message, 200, this.#options.agentPort));
    }
  }

  #ringAtAgent(invite: Request, reply: (response: Response) => void): void {
    const call = this.#live.get(/<?sips?:([^@;>]+)@/.exec(invite.headers.get('From') ?? '')?.[1] ?? '');
    if (call?.offeredAt === null) {
      call.offeredAt = performance.now();
      call.agent = /sips?:([^@;>]+)@/.exec(invite.uri)?.[1] ?? null;
      const { talkMs, vanishes } = this.#options;
      const n = Number(call.number.slice(1));
      setTimeout(() => (vanishes?.(n) === true ? this.#end(call, 'vanished') : this.#hangUp(call, null)), typeof talkMs === 'number' ? talkMs : talkMs(n));
      if (call.withMedia) this.#sendFromAgent(invite.headers.get('Call-ID') ?? '', mediaPort(invite.body));
    }
    reply(answerTo(invite, 180, this.#options.agentPort));
  }

  #sendFromAgent(legId: string, port: number | null): void {
    if (port === null) return;
    clearInterval(this.#agentMedia.get(legId));
    this.#agentMedia.set(legId, sendRtp(this.#agentRtp, port));
  }
}

/** Of who is at this SIP port, with what it takes audio at where that was asked. */
function answerTo(request: Request, status: number, at: number, sdp = ''): Response {
  const response = responseTo(request, status, 'agent', undefined, sdp);
  response.headers.set('Contact', `<sip:bench@127.0.0.1:${at}>`);
  if (sdp !== '') response.headers.set('Content-Type', 'application/sdp');
  return response;
}

const sdpOf = (socket: Socket): string =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${portOf(socket)} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const portOf = (socket: Socket): number => (socket.address() as AddressInfo).port;
const mediaPort = (sdp: Buffer): number | null => Number(/^m=audio (\d+)/m.exec(sdp.toString('latin1'))?.[1] ?? 0) || null;

async function bind(socket: Socket, port: number): Promise<void> {
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
}

/** 20 ms of A-law each 20 ms to the server's port. */
function sendRtp(socket: Socket, port: number): NodeJS.Timeout {
  const packet = Buffer.alloc(12 + 160, 0xd5);
  packet[0] = 0x80;
  packet[1] = 8;
  packet.writeUInt32BE(port * 7919, 8);
  let sequence = 0;
  return setInterval(() => {
    packet.writeUInt16BE(sequence & 0xffff, 2);
    packet.writeUInt32BE((sequence * 160) >>> 0, 4);
    sequence += 1;
    socket.send(packet, port, '127.0.0.1');
  }, PACKET_MS);
}
