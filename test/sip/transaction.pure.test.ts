/** The four machines of RFC 3261 §17 with RFC 6026: every state × input, and when each timer fires. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newRequest, type Request, responseTo } from '../../sip/message/message.ts';
import { type ClientInput, type ClientState, client } from '../../sip/transaction/client.ts';
import { type InviteClientInput, type InviteClientState, inviteClient } from '../../sip/transaction/invite-client.ts';
import { type InviteServerInput, type InviteServerState, inviteServer } from '../../sip/transaction/invite-server.ts';
import { type ServerInput, type ServerState, server } from '../../sip/transaction/server.ts';
import type { Table } from '../../sip/transaction/table.ts';
import { Transactions } from '../../sip/transaction/transactions.ts';
import type { Hop, Transport } from '../../sip/transport/hop.ts';
import { SimClock } from './support/simulation.ts';

/** `next: actions`; `-` is: stays, does nothing. */
type Expected<State extends string, Input extends string> = Record<State, Record<Input, string>>;

const inviteClientExpected: Expected<InviteClientState, InviteClientInput> = {
  idle: {
    start: 'calling: send, set A, set B',
    '1xx': '-',
    '2xx': '-',
    '300-699': '-',
    timerA: '-',
    timerB: '-',
    timerD: '-',
    timerM: '-',
    transportError: '-',
  },
  calling: {
    start: '-',
    '1xx': 'proceeding: stop A, stop B, tell',
    '2xx': 'accepted: stop A, stop B, set M, tell',
    '300-699': 'completed: stop A, stop B, sendAck, set D, tell',
    timerA: 'calling: send, set A',
    timerB: 'terminated: stop A, tellTimeout',
    timerD: '-',
    timerM: '-',
    transportError: 'terminated: stop A, stop B, tellTransportError',
  },
  proceeding: {
    start: '-',
    '1xx': 'proceeding: tell',
    '2xx': 'accepted: set M, tell',
    '300-699': 'completed: sendAck, set D, tell',
    timerA: '-',
    timerB: '-',
    timerD: '-',
    timerM: '-',
    transportError: '-',
  },
  completed: {
    start: '-',
    '1xx': '-',
    '2xx': '-',
    '300-699': 'completed: sendAck',
    timerA: '-',
    timerB: '-',
    timerD: 'terminated: ',
    timerM: '-',
    transportError: 'terminated: stop D',
  },
  accepted: {
    start: '-',
    '1xx': '-',
    '2xx': 'accepted: tell',
    '300-699': '-',
    timerA: '-',
    timerB: '-',
    timerD: '-',
    timerM: 'terminated: ',
    transportError: '-',
  },
  terminated: { start: '-', '1xx': '-', '2xx': '-', '300-699': '-', timerA: '-', timerB: '-', timerD: '-', timerM: '-', transportError: '-' },
};

const clientExpected: Expected<ClientState, ClientInput> = {
  idle: { start: 'trying: send, set E, set F', '1xx': '-', '200-699': '-', timerE: '-', timerF: '-', timerK: '-', transportError: '-' },
  trying: {
    start: '-',
    '1xx': 'proceeding: tell',
    '200-699': 'completed: stop E, stop F, set K, tell',
    timerE: 'trying: send, set E',
    timerF: 'terminated: stop E, tellTimeout',
    timerK: '-',
    transportError: 'terminated: stop E, stop F, tellTransportError',
  },
  proceeding: {
    start: '-',
    '1xx': 'proceeding: tell',
    '200-699': 'completed: stop E, stop F, set K, tell',
    timerE: 'proceeding: send, set E at T2',
    timerF: 'terminated: stop E, tellTimeout',
    timerK: '-',
    transportError: 'terminated: stop E, stop F, tellTransportError',
  },
  completed: { start: '-', '1xx': '-', '200-699': '-', timerE: '-', timerF: '-', timerK: 'terminated: ', transportError: '-' },
  terminated: { start: '-', '1xx': '-', '200-699': '-', timerE: '-', timerF: '-', timerK: '-', transportError: '-' },
};

const inviteServerExpected: Expected<InviteServerState, InviteServerInput> = {
  proceeding: {
    INVITE: 'proceeding: send',
    ACK: '-',
    'user 1xx': 'proceeding: send',
    'user 2xx': 'accepted: send, set L',
    'user 300-699': 'completed: send, set G, set H',
    timerG: '-',
    timerH: '-',
    timerI: '-',
    timerL: '-',
    transportError: 'proceeding: tellTransportError',
  },
  completed: {
    INVITE: 'completed: send',
    ACK: 'confirmed: stop G, stop H, set I',
    'user 1xx': '-',
    'user 2xx': '-',
    'user 300-699': '-',
    timerG: 'completed: send, set G',
    timerH: 'terminated: stop G, tellTimeout',
    timerI: '-',
    timerL: '-',
    transportError: 'completed: tellTransportError',
  },
  confirmed: {
    INVITE: '-',
    ACK: '-',
    'user 1xx': '-',
    'user 2xx': '-',
    'user 300-699': '-',
    timerG: '-',
    timerH: '-',
    timerI: 'terminated: ',
    timerL: '-',
    transportError: '-',
  },
  accepted: {
    INVITE: '-',
    ACK: 'accepted: tell',
    'user 1xx': '-',
    'user 2xx': 'accepted: send',
    'user 300-699': '-',
    timerG: '-',
    timerH: '-',
    timerI: '-',
    timerL: 'terminated: ',
    transportError: 'accepted: tellTransportError',
  },
  terminated: {
    INVITE: '-',
    ACK: '-',
    'user 1xx': '-',
    'user 2xx': '-',
    'user 300-699': '-',
    timerG: '-',
    timerH: '-',
    timerI: '-',
    timerL: '-',
    transportError: '-',
  },
};

const serverExpected: Expected<ServerState, ServerInput> = {
  trying: { request: '-', 'user 1xx': 'proceeding: send', 'user 200-699': 'completed: send, set J', timerJ: '-', transportError: 'trying: tellTransportError' },
  proceeding: {
    request: 'proceeding: send',
    'user 1xx': 'proceeding: send',
    'user 200-699': 'completed: send, set J',
    timerJ: '-',
    transportError: 'proceeding: tellTransportError',
  },
  completed: { request: 'completed: send', 'user 1xx': '-', 'user 200-699': '-', timerJ: 'terminated: ', transportError: 'completed: tellTransportError' },
  terminated: { request: '-', 'user 1xx': '-', 'user 200-699': '-', timerJ: '-', transportError: '-' },
};

function same<State extends string, Input extends string>(name: string, table: Table<State, Input>, expected: Expected<State, Input>): void {
  test(`${name}: every state × input has the outcome the RFC gives it`, () => {
    for (const state of Object.keys(expected) as State[])
      for (const input of Object.keys(expected[state]) as Input[]) {
        const { next, does } = table[state][input];
        const got = next === state && does.length === 0 ? '-' : `${next}: ${does.join(', ')}`;
        assert.equal(got, expected[state][input], `${state} × ${input}`);
      }
  });
  test(`${name}: each timer that is set has an input, and none is set on the way to the end`, () => {
    for (const row of Object.values<Record<Input, { next: State; does: readonly string[] }>>(table))
      for (const { next, does } of Object.values<{ next: State; does: readonly string[] }>(row))
        for (const action of does) {
          if (!action.startsWith('set ')) continue;
          assert.ok(`timer${action.charAt(4)}` in row, action);
          assert.notEqual(next, 'terminated');
        }
  });
}
same('INVITE client', inviteClient, inviteClientExpected);
same('non-INVITE client', client, clientExpected);
same('INVITE server', inviteServer, inviteServerExpected);
same('non-INVITE server', server, serverExpected);

// ── the timers, as a peer sees them ───────────────────────────────────────────────────────────────────────────────────

interface Bench {
  clock: SimClock;
  /** Milliseconds after the start and the first line of everything sent. */
  sent: { at: number; line: string }[];
  told: string[];
  transactions: Transactions;
  fail: () => void;
}

function bench(): Bench {
  const clock = new SimClock();
  const began = clock.now();
  const sent: Bench['sent'] = [];
  let fault: (error: Error) => void = () => undefined;
  const transport: Transport = {
    send: (bytes, _to, onFault) => {
      fault = onFault;
      sent.push({ at: clock.now() - began, line: bytes.toString('latin1').split('\r\n')[0] ?? '' });
    },
    localFor: () => ({ address: '10.0.0.1', port: 5060 }),
  };
  return { clock, sent, told: [], transactions: new Transactions(clock, transport), fail: () => fault(new Error('unreachable')) };
}

const ask = (method: string): Request =>
  newRequest(method, 'sip:b@10.0.0.2', [
    ['Via', 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKtest'],
    ['From', '<sip:a@10.0.0.1>;tag=a'],
    ['To', '<sip:b@10.0.0.2>'],
    ['Call-ID', 'c'],
    ['CSeq', `7 ${method}`],
    ['Route', '<sip:10.0.0.9;lr>'],
  ]);
const HOPS: Record<'udp' | 'tcp', Hop> = {
  udp: { protocol: 'udp', address: '10.0.0.2', port: 5060 },
  tcp: { protocol: 'tcp', address: '10.0.0.2', port: 5060 },
};

function startClient({ transactions, told, clock }: Bench, request: Request, hop: Hop): void {
  const began = clock.now();
  transactions
    .newClient(request, hop, {
      onResponse: (response) => told.push(String(response.status)),
      onTimeout: () => told.push(`timeout at ${clock.now() - began}`),
      onTransportError: () => told.push('transport error'),
    })
    .start();
}
const times = (sent: Bench['sent'], start: string): number[] => sent.filter(({ line }) => line.startsWith(start)).map(({ at }) => at);

test('an INVITE over UDP is repeated at T1, 2T1, 4T1 … and given up after 64*T1', () => {
  const world = bench();
  startClient(world, ask('INVITE'), HOPS.udp);
  world.clock.forward(100_000);
  assert.deepEqual(times(world.sent, 'INVITE'), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  assert.deepEqual(world.told, ['timeout at 32000']);
  assert.equal(world.transactions.size, 0);
});

test('another request over UDP is repeated at T1, 2T1, 4T1, then each T2, and given up after 64*T1; with a provisional response each T2', () => {
  const world = bench();
  startClient(world, ask('OPTIONS'), HOPS.udp);
  world.clock.forward(100_000);
  assert.deepEqual(times(world.sent, 'OPTIONS'), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  assert.deepEqual(world.told, ['timeout at 32000']);
  const slow = bench();
  const request = ask('OPTIONS');
  startClient(slow, request, HOPS.udp);
  slow.clock.forward(100);
  slow.transactions.takeResponse(responseTo(request, 100), HOPS.udp);
  slow.clock.forward(100_000);
  assert.deepEqual(times(slow.sent, 'OPTIONS').slice(0, 4), [0, 500, 4_500, 8_500]);
});

test('over TCP nothing is repeated, the deadline is the same', () => {
  for (const method of ['INVITE', 'OPTIONS']) {
    const world = bench();
    startClient(world, ask(method), HOPS.tcp);
    world.clock.forward(100_000);
    assert.deepEqual(times(world.sent, method), [0]);
    assert.deepEqual(world.told, ['timeout at 32000']);
  }
});

test('a refusal is acknowledged with the INVITE’s Via, Route, CSeq and the response’s To, each time it comes, and told once', () => {
  const world = bench();
  const invite = ask('INVITE');
  startClient(world, invite, HOPS.udp);
  const busy = responseTo(invite, 486, 'b');
  world.transactions.takeResponse(busy, HOPS.udp);
  world.clock.forward(5_000);
  world.transactions.takeResponse(busy, HOPS.udp);
  assert.deepEqual(world.told, ['486']);
  assert.deepEqual(times(world.sent, 'ACK'), [0, 5_000]);
  world.clock.forward(31_999 - 5_000);
  assert.equal(world.transactions.size, 1, 'timer D has 32 s');
  world.clock.forward(2);
  assert.equal(world.transactions.size, 0);
  const reliable = bench();
  startClient(reliable, invite, HOPS.tcp);
  reliable.transactions.takeResponse(busy, HOPS.tcp);
  reliable.clock.forward(1);
  assert.equal(reliable.transactions.size, 0, 'timer D has none on TCP');
});

test('each 2xx to an INVITE is told, for 64*T1 (RFC 6026 timer M), and a request that could not leave is told at once', () => {
  const world = bench();
  const invite = ask('INVITE');
  startClient(world, invite, HOPS.udp);
  for (const tag of ['x', 'y', 'x']) world.transactions.takeResponse(responseTo(invite, 200, tag), HOPS.udp);
  assert.deepEqual(world.told, ['200', '200', '200']);
  world.clock.forward(32_001);
  assert.equal(world.transactions.takeResponse(responseTo(invite, 200, 'x'), HOPS.udp), false, 'a stray is dropped');
  const broken = bench();
  startClient(broken, invite, HOPS.udp);
  broken.fail();
  assert.deepEqual(broken.told, ['transport error']);
  assert.equal(broken.transactions.size, 0);
  assert.equal(broken.clock.armed, 0);
});

test('an INVITE is answered 100 at once; a refusal is repeated at T1, 2T1 … T2 until its ACK, at most 64*T1', () => {
  const world = bench();
  const invite = ask('INVITE');
  let failures = 0;
  const transaction = world.transactions.newServer(invite, HOPS.udp, { onFailure: () => (failures += 1) });
  assert.deepEqual(times(world.sent, 'SIP/2.0 100'), [0]);
  transaction.repeat();
  assert.equal(times(world.sent, 'SIP/2.0 100').length, 2);
  transaction.respond(responseTo(invite, 486, 'b'));
  world.clock.forward(100_000);
  assert.deepEqual(times(world.sent, 'SIP/2.0 486'), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  assert.equal(failures, 1);
  assert.equal(world.transactions.size, 0);
  const polite = bench();
  const other = polite.transactions.newServer(invite, HOPS.udp, { onFailure: () => undefined });
  other.respond(responseTo(invite, 486, 'b'));
  polite.clock.forward(600);
  assert.equal(other.acknowledge(), true);
  polite.clock.forward(4_999);
  assert.equal(polite.transactions.size, 1, 'timer I has T4');
  polite.clock.forward(2);
  assert.equal(polite.transactions.size, 0);
  assert.deepEqual(times(polite.sent, 'SIP/2.0 486'), [0, 500]);
});

test('copies of an answered INVITE are swallowed for 64*T1 (timer L): no second call', () => {
  const world = bench();
  const invite = ask('INVITE');
  const transaction = world.transactions.newServer(invite, HOPS.udp, { onFailure: () => undefined });
  transaction.respond(responseTo(invite, 200, 'b'));
  for (const at of [1_000, 10_000, 20_900]) {
    world.clock.forward(at);
    assert.equal(world.transactions.findServer(invite, 'INVITE'), transaction);
    transaction.repeat();
  }
  assert.equal(times(world.sent, 'SIP/2.0 200').length, 1, 'the user of the transaction repeats it, not the copies');
  world.clock.forward(200);
  assert.equal(world.transactions.size, 0);
});

test('a copy of another request gets its final response again for 64*T1 (timer J), and a second final response changes nothing', () => {
  const world = bench();
  const options = ask('OPTIONS');
  const transaction = world.transactions.newServer(options, HOPS.udp, { onFailure: () => undefined });
  transaction.repeat();
  assert.deepEqual(world.sent, []);
  transaction.respond(responseTo(options, 200, 'b'));
  transaction.respond(responseTo(options, 404, 'b'));
  world.clock.forward(31_000);
  transaction.repeat();
  assert.deepEqual(
    world.sent.map(({ line }) => line),
    ['SIP/2.0 200 OK', 'SIP/2.0 200 OK'],
  );
  world.clock.forward(1_001);
  assert.equal(world.transactions.size, 0);
});

test('transactions are told apart by branch, sent-by and method; without the magic cookie by the older rule', () => {
  const { transactions } = bench();
  const invite = ask('INVITE');
  const transaction = transactions.newServer(invite, HOPS.udp, { onFailure: () => undefined });
  const changed = (via: string, method = 'INVITE'): Request => {
    const request = ask(method);
    request.headers.set('Via', via);
    return request;
  };
  assert.equal(transactions.findServer(changed('SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKtest', 'ACK'), 'INVITE'), transaction);
  assert.equal(transactions.findServer(changed('SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bKtest'), 'INVITE'), undefined);
  assert.equal(transactions.findServer(changed('SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKother'), 'INVITE'), undefined);
  assert.equal(transactions.findServer(changed('SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKtest'), 'OPTIONS'), undefined);
  const old = changed('SIP/2.0/UDP 10.0.0.1:5060;branch=1');
  const older = transactions.newServer(old, HOPS.udp, { onFailure: () => undefined });
  assert.equal(transactions.findServer(old, 'INVITE'), older);
  const next = changed('SIP/2.0/UDP 10.0.0.1:5060;branch=1');
  next.headers.set('CSeq', '8 INVITE');
  assert.equal(transactions.findServer(next, 'INVITE'), undefined);
});
