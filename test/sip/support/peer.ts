/** The other end of the wire: a UDP or TCP socket that speaks SIP as the test tells it, one message at a time. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { randomToken } from '../../../kernel/ids.ts';
import { type Message, newRequest, type Request, type Response, responseTo } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { StreamFramer } from '../../../sip/message/stream.ts';
import { parseCSeq } from '../../../sip/message/values.ts';
import { writeMessage } from '../../../sip/message/write.ts';
import { until } from '../../support/wait.ts';
import { SDP } from './program.ts';

interface Arrived {
  message: Message;
  at: number;
  reply: (bytes: Buffer) => void;
  taken: boolean;
}

export class Peer {
  readonly port: number;
  readonly serverPort: number;
  readonly transport: 'UDP' | 'TCP' | 'TLS' | 'WS';
  readonly arrived: Arrived[] = [];
  /** The test is over: whoever hangs up is answered, so that nothing is waited for at the end. */
  isOver = false;
  readonly #send: (bytes: Buffer) => void;
  readonly close: () => void;

  constructor(port: number, serverPort: number, transport: Peer['transport'], send: (bytes: Buffer) => void, close: () => void) {
    this.port = port;
    this.serverPort = serverPort;
    this.transport = transport;
    this.#send = send;
    this.close = close;
  }

  /** From `address` of this host: strangers are told apart by their address. */
  static async udp(serverPort: number, address = '127.0.0.1'): Promise<Peer> {
    const socket: UdpSocket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    const send = (bytes: Buffer): void => socket.send(bytes, serverPort, '127.0.0.1');
    const peer = new Peer(socket.address().port, serverPort, 'UDP', send, () => socket.close());
    socket.on('message', (bytes, from) => peer.take(bytes, (answer) => socket.send(answer, from.port, from.address)));
    return peer;
  }

  /** Dials the server and, with `listens`, takes connections of its own. */
  static async tcp(serverPort: number): Promise<Peer> {
    const socket = connect(serverPort, '127.0.0.1');
    await once(socket, 'connect');
    const peer = new Peer(
      socket.localPort ?? 0,
      serverPort,
      'TCP',
      (bytes) => void socket.write(bytes),
      () => socket.destroy(),
    );
    readStream(socket, peer);
    return peer;
  }

  /** Dials the server with TLS. */
  static async tls(serverPort: number, options: ConnectionOptions): Promise<Peer> {
    const socket = connectTls({ host: '127.0.0.1', port: serverPort, ...options });
    await once(socket, 'secureConnect');
    const peer = new Peer(
      socket.localPort ?? 0,
      serverPort,
      'TLS',
      (bytes) => void socket.write(bytes),
      () => socket.destroy(),
    );
    readStream(socket, peer);
    return peer;
  }

  /** A browser phone: it says nothing of its own address that could be dialled. */
  static async ws(url: string, options: { origin?: string; headers?: Record<string, string> } = {}): Promise<Peer> {
    const socket = new WebSocket(url, 'sip', options);
    await once(socket, 'open');
    const send = (bytes: Buffer): void => socket.send(bytes.toString('utf8'));
    const peer = new Peer(0, Number(new URL(url).port), 'WS', send, () => socket.terminate());
    socket.on('message', (data) => peer.take(Buffer.isBuffer(data) ? data : Buffer.alloc(0), send));
    return peer;
  }

  /** Only listens: the server must dial it. */
  static async tcpListener(serverPort: number): Promise<Peer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      readStream(socket, peer);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const close = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    const peer: Peer = new Peer(port, serverPort, 'TCP', () => undefined, close);
    return peer;
  }

  /** Takes what comes over a stream. */
  static read(socket: Socket, peer: Peer): void {
    readStream(socket, peer);
  }

  take(bytes: Buffer, reply: (bytes: Buffer) => void): void {
    const message = parseMessage(bytes);
    this.arrived.push({ message, at: performance.now(), reply, taken: false });
    if (this.isOver && message.kind === 'request' && (message.method === 'BYE' || message.method === 'CANCEL'))
      reply(writeMessage(responseTo(message, 200, 'over')));
  }

  get uri(): string {
    if (this.transport === 'WS') return 'sip:peer@abc123.invalid;transport=ws';
    return `sip:peer@127.0.0.1:${this.port}${this.transport === 'UDP' ? '' : `;transport=${this.transport.toLowerCase()}`}`;
  }

  get sentBy(): string {
    return this.transport === 'WS' ? 'abc123.invalid' : `127.0.0.1:${this.port}`;
  }

  raw(bytes: Buffer | string): void {
    this.#send(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
  }
  send(message: Message): void {
    this.#send(writeMessage(message));
  }

  /** The next response (by CSeq method and status) that no one has asked for yet. */
  response(method: string, status: number, withinMs = 5_000): Promise<Response> {
    return this.#next(
      `${status} to ${method}`,
      withinMs,
      (message) => message.kind === 'response' && message.status === status && seqOf(message).method === method,
    ) as Promise<Response>;
  }
  /** The next request of a method that no one has asked for yet, with the way to answer it. */
  async request(method: string, withinMs = 5_000): Promise<{ request: Request; answer: (status: number, edit?: (response: Response) => void) => Response }> {
    const found = await this.#nextArrived(method, withinMs, (message) => message.kind === 'request' && message.method === method);
    const request = found.message as Request;
    const tag = `peer-${randomToken(4)}`;
    const answer = (status: number, edit?: (response: Response) => void): Response => {
      const response = responseTo(request, status, status === 100 ? undefined : tag);
      if (status > 100 && status < 300 && method === 'INVITE') {
        response.headers.add('Contact', `<${this.uri}>`);
        if (status === 200) {
          response.headers.add('Content-Type', 'application/sdp');
          response.body = Buffer.from(SDP);
        }
      }
      edit?.(response);
      found.reply(writeMessage(response));
      return response;
    };
    return { request, answer };
  }
  /** How many of that method have come so far, retransmissions included. */
  count(method: string): number {
    return this.arrived.filter(({ message }) => message.kind === 'request' && message.method === method).length;
  }
  countResponses(method: string, status: number): number {
    return this.arrived.filter(({ message }) => message.kind === 'response' && message.status === status && seqOf(message).method === method).length;
  }

  async #next(what: string, withinMs: number, wanted: (message: Message) => boolean): Promise<Message> {
    return (await this.#nextArrived(what, withinMs, wanted)).message;
  }
  #nextArrived(what: string, withinMs: number, wanted: (message: Message) => boolean): Promise<Arrived> {
    return until(
      `${what} at the peer (came: ${this.arrived.length})`,
      () => {
        const found = this.arrived.find((each) => !each.taken && wanted(each.message));
        if (found !== undefined) found.taken = true;
        return found;
      },
      withinMs,
    );
  }

  /** A request outside dialogs, complete but for what `edit` changes. */
  newRequest(method: string, edit?: (request: Request) => void, user = '10086'): Request {
    const request = newRequest(method, `sip:${user}@127.0.0.1:${this.serverPort}`, [
      ['Via', `SIP/2.0/${this.transport} ${this.sentBy};rport;branch=z9hG4bK${randomToken(8)}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:caller@127.0.0.1>;tag=${randomToken(4)}`],
      ['To', `<sip:${user}@127.0.0.1>`],
      ['Call-ID', `${randomToken(8)}@peer`],
      ['CSeq', `1 ${method}`],
      ['Contact', `<${this.uri}>`],
    ]);
    if (method === 'INVITE') {
      request.headers.add('Content-Type', 'application/sdp');
      request.body = Buffer.from(SDP);
    }
    edit?.(request);
    return request;
  }

  /** A request inside the dialog that `invite` opened and `response` answered, as its caller. */
  inside(method: string, invite: Request, response: Response, seq = parseCSeq(invite.headers.get('cseq') ?? '').number + 1): Request {
    const target = /<([^>]+)>/.exec(response.headers.get('contact') ?? '')?.[1] ?? invite.uri;
    return newRequest(method, target, [
      ['Via', `SIP/2.0/${this.transport} ${this.sentBy};rport;branch=z9hG4bK${randomToken(8)}`],
      ['Max-Forwards', '70'],
      ['From', invite.headers.get('from') ?? ''],
      ['To', response.headers.get('to') ?? ''],
      ['Call-ID', invite.headers.get('call-id') ?? ''],
      ['CSeq', `${method === 'ACK' ? parseCSeq(invite.headers.get('cseq') ?? '').number : seq} ${method}`],
      ['Contact', `<${this.uri}>`],
    ]);
  }

  /** The same dialog from its callee's side: `invite` came in here and was answered with `response`. */
  insideAsCallee(method: string, invite: Request, response: Response, seq = 1): Request {
    const target = /<([^>]+)>/.exec(invite.headers.get('contact') ?? '')?.[1] ?? '';
    return newRequest(method, target, [
      ['Via', `SIP/2.0/${this.transport} ${this.sentBy};rport;branch=z9hG4bK${randomToken(8)}`],
      ['Max-Forwards', '70'],
      ['From', response.headers.get('to') ?? ''],
      ['To', invite.headers.get('from') ?? ''],
      ['Call-ID', invite.headers.get('call-id') ?? ''],
      ['CSeq', `${seq} ${method}`],
      ['Contact', `<${this.uri}>`],
    ]);
  }
}

const seqOf = (message: Message): { number: number; method: string } => parseCSeq(message.headers.get('cseq') ?? '');

function readStream(socket: Socket, peer: Peer): void {
  const framer = new StreamFramer();
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const framed of framer.push(chunk)) if (framed.kind === 'message') peer.take(framed.bytes, (bytes) => void socket.write(bytes));
  });
}
