import type { Clock } from '../../kernel/clock.ts';
import { newRequest, type Request, type Response, responseTo } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop, Transport } from '../transport/hop.ts';
import { inviteServer } from './invite-server.ts';
import { compile, type Deed, Machine } from './machine.ts';
import { server } from './server.ts';

export interface ServerUser {
  /** Timer H: our refusal was never acknowledged; or a response could not be sent. */
  onFailure(): void;
  /** It is over: nothing matches it any more. */
  onEnd?(): void;
}

const INVITE_PROGRAM = compile(inviteServer);
const PROGRAM = compile(server);

/** One request of a peer that we answer. An INVITE is answered 100 at once. It rests for 32 s after its end: what it then holds is kept small. */
export class ServerTransaction extends Machine {
  /** Where responses go. */
  readonly hop: Hop;
  readonly #transport: Transport;
  readonly #user: ServerUser;
  readonly #onEnd: (transaction: ServerTransaction) => void;
  readonly key: string;
  #request: Request;
  /**
   * The response to repeat, a character a byte: as a Buffer it would be a slice of a slab that it shares with thousands of short-lived ones, and
   * would keep all of it.
   */
  #newest: string | undefined;

  constructor(key: string, request: Request, hop: Hop, user: ServerUser, clock: Clock, transport: Transport, onEnd: (transaction: ServerTransaction) => void) {
    const isInvite = request.method === 'INVITE';
    super(isInvite ? INVITE_PROGRAM : PROGRAM, isInvite ? 'proceeding' : 'trying', clock, hop.protocol !== 'udp');
    this.key = key;
    this.#request = request;
    this.hop = hop;
    this.#user = user;
    this.#transport = transport;
    this.#onEnd = onEnd;
    // RFC 3261 §17.2.1 has an INVITE answered 100 unless the user is sure to answer within 200 ms. We do not know.
    if (isInvite) this.respond(responseTo(request, 100));
  }

  /** Whole until it is answered finally; then its start line, and of an INVITE what a late CANCEL finds its dialog by. */
  get request(): Request {
    return this.#request;
  }

  /** A copy of the request came. */
  repeat(): void {
    this.feed(this.#request.method === 'INVITE' ? 'INVITE' : 'request');
  }

  /** An ACK with the INVITE's own branch: the end of a refusal. True when the transaction had a use for it. */
  acknowledge(): boolean {
    const was = this.state;
    this.feed('ACK');
    return was === 'completed' || was === 'confirmed';
  }

  /** Hands it to the machine; returns the bytes that were sent, or would be. */
  respond(response: Response): Buffer {
    const bytes = writeMessage(response);
    const { status } = response;
    // A final response stays the one to repeat: a later one is discarded by the table.
    if (!this.answered) this.#newest = bytes.toString('latin1');
    if (status < 200) this.feed('user 1xx');
    else if (this.#request.method !== 'INVITE') this.feed('user 200-699');
    else this.feed(status < 300 ? 'user 2xx' : 'user 300-699');
    if (status >= 200) this.#request = remainsOf(this.#request);
    return bytes;
  }

  /** A final response has been given. */
  get answered(): boolean {
    return this.state !== 'proceeding' && this.state !== 'trying';
  }

  protected perform(deed: Deed): void {
    if (deed === 'send' && this.#newest !== undefined) this.#transport.send(Buffer.from(this.#newest, 'latin1'), this.hop, () => this.feed('transportError'));
    else if (deed === 'tellTimeout' || deed === 'tellTransportError') this.#user.onFailure();
  }

  protected ended(): void {
    this.#onEnd(this);
    this.#user.onEnd?.();
  }
}

/** A part of a text keeps the whole text; this one does not keep the head of its message. */
const copied = (part: string): string => Buffer.from(part, 'utf8').toString('utf8');

/** One for each method: of most requests nothing is asked any more. */
const ANSWERED = new Map<string, Request>();
const MOST_METHODS = 64;

function remainsOf(request: Request): Request {
  const { method, uri, headers } = request;
  if (method === 'INVITE') {
    const kept = newRequest(method, copied(uri), [
      ['Call-ID', copied(headers.get('call-id') ?? '')],
      ['From', copied(headers.get('from') ?? '')],
    ]);
    kept.charset = request.charset;
    return kept;
  }
  const known = ANSWERED.get(method) ?? newRequest(method, '', []);
  if (ANSWERED.size < MOST_METHODS) ANSWERED.set(method, known);
  return known;
}
