/**
 * SIP over one UDP socket, as far as a phone needs it: requests are sent again until answered, answers are sent again when the
 * request comes again, a 200 to an INVITE is sent again until its ACK.
 */
import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '../../kernel/clock.ts';
import { randomToken } from '../../kernel/ids.ts';
import { type Message, newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { writeMessage } from '../../sip/message/write.ts';

const T1_MS = 500;
const T2_MS = 4_000;
const GIVE_UP_MS = 32_000;
const MOST_ANSWERS_KEPT = 200;

interface Pending {
  request: Request;
  /** Told of every response; true = that was the last one. */
  heard: (response: Response) => void;
  provisional: boolean;
  stop: () => void;
}

export type RequestHandler = (request: Request) => void;

export class SipSocket {
  readonly #socket: Socket;
  /** Where everything is sent. */
  server: { host: string; port: number };
  readonly #pending = new Map<string, Pending>();
  /** Last answer by branch and method. */
  readonly #answers = new Map<string, Buffer>();
  readonly #repeats = new Map<string, () => void>();
  #closed = false;
  /** Every message, for tests that look at the wire. */
  readonly seen: { out: boolean; message: Message }[] = [];
  onRequest: RequestHandler = () => undefined;
  /** true = a phone whose cable was pulled: hears nothing, says nothing. */
  unplugged = false;

  private constructor(socket: Socket, server: { host: string; port: number }) {
    this.#socket = socket;
    this.server = server;
    socket.on('message', (bytes) => this.#receive(bytes));
    socket.on('error', () => undefined);
  }

  static open(address: string, port: number, server: { host: string; port: number }): Promise<SipSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(port, address, () => resolve(new SipSocket(socket, server)));
    });
  }

  get address(): string {
    return this.#socket.address().address;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /**
   * Puts a Via on and sends it until something is heard. `provisionals` hears the 1xx; resolves with the final answer,
   * or with a 408 of our own after 32 s.
   */
  request(request: Request, provisionals: (response: Response) => void = () => undefined): Promise<Response> {
    const branch = `z9hG4bK${randomToken(8)}`;
    request.headers.prepend('Via', `SIP/2.0/UDP ${this.address}:${this.port};branch=${branch};rport`);
    return new Promise((resolve) => {
      const heard = (response: Response): void => {
        const pending = this.#pending.get(branch);
        if (pending === undefined) return;
        if (response.status < 200) {
          pending.provisional = true;
          provisionals(response);
          return;
        }
        pending.stop();
        this.#pending.delete(branch);
        if (request.method === 'INVITE' && response.status >= 300) this.#acknowledgeRefusal(request, response);
        resolve(response);
      };
      const timeout = (): void => heard(responseTo(request, 408));
      this.#pending.set(branch, { request, heard, provisional: false, stop: this.#repeat(() => this.#again(branch, request), timeout) });
      this.send(request);
    });
  }

  /** An INVITE stops being sent again at the first 1xx, other requests go on until the final answer. */
  #again(branch: string, request: Request): boolean {
    const pending = this.#pending.get(branch);
    if (pending === undefined || (pending.provisional && request.method === 'INVITE')) return false;
    this.send(request);
    return true;
  }

  /** RFC 3261 §17.1.1.3: in the same branch, with the To of the response. */
  #acknowledgeRefusal(invite: Request, response: Response): void {
    this.send(this.#sameBranch(invite, 'ACK', response.headers.get('to')));
  }

  cancel(invite: Request): Promise<Response> {
    const cancel = this.#sameBranch(invite, 'CANCEL', undefined);
    return new Promise((resolve) => {
      const key = `${branchOf(invite)}:CANCEL`;
      const heard = (response: Response): void => {
        this.#pending.get(key)?.stop();
        this.#pending.delete(key);
        resolve(response);
      };
      this.#pending.set(key, {
        request: cancel,
        heard,
        provisional: false,
        stop: this.#repeat(
          () => this.#sentWhile(cancel, this.#pending.has(key)),
          () => heard(responseTo(cancel, 408)),
        ),
      });
      this.send(cancel);
    });
  }

  #sameBranch(invite: Request, method: 'ACK' | 'CANCEL', to: string | undefined): Request {
    const { headers } = invite;
    const cseq = `${Number.parseInt(headers.get('cseq') ?? '1', 10)} ${method}`;
    const kept = ['Via', 'Route', 'From', 'Call-ID'].flatMap((name) => headers.all(name).map((value) => [name, value] as const));
    return newRequest(method, invite.uri, [...kept, ['To', to ?? headers.get('to') ?? ''], ['CSeq', cseq], ['Max-Forwards', '70']]);
  }

  answer(request: Request, response: Response): void {
    const key = keyOf(request);
    this.#answers.set(key, writeMessage(response));
    if (this.#answers.size > MOST_ANSWERS_KEPT) this.#answers.delete(this.#answers.keys().next().value ?? '');
    this.send(response);
    if (request.method !== 'INVITE' || response.status < 200) return;
    // RFC 3261 §13.3.1.4 (and §17.2.1 for refusals): until the ACK comes.
    const callKey = `${request.headers.get('call-id')} ${Number.parseInt(request.headers.get('cseq') ?? '', 10)}`;
    this.#repeats.get(callKey)?.();
    this.#repeats.set(
      callKey,
      this.#repeat(
        () => this.#sentWhile(response, this.#repeats.has(callKey)),
        () => void this.#repeats.delete(callKey),
      ),
    );
  }

  #sentWhile(message: Message, wanted: boolean): boolean {
    if (wanted) this.send(message);
    return wanted;
  }

  send(message: Message): void {
    if (this.#closed || this.unplugged) return;
    this.seen.push({ out: true, message });
    this.#socket.send(writeMessage(message), this.server.port, this.server.host, () => undefined);
  }

  close(): void {
    this.#closed = true;
    for (const { stop } of this.#pending.values()) stop();
    for (const stop of this.#repeats.values()) stop();
    this.#socket.close();
  }

  /** Calls `again` at T1, 2·T1 … capped at T2, while it returns true; `end` after 64·T1. */
  #repeat(again: () => boolean, end: () => void): () => void {
    let wait = T1_MS;
    let stopped = false;
    let cancelTimer = (): void => undefined;
    const next = (): void => {
      if (stopped || this.#closed || !again()) return;
      wait = Math.min(2 * wait, T2_MS);
      cancelTimer = systemClock.after(wait, next);
    };
    cancelTimer = systemClock.after(wait, next);
    const cancelEnd = systemClock.after(GIVE_UP_MS, end);
    return () => {
      stopped = true;
      cancelTimer();
      cancelEnd();
    };
  }

  #receive(bytes: Buffer): void {
    if (this.unplugged || bytes.length < 10) return;
    const message = parseMessage(bytes);
    this.seen.push({ out: false, message });
    if (message.kind === 'response') {
      const cancel = (message.headers.get('cseq') ?? '').endsWith('CANCEL') ? ':CANCEL' : '';
      this.#pending.get(`${branchOf(message)}${cancel}`)?.heard(message);
      return;
    }
    if (message.method === 'ACK') this.#acknowledged(message);
    const repeated = this.#answers.get(keyOf(message));
    if (repeated !== undefined && message.method !== 'ACK') this.#socket.send(repeated, this.server.port, this.server.host, () => undefined);
    else this.onRequest(message);
  }

  #acknowledged(ack: Request): void {
    const callKey = `${ack.headers.get('call-id')} ${Number.parseInt(ack.headers.get('cseq') ?? '', 10)}`;
    this.#repeats.get(callKey)?.();
    this.#repeats.delete(callKey);
  }
}

const branchOf = (message: Message): string => /;\s*branch=([^;,\s]+)/i.exec(message.headers.get('via') ?? '')?.[1] ?? '';
const keyOf = (request: Request): string => `${branchOf(request)} ${request.method}`;
