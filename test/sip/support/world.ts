/** One server with one application, and a peer whose every message is written by hand: for what the server does by itself, with the clock in hand. */
import assert from 'node:assert/strict';
import { type Message, newRequest, type Request, type Response, responseTo } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { writeMessage } from '../../../sip/message/write.ts';
import { SimApp, SimClock, SimNetwork, SimNode } from './simulation.ts';

export const PEER = '10.0.0.9';
export const SERVER = '10.0.0.1';

export interface World {
  clock: SimClock;
  app: SimApp;
  node: SimNode;
  /** What the peer got, oldest first, with the second it came. */
  got: { at: number; message: Message }[];
  send(message: Message): void;
}

/** Without loss; a datagram takes a few milliseconds. */
export function newWorld(tags: string[] = []): World {
  const clock = new SimClock();
  const began = clock.now();
  const network = new SimNetwork(clock, () => 0.99, { loss: 0, double: 0, late: 0, mostDelayMs: 0 });
  const node = new SimNode(SERVER, clock, network);
  const app = new SimApp(node, tags);
  app.ask('route|invite');
  const got: World['got'] = [];
  network.join(PEER, (bytes) => got.push({ at: Math.round((clock.now() - began) / 100) / 10, message: parseMessage(bytes) }));
  const send = (message: Message): void => {
    network.send(writeMessage(message), PEER, SERVER);
    clock.forward(50);
  };
  return { clock, app, node, got, send };
}

export const invite = (edit: (headers: Request['headers']) => void = () => undefined): Request => {
  const request = newRequest('INVITE', `sip:10086@${SERVER}`, [
    ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKinvite`],
    ['Max-Forwards', '70'],
    ['From', `<sip:peer@${PEER}>;tag=peer`],
    ['To', `<sip:10086@${SERVER}>`],
    ['Call-ID', 'call'],
    ['CSeq', '1 INVITE'],
    ['Contact', `<sip:peer@${PEER}>`],
  ]);
  edit(request.headers);
  return request;
};
/** A request of the peer, the caller, in the dialog of `invite()`. */
export const inside = (method: string, to: string, seq: number, headers: [string, string][] = []): Request =>
  newRequest(method, `sip:${SERVER}`, [
    ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bK${method}${seq}`],
    ['Max-Forwards', '70'],
    ['From', `<sip:peer@${PEER}>;tag=peer`],
    ['To', to],
    ['Call-ID', 'call'],
    ['CSeq', `${seq} ${method}`],
    ['Contact', `<sip:peer@${PEER}>`],
    ...headers,
  ]);
export const cancelOf = (request: Request): Request =>
  newRequest(
    'CANCEL',
    request.uri,
    [...request.headers]
      .filter(({ key }) => ['via', 'from', 'to', 'call-id'].includes(key))
      .map(({ name, value }): [string, string] => [name, value])
      .concat([['CSeq', '1 CANCEL']]),
  );

export const line = (message: Message): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.headers.get('cseq')?.split(' ')[1]}`;
export const lines = ({ got }: World): string[] => got.map(({ message }) => line(message));
export const last = (world: World, wanted: string): Message => {
  const found = world.got.findLast(({ message }) => line(message) === wanted);
  assert.ok(found !== undefined, `${wanted} came, not only ${lines(world).join(', ')}`);
  return found.message;
};
export const times = ({ got }: World, wanted: string): number[] => got.filter(({ message }) => line(message) === wanted).map(({ at }) => at);
/** The application's events: `METHOD` or status, with its transaction id. */
export const events = ({ app }: World): string[] =>
  app.heard
    .filter(({ tokens }) => tokens[1] === 'sip')
    .map(({ tokens, message }) => `${message === undefined ? '' : line(message)}${tokens[8] === 'unsolicited' ? ' unsolicited' : ''}`);
export const answers = ({ app }: World): string[] =>
  app.heard.filter(({ tokens }) => tokens[1] === 'response').map(({ tokens }) => `${tokens[3]}${tokens[3] === 'OK' ? '' : ` ${tokens[4]}`}`);
/** The transaction id of the application's newest event. */
export const newest = ({ app }: World): { transaction: string; dialog: string } => {
  const tokens = app.heard.findLast((heard) => heard.tokens[1] === 'sip')?.tokens;
  return { transaction: tokens?.[8] ?? '', dialog: tokens?.[9] ?? '' };
};
export const respond = (world: World, transaction: string, status: string, headers: string[] = [], body = ''): void => {
  world.app.ask(`sip|${transaction}|`, `${[`SIP/2.0 ${status}`, ...headers].join('\r\n')}\r\n\r\n${body}`);
  world.clock.forward(50);
};
export const OFFER = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n';
/** The application calls the peer: the INVITE as it came there, and what the application knows it by. */
export function dial(world: World, headers: string[] = []): { request: Request; transaction: string; dialog: string } {
  world.app.ask('sip||', `${[`INVITE sip:peer@${PEER} SIP/2.0`, ...headers].join('\r\n')}\r\n\r\n${OFFER}`);
  const echo = world.app.heard.findLast(({ tokens }) => tokens[1] === 'response');
  world.clock.forward(50);
  const request = last(world, 'INVITE') as Request;
  const fromTag = /tag=(.*)/.exec(request.headers.get('from') ?? '')?.[1] ?? '';
  return { request, transaction: echo?.tokens[10] ?? '', dialog: `${request.headers.get('call-id')};from-tag=${fromTag}` };
}
/** The application asks for a request in a dialog. */
export const ask = (world: World, dialog: string, method: string, headers: string[] = [], body = ''): void => {
  world.app.ask(`sip||${dialog}`, `${[`${method} sip:placeholder SIP/2.0`, ...headers].join('\r\n')}\r\n\r\n${body}`);
  world.clock.forward(50);
};
/** The peer's response to a request of ours. */
export function answerWith(world: World, request: Request, status: number, headers: [string, string][] = [], body = '', tag = 'peer'): Response {
  const response = responseTo(request, status, tag, undefined, body);
  if (status > 100 && status < 300) response.headers.add('Contact', `<sip:peer@${PEER}>`);
  for (const [name, value] of headers) response.headers.add(name, value);
  world.send(response);
  return response;
}
/** A call that is up: the 200 and the dialog id. */
export function up(world: World): { ok: Response; dialog: string; to: string } {
  world.send(invite());
  const { transaction } = newest(world);
  respond(world, transaction, '200 OK');
  const ok = last(world, '200 INVITE') as Response;
  const to = ok.headers.get('to') ?? '';
  world.send(inside('ACK', to, 1));
  assert.equal(events(world).at(-1), 'ACK');
  return { ok, dialog: newest(world).dialog, to };
}
export const nothingLeft = ({ node, clock }: World): void => {
  clock.forward(70_000);
  assert.equal(node.stack.ledger.calls, 0);
  assert.equal(node.stack.transactions.size, 0);
  assert.equal(clock.armed, 0);
};
