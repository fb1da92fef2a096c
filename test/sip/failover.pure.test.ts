/** RFC 3263 §4.3: a request that gets nowhere goes to the next target, within four seconds, and stays one request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { topVia } from '../../sip/message/via.ts';
import type { Reach } from '../../sip/transaction/targets.ts';
import { Transactions } from '../../sip/transaction/transactions.ts';
import type { Hop } from '../../sip/transport/hop.ts';
import { SimClock } from './support/simulation.ts';

interface Sent {
  request: Request;
  to: string;
  at: number;
  fault: (error: Error) => void;
}

/** Transactions over a transport that keeps what is sent. */
function newWorld(hop: Hop, method = 'INVITE', body = '') {
  const clock = new SimClock();
  const began = clock.now();
  const sent: Sent[] = [];
  const told: string[] = [];
  const failed: string[] = [];
  const reach: Reach = {
    failed: ({ protocol, address }) => void failed.push(`${protocol} ${address}`),
    hasFailed: ({ protocol, address }) => failed.includes(`${protocol} ${address}`),
  };
  const transport = {
    send: (bytes: Buffer, to: Hop, fault: (error: Error) => void) => {
      sent.push({ request: parseMessage(bytes) as Request, to: `${to.protocol} ${to.address}`, at: clock.now() - began, fault });
      return undefined;
    },
    localFor: () => ({ address: '10.0.0.100', port: 5060 }),
  };
  const transactions = new Transactions(clock, transport, reach);
  const headers: [string, string][] = [
    ['Via', 'SIP/2.0/UDP 10.0.0.100:5060;rport;branch=z9hG4bKabc'],
    ['From', '<sip:a@b>;tag=1'],
    ['To', '<sip:x@example.com>'],
    ['Call-ID', 'c1'],
    ['CSeq', `7 ${method}`],
    ['Max-Forwards', '70'],
  ];
  const open = () =>
    transactions.newClient(newRequest(method, 'sip:x@example.com', headers, body), hop, {
      onResponse: (response) => void told.push(String(response.status)),
      onTimeout: () => void told.push('timeout'),
      onTransportError: () => void told.push('transport error'),
    });
  const sending = open();
  sending.start();
  const answer = (nth: number, status: number): void => {
    const request = sent[nth]?.request;
    assert.ok(request !== undefined);
    const response: Response = responseTo(request, status, `tag-${nth}`);
    transactions.takeResponse(response, hop);
  };
  /** `INVITE udp 10.0.0.1` of each, retransmissions left out. */
  const route = (): string[] => [...new Set(sent.map(({ request, to }) => `${request.method} ${to}`))];
  return { clock, sent, told, failed, answer, route, open, sending, transactions };
}

const place = (last: number, protocol: Hop['protocol'] = 'udp'): Hop => ({ protocol, address: `10.0.0.${last}`, port: 5060 });
const three: Hop = { ...place(1), others: [place(2), place(3, 'tcp')] };

test('J3: a silent target is left within 4 s, a refused one at once, one that says 503 at once; each attempt has its own branch', () => {
  const { clock, sent, told, failed, answer, route } = newWorld(three);
  clock.forward(4_000);
  assert.deepEqual(route(), ['INVITE udp 10.0.0.1', 'INVITE udp 10.0.0.2']);
  answer(
    sent.findIndex(({ to }) => to === 'udp 10.0.0.2'),
    503,
  );
  assert.deepEqual(route(), ['INVITE udp 10.0.0.1', 'INVITE udp 10.0.0.2', 'ACK udp 10.0.0.2', 'INVITE tcp 10.0.0.3']);
  answer(sent.length - 1, 486);
  assert.deepEqual(told, ['486']);
  assert.deepEqual(failed, ['udp 10.0.0.1', 'udp 10.0.0.2']);
  const vias = ['udp 10.0.0.1', 'udp 10.0.0.2', 'tcp 10.0.0.3'].map((to) => topVia(sent.find((each) => each.to === to)?.request.headers ?? assert.fail()));
  assert.equal(new Set(vias.map(({ params }) => params.get('branch'))).size, 3);
  assert.deepEqual(
    vias.map(({ transport }) => transport),
    ['UDP', 'UDP', 'TCP'],
  );
  assert.deepEqual(new Set(sent.map(({ request }) => request.headers.get('cseq')?.split(' ')[0])), new Set(['7']));
});

test('the last target has no other: its 503, its error and its silence are told', () => {
  const refused = newWorld({ ...place(1), others: [place(2)] });
  refused.sent[0]?.fault(new Error('ECONNREFUSED'));
  refused.sent[1]?.fault(new Error('ECONNREFUSED'));
  assert.deepEqual(refused.told, ['transport error']);
  const unavailable = newWorld({ ...place(1), others: [place(2)] });
  unavailable.answer(0, 503);
  unavailable.answer(2, 503);
  assert.deepEqual(unavailable.told, ['503']);
  const silent = newWorld({ ...place(1), others: [place(2)] });
  silent.clock.forward(40_000);
  assert.deepEqual(silent.told, ['timeout']);
});

test('a target that has said 100 is not left for being slow', () => {
  const { clock, answer, route, told } = newWorld(three);
  answer(0, 100);
  clock.forward(20_000);
  assert.deepEqual(route(), ['INVITE udp 10.0.0.1']);
  answer(0, 200);
  assert.deepEqual(told, ['100', '200']);
});

test('a target that wakes up after it was given up is cancelled, its 2xx is told as of another branch', () => {
  const late = newWorld(three);
  late.clock.forward(4_000);
  late.answer(0, 180);
  assert.ok(late.route().includes('CANCEL udp 10.0.0.1'));
  assert.deepEqual(late.told, []);
  const answered = newWorld(three);
  answered.clock.forward(4_000);
  const second = answered.sent.findIndex(({ to }) => to === 'udp 10.0.0.2');
  answered.answer(second, 180);
  answered.answer(0, 200);
  assert.ok(answered.route().includes('CANCEL udp 10.0.0.2'), 'the call is up: the other is not wanted');
  answered.answer(second, 487);
  assert.deepEqual(answered.told, ['180', '200']);
});

test('a request other than INVITE fails over too, and no timer is left behind', () => {
  const { clock, sent, told, answer, transactions } = newWorld(three, 'OPTIONS');
  clock.forward(4_000);
  answer(
    sent.findIndex(({ to }) => to === 'udp 10.0.0.2'),
    200,
  );
  assert.deepEqual(told, ['200']);
  clock.forward(60_000);
  assert.equal(transactions.openClients, 0);
  assert.equal(clock.armed, 0);
});

test('above 1,300 bytes a request takes TCP and says so in its Via; refused there it goes over UDP, the next one straight', () => {
  const hop: Hop = { ...place(1), mayGrow: true };
  assert.deepEqual(newWorld(hop, 'MESSAGE', 'x'.repeat(900)).route(), ['MESSAGE udp 10.0.0.1']);
  const large = newWorld(hop, 'MESSAGE', 'x'.repeat(1_300));
  assert.deepEqual(large.route(), ['MESSAGE tcp 10.0.0.1']);
  assert.match(large.sent[0]?.request.headers.get('via') ?? '', /^SIP\/2\.0\/TCP /);
  large.sent[0]?.fault(new Error('ECONNREFUSED'));
  assert.deepEqual(large.route(), ['MESSAGE tcp 10.0.0.1', 'MESSAGE udp 10.0.0.1']);
  assert.match(large.sent[1]?.request.headers.get('via') ?? '', /^SIP\/2\.0\/UDP /);
  large.open().start();
  assert.equal(large.sent.at(-1)?.to, 'udp 10.0.0.1');
  assert.deepEqual(newWorld(place(1), 'MESSAGE', 'x'.repeat(1_300)).route(), ['MESSAGE udp 10.0.0.1'], 'transport=udp was asked for');
});
