import { limited } from '../../kernel/log.ts';
import { ParseError } from '../message/fault.ts';
import type { Request } from '../message/message.ts';
import { MalformedRequest, parseMessage } from '../message/parse.ts';
import { BrokenStream } from '../message/stream.ts';
import { bareHost } from '../message/uri.ts';
import { faultOf, isUsable } from '../message/validity.ts';
import { noteSource, topVia } from '../message/via.ts';
import { StatefulProxy } from '../proxy/proxy.ts';
import { defaultPort } from '../transport/hop.ts';
import type { Source } from '../transport/network.ts';
import { type Application, type KeptDialog, keptDialogs } from './ledger.ts';
import { handOver, hangUpUnclaimed, release } from './release.ts';
import type { Stack } from './stack.ts';
import { ClientSide } from './uac.ts';
import { type Dispatch, ServerSide } from './uas.ts';

/** The user agent core of RFC 3261: takes what the network brings, and carries out what applications ask of `serverSide` and `clientSide`. */
export class Agent {
  readonly serverSide: ServerSide;
  readonly clientSide: ClientSide;
  readonly proxy: StatefulProxy;
  readonly #stack: Stack;
  readonly #note: (kind: string, fields: object) => void;

  constructor(stack: Stack, dispatch: Dispatch) {
    this.#stack = stack;
    this.serverSide = new ServerSide(stack, dispatch);
    this.clientSide = new ClientSide(stack);
    this.proxy = new StatefulProxy(stack);
    this.#note = limited(stack.log, stack.clock);
  }

  /** One message as it came. Never throws: what a stranger sends harms no other call. */
  take(bytes: Buffer, source: Source): void {
    if (!this.#stack.guard.admit(bytes, source, this.#stack.clock.now())) return;
    try {
      const message = parseMessage(bytes);
      if (message.kind === 'request') {
        this.#stack.counters.requestsIn += 1;
        this.#takeRequest(message, source);
        return;
      }
      this.#stack.counters.responsesIn += 1;
      if (!isUsable(message)) this.#noteMalformed(undefined, source);
      else if (!this.#stack.transactions.takeResponse(message, source)) this.#stack.counters.strays += 1;
    } catch (error) {
      if (!(error instanceof ParseError)) {
        this.#stack.log.error({ err: error, source: source.address }, 'a message could not be handled');
        return;
      }
      this.#noteMalformed(error, source);
      if (error instanceof MalformedRequest) this.#answerMalformed(error, source);
    }
  }

  /** An application's connection is lost. */
  release(app: Application): void {
    release(app, this.serverSide, this.clientSide, this.#stack);
  }

  /** An application that was started anew goes on with the calls that are up; what was being made or taken is let go. */
  handOver(app: Application): void {
    handOver(app, this.serverSide, this.clientSide, this.#stack);
  }

  /** The calls of an application that are up. */
  dialogsOf(app: Application): KeptDialog[] {
    return keptDialogs(app);
  }

  /** The application does not know this call of its run before. */
  hangUpUnclaimed(app: Application, dialogId: string): void {
    hangUpUnclaimed(app, dialogId, this.#stack);
  }

  /** A stream lost its framing and will be closed: who sent it is told why when its head can be read. */
  takeBroken(error: Error, source: Source): void {
    this.#noteMalformed(error, source);
    if (!(error instanceof BrokenStream)) return;
    const request = requestIn(error.head);
    if (request !== undefined) this.#answerMalformed(new MalformedRequest(error, request), source);
  }

  #noteMalformed(error: Error | undefined, source: Source): void {
    const { malformed } = this.#stack.counters;
    const code = error instanceof ParseError ? error.code : 'invalid';
    malformed.set(code, (malformed.get(code) ?? 0) + 1);
    this.#stack.guard.malformed(source, this.#stack.clock.now());
    if (this.#stack.log.isLevelEnabled('debug'))
      this.#note('malformed', { source: `${source.protocol}/${source.address}:${source.port}`, error: error?.message });
  }

  #takeRequest(request: Request, source: Source): void {
    const fault = faultOf(request);
    noteSource(request.headers, source.address, source.port);
    if (fault === undefined) {
      this.#noteAlias(request, source);
      if (!this.proxy.take(request, source)) this.serverSide.take(request, source);
      return;
    }
    this.#noteMalformed(undefined, source);
    this.serverSide.refuse(request, source, fault.status, fault.reason);
  }

  /** RFC 5923: who may be called over the connection that he opened. */
  #noteAlias({ headers }: Request, { protocol, flow }: Source): void {
    if (protocol !== 'tls' && protocol !== 'tcp') return;
    const { host, port, params } = topVia(headers);
    if (params.has('alias')) this.#stack.alias(flow, bareHost(host), port ?? defaultPort(protocol));
  }

  /** Best effort: a request whose Via, CSeq and tags can be read is told what is wrong with it. */
  #answerMalformed(error: MalformedRequest, source: Source): void {
    try {
      noteSource(error.request.headers, source.address, source.port);
      this.serverSide.refuse(error.request, source, error.code === 'tooLong' || error.code === 'headTooLong' ? 513 : 400);
    } catch (second) {
      if (!(second instanceof ParseError)) throw second;
    }
  }
}

/** The request that a head without its body is of. */
function requestIn(head: Buffer): Request | undefined {
  try {
    const message = parseMessage(head);
    return message.kind === 'request' ? message : undefined;
  } catch (error) {
    if (error instanceof MalformedRequest) return error.request;
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
