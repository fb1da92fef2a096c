import type { Clock } from '../../kernel/clock.ts';
import { newRequest, type Request, type Response } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { writeMessage } from '../message/write.ts';
import { FlowFailed, type Hop, type Transport } from '../transport/hop.ts';
import { client } from './client.ts';
import { inviteClient } from './invite-client.ts';
import { compile, type Deed, Machine } from './machine.ts';

export interface ClientUser {
  /** It passes requests of others on: their responses carry more Vias than ours. */
  readonly isProxy?: true;
  /** Each provisional and final response; of an INVITE also each further 2xx. */
  onResponse(response: Response, from: Hop): void;
  /** Timer B or F: nothing final was heard in 32 s. */
  onTimeout(): void;
  onTransportError(error: Error | undefined): void;
}

const INVITE_PROGRAM = compile(inviteClient);
const PROGRAM = compile(client);
const NO_BYTES = Buffer.alloc(0);

/** One request of ours under way. */
export class ClientTransaction extends Machine {
  readonly request: Request;
  readonly hop: Hop;
  readonly key: string;
  readonly #transport: Transport;
  readonly #user: ClientUser;
  readonly #onEnd: (transaction: ClientTransaction) => void;
  readonly #onFlow: (transaction: ClientTransaction, flow: string) => void;
  /** The connection it waits on. */
  flow: string | undefined;
  #bytes: Buffer;
  #newest: { response: Response; from: Hop } | undefined;
  #ack: Buffer | undefined;
  #fault: Error | undefined;

  constructor(
    key: string,
    request: Request,
    hop: Hop,
    user: ClientUser,
    clock: Clock,
    transport: Transport,
    onEnd: (transaction: ClientTransaction) => void,
    onFlow: (transaction: ClientTransaction, flow: string) => void,
  ) {
    super(request.method === 'INVITE' ? INVITE_PROGRAM : PROGRAM, 'idle', clock, hop.protocol !== 'udp');
    this.key = key;
    this.request = request;
    this.hop = hop;
    this.#bytes = writeMessage(request);
    this.#transport = transport;
    this.#user = user;
    this.#onEnd = onEnd;
    this.#onFlow = onFlow;
  }

  /** The request as sent; empty once it is answered, when it is not sent again. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  start(): void {
    this.feed('start');
  }

  take(response: Response, from: Hop): void {
    this.#newest = { response, from };
    const { status } = response;
    if (status < 200) this.feed('1xx');
    else {
      if (this.request.method !== 'INVITE') this.feed('200-699');
      else this.feed(status < 300 ? '2xx' : '300-699');
      this.#bytes = NO_BYTES;
    }
    this.#newest = undefined;
  }

  get isProxied(): boolean {
    return this.#user.isProxy === true;
  }

  /**
   * The connection it was sent over is gone. A peer that can dial us may still answer over a new one (RFC 3261 §18.2.2), once it has said that it
   * has the request; a browser cannot.
   */
  flowClosed(): void {
    const { protocol, flow } = this.hop;
    this.#fault = flow === undefined ? new Error('the connection was closed') : new FlowFailed();
    this.feed('transportError');
    const isBrowser = protocol === 'ws' || protocol === 'wss';
    if (!isBrowser || this.state !== 'proceeding') return;
    this.abandon();
    this.#user.onTransportError(this.#fault);
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.stop();
    this.ended();
  }

  protected perform(deed: Deed): void {
    if (deed === 'send') this.#send(this.#bytes);
    else if (deed === 'tellTimeout') this.#user.onTimeout();
    else if (deed === 'tellTransportError') this.#user.onTransportError(this.#fault);
    else if (this.#newest === undefined) return;
    else if (deed === 'tell') this.#user.onResponse(this.#newest.response, this.#newest.from);
    else {
      this.#ack ??= writeMessage(ackOfRefusal(this.request, this.#newest.response));
      this.#send(this.#ack);
    }
  }

  protected ended(): void {
    this.#onEnd(this);
  }

  #send(bytes: Buffer): void {
    const flow = this.#transport.send(bytes, this.hop, (error) => {
      this.#fault = error;
      this.feed('transportError');
    });
    if (flow !== undefined) this.#onFlow(this, flow);
  }
}

/**
 * RFC 3261 §17.1.1.3: "The ACK request … MUST contain values for the Call-ID, From, and Request-URI that are equal to the values of those
 * header fields in the request passed to the transport by the client transaction. The To header field in the ACK MUST equal the To header
 * field in the response being acknowledged … The ACK MUST contain a single Via header field, and this MUST be equal to the top Via header
 * field of the original request. The CSeq header field in the ACK MUST contain the same value for the sequence number … but the method
 * parameter MUST be equal to "ACK". If the INVITE request whose response is being acknowledged had Route header fields, those header
 * fields MUST appear in the ACK."
 */
function ackOfRefusal(invite: Request, response: Response): Request {
  const { headers } = invite;
  const ack = newRequest('ACK', invite.uri, [['Via', headers.get('via') ?? '']]);
  for (const route of headers.all('route')) ack.headers.add('Route', route);
  ack.headers
    .add('From', headers.get('from') ?? '')
    .add('To', response.headers.get('to') ?? '')
    .add('Call-ID', headers.get('call-id') ?? '')
    .add('CSeq', `${parseCSeq(headers.get('cseq') ?? '').number} ACK`)
    .add('Max-Forwards', '70');
  ack.charset = invite.charset === 'latin1' || response.charset === 'latin1' ? 'latin1' : 'utf8';
  return ack;
}

/**
 * RFC 3261 §9.1: "The Request-URI, Call-ID, To, the numeric part of CSeq, and From header fields in the CANCEL request MUST be identical to
 * those in the request being cancelled, including tags. A CANCEL constructed by a client MUST have only a single Via header field value
 * matching the top Via value in the request being cancelled." · "If the request being cancelled contains a Route header field, the CANCEL
 * request MUST include that Route header field's values."
 */
export function cancelOf(invite: Request, extra: Iterable<readonly [string, string]>): Request {
  const { headers } = invite;
  const cancel = newRequest('CANCEL', invite.uri, [['Via', headers.get('via') ?? '']]);
  for (const route of headers.all('route')) cancel.headers.add('Route', route);
  cancel.headers
    .add('Max-Forwards', '70')
    .add('From', headers.get('from') ?? '')
    .add('To', headers.get('to') ?? '')
    .add('Call-ID', headers.get('call-id') ?? '')
    .add('CSeq', `${parseCSeq(headers.get('cseq') ?? '').number} CANCEL`);
  for (const [name, value] of extra) cancel.headers.add(name, value);
  cancel.charset = invite.charset;
  return cancel;
}
