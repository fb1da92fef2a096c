import type { Clock } from '../../kernel/clock.ts';
import { type Request, type Response, tagOf } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { BRANCH_COOKIE, topVia } from '../message/via.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop, Transport } from '../transport/hop.ts';
import { Attempts, type AttemptsOptions, type Sending } from './attempts.ts';
import { ClientTransaction, type ClientUser } from './client-transaction.ts';
import { ServerTransaction, type ServerUser } from './server-transaction.ts';
import { type Reach, redirected, targetsOf, unknownReach } from './targets.ts';

/** All transactions of one server, found by the keys of RFC 3261 §17.1.3 and §17.2.3. */
export class Transactions {
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Clients by the connection they wait on. */
  readonly #overFlow = new Map<string, Set<ClientTransaction>>();
  readonly #clock: Clock;
  readonly #transport: Transport;
  #newest: { request: Request; method: string; key: string } | undefined;
  readonly #reach: Reach;
  readonly #attempts: AttemptsOptions;
  readonly #clientEnded = (transaction: ClientTransaction): void => {
    this.#clients.delete(transaction.key);
    this.#leaveFlow(transaction);
  };
  readonly #clientWaits = (transaction: ClientTransaction, flow: string): void => {
    if (transaction.flow === flow) return;
    this.#leaveFlow(transaction);
    transaction.flow = flow;
    const waiting = this.#overFlow.get(flow);
    if (waiting === undefined) this.#overFlow.set(flow, new Set([transaction]));
    else waiting.add(transaction);
  };
  readonly #serverEnded = ({ key }: ServerTransaction): void => void this.#servers.delete(key);

  constructor(clock: Clock, transport: Transport, reach: Reach = unknownReach) {
    this.#clock = clock;
    this.#transport = transport;
    this.#reach = reach;
    this.#attempts = {
      clock,
      open: (request, hop, user) => this.#open(request, hop, user),
      redirect: (request, hop, nth) => redirected(request, hop, transport, nth),
      onFailed: (hop) => reach.failed(hop),
    };
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }
  get openClients(): number {
    return this.#clients.size;
  }

  /** Not sent before `start()`, so that the one who asked can be told its id first. */
  newClient(request: Request, hop: Hop, user: ClientUser): Sending {
    if (hop.mayGrow !== true && hop.others === undefined) return this.#open(request, hop, user);
    const bytes = hop.mayGrow === true && hop.protocol === 'udp' ? writeMessage(request).length : 0;
    const [first, ...others] = targetsOf(bytes, hop, this.#transport, this.#reach);
    const sent = first.protocol === hop.protocol ? request : (redirected(request, first, this.#transport, 0) ?? request);
    return others.length === 0 ? this.#open(sent, first, user) : new Attempts(sent, first, others, user, this.#attempts);
  }

  #open(request: Request, hop: Hop, user: ClientUser): ClientTransaction {
    const key = clientKey(request);
    const transaction = new ClientTransaction(key, request, hop, user, this.#clock, this.#transport, this.#clientEnded, this.#clientWaits);
    this.#clients.set(key, transaction);
    return transaction;
  }

  #leaveFlow(transaction: ClientTransaction): void {
    const { flow } = transaction;
    if (flow === undefined) return;
    transaction.flow = undefined;
    const waiting = this.#overFlow.get(flow);
    waiting?.delete(transaction);
    if (waiting?.size === 0) this.#overFlow.delete(flow);
  }

  newServer(request: Request, hop: Hop, user: ServerUser): ServerTransaction {
    const key = this.#keyOf(request, request.method);
    const transaction = new ServerTransaction(key, request, hop, user, this.#clock, this.#transport, this.#serverEnded);
    this.#servers.set(key, transaction);
    return transaction;
  }

  /** The transaction that a request is a copy of, or (ACK, CANCEL) the INVITE it speaks of. */
  findServer(request: Request, method: string): ServerTransaction | undefined {
    return this.#servers.get(this.#keyOf(request, method));
  }

  /** The same request is first looked for and then given its transaction. */
  #keyOf(request: Request, method: string): string {
    if (this.#newest?.request !== request || this.#newest.method !== method) this.#newest = { request, method, key: serverKey(request, method) };
    return this.#newest.key;
  }

  /** We have sent this very request ourselves, and wait for its answer. */
  isOurs(request: Request): boolean {
    return this.#clients.has(clientKey(request));
  }

  /** False for a stray. RFC 6026 §8.9: a response that matches no transaction is dropped. */
  takeResponse(response: Response, from: Hop): boolean {
    const transaction = this.#clients.get(clientKey(response));
    // RFC 3261 §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the message."
    if (transaction === undefined || (!transaction.isProxied && response.headers.list('via').length > 1)) return false;
    transaction.take(response, from);
    return true;
  }

  /** What waits for an answer over that connection waits in vain. */
  flowClosed(flow: string): void {
    const waiting = this.#overFlow.get(flow);
    this.#overFlow.delete(flow);
    for (const transaction of waiting ?? []) transaction.flowClosed();
  }

  /** Stops every timer. */
  close(): void {
    for (const transaction of this.#clients.values()) transaction.abandon();
    for (const transaction of this.#servers.values()) transaction.stop();
    this.#clients.clear();
    this.#servers.clear();
  }
}

/**
 * RFC 3261 §17.1.3: "If the response has the same value of the branch parameter in the top Via header field as the branch parameter in the
 * top Via header field of the request that created the transaction" and "If the method parameter in the CSeq header field matches the method".
 */
function clientKey(message: Request | Response): string {
  return `${topVia(message.headers).params.get('branch') ?? ''}|${parseCSeq(message.headers.get('cseq') ?? '').method}`;
}

/**
 * RFC 3261 §17.2.3: the branch, "the sent-by value in the top Via", and "the method of the request matches the one that created the
 * transaction, except for ACK". Without the magic cookie, the older rule by Call-ID, From tag, CSeq and Via.
 */
function serverKey(request: Request, method: string): string {
  const { headers } = request;
  const via = topVia(headers);
  const branch = via.params.get('branch') ?? '';
  if (branch.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length) return `${branch.toLowerCase()}|${via.host}:${via.port ?? ''}|${method}`;
  const { number } = parseCSeq(headers.get('cseq') ?? '');
  return `2543|${headers.get('call-id')}|${tagOf(headers.get('from') ?? '')}|${number}|${via.host}:${via.port ?? ''};${branch}|${method}`;
}
