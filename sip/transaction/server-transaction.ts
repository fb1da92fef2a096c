import type { Clock } from '../../kernel/clock.ts';
import { type Request, type Response, responseTo } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop, Transport } from '../transport/hop.ts';
import { inviteServer } from './invite-server.ts';
import { type Deed, Machine, type Running } from './machine.ts';
import { server } from './server.ts';

export interface ServerUser {
  /** Timer H: our refusal was never acknowledged; or a response could not be sent. */
  onFailure(): void;
}

/** One request of a peer that we answer. An INVITE is answered 100 at once. */
export class ServerTransaction {
  readonly request: Request;
  /** Where responses go. */
  readonly hop: Hop;
  readonly #transport: Transport;
  readonly #user: ServerUser;
  readonly #machine: Running;
  #newest: Buffer | undefined;

  constructor(request: Request, hop: Hop, user: ServerUser, clock: Clock, transport: Transport, onEnd: () => void) {
    this.request = request;
    this.hop = hop;
    this.#transport = transport;
    this.#user = user;
    const reliable = hop.protocol !== 'udp';
    const perform = (deed: Deed): void => this.#perform(deed);
    if (request.method === 'INVITE') {
      this.#machine = new Machine(inviteServer, 'proceeding', clock, reliable, perform, onEnd);
      // RFC 3261 §17.2.1: "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
      // provisional or final response within 200 ms". We do not know.
      this.respond(responseTo(request, 100));
    } else this.#machine = new Machine(server, 'trying', clock, reliable, perform, onEnd);
  }

  /** A copy of the request came. */
  repeat(): void {
    this.#machine.feed(this.request.method === 'INVITE' ? 'INVITE' : 'request');
  }

  /** An ACK with the INVITE's own branch: the end of a refusal. True when the transaction had a use for it. */
  acknowledge(): boolean {
    const was = this.#machine.state;
    this.#machine.feed('ACK');
    return was === 'completed' || was === 'confirmed';
  }

  /** Hands it to the machine; returns the bytes that were sent, or would be. */
  respond(response: Response): Buffer {
    const bytes = writeMessage(response);
    const { status } = response;
    const { state } = this.#machine;
    // A final response stays the one to repeat: a later one is discarded by the table.
    if (state === 'proceeding' || state === 'trying') this.#newest = bytes;
    if (status < 200) this.#machine.feed('user 1xx');
    else if (this.request.method !== 'INVITE') this.#machine.feed('user 200-699');
    else this.#machine.feed(status < 300 ? 'user 2xx' : 'user 300-699');
    return bytes;
  }

  /** A final response has been given. */
  get answered(): boolean {
    return this.#machine.state !== 'proceeding' && this.#machine.state !== 'trying';
  }

  stop(): void {
    this.#machine.stop();
  }

  #perform(deed: Deed): void {
    if (deed === 'send' && this.#newest !== undefined) this.#transport.send(this.#newest, this.hop, () => this.#machine.feed('transportError'));
    else if (deed === 'tellTimeout' || deed === 'tellTransportError') this.#user.onFailure();
  }
}
