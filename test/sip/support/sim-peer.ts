/** A server on the simulated network with one application, and peers around it that do as the test tells them. */
import assert from 'node:assert/strict';
import type { Guard } from '../../../sip/guard/guard.ts';
import { type Message, newRequest, type Request, type Response, responseTo } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { writeMessage } from '../../../sip/message/write.ts';
import { SimApp, SimClock, SimNetwork, SimNode } from './simulation.ts';

const SERVER = '10.0.0.1';

export class SimWorld {
  readonly clock = new SimClock();
  readonly network = new SimNetwork(this.clock, () => 0.99, { loss: 0, double: 0, late: 0, mostDelayMs: 0 });
  readonly node: SimNode;
  readonly app: SimApp;
  readonly #began = this.clock.now();

  constructor(routes: readonly string[], guard?: Guard) {
    this.node = new SimNode(SERVER, this.clock, this.network, guard);
    this.app = new SimApp(this.node);
    for (const route of routes) this.app.ask(`route|${route}`);
  }

  peer(address: string): SimPeer {
    return new SimPeer(address, this);
  }
  /** Seconds since the beginning, to a tenth. */
  get seconds(): number {
    return Math.round((this.clock.now() - this.#began) / 100) / 10;
  }
  /** The application's `sip` events as `METHOD` or status with method. */
  get events(): string[] {
    return this.app.heard.filter(({ tokens }) => tokens[1] === 'sip').map(({ message }) => (message === undefined ? '' : line(message)));
  }
  /** The transaction id of the newest event. */
  get transaction(): string {
    return this.app.heard.findLast(({ tokens }) => tokens[1] === 'sip')?.tokens[8] ?? '';
  }
  respond(status: string, transaction = this.transaction): void {
    this.app.ask(`sip|${transaction}|`, `SIP/2.0 ${status}\r\n\r\n`);
    this.clock.forward(50);
  }
  /** Nothing is kept, nothing runs. */
  assertIdle(): void {
    this.clock.forward(70_000);
    assert.equal(this.node.stack.ledger.calls, 0, 'no call');
    assert.equal(this.node.stack.transactions.size, 0, 'no transaction');
    assert.equal(this.clock.armed, 0, 'no timer');
  }
}

export class SimPeer {
  readonly address: string;
  readonly got: { at: number; message: Message }[] = [];
  readonly #world: SimWorld;

  constructor(address: string, world: SimWorld) {
    this.address = address;
    this.#world = world;
    world.network.join(address, (bytes) => this.got.push({ at: world.seconds, message: parseMessage(bytes) }));
  }

  send(message: Message): void {
    this.#world.network.send(writeMessage(message), this.address, SERVER);
    this.#world.clock.forward(50);
  }
  /** A request outside any dialog, with a Call-ID and tag of this peer. */
  request(method: string, edit: (headers: Request['headers']) => void = () => undefined, uri = `sip:10086@${SERVER}`): Request {
    const request = newRequest(method, uri, [
      ['Via', `SIP/2.0/UDP ${this.address}:5060;branch=z9hG4bK${method}${this.address}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:peer@${this.address}>;tag=${this.address}`],
      ['To', `<${uri}>`],
      ['Call-ID', `call-${this.address}`],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:peer@${this.address}>`],
    ]);
    edit(request.headers);
    return request;
  }
  /** A request inside the dialog that `answer` to our INVITE opened, along its Record-Route. */
  inside(method: string, answer: Response, seq: number, uri = contactOf(answer)): Request {
    const request = this.request(method, (headers) => {
      headers.set('To', answer.headers.get('to') ?? '').set('CSeq', `${seq} ${method}`);
      headers.replaceFirst('Via', `SIP/2.0/UDP ${this.address}:5060;branch=z9hG4bK${method}${seq}${this.address}`);
      for (const route of answer.headers.list('record-route').reverse()) headers.add('Route', route);
    });
    request.uri = uri;
    return request;
  }
  /** A request inside the dialog that `invite` opened here, once we answered it. */
  back(method: string, invite: Request, seq: number): Request {
    const request = newRequest(method, contactOf(invite), [
      ['Via', `SIP/2.0/UDP ${this.address}:5060;branch=z9hG4bK${method}${seq}${this.address}`],
      ['Max-Forwards', '70'],
      ['From', `${invite.headers.get('to')};tag=${this.address}`],
      ['To', invite.headers.get('from') ?? ''],
      ['Call-ID', invite.headers.get('call-id') ?? ''],
      ['CSeq', `${seq} ${method}`],
    ]);
    for (const route of invite.headers.list('record-route')) request.headers.add('Route', route);
    return request;
  }
  cancel(request: Request): void {
    const kept = [...request.headers].filter(({ key }) => ['via', 'from', 'to', 'call-id', 'route'].includes(key));
    this.send(newRequest('CANCEL', request.uri, [...kept.map(({ name, value }): [string, string] => [name, value]), ['CSeq', '1 CANCEL']]));
  }
  /** Answers the newest request of a method. */
  answer(method: string, status: number, edit: (headers: Response['headers']) => void = () => undefined): Response {
    const request = this.last(method) as Request;
    const response = responseTo(request, status, status === 100 ? undefined : this.address);
    for (const route of request.headers.all('record-route')) response.headers.add('Record-Route', route);
    if (status >= 200 && status < 300) response.headers.add('Contact', `<sip:peer@${this.address}>`);
    edit(response.headers);
    this.send(response);
    return response;
  }

  get lines(): string[] {
    return this.got.map(({ message }) => line(message));
  }
  /** The seconds at which it came. */
  times(wanted: string): number[] {
    return this.got.filter(({ message }) => line(message) === wanted).map(({ at }) => at);
  }
  last(wanted: string): Message {
    const found = this.got.findLast(({ message }) => line(message) === wanted);
    assert.ok(found !== undefined, `${wanted} came to ${this.address}, not only ${this.lines.join(', ')}`);
    return found.message;
  }
}

/** `INVITE`, `200 INVITE` */
const line = (message: Message): string => (message.kind === 'request' ? message.method : `${message.status} ${message.headers.get('cseq')?.split(' ')[1]}`);
const contactOf = (message: Message): string => /<([^>]*)>/.exec(message.headers.get('contact') ?? '')?.[1] ?? '';
